"""The call log: one row for each attempt to have a model answer."""

from dataclasses import asdict, dataclass
from datetime import datetime

from pydantic import TypeAdapter

from bot.store.rows import Rows

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

    `purpose` is `work` for what somebody waits for; other words keep trial calls apart from it. `instead_of` names the
    provider that could not answer, where this one stood in. `reserved_usd` is what the budget holds for an attempt that
    may have been billed though its bill never came.
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
    purpose: str = "work"
    instead_of: str | None = None
    reserved_usd: float | None = None


CALLS = TypeAdapter(list[Call])


class Calls(Rows):
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

    async def forget_calls(self, before: datetime) -> None:
        """Blank the prompts and answers of calls made before that time; the figures stay."""
        await self.database.repeat(FORGET_CALLS, before.isoformat())
