"""The tables of where people meet Precis, on App Home and in direct messages; steps of `bot.migrations`, which numbers
them."""

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


def conversations(database: Database) -> None:
    database.execute(
        """
        CREATE TABLE conversations (
            bot TEXT NOT NULL,
            person TEXT NOT NULL,
            channel TEXT NOT NULL,
            PRIMARY KEY (bot, person)
        )
        """
    )
