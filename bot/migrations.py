"""The tables of Precis, as numbered steps that bring any older database up to date.

A step is never edited once it has been released: a change is a new step at the end. Each step runs in a transaction and
is recorded by name in `_sqlite_migrations`, so it runs once per database.
"""

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from bot import digest_tables, eval_tables, forgetting_tables, home_tables, triage_tables

STEPS = Migrations("precis")


def unknown(database: Database) -> list[str]:
    """Name the steps that a later Precis has run on this database and this one has never heard of."""
    with Database(memory=True, execute_plugins=False) as blank:
        known = {step.name for step in STEPS.pending(blank)}
    return [step.name for step in STEPS.applied(database) if step.name not in known]


@STEPS(name="0001_inbox")
def inbox(database: Database) -> None:
    database.execute(
        """
        CREATE TABLE inbox (
            id TEXT PRIMARY KEY,
            queue TEXT NOT NULL,
            body TEXT,
            answer TEXT,
            posted TEXT,
            due REAL,
            wait REAL NOT NULL DEFAULT 0,
            owner TEXT,
            started REAL,
            tries INTEGER NOT NULL DEFAULT 0,
            taken INTEGER NOT NULL DEFAULT 0,
            error TEXT
        )
        """
    )
    database.execute("CREATE INDEX inbox_due ON inbox (queue, due) WHERE due IS NOT NULL")
    database.execute("CREATE INDEX inbox_started ON inbox (started) WHERE due IS NULL")


@STEPS(name="0002_calls")
def calls(database: Database) -> None:
    database.execute(
        """
        CREATE TABLE calls (
            id TEXT PRIMARY KEY,
            called_at TEXT NOT NULL,
            task TEXT NOT NULL,
            prompt_version TEXT NOT NULL,
            provider TEXT NOT NULL,
            requested_model TEXT NOT NULL,
            served_model TEXT,
            input_tokens INTEGER,
            cached_tokens INTEGER,
            cache_write_tokens INTEGER,
            output_tokens INTEGER,
            thinking_tokens INTEGER,
            cost_usd REAL,
            price_table TEXT,
            latency_ms INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            outcome TEXT NOT NULL,
            error TEXT,
            dropped_entries INTEGER,
            workspace TEXT,
            channel TEXT,
            "user" TEXT,
            job TEXT,
            request_id TEXT,
            prompt TEXT,
            answer TEXT
        )
        """
    )
    database.execute("CREATE INDEX calls_called_at ON calls (called_at)")
    database.execute("CREATE INDEX calls_task ON calls (task, called_at)")
    database.execute("CREATE INDEX calls_kept ON calls (called_at) WHERE prompt IS NOT NULL OR answer IS NOT NULL")


@STEPS(name="0003_summaries")
def summaries(database: Database) -> None:
    database.execute(
        """
        CREATE TABLE summaries (
            id TEXT PRIMARY KEY,
            key TEXT NOT NULL,
            made_at TEXT NOT NULL,
            workspace TEXT NOT NULL,
            channel TEXT NOT NULL,
            subject TEXT NOT NULL,
            messages INTEGER NOT NULL,
            covered TEXT NOT NULL,
            summary TEXT NOT NULL,
            model TEXT NOT NULL,
            call TEXT NOT NULL
        )
        """
    )
    database.execute("CREATE INDEX summaries_key ON summaries (key, made_at)")
    database.execute("CREATE INDEX summaries_made_at ON summaries (made_at)")


@STEPS(name="0004_feedback")
def feedback(database: Database) -> None:
    database.execute(
        """
        CREATE TABLE feedback (
            call TEXT NOT NULL,
            "user" TEXT NOT NULL,
            given_at TEXT NOT NULL,
            verdict TEXT NOT NULL,
            PRIMARY KEY (call, "user")
        )
        """
    )


@STEPS(name="0005_gateway")
def gateway(database: Database) -> None:
    database.execute("ALTER TABLE calls ADD COLUMN purpose TEXT NOT NULL DEFAULT 'work'")
    database.execute("ALTER TABLE calls ADD COLUMN instead_of TEXT")
    database.execute("ALTER TABLE calls ADD COLUMN reserved_usd REAL")
    database.execute('CREATE INDEX calls_user ON calls ("user", called_at)')
    database.execute(
        """
        CREATE TABLE reservations (
            call TEXT PRIMARY KEY,
            workspace TEXT NOT NULL,
            usd REAL NOT NULL,
            reserved_at TEXT NOT NULL
        )
        """
    )


@STEPS(name="0006_settings")
def settings(database: Database) -> None:
    database.execute(
        """
        CREATE TABLE settings (
            workspace TEXT NOT NULL,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            changed_by TEXT NOT NULL,
            PRIMARY KEY (workspace, name)
        )
        """
    )
    database.execute(
        """
        CREATE TABLE audit (
            id TEXT PRIMARY KEY,
            workspace TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            changed_by TEXT NOT NULL,
            name TEXT NOT NULL,
            old TEXT,
            new TEXT,
            reason TEXT
        )
        """
    )
    database.execute("CREATE INDEX audit_changed_at ON audit (workspace, changed_at)")


STEPS(name="0007_triage")(triage_tables.triage)


@STEPS(name="0008_pace")
def pace(database: Database) -> None:
    database.execute("ALTER TABLE inbox ADD COLUMN put_off INTEGER NOT NULL DEFAULT 0")
    database.execute("ALTER TABLE inbox ADD COLUMN again INTEGER NOT NULL DEFAULT 0")
    database.execute("CREATE TABLE pace (channel TEXT PRIMARY KEY, next_at REAL NOT NULL, line_at REAL NOT NULL)")


@STEPS(name="0009_shadow")
def shadow(database: Database) -> None:
    database.execute("ALTER TABLE reservations ADD COLUMN purpose TEXT NOT NULL DEFAULT 'work'")


STEPS(name="0009_votes")(eval_tables.votes)
STEPS(name="0010_digests")(digest_tables.digests)
STEPS(name="0011_evals")(eval_tables.evals)
STEPS(name="0012_acts")(triage_tables.acts)
STEPS(name="0013_homes")(home_tables.homes)
STEPS(name="0014_conversations")(home_tables.conversations)
STEPS(name="0015_forgotten")(forgetting_tables.forgotten)
STEPS(name="0016_forgotten_cases")(triage_tables.forgotten)
STEPS(name="0017_told_cases")(triage_tables.told)
STEPS(name="0018_open_cases")(triage_tables.open_cases)
STEPS(name="0019_askers")(home_tables.askers)
