"""Asks other models what was asked before: logged prompts, exactly as they were sent, each answer kept once."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property

from adapters.base import Request
from adapters.errors import OverBudget, ProviderError, Unpriced
from adapters.models import rules
from bot.choices import Choice
from bot.comparison import Figures, figures
from bot.llm import Answer, Gateway, unrepaired
from bot.measures import MEASURES, Measured
from bot.offload import offload
from bot.origin import Origin
from bot.pricing import total
from bot.providers import NEVER_BY_ITSELF
from bot.purposes import COMPARE
from bot.store import Eval, KeptPrompt, Logged, Store
from bot.transcript import ORDINARY

AT_ONCE = 4
"""Calls of one comparison that are under way at the same time."""

BASELINE = Choice("offline", "offline-rules-1")

LASTING = frozenset({"bad_output", "bad_request", "empty", "refused", "too_long", "truncated"})
"""Kinds of failures that say something of the model or the prompt: asking again would pay for the same once more."""

Progress = Callable[[int, int], Awaitable[None]]
"""Told how many answers there are, of how many."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which prompts are compared: the last `most` of a task that were answered at a moment or before."""

    task: str
    most: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one model still has to be asked. `usd` is an estimate of its cost, None where nobody knows its price."""

    choice: Choice
    missing: int
    usd: float | None


@dataclass(frozen=True, slots=True)
class Quote:
    """What a comparison was said to cost: the known costs in US dollars, and whether some are `unknown`."""

    usd: float
    unknown: bool

    @classmethod
    def of(cls, estimates: Sequence[Estimate]) -> "Quote":
        return cls(sum(each.usd or 0.0 for each in estimates), any(each.usd is None for each in estimates))

    def __str__(self) -> str:
        return f"{self.usd} and what is unknown" if self.unknown else str(self.usd)

    def covers(self, other: "Quote") -> bool:
        """Whether whoever agreed to this one has agreed to the other."""
        return other.usd <= self.usd and (self.unknown or not other.unknown)


@dataclass(frozen=True)
class Plan:
    """A comparison before it is made. `logged` are all prompts, newest first, of which some cannot be asked again.

    `kept` are the answers that there are, by their id.
    """

    wanted: Wanted
    logged: Sequence[Logged]
    choices: Sequence[Choice]
    in_use: Choice
    kept: Mapping[str, Eval]

    @cached_property
    def prompts(self) -> Sequence[Logged]:
        """Those that can be asked."""
        return [one for one in self.logged if one.retained and one.prompt_digest is not None]

    @property
    def purged(self) -> int:
        return sum(not one.retained for one in self.logged)

    @property
    def unexplained(self) -> int:
        """Prompts of an earlier version, which did not write down what went with the text."""
        return len(self.logged) - len(self.prompts) - self.purged

    @cached_property
    def missing(self) -> Sequence[tuple[Logged, Choice]]:
        """What is to be asked: prompt by prompt, so that the models stay level however soon it ends."""
        return [(one, choice) for one in self.prompts for choice in self.choices if not self.settled(one, choice)]

    def settled(self, one: Logged, choice: Choice) -> bool:
        eval = self.kept.get(eval_id(one, choice))
        return eval is not None and (eval.outcome == "ok" or eval.error in LASTING)


class Replay:
    """Compares models on the prompts of one workspace. `defaults` is the model of each provider that has a key; `keep`
    says whether answers may be written down.
    """

    def __init__(
        self, gateway: Gateway, store: Store, workspace: str, defaults: Sequence[Choice], *, keep: bool
    ) -> None:
        self.gateway = gateway
        self.store = store
        self.workspace = workspace
        self.defaults = defaults
        self.keep = keep
        self.turn = asyncio.Lock()

    async def plan(self, wanted: Wanted) -> Plan:
        """What there is to compare. Raises `DatabaseError`."""
        logged = await self.store.logged(self.workspace, wanted.task, wanted.until, wanted.most)
        choices, in_use = await self.candidates(wanted.task)
        return Plan(wanted, logged, choices, in_use, await self.kept(logged))

    async def kept(self, logged: Sequence[Logged]) -> Mapping[str, Eval]:
        return {eval.id: eval for eval in await self.store.evals_of([one.id for one in logged])}

    async def candidates(self, task: str) -> tuple[Sequence[Choice], Choice]:
        """Every model that is in use for something, the default of each other provider that has a key, and the rules.

        Also tells which of them answers the task.
        """
        table = await self.gateway.routes.table()
        in_use = table.route(task, "").first
        used = {in_use, *table.choices}
        providers = {choice.provider for choice in used} | set(NEVER_BY_ITSELF)
        others = [choice for choice in self.defaults if choice.provider not in providers]
        ordered = [in_use, *sorted(used, key=str), *others, BASELINE]
        return list(dict.fromkeys(ordered)), in_use

    async def estimates(self, plan: Plan) -> list[Estimate]:
        """What each model still has to answer, and what that will roughly cost."""
        return await asyncio.to_thread(lambda: [self.estimate(plan, choice) for choice in plan.choices])

    def estimate(self, plan: Plan, choice: Choice) -> Estimate:
        asked = [one for one, wanted in plan.missing if wanted == choice]
        return Estimate(choice, len(asked), total(self.cost(one, choice) for one in asked))

    def cost(self, one: Logged, choice: Choice) -> float | None:
        """The cost from the tokens that the logged call took, reckoned in tokens of the other model."""
        factor = rules(choice.model).tokenizer_factor / rules(one.requested_model).tokenizer_factor
        input_tokens, output_tokens = (round((count or 0) * factor) for count in (one.input_tokens, one.output_tokens))
        return self.gateway.estimate(choice, input_tokens, output_tokens)

    async def run(self, plan: Plan, user: str, progress: Progress) -> frozenset[Choice]:
        """Ask whatever is missing, and keep each result as soon as it is there. Raises `DatabaseError`.

        Comparisons take turns, so that two at the same moment do not pay for the same twice. Returns the models that
        the workspace's budget did not allow to ask any further.
        """
        async with self.turn:
            now = replace(plan, kept=await self.kept(plan.logged))
            running = Run(self, now, user, progress, iter(now.missing))
            try:
                async with self.gateway.holding(now.choices), asyncio.TaskGroup() as group:
                    for _ in range(AT_ONCE):
                        group.create_task(running.work())
            except ExceptionGroup as failures:
                raise failures.exceptions[0] from None
        return frozenset(running.refused)

    async def figures(self, plan: Plan) -> Figures:
        """What the comparison has shown so far, from what the database holds now."""
        ids = {eval_id(one, choice): choice for one in plan.logged if one.prompt_digest for choice in plan.choices}
        sources = [one.id for one in plan.logged]
        evals = [eval for eval in await self.store.evals_of(sources) if eval.id in ids]
        attempts = await self.store.attempted(list(ids))
        return figures(plan.choices, plan.in_use, evals, attempts, await self.store.corrected(sources))


@dataclass(slots=True)
class Run:
    """One comparison under way: several take what is next until nothing is left."""

    replay: Replay
    plan: Plan
    user: str
    progress: Progress
    waiting: Iterator[tuple[Logged, Choice]]
    done: int = 0
    refused: set[Choice] = field(default_factory=set)
    prompts: dict[str, KeptPrompt | None] = field(default_factory=dict)

    async def work(self) -> None:
        for one, choice in self.waiting:
            if choice not in self.refused:
                await self.ask(one, choice)
            self.done += 1
            await self.progress(self.done, len(self.plan.missing))

    async def ask(self, one: Logged, choice: Choice) -> None:
        """Ask one model one thing; what was purged meanwhile is left out."""
        origin = Origin(self.replay.workspace, one.channel or "", self.user, eval_id(one, choice), datetime.now(UTC))
        request = await self.request(one)
        if request is None:
            return
        try:
            answer = await self.replay.gateway.trial(request, origin, choice, COMPARE)
        except (OverBudget, Unpriced):
            self.refused.add(choice)
        except ProviderError as error:
            await self.keep(one, choice, None, Measured(), error.kind)
        else:
            assert answer.reply.data is not None
            size = len(request.text) // ORDINARY
            found = await offload(size, MEASURES[request.task], request.text, answer.reply.data)
            await self.keep(one, choice, answer, found)

    async def request(self, one: Logged) -> Request | None:
        """The request as it was sent at first."""
        text, digest = await self.replay.store.logged_text(one.id), one.prompt_digest or ""
        if digest not in self.prompts:
            self.prompts[digest] = await self.replay.store.prompt(digest)
        kept = self.prompts[digest]
        return rebuilt(self.plan.wanted.task, text, kept) if text is not None and kept is not None else None

    async def keep(
        self, one: Logged, choice: Choice, answer: Answer | None, found: Measured, error: str | None = None
    ) -> None:
        await self.replay.store.keep_eval(
            Eval(
                id=eval_id(one, choice),
                workspace=self.replay.workspace,
                evaluated_at=datetime.now(UTC).isoformat(),
                task=self.plan.wanted.task,
                source=one.id,
                asked_at=one.called_at,
                channel=one.channel,
                prompt_digest=one.prompt_digest or "",
                provider=choice.provider,
                model=choice.model,
                outcome="failed" if error else "ok",
                error=error,
                call=answer.call_id if answer else None,
                entries=found.entries,
                kept_entries=found.kept_entries,
                label=found.label,
                logged_label=logged_label(self.plan.wanted.task, one) if found.label else None,
                answer=answer.reply.text if answer and self.replay.keep else None,
            )
        )


def eval_id(one: Logged, choice: Choice) -> str:
    """Names what a model made of a prompt: the same in every comparison."""
    named = [one.id, choice.provider, choice.model, one.prompt_digest]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:32]


def rebuilt(task: str, text: str, kept: KeptPrompt) -> Request:
    return unrepaired(
        Request(
            task=task,
            system=kept.system,
            text=text,
            prompt_version=kept.version,
            max_output_tokens=kept.max_output_tokens,
            schema=json.loads(kept.schema) if kept.schema is not None else None,
            temperature=kept.temperature,
        )
    )


def logged_label(task: str, one: Logged) -> str | None:
    """What the logged call sorted its case into, None where its answer is not kept."""
    return MEASURES[task]("", json.loads(one.answer)).label if one.answer else None
