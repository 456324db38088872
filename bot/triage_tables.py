"""The tables of support cases: what was sorted, what people corrected, and what they did."""

from sqlite_utils import Database


def triage(database: Database) -> None:
    database.execute(
        """
        CREATE TABLE triage (
            id TEXT PRIMARY KEY,
            workspace TEXT NOT NULL,
            channel TEXT NOT NULL,
            ts TEXT NOT NULL,
            author TEXT NOT NULL,
            quiet INTEGER NOT NULL,
            status TEXT NOT NULL DEFAULT 'open',
            opened_at TEXT NOT NULL,
            updated_at TEXT NOT NULL,
            triaged_at TEXT,
            covered TEXT,
            call TEXT,
            confidence REAL,
            reason TEXT,
            likeliest TEXT,
            model_category TEXT,
            model_urgency TEXT,
            model_noise INTEGER,
            category TEXT,
            urgency TEXT,
            noise INTEGER,
            trouble TEXT,
            troubled_at TEXT,
            assignee TEXT,
            assigned_at TEXT,
            done_at TEXT,
            done_by TEXT,
            slack_failed INTEGER NOT NULL DEFAULT 0,
            card_ts TEXT,
            carded_at TEXT,
            shown TEXT,
            reaction TEXT NOT NULL DEFAULT '',
            reacted TEXT NOT NULL DEFAULT '',
            text TEXT
        )
        """
    )
    triage_indexes(database)
    triage_messages(database)
    corrections(database)


def triage_indexes(database: Database) -> None:
    database.execute("CREATE INDEX triage_opened_at ON triage (workspace, opened_at)")
    database.execute("CREATE INDEX triage_kept ON triage (opened_at) WHERE text IS NOT NULL OR reason IS NOT NULL")
    database.execute(
        """
        CREATE INDEX triage_waiting ON triage (workspace, channel, urgency, ts)
        WHERE card_ts IS NULL AND triaged_at IS NOT NULL AND noise = 0 AND quiet = 0 AND status = 'open'
        """
    )
    database.execute("CREATE INDEX triage_reactions ON triage (workspace, updated_at) WHERE reaction <> reacted")


def triage_messages(database: Database) -> None:
    database.execute(
        """
        CREATE TABLE triage_messages (
            workspace TEXT NOT NULL,
            channel TEXT NOT NULL,
            ts TEXT NOT NULL,
            author TEXT,
            edited TEXT NOT NULL,
            triage TEXT NOT NULL,
            PRIMARY KEY (workspace, channel, ts)
        )
        """
    )
    database.execute("CREATE INDEX triage_messages_triage ON triage_messages (triage)")
    database.execute("CREATE INDEX triage_messages_author ON triage_messages (workspace, channel, author, ts)")


def corrections(database: Database) -> None:
    database.execute(
        """
        CREATE TABLE corrections (
            id TEXT PRIMARY KEY,
            triage TEXT NOT NULL,
            call TEXT,
            corrected_at TEXT NOT NULL,
            corrected_by TEXT NOT NULL,
            field TEXT NOT NULL,
            old TEXT NOT NULL,
            new TEXT NOT NULL,
            text TEXT
        )
        """
    )
    database.execute("CREATE INDEX corrections_triage ON corrections (triage, field, corrected_at)")
    database.execute("CREATE INDEX corrections_corrected_at ON corrections (corrected_at)")
    database.execute("CREATE INDEX corrections_kept ON corrections (corrected_at) WHERE text IS NOT NULL")


def forgotten(database: Database) -> None:
    database.execute("ALTER TABLE triage ADD COLUMN forgotten_at TEXT")


def told(database: Database) -> None:
    database.execute("ALTER TABLE triage ADD COLUMN outage TEXT")
    database.execute("ALTER TABLE triage ADD COLUMN mentioned TEXT NOT NULL DEFAULT ''")
    database.execute("UPDATE triage SET mentioned = '?' WHERE card_ts <> '' AND urgency = 'p1'")


def open_cases(database: Database) -> None:
    database.execute("CREATE INDEX triage_unsorted ON triage (workspace, troubled_at) WHERE triaged_at IS NULL")
    database.execute(
        """
        CREATE INDEX triage_open ON triage (workspace, opened_at)
        WHERE triaged_at IS NOT NULL AND quiet = 0 AND noise = 0 AND status = 'open'
        """
    )


def acts(database: Database) -> None:
    database.execute(
        """
        CREATE TABLE acts (
            workspace TEXT NOT NULL,
            channel TEXT NOT NULL,
            ts TEXT NOT NULL,
            person TEXT NOT NULL,
            act TEXT NOT NULL,
            label TEXT NOT NULL,
            acted_ts TEXT NOT NULL,
            undone INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (workspace, channel, ts, person, act, label)
        )
        """
    )
