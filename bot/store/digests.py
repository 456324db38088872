"""What a week came to beyond its costs: tasks, verdicts and labels per model; and which weeks were reported where."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from pydantic import TypeAdapter

from bot.store.calls import NAMES
from bot.store.rows import Rows

MODEL = NAMES["model"]
TASKS = f"""
    SELECT {MODEL} AS model, purpose, task, COUNT(*) AS calls,
        COUNT(*) FILTER (WHERE outcome = 'ok' AND instead_of IS NOT NULL) AS stood_in,
        COUNT(input_tokens) AS metered, COUNT(cost_usd) AS priced,
        COALESCE(SUM(cache_write_tokens), 0) AS cache_write_tokens, COALESCE(SUM(thinking_tokens), 0) AS thinking_tokens
    FROM calls WHERE called_at >= $1 AND called_at < $2
    GROUP BY 1, 2, 3 ORDER BY calls DESC, 1, 2, 3"""
THUMBS = f"""
    SELECT {MODEL} AS model, COUNT(*) FILTER (WHERE verdict = 'up') AS hits, COUNT(*) AS "of"
    FROM feedback JOIN calls ON calls.id = feedback.call
    WHERE given_at >= $1 AND given_at < $2 GROUP BY 1 ORDER BY 1"""
LABELS = f"""
    WITH cases AS (
        SELECT id, call, CASE WHEN noise THEN '' ELSE category END AS label,
            CASE WHEN model_noise THEN '' ELSE model_category END AS given
        FROM triage WHERE opened_at >= $1 AND opened_at < $2 AND call IS NOT NULL AND (
            assignee <> author OR done_by <> author OR EXISTS (
                SELECT 1 FROM corrections
                WHERE triage = triage.id AND field IN ('category', 'support') AND corrected_by <> author))
    ), answered AS (
        SELECT cases.id, {MODEL} AS model, label, given, purpose, called_at AS answered_at
        FROM cases CROSS JOIN calls ON calls.id = cases.call
        UNION ALL
        SELECT cases.id, {MODEL}, label,
            CASE WHEN json_extract(answer, '$.noise') THEN '' ELSE json_extract(answer, '$.category') END,
            purpose, called_at
        FROM cases CROSS JOIN calls ON calls.job = cases.id
        WHERE purpose <> 'work' AND task = 'triage' AND outcome = 'ok' AND json_valid(answer)
        UNION ALL
        SELECT cases.id, evals.provider || '/' || evals.model, cases.label,
            CASE evals.label WHEN 'noise' THEN '' ELSE evals.label END, 'compare', evaluated_at
        FROM cases CROSS JOIN evals ON evals.source = cases.call WHERE outcome = 'ok' AND evals.label IS NOT NULL
    ), ranked AS (
        SELECT model, given = label AS hit,
            row_number() OVER (PARTITION BY id, model ORDER BY purpose = 'work' DESC, answered_at DESC) AS place
        FROM answered
    )
    SELECT model, COUNT(*) FILTER (WHERE hit) AS hits, COUNT(*) AS "of" FROM ranked WHERE place = 1
    GROUP BY model ORDER BY model"""
VOTES = """
    WITH sides AS (
        SELECT left_model AS model, verdict, 'left' AS side FROM votes WHERE voted_at >= $1 AND voted_at < $2
        UNION ALL
        SELECT right_model, verdict, 'right' FROM votes WHERE voted_at >= $1 AND voted_at < $2
    )
    SELECT model, COUNT(*) FILTER (WHERE verdict = side) AS won, COUNT(*) FILTER (WHERE verdict = 'same') AS same,
        COUNT(*) AS votes
    FROM sides GROUP BY model ORDER BY model"""
PAIRS = f"""
    WITH trials AS (
        SELECT job, purpose FROM calls WHERE purpose <> 'work' AND called_at >= $1 AND called_at < $2
        ORDER BY called_at DESC LIMIT $3
    ), sources AS (
        SELECT DISTINCT source FROM trials CROSS JOIN evals ON evals.id = job WHERE purpose = 'compare'
    ), replays AS (
        SELECT source, source AS call FROM sources
        UNION ALL
        SELECT source, call FROM sources CROSS JOIN evals USING (source)
    ), asked AS (
        SELECT job AS subject, task, prompt_version AS version, prompt, {MODEL} AS model, AVG(input_tokens) AS tokens,
            COUNT(*) AS calls
        FROM (SELECT DISTINCT job FROM trials WHERE purpose = 'shadow') CROSS JOIN calls USING (job)
        WHERE outcome = 'ok' AND input_tokens > 0
        GROUP BY job, task, prompt_version, prompt, model
        UNION ALL
        SELECT source, task, prompt_digest, NULL, {MODEL} AS model, AVG(input_tokens), COUNT(*)
        FROM replays CROSS JOIN calls ON calls.id = replays.call WHERE outcome = 'ok' AND input_tokens > 0
        GROUP BY source, task, prompt_digest, model
    )
    SELECT one.model AS model, other.model AS other, SUM(MIN(one.calls, other.calls)) AS pairs,
        SUM(other.tokens * MIN(one.calls, other.calls)) / SUM(one.tokens * MIN(one.calls, other.calls)) AS ratio
    FROM asked AS one JOIN asked AS other USING (subject, task, version)
    WHERE one.prompt IS other.prompt AND one.model <> other.model
    GROUP BY 1, 2 ORDER BY 1, 2"""
TOTALS = """
    SELECT COUNT(*) AS calls, COUNT(*) FILTER (WHERE outcome <> 'ok') AS failed, SUM(cost_usd) AS cost_usd,
        COUNT(*) FILTER (WHERE input_tokens IS NOT NULL AND cost_usd IS NULL) AS unpriced,
        COALESCE(SUM(input_tokens), 0) AS input_tokens, COALESCE(SUM(output_tokens), 0) AS output_tokens
    FROM calls WHERE called_at >= $1 AND called_at < $2 AND purpose = 'work'"""
CHANNELS = """
    SELECT COALESCE(channel, '') AS channel, COUNT(*) AS calls, SUM(cost_usd) AS cost_usd FROM calls
    WHERE called_at >= $1 AND called_at < $2 AND purpose = 'work'
    GROUP BY 1 HAVING SUM(cost_usd) > 0 ORDER BY cost_usd DESC, channel LIMIT $3"""
NOTE = """
    INSERT INTO digests (workspace, week, channel, ts, posted_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCalls:
    """The calls of one model for one task and purpose, both as in `Call`; `model` is `provider/model`.

    `stood_in` counts the answers given in place of a provider that could not; `metered` the calls whose tokens the
    vendor counted, `priced` those of known cost.
    """

    model: str
    purpose: str
    task: str
    calls: int
    stood_in: int
    metered: int
    priced: int
    cache_write_tokens: int
    thinking_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """So many of so many for one model: thumbs that point up, or labels that it gave and people let stand."""

    model: str
    hits: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """How often a model was compared blindly with another, was preferred, or was found the same."""

    model: str
    won: int
    same: int
    votes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two models that read the same prompts, so many: `ratio` is the input tokens of `other` for one of `model`."""

    model: str
    other: str
    pairs: int
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The calls of a time that somebody waited for. `cost_usd` adds the known costs up, None where none is known.

    `unpriced` counts the calls whose cost is unknown though a vendor counted their tokens.
    """

    calls: int
    failed: int
    cost_usd: float | None
    unpriced: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCost:
    """What one channel's calls cost; `channel` is a Slack id, empty for calls that belong to none."""

    channel: str
    calls: int
    cost_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A row of `digests`: where the digest of a week stands. `posted_at` is UTC ISO-8601."""

    workspace: str
    week: str
    channel: str
    ts: str
    posted_at: str


TASK_CALLS = TypeAdapter(list[TaskCalls])
TALLIES = TypeAdapter(list[Tally])
VOTED = TypeAdapter(list[Votes])
PAIRED = TypeAdapter(list[Pair])
TOTALLED = TypeAdapter(list[Totals])
CHANNEL_COSTS = TypeAdapter(list[ChannelCost])
POSTED = TypeAdapter(list[Posted])

ENOUGH_TRIALS = 2_000
"""As many trial calls say how many tokens a model makes of a text; more take longer and say the same."""


class Digests(Rows):
    async def task_calls(self, since: datetime, until: datetime) -> Sequence[TaskCalls]:
        """The calls of a period by model, purpose and task, the most frequent first."""
        return TASK_CALLS.validate_python(await self.database.report(TASKS, since.isoformat(), until.isoformat()))

    async def thumbs(self, since: datetime, until: datetime) -> Sequence[Tally]:
        """The verdicts on summaries that people gave in a period, for the models that wrote them."""
        return TALLIES.validate_python(await self.database.report(THUMBS, since.isoformat(), until.isoformat()))

    async def labels(self, since: datetime, until: datetime) -> Sequence[Tally]:
        """How many labels of a period each model got right, of the cases that people have dealt with.

        A person deals with a case by correcting its category or whether it is one, by taking it, or by closing it; the
        category that holds then is right, `noise` being one more. What its author alone has done is no judgement of it.

        A case counts once for each model: for the one that sorted it by what it said then, for others by the newest of
        what they answered when the case was asked of them too, in the shadow, as long as that is kept, or when a
        comparison repeated the call that sorted it.
        """
        return TALLIES.validate_python(await self.database.report(LABELS, since.isoformat(), until.isoformat()))

    async def blind_votes(self, since: datetime, until: datetime) -> Sequence[Votes]:
        """The blind votes of a period."""
        return VOTED.validate_python(await self.database.report(VOTES, since.isoformat(), until.isoformat()))

    async def pairs(self, since: datetime, until: datetime) -> Sequence[Pair]:
        """Models that were given the same prompts, as far as the newest trial calls of a period tell.

        In the shadow they were given those of the same job; where its prompts are not kept, the means of its calls for
        the same task are compared. A comparison repeats single calls, and of these only who was sent the same
        instructions counts: a call that had to be repaired is repeated without the word about that.
        """
        span = (since.isoformat(), until.isoformat())
        return PAIRED.validate_python(await self.database.report(PAIRS, *span, ENOUGH_TRIALS))

    async def totals(self, since: datetime, until: datetime) -> Totals:
        [total] = TOTALLED.validate_python(await self.database.report(TOTALS, since.isoformat(), until.isoformat()))
        return total

    async def dearest_channels(self, since: datetime, until: datetime, most: int) -> Sequence[ChannelCost]:
        """The channels whose calls cost most in a period, of those whose cost is known."""
        rows = await self.database.report(CHANNELS, since.isoformat(), until.isoformat(), most)
        return CHANNEL_COSTS.validate_python(rows)

    async def note_digest(self, posted: Posted) -> None:
        await self.database.write(NOTE, *asdict(posted).values())

    async def digest(self, workspace: str, week: str) -> Posted | None:
        """Where the digest of that week stands, None where it was not posted."""
        rows = await self.database.read("SELECT * FROM digests WHERE workspace = $1 AND week = $2", workspace, week)
        return next(iter(POSTED.validate_python(rows)), None)
