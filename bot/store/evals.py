"""Logged prompts, what other models answered to them, and which of two answers people liked better."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from pydantic import TypeAdapter

from bot.database import marks
from bot.store.rows import BATCH, Rows

LOGGED = """
    SELECT id, called_at, channel, input_tokens, output_tokens, requested_model, prompt_digest, answer,
        prompt IS NOT NULL AS retained
    FROM calls WHERE workspace = $1 AND task = $2 AND purpose = 'work' AND outcome = 'ok' AND called_at <= $3
    ORDER BY called_at DESC, id LIMIT $4"""
EVALS = "SELECT * FROM evals WHERE {column} IN ({ids}) ORDER BY asked_at DESC, source, provider, model"
ATTEMPTED = """
    SELECT provider, requested_model, outcome, latency_ms, cost_usd, price_table IS NOT NULL AS billed FROM calls
    WHERE purpose = 'compare' AND job IN ({ids})"""
CORRECTED = "SELECT call, field, new FROM corrections WHERE call IN ({ids}) ORDER BY corrected_at, rowid"
VOTE = """
    INSERT INTO votes (id, workspace, voted_at, voter, task, left_model, right_model, verdict, eval)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING"""
KEEP_EVAL = """
    INSERT INTO evals (id, workspace, evaluated_at, task, source, asked_at, channel, prompt_digest, provider, model,
        outcome, error, call, entries, kept_entries, label, logged_label, answer)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
        (SELECT $18 FROM calls WHERE id = $5 AND prompt IS NOT NULL))
    ON CONFLICT (id) DO UPDATE SET evaluated_at = excluded.evaluated_at, outcome = excluded.outcome,
        error = excluded.error, call = excluded.call, entries = excluded.entries, kept_entries = excluded.kept_entries,
        label = excluded.label, logged_label = excluded.logged_label, answer = excluded.answer"""
FORGET_EVALS = f"""
    UPDATE evals SET answer = NULL WHERE id IN (
        SELECT id FROM evals WHERE answer IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM calls WHERE calls.id = evals.source AND prompt IS NOT NULL)
        LIMIT {BATCH})
    RETURNING id"""
"""Run after prompts have been blanked or deleted, for whatever reason: no answer outlives what it answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A call of the log that others can be asked about. `retained`: its text is still there."""

    id: str
    called_at: str
    channel: str | None
    requested_model: str
    input_tokens: int | None
    output_tokens: int | None
    prompt_digest: str | None
    answer: str | None
    retained: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Eval:
    """A row of `evals`: what one model made of the prompt of a logged call, `source`, which was made at `asked_at` for
    a conversation in `channel`.

    The attempts that it took are the calls whose `job` is this id; `call` is the one that answered. `outcome` is `ok`
    or `failed`, and then `error` is a kind of `adapters.errors`. For a summary, `kept_entries` of its `entries` cite a
    message that exists. For a triage, `label` is what it was sorted into and `logged_label` what the logged call said.
    `answer` is the text as the model wrote it, None where that is not kept any more.
    """

    id: str
    workspace: str
    evaluated_at: str
    task: str
    source: str
    asked_at: str
    channel: str | None
    prompt_digest: str
    provider: str
    model: str
    outcome: str
    error: str | None = None
    call: str | None = None
    entries: int | None = None
    kept_entries: int | None = None
    label: str | None = None
    logged_label: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """An attempt of a comparison. `billed` where its price was looked up; `cost_usd` is then None if nobody knew it."""

    provider: str
    requested_model: str
    outcome: str
    latency_ms: int
    cost_usd: float | None
    billed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A person's word on a label that a call gave: `field` is `category`, `urgency` or `support`."""

    call: str
    field: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """A row of `votes`: which of two answers to the same prompt somebody liked better, not knowing whose they were.

    Models are named as `provider/model`. `verdict` is `left`, `right` or `same`; `eval` is the row of `evals` that
    holds the left answer.
    """

    id: str
    workspace: str
    voted_at: str
    voter: str
    task: str
    left_model: str
    right_model: str
    verdict: str
    eval: str | None = None


LOGGED_ROWS = TypeAdapter(list[Logged])
EVAL_ROWS = TypeAdapter(list[Eval])
ATTEMPTED_ROWS = TypeAdapter(list[Attempted])
CORRECTED_ROWS = TypeAdapter(list[Corrected])
VOTE_ROWS = TypeAdapter(list[Vote])


class Evals(Rows):
    async def logged(self, workspace: str, task: str, until: datetime, most: int) -> list[Logged]:
        """The last calls of a task that were answered at that time or before, newest first, whoever answered."""
        return LOGGED_ROWS.validate_python(await self.database.read(LOGGED, workspace, task, until.isoformat(), most))

    async def logged_text(self, call: str) -> str | None:
        """What was sent in a call, None where that is not kept any more."""
        rows = await self.database.read("SELECT prompt FROM calls WHERE id = $1 AND prompt IS NOT NULL", call)
        return str(rows[0]["prompt"]) if rows else None

    async def keep_eval(self, eval: Eval) -> None:
        """Keep what a model made of a prompt; it replaces what it made of it before. No answer is kept without it."""
        await self.database.write(KEEP_EVAL, *asdict(eval).values())

    async def evals_of(self, sources: Sequence[str]) -> list[Eval]:
        """What models made of these logged calls, those of the newest first."""
        return await self.listed("source", sources)

    async def evals(self, ids: Sequence[str]) -> list[Eval]:
        return await self.listed("id", ids)

    async def listed(self, column: str, values: Sequence[str]) -> list[Eval]:
        found = await self.database.read(EVALS.format(column=column, ids=marks(1, len(values))), *values)
        return EVAL_ROWS.validate_python(found)

    async def attempted(self, evals: Sequence[str]) -> list[Attempted]:
        """All attempts that were made for these evals, also where the eval itself was never kept."""
        found = await self.database.read(ATTEMPTED.format(ids=marks(1, len(evals))), *evals)
        return ATTEMPTED_ROWS.validate_python(found)

    async def corrected(self, calls: Sequence[str]) -> list[Corrected]:
        """What people said of the labels of these calls, oldest first."""
        found = await self.database.read(CORRECTED.format(ids=marks(1, len(calls))), *calls)
        return CORRECTED_ROWS.validate_python(found)

    async def vote(self, vote: Vote) -> None:
        """Keep a vote; of two with the same id the first counts."""
        await self.database.write(VOTE, *asdict(vote).values())

    async def votes(self, ids: Sequence[str]) -> list[Vote]:
        found = await self.database.read(f"SELECT * FROM votes WHERE id IN ({marks(1, len(ids))})", *ids)
        return VOTE_ROWS.validate_python(found)

    async def forget_evals(self) -> None:
        """Blank the answers to prompts that are not kept any more; the figures stay."""
        await self.database.repeat(FORGET_EVALS)
