"""The tables of comparisons: what models were asked, what others answered, and which answer people liked better.

Steps of `bot.migrations`, which numbers them.
"""

from sqlite_utils import Database


def votes(database: Database) -> None:
    database.execute(
        """
        CREATE TABLE votes (
            id TEXT PRIMARY KEY,
            workspace TEXT NOT NULL,
            voted_at TEXT NOT NULL,
            voter TEXT NOT NULL,
            task TEXT NOT NULL,
            left_model TEXT NOT NULL,
            right_model TEXT NOT NULL,
            verdict TEXT NOT NULL,
            eval TEXT
        )
        """
    )
    database.execute("CREATE INDEX votes_voted_at ON votes (voted_at)")


def evals(database: Database) -> None:
    database.execute("ALTER TABLE calls ADD COLUMN prompt_digest TEXT")
    database.execute("CREATE INDEX calls_compared ON calls (job) WHERE purpose = 'compare'")
    database.execute(
        """
        CREATE TABLE prompts (
            digest TEXT PRIMARY KEY,
            version TEXT NOT NULL,
            system TEXT NOT NULL,
            schema TEXT,
            max_output_tokens INTEGER NOT NULL,
            temperature REAL
        )
        """
    )
    database.execute(
        """
        CREATE TABLE evals (
            id TEXT PRIMARY KEY,
            workspace TEXT NOT NULL,
            evaluated_at TEXT NOT NULL,
            task TEXT NOT NULL,
            source TEXT NOT NULL,
            asked_at TEXT NOT NULL,
            channel TEXT,
            prompt_digest TEXT NOT NULL,
            provider TEXT NOT NULL,
            model TEXT NOT NULL,
            outcome TEXT NOT NULL,
            error TEXT,
            call TEXT,
            entries INTEGER,
            kept_entries INTEGER,
            label TEXT,
            logged_label TEXT,
            answer TEXT
        )
        """
    )
    database.execute("CREATE INDEX evals_source ON evals (source)")
    database.execute("CREATE INDEX evals_kept ON evals (asked_at) WHERE answer IS NOT NULL")
