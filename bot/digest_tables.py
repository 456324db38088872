"""The tables that the weekly digest needs: which weeks were posted where, what was told to whom, and quick ways in.

A step of `bot.migrations`, which numbers it.
"""

from sqlite_utils import Database


def digests(database: Database) -> None:
    database.execute(
        """
        CREATE TABLE digests (
            workspace TEXT NOT NULL,
            week TEXT NOT NULL,
            channel TEXT NOT NULL,
            ts TEXT NOT NULL,
            posted_at TEXT NOT NULL,
            PRIMARY KEY (workspace, week)
        )
        """
    )
    database.execute("CREATE TABLE told (id TEXT PRIMARY KEY, told_at TEXT NOT NULL)")
    database.execute("CREATE INDEX calls_trials ON calls (called_at) WHERE purpose <> 'work'")
    database.execute("CREATE INDEX calls_job ON calls (job)")
    database.execute("CREATE INDEX feedback_given_at ON feedback (given_at)")
    database.execute("CREATE INDEX triage_author ON triage (author)")
