"""The gateway, the only door to a model: it chooses who answers, tries again, fails over, and keeps to the budget."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, stop_before_delay
from tenacity import wait_random_exponential as random_pause

from adapters.base import Reply, Request, Usage
from adapters.errors import BadOutput, Empty, OverBudget, OverLimit, ProviderError, TimedOut, TooLong, Transient
from adapters.models import Model, label
from bot import prompts
from bot.attempts import Attempt, Attempts, written
from bot.breaker import Breaker
from bot.choices import Choice
from bot.limits import Policy
from bot.origin import Origin
from bot.pricing import Cost, total
from bot.purposes import WORK
from bot.quota import Quota
from bot.routes import Route, Routes
from bot.shadows import Shadows
from bot.turns import Turns

log = logging.getLogger("precis.llm")

CALLERS = (TooLong, OverBudget, OverLimit)
"""What the caller has to hear: no other provider would change it, or nobody may be asked."""

REPAIRABLE = (BadOutput, Empty)
"""Answers that a model may get right when it is asked once more."""

REPAIRED, REPAIR_VERSION = f"\n\n{prompts.REPAIR}", "-repair"
"""What asking once more adds to the instructions and to their version."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply with the row of the call log that holds it.

    `seconds` and `cost_usd` are those of all attempts that it took; the cost is None where one of them has no known
    price. `model` is a label for people; `instead_of` is that of the provider which could not answer, if this is its
    fallback.
    """

    reply: Reply
    call_id: str
    seconds: float
    cost_usd: float | None
    model: str
    instead_of: str | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """One question on its way: when it began (monotonic seconds), its attempts' numbers and what they have cost."""

    request: Request
    origin: Origin
    purpose: str = WORK
    began: float = field(default_factory=time.monotonic)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    bill: list[Cost] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a task is done: who is asked, what that model can do, and what so many tokens would cost.

    `estimate` takes input and output tokens and gives US dollars, None where the model has no known price.
    """

    route: Route
    row: Model
    estimate: Callable[[int, int], float | None]


class Gateway:
    """Asks models. What is asked at once is bounded, and people who wait take turns."""

    def __init__(self, attempts: Attempts, routes: Routes, quota: Quota, turns: Turns, policy: Policy) -> None:
        self.attempts = attempts
        self.routes = routes
        self.quota = quota
        self.turns = turns
        self.policy = policy
        self.shadows = Shadows(attempts, policy)
        self.breakers: dict[Choice, Breaker] = {}
        self.breakers_of_trials: dict[Choice, Breaker] = {}

    @property
    def left_alone(self) -> Mapping[Choice, float]:
        """The models that this process does not ask at the moment because they kept failing; seconds until it does."""
        return {choice: breaker.seconds_left for choice, breaker in self.breakers.items() if breaker.is_open}

    async def terms(self, task: str, job: str) -> Terms:
        """The terms of a job's calls for a task: the fallback's, where the first provider cannot even be built.

        Raises `ProviderError` where neither can.
        """
        route = await self.route(task, job)
        try:
            return await self.terms_of(route.first, route)
        except ProviderError:
            if route.fallback is None:
                raise
            return await self.terms_of(route.fallback, route)

    async def terms_of(self, choice: Choice, route: Route) -> Terms:
        async with self.attempts.pool.provider(choice) as provider:
            row = provider.row
        return Terms(route, row, partial(self.estimate, choice))

    async def route(self, task: str, job: str) -> Route:
        """Who is asked; providers that nobody is sent to any more are closed when their last call ends."""
        table = await self.routes.table()
        await self.attempts.pool.keep(table.choices)
        return table.route(task, job)

    def estimate(self, choice: Choice, input_tokens: int, output_tokens: int) -> float | None:
        usage = Usage(input_total=input_tokens, output_total=output_tokens)
        return self.attempts.prices.cost(choice.vendor, choice.model, usage, self.attempts.budget.now()).usd

    async def ask(self, request: Request, origin: Origin, *, route: Route | None = None) -> Answer:
        """The answer of the first provider that gives one, within the time that one answer may take.

        Every attempt is in the call log when this returns or raises. Raises `ProviderError`, the first provider's where
        the fallback failed too. Cancelling it cancels the call under way. Where the route names a candidate, that is
        asked the same afterwards, without anybody waiting for it.
        """
        chosen = route or await self.route(request.task, origin.job)
        found = await self.answered(request, origin, chosen)
        if chosen.shadow is not None:
            self.shadows.ask(request, origin, chosen.shadow)
        return found

    async def answered(self, request: Request, origin: Origin, chosen: Route) -> Answer:
        async with self.quota.request(origin, request.task), self.turns.turn(origin.user):
            asking = Asking(request, origin)
            try:
                return await self.insist(asking, chosen.first, self.share(chosen))
            except CALLERS:
                raise
            except ProviderError as error:
                if chosen.fallback is None:
                    raise
                return await self.stand_in(asking, chosen, error)

    async def trial(self, request: Request, origin: Origin, choice: Choice, purpose: str) -> Answer:
        """The answer of one model, whoever answers people: nobody stands in, nothing is repaired, no quota counts it.

        What goes wrong here leaves the breakers of real work alone. Raises `ProviderError`.
        """
        async with self.turns.turn(origin.user):
            return await self.persist(Asking(request, origin, purpose), choice, self.policy.answer_seconds, None)

    @asynccontextmanager
    async def holding(self, choices: Iterable[Choice]) -> AsyncIterator[None]:
        """Keep the providers of these choices open for the block; one that cannot be built says so when it is asked."""
        async with AsyncExitStack() as stack:
            for choice in choices:
                with suppress(ProviderError):
                    await stack.enter_async_context(self.attempts.pool.provider(choice))
            yield

    def share(self, route: Route) -> float:
        """The seconds that the first provider has."""
        return self.policy.answer_seconds - (self.policy.fallback_seconds if route.fallback else 0.0)

    async def stand_in(self, asking: Asking, route: Route, error: ProviderError) -> Answer:
        """Ask the fallback. Where that fails too, people are told what is wrong with the provider they chose."""
        assert route.fallback is not None
        log.warning("%s could not answer (%s), %s stands in", route.first, error.kind, route.fallback)
        try:
            return await self.insist(asking, route.fallback, self.policy.answer_seconds, instead_of=route.first)
        except CALLERS:
            raise
        except ProviderError as second:
            log.warning("%s could not answer either (%s)", route.fallback, second.kind)
            raise error from None

    async def insist(self, asking: Asking, choice: Choice, until: float, *, instead_of: Choice | None = None) -> Answer:
        """Ask one provider until `until` seconds of the answer are over; what is of no use is asked for once more."""
        try:
            return await self.persist(asking, choice, until, instead_of)
        except REPAIRABLE as error:
            if self.left(asking, until) < self.policy.least_seconds:
                raise
            log.info("%s gave an answer of no use (%s) and is asked once more", choice, error.kind)
            again = replace(asking, request=repaired(asking.request))
            return await self.persist(again, choice, until, instead_of)

    async def persist(self, asking: Asking, choice: Choice, until: float, instead_of: Choice | None) -> Answer:
        """Try again what may pass, for as long as there is time."""
        breaker = self.breaker(choice, asking.purpose)
        retrying = AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, Transient) and not breaker.is_open),
            stop=stop_after_attempt(1 + self.policy.retries)
            | stop_before_delay(max(self.left(asking, until) - self.policy.least_seconds, 0.0)),
            wait=self.pause,
            sleep=asyncio.sleep,
            reraise=True,
        )
        return await retrying(self.attempt, asking, choice, until, instead_of)

    async def attempt(self, asking: Asking, choice: Choice, until: float, instead_of: Choice | None) -> Answer:
        """Make one attempt, and let the model's breaker know how it went."""
        seconds = min(self.policy.attempt(asking.request), self.left(asking, until))
        if seconds <= 0:
            raise TimedOut(choice.provider, "no time left")
        breaker = self.breaker(choice, asking.purpose)
        breaker.enter()
        attempt = Attempt(
            choice,
            asking.request,
            asking.origin,
            next(asking.numbers),
            seconds,
            self.attempts.budget.now(),
            instead_of=instead_of.provider if instead_of else None,
            purpose=asking.purpose,
        )
        try:
            reply = await self.attempts.make(attempt, asking.bill)
        except ProviderError as error:
            breaker.leave(error)
            raise
        except BaseException:
            breaker.drop()
            raise
        breaker.leave(None)
        return answer(reply, attempt, asking, instead_of)

    def left(self, asking: Asking, until: float) -> float:
        return until - (time.monotonic() - asking.began)

    def pause(self, state: RetryCallState) -> float:
        """Seconds until the next attempt: what the vendor asks for, and at least a random time that grows."""
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, Transient) else None
        growing = random_pause(multiplier=self.policy.pause_seconds, max=self.policy.longest_pause_seconds)
        return max(asked or 0.0, growing(state))

    def breaker(self, choice: Choice, purpose: str = WORK) -> Breaker:
        breakers = self.breakers if purpose == WORK else self.breakers_of_trials
        return breakers.setdefault(choice, Breaker(self.policy.failures, self.policy.open_seconds))

    async def note_dropped(self, answer: Answer, entries: int) -> None:
        """Record how many entries of this answer cited nothing that exists."""
        await written(lambda: self.attempts.store.note_dropped(answer.call_id, entries))


def repaired(request: Request) -> Request:
    """The same request, with a word about the answer that was of no use."""
    return replace(
        request,
        system=f"{request.system}{REPAIRED}",
        prompt_version=f"{request.prompt_version}{REPAIR_VERSION}",
    )


def unrepaired(request: Request) -> Request:
    """The request as it was made at first, before any answer to it."""
    return replace(
        request,
        system=request.system.removesuffix(REPAIRED),
        prompt_version=request.prompt_version.removesuffix(REPAIR_VERSION),
    )


def answer(reply: Reply, attempt: Attempt, asking: Asking, instead_of: Choice | None) -> Answer:
    return Answer(
        reply=reply,
        call_id=attempt.id,
        seconds=time.monotonic() - asking.began,
        cost_usd=total(cost.usd for cost in asking.bill),
        model=label(reply.served_model),
        instead_of=instead_of.vendor.label if instead_of else None,
    )
