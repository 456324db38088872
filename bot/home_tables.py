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


def askers(database: Database) -> None:
    """Who was shown which summary; at first those who had it written."""
    database.execute(
        """
        CREATE TABLE askers (
            person TEXT NOT NULL,
            summary TEXT NOT NULL,
            asked_at TEXT NOT NULL,
            PRIMARY KEY (person, summary)
        )
        """
    )
    database.execute("CREATE INDEX askers_asked_at ON askers (asked_at)")
    database.execute(
        """
        INSERT INTO askers (person, summary, asked_at)
        SELECT "user", summaries.id, made_at FROM summaries JOIN calls ON calls.id = summaries.call
        WHERE "user" IS NOT NULL
        """
    )
