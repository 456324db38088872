"""The table of who was to be forgotten, and when; a step of `bot.migrations`, which numbers it."""

from sqlite_utils import Database


def forgotten(database: Database) -> None:
    database.execute("CREATE TABLE forgotten (person TEXT PRIMARY KEY, forgotten_at TEXT NOT NULL)")
    database.execute("CREATE INDEX forgotten_at ON forgotten (forgotten_at)")
