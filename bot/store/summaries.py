"""Summaries that are kept so that nobody pays twice, and what people thought of them."""

from dataclasses import asdict, dataclass
from datetime import datetime

from pydantic import TypeAdapter

from bot.store.rows import BATCH, Rows

FORGET_SUMMARIES = f"""
    DELETE FROM summaries WHERE id IN (SELECT id FROM summaries WHERE made_at < $1 LIMIT {BATCH}) RETURNING id"""

KEEP = """
    INSERT INTO summaries (id, key, made_at, workspace, channel, subject, messages, covered, summary, model, call)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 WHERE NOT EXISTS (
        SELECT 1 FROM calls WHERE job = (SELECT job FROM calls WHERE id = $11) AND prompt IS NULL)"""
FORGET_ASKERS = f"""
    DELETE FROM askers WHERE (person, summary) IN (
        SELECT person, summary FROM askers
        WHERE asked_at < $1 AND NOT EXISTS (SELECT 1 FROM summaries WHERE id = askers.summary) LIMIT {BATCH})
    RETURNING summary"""
ASKED = """
    INSERT INTO askers (person, summary, asked_at)
    SELECT $1, $2, $3 WHERE EXISTS (SELECT 1 FROM summaries WHERE id = $2)
    ON CONFLICT (person, summary) DO UPDATE SET asked_at = excluded.asked_at"""
LAST = """
    SELECT id, key, made_at, workspace, channel, subject, messages, covered, summary, model, call FROM (
        SELECT summaries.*, asked_at, row_number() OVER (
            PARTITION BY channel, subject ORDER BY asked_at DESC, made_at DESC, id) AS place
        FROM askers JOIN summaries ON summaries.id = askers.summary
        WHERE workspace = $1 AND person = $2) AS theirs
    WHERE place = 1 ORDER BY asked_at DESC, made_at DESC, id LIMIT $3"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSummary:
    """A row of `summaries`: a checked summary as JSON, and a digest of the messages that it covers.

    `key` names what was asked; `subject` is a thread's root or a channel's span; `call` is the call that wrote it.
    """

    id: str
    key: str
    made_at: str
    workspace: str
    channel: str
    subject: str
    messages: int
    covered: str
    summary: str
    model: str
    call: str


SUMMARIES = TypeAdapter(list[KeptSummary])


class Summaries(Rows):
    async def keep_summary(self, summary: KeptSummary) -> None:
        """Keep a summary, unless what it was made of was to be forgotten meanwhile."""
        await self.database.write(KEEP, *asdict(summary).values())

    async def latest_summary(self, key: str, covered: str) -> KeptSummary | None:
        """The summary under this key that covers just these messages, else the latest."""
        rows = await self.database.read(
            "SELECT * FROM summaries WHERE key = $1 ORDER BY (covered = $2) DESC, made_at DESC, rowid DESC LIMIT 1",
            key,
            covered,
        )
        return next(iter(SUMMARIES.validate_python(rows)), None)

    async def summary(self, id: str) -> KeptSummary | None:
        rows = await self.database.read("SELECT * FROM summaries WHERE id = $1", id)
        return next(iter(SUMMARIES.validate_python(rows)), None)

    async def note_asker(self, user: str, summary: str, at: datetime) -> None:
        """Keep that a person asked for what this summary answers, whoever had it written, while there is a summary."""
        await self.database.write(ASKED, user, summary, at.isoformat())

    async def last_summaries(self, workspace: str, user: str, most: int) -> list[KeptSummary]:
        """The summaries that this person asked for, the last one first; of one conversation the last."""
        return SUMMARIES.validate_python(await self.database.read(LAST, workspace, user, most))

    async def give_feedback(self, call: str, user: str, verdict: str, at: datetime) -> None:
        """Keep a person's verdict on the answer of a call; a second one replaces the first."""
        await self.database.write(
            'INSERT INTO feedback (call, "user", given_at, verdict) VALUES ($1, $2, $3, $4)'
            ' ON CONFLICT (call, "user") DO UPDATE SET given_at = excluded.given_at, verdict = excluded.verdict',
            call,
            user,
            at.isoformat(),
            verdict,
        )

    async def forget_summaries(self, before: datetime) -> None:
        """Delete the summaries made before that time, and who asked for them."""
        await self.database.repeat(FORGET_SUMMARIES, before.isoformat())
        await self.database.repeat(FORGET_ASKERS, before.isoformat())
