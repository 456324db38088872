"""The call log: one row for each attempt to have a model answer, and what they come to."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from bot.database import marks
from bot.purposes import WORK
from bot.store.rows import BATCH, Rows
from bot.week import moment

By = Literal["model", "task", "channel", "user", "day"]
Day = tuple[str, str, str]
"""A name, and the moments of its beginning and its end as they stand in `called_at`."""

FORGET_CALLS = f"""
    UPDATE calls SET prompt = NULL, answer = NULL WHERE id IN (
        SELECT id FROM calls WHERE called_at < $1 AND (prompt IS NOT NULL OR answer IS NOT NULL) LIMIT {BATCH // 2})
    RETURNING id"""
"""Fewer at a time than elsewhere: the texts of calls are long."""

LAST_ERRORS = """
    SELECT provider, requested_model AS model, error, called_at FROM (
        SELECT *, row_number() OVER (PARTITION BY provider, requested_model ORDER BY called_at DESC, id) AS place
        FROM calls
        WHERE called_at >= $1 AND outcome = 'failed' AND error <> 'cancelled' AND purpose = 'work') AS ranked
    WHERE place = 1"""

NAMES: dict[By, str] = {
    "model": "provider || '/' || requested_model",
    "task": "task",
    "channel": "COALESCE(channel, '')",
    "user": """COALESCE("user", '')""",
    "day": "day",
}
LINES = """
    WITH days (day, begins, ends) AS (VALUES {days}), found AS MATERIALIZED (
        SELECT {name} AS name, {purpose} AS purpose, outcome, input_tokens, cached_tokens, output_tokens, cost_usd,
            latency_ms
        FROM days CROSS JOIN calls WHERE called_at >= begins AND called_at < ends
    ), sums AS (
        SELECT name, purpose, COUNT(*) AS calls, COUNT(*) FILTER (WHERE outcome <> 'ok') AS failed,
            COALESCE(SUM(input_tokens), 0) AS input_tokens, COALESCE(SUM(cached_tokens), 0) AS cached_tokens,
            COALESCE(SUM(output_tokens), 0) AS output_tokens, SUM(cost_usd) AS cost_usd,
            COUNT(*) FILTER (WHERE input_tokens IS NOT NULL AND cost_usd IS NULL) AS unpriced
        FROM found GROUP BY name, purpose
    ), latencies AS (
        SELECT name, purpose, latency_ms, COUNT(*) AS calls FROM found WHERE outcome = 'ok'
        GROUP BY name, purpose, latency_ms
    ), ranked AS (
        SELECT name, purpose, latency_ms, SUM(calls) OVER (PARTITION BY name, purpose ORDER BY latency_ms) AS place,
            SUM(calls) OVER (PARTITION BY name, purpose) AS places
        FROM latencies
    ), ranks AS (
        SELECT name, purpose, MIN(latency_ms) FILTER (WHERE place * 100 >= places * 50) AS p50_ms,
            MIN(latency_ms) FILTER (WHERE place * 100 >= places * 95) AS p95_ms
        FROM ranked GROUP BY name, purpose
    )
    SELECT sums.*, p50_ms, p95_ms FROM sums LEFT JOIN ranks ON ranks.name = sums.name AND ranks.purpose = sums.purpose
    ORDER BY sums.purpose <> 'work', {order}, sums.name, sums.purpose"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One attempt to have a model answer: a row of `calls`. Failed and cancelled attempts are rows too.

    Times are UTC ISO-8601. Tokens are None where the call never reached the vendor's meter; `input_tokens` includes
    caches and `output_tokens` includes thinking. `cost_usd` is None where the price is unknown. `outcome` is `ok` or
    `failed`, and then `error` is a kind of `adapters.errors`. `prompt` and `answer` are None where text is not kept.

    `purpose` is one of `bot.purposes`; all but `work` are trial calls. `instead_of` names the
    provider that could not answer, where this one stood in. `reserved_usd` is what the budget holds for an attempt that
    may have been billed though its bill never came. `prompt_digest` names the row of `prompts` that says what else was
    sent, None where an earlier version made the call.
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
    purpose: str = WORK
    instead_of: str | None = None
    reserved_usd: float | None = None
    prompt_digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What some calls come to: those of one model, task, channel, user or day, or all.

    `name` is that model (`provider/model`, as it was asked for), or else; empty for calls that belong to no channel or
    user. `purpose` is as in `Call`; `costs` has those of any purpose but `work` in lines named `trials`.
    `cost_usd` adds the known costs up, None where none is known; `unpriced` counts the calls whose cost is unknown
    though a vendor counted their tokens. `p50_ms` and `p95_ms` are the nearest rank over the answered calls, None where
    nothing was answered.
    """

    name: str
    purpose: str
    calls: int
    failed: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost_usd: float | None
    unpriced: int
    p50_ms: int | None
    p95_ms: int | None


@dataclass(frozen=True, slots=True)
class Costs:
    """The calls of a period: the dearest line first, or the days in order; trials last. `total` has them all."""

    lines: list[Line]
    total: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class LastError:
    """The latest failure of a model: a kind of `adapters.errors`, and when it was tried."""

    provider: str
    model: str
    error: str
    called_at: str


LATE = """
    EXISTS (SELECT 1 FROM forgotten WHERE forgotten_at >= made.began AND (
        person IN ('', made."user") OR made.task <> 'triage'
        OR person = (SELECT author FROM triage WHERE triage.id = made.job)))
    OR made.task = 'triage' AND NOT EXISTS (
        SELECT 1 FROM triage WHERE triage.id = made.job AND coalesce(triage.forgotten_at, '') <= made.began)"""
"""Whether the work for a call began before words that it may hold were to be forgotten, as `bot.store.forgetting` has
it: whatever is tried again was read before. So were messages that have been deleted, with their case or without it; the
work that finds them gone is the first that has not read them.
"""

COLUMNS = {field.name: f'"{field.name}"' for field in fields(Call)}
KEPT = COLUMNS | {text: f"CASE WHEN {LATE} THEN NULL ELSE {text} END" for text in ("prompt", "answer")}
LOG = f"""
    INSERT INTO calls ({", ".join(COLUMNS.values())})
    SELECT {", ".join(KEPT.values())}
    FROM (SELECT {", ".join(f"${number} AS {column}" for number, column in enumerate([*COLUMNS.values(), "began"], 1))})
    AS made"""

CALLS = TypeAdapter(list[Call])
ERRORS = TypeAdapter(list[LastError])
COSTS = TypeAdapter(list[Line])


class Calls(Rows):
    async def log_call(self, call: Call, began: datetime | None = None) -> None:
        """Write down a call; without its texts, where they were to be forgotten since the work for it began.

        A triage has texts as long as there is its case, the `job`, whichever process has it sorted or deletes it.
        `began` is that moment, before anything that was sent was read; None where that was when the call was made.
        """
        await self.database.write(LOG, *asdict(call).values(), began.isoformat() if began else call.called_at)

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

    async def costs(self, *, by: By, since: datetime, until: datetime, zone: ZoneInfo) -> Costs | None:
        """What the calls of a period come to, None where there are none. A day begins at midnight in `zone`."""
        whole = [("", since.isoformat(), until.isoformat())]
        total = await self.lines(whole, "'total'", "''", "sums.name")
        if not total:
            return None
        name = f"CASE purpose WHEN 'work' THEN {NAMES[by]} ELSE 'trials' END"
        if by != "day":
            return Costs(await self.lines(whole, name, "purpose", "cost_usd DESC NULLS LAST"), total[0])
        span = list(days(await self.first_call(since), since, until, zone))
        return Costs(await self.lines(span, name, "purpose", "sums.name"), total[0])

    async def last_errors(self, since: datetime) -> list[LastError]:
        """Each model's latest failure since then at what somebody waited for, without what was broken off."""
        return ERRORS.validate_python(await self.database.read(LAST_ERRORS, since.isoformat()))

    async def model_lines(self, since: datetime, until: datetime) -> list[Line]:
        """A line for each model and purpose of a period, the dearest first, trials last."""
        whole = [("", since.isoformat(), until.isoformat())]
        return await self.lines(whole, NAMES["model"], "purpose", "cost_usd DESC NULLS LAST")

    async def first_call(self, since: datetime) -> datetime:
        [row] = await self.database.read(
            "SELECT MIN(called_at) AS at FROM calls WHERE called_at >= $1", since.isoformat()
        )
        return datetime.fromisoformat(str(row["at"]))

    async def lines(self, span: list[Day], name: str, purpose: str, order: str) -> list[Line]:
        rows = ", ".join(f"({marks(first, 3)})" for first in range(1, 3 * len(span), 3))
        query = LINES.format(days=rows, name=name, purpose=purpose, order=order)
        return COSTS.validate_python(await self.database.report(query, *(value for day in span for value in day)))

    async def forget_calls(self, before: datetime) -> None:
        """Blank the prompts and answers of calls made before that time; the figures stay."""
        await self.database.repeat(FORGET_CALLS, before.isoformat())


def days(first: datetime, since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[Day]:
    """The days from that of `first` on, as far as they lie in the period."""
    day = first.astimezone(zone).date()
    while moment(day, time(), zone) < until:
        following = day + timedelta(days=1)
        begins, ends = max(moment(day, time(), zone), since), min(moment(following, time(), zone), until)
        yield day.isoformat(), begins.isoformat(), ends.isoformat()
        day = following
