"""The table of who has opened App Home; a step of `bot.migrations`, which numbers it."""

from sqlite_utils import Database


def homes(database: Database) -> None:
    database.execute(
        """
        CREATE TABLE homes (
            workspace TEXT NOT NULL,
            person TEXT NOT NULL,
            admin INTEGER NOT NULL,
            shown_at TEXT NOT NULL,
            PRIMARY KEY (workspace, person)
        )
        """
    )
