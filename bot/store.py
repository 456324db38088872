"""Every query outside the inbox: calls, summaries, feedback."""

from dataclasses import asdict, dataclass
from datetime import datetime

from pydantic import TypeAdapter

from bot.database import Database

FORGET_SUMMARIES = """
    DELETE FROM summaries WHERE id IN (SELECT id FROM summaries WHERE made_at < $1 LIMIT 200) RETURNING id"""
FORGET_CALLS = """
    UPDATE calls SET prompt = NULL, answer = NULL WHERE id IN (
        SELECT id FROM calls WHERE called_at < $1 AND (prompt IS NOT NULL OR answer IS NOT NULL) LIMIT 200)
    RETURNING id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One attempt to have a model answer: a row of `calls`. Failed and cancelled attempts are rows too.

    Times are UTC ISO-8601. Tokens are None where the call never reached the vendor's meter; `input_tokens` includes
    caches and `output_tokens` includes thinking. `cost_usd` is None where the price is unknown. `outcome` is `ok` or
    `failed`, and then `error` is a kind of `adapters.errors`. `prompt` and `answer` are None where text is not kept.
    """

    id: str
    called_at: str
    task: str
    prompt_version: str
    provider: str
    requested_model: str
    latency_ms: int
    attempt: int
    outcome: str
    served_model: str | None = None
    input_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None
    thinking_tokens: int | None = None
    cost_usd: float | None = None
    price_table: str | None = None
    error: str | None = None
    dropped_entries: int | None = None
    workspace: str | None = None
    channel: str | None = None
    user: str | None = None
    job: str | None = None
    request_id: str | None = None
    prompt: str | None = None
    answer: str | None = None


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


CALLS = TypeAdapter(list[Call])
SUMMARIES = TypeAdapter(list[KeptSummary])


class Store:
    """Reads and writes the database. Every method raises `DatabaseError`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def log_call(self, call: Call) -> None:
        await self.database.insert("calls", asdict(call))

    async def note_dropped(self, call_id: str, entries: int) -> None:
        await self.database.write("UPDATE calls SET dropped_entries = $2 WHERE id = $1", call_id, entries)

    async def calls(self, *, since: datetime | None = None, task: str | None = None) -> list[Call]:
        """The calls of a period, oldest first."""
        rows = await self.database.read(
            "SELECT * FROM calls WHERE called_at >= $1 AND ($2 IS NULL OR task = $2) ORDER BY called_at, id",
            since.isoformat() if since else "",
            task,
        )
        return CALLS.validate_python(rows)

    async def keep_summary(self, summary: KeptSummary) -> None:
        await self.database.insert("summaries", asdict(summary))

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

    async def forget_texts(self, before: datetime) -> None:
        """Blank the prompts and answers of calls and delete the summaries made before that time; the figures stay.

        Goes in small steps, so that a request that comes in meanwhile is written down at once.
        """
        for statement in (FORGET_SUMMARIES, FORGET_CALLS):
            await self.database.repeat(statement, before.isoformat())
