"""One attempt to have a model answer: paid for from the budget, ended by its deadline, and a row in the call log."""

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from adapters.base import Provider, Reply, Request, Usage
from adapters.errors import ProviderError, TimedOut, TooLong
from bot.budget import Budget
from bot.choices import Choice
from bot.database import DatabaseError, Unavailable
from bot.limits import estimated_input, fits
from bot.origin import Origin
from bot.pool import Pool
from bot.pricing import UNPRICED, Cost, Prices
from bot.purposes import COMPARE, WORK
from bot.store import Call, KeptPrompt, Store

log = logging.getLogger("precis.llm")

AWAY = 0.5
"""Seconds between tries to write where the database is away."""

CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is tried now, `at` this moment by the budget's clock.

    `seconds` is its deadline; `instead_of` names the provider for which this one stands in.
    """

    choice: Choice
    request: Request
    origin: Origin
    number: int
    seconds: float
    at: datetime
    instead_of: str | None = None
    purpose: str = WORK
    id: str = field(default_factory=lambda: uuid4().hex)
    started: float = field(default_factory=time.monotonic)


class Attempts:
    """Makes attempts. `keep_text` says whether prompts and answers may be written down."""

    def __init__(self, pool: Pool, store: Store, prices: Prices, budget: Budget, *, keep_text: bool) -> None:
        self.pool = pool
        self.store = store
        self.prices = prices
        self.budget = budget
        self.keep_text = keep_text
        self.kept_prompts: set[str] = set()

    async def make(self, attempt: Attempt, bill: list[Cost]) -> Reply:
        """Ask once; what the vendor charged is added to the bill, also for an answer of no use.

        Raises `ProviderError`, which names the model. The attempt is in the call log when this returns or raises. What
        is refused before anything was sent (too long, over the budget, no such provider) was no attempt.
        """
        try:
            return await self.paid(attempt, bill)
        except ProviderError as error:
            error.model = attempt.choice.model
            raise

    async def paid(self, attempt: Attempt, bill: list[Cost]) -> Reply:
        async with self.pool.provider(attempt.choice) as provider:
            if not fits(attempt.request, provider.row):
                raise TooLong(provider.name, "estimated")
            dearest = self.dearest(attempt, provider)
            reserved: float | None = 0.0  # whoever is cancelled before it is known may have reserved all the same
            try:
                reserved = await self.budget.reserve(attempt.id, provider.name, dearest, attempt.purpose)
                return await self.answered(attempt, provider, reserved, bill)
            finally:
                if reserved is not None:
                    await to_its_end(written(lambda: self.budget.release(attempt.id)))

    async def answered(self, attempt: Attempt, provider: Provider, reserved: float | None, bill: list[Cost]) -> Reply:
        try:
            reply = await in_time(attempt, provider)
        except ProviderError as error:
            held = None if error.unbilled else reserved
            await to_its_end(self.record(attempt, error.kind, error.reply, bill, held))
            raise
        except asyncio.CancelledError:
            await to_its_end(self.record(attempt, CANCELLED, None, bill, reserved))
            raise
        await to_its_end(self.record(attempt, None, reply, bill, reserved))
        return reply

    def dearest(self, attempt: Attempt, provider: Provider) -> float | None:
        """The most that the attempt is likely to cost: all of its input anew, and all the output that it may write."""
        usage = Usage(
            input_total=estimated_input(attempt.request, provider.row),
            output_total=provider.row.output_limit(attempt.request.max_output_tokens),
        )
        return self.prices.cost(attempt.choice.vendor, attempt.choice.model, usage, attempt.at).usd

    async def record(
        self, attempt: Attempt, error: str | None, reply: Reply | None, bill: list[Cost], held: float | None
    ) -> None:
        """Price the attempt and write its row. Where it has no price, the budget goes on holding what it held."""
        seconds = time.monotonic() - attempt.started
        cost = UNPRICED
        if reply is not None:
            cost = self.priced(attempt, reply)
            bill.append(cost)
        kept = prompt(attempt.request)
        await written(lambda: self.keep_prompt(kept))
        row = self.row(attempt, kept.digest, error, reply, cost, held if cost.usd is None else None, seconds)
        await written(lambda: self.store.log_call(row, attempt.origin.began))

    def priced(self, attempt: Attempt, reply: Reply) -> Cost:
        choice = attempt.choice
        return self.prices.cost(choice.vendor, reply.served_model, reply.usage, attempt.at, asked=choice.model)

    async def keep_prompt(self, kept: KeptPrompt) -> None:
        """Write down what goes with the text, where this process has not done so yet."""
        if kept.digest not in self.kept_prompts:
            await self.store.keep_prompt(kept)
            self.kept_prompts.add(kept.digest)

    def row(
        self,
        attempt: Attempt,
        digest: str,
        error: str | None,
        reply: Reply | None,
        cost: Cost,
        held: float | None,
        seconds: float,
    ) -> Call:
        request, origin = attempt.request, attempt.origin
        usage = reply.usage if reply else None
        keep_text = self.keep_text and attempt.purpose != COMPARE
        return Call(
            id=attempt.id,
            called_at=attempt.at.isoformat(),
            task=request.task,
            prompt_version=request.prompt_version,
            provider=attempt.choice.provider,
            requested_model=attempt.choice.model,
            served_model=reply.served_model if reply else None,
            input_tokens=usage.input_total if usage else None,
            cached_tokens=usage.cache_read if usage else None,
            cache_write_tokens=usage.cache_write if usage else None,
            output_tokens=usage.output_total if usage else None,
            thinking_tokens=usage.thinking if usage else None,
            cost_usd=cost.usd,
            price_table=cost.price_table,
            latency_ms=round(seconds * 1000),
            attempt=attempt.number,
            outcome="failed" if error else "ok",
            error=error,
            workspace=origin.workspace,
            channel=origin.channel,
            user=origin.user,
            job=origin.job,
            request_id=reply.request_id if reply else None,
            prompt=request.text if keep_text else None,
            answer=reply.text if reply and keep_text else None,
            purpose=attempt.purpose,
            instead_of=attempt.instead_of,
            reserved_usd=held,
            prompt_digest=digest,
        )


def prompt(request: Request) -> KeptPrompt:
    """All of a request but its text, under a name that the same instructions always have."""
    kept = KeptPrompt(
        digest="",
        version=request.prompt_version,
        system=request.system,
        schema=json.dumps(request.schema) if request.schema is not None else None,
        max_output_tokens=request.max_output_tokens,
        temperature=request.temperature,
    )
    return replace(kept, digest=hashlib.sha256(json.dumps(asdict(kept)).encode(errors="replace")).hexdigest())


async def in_time(attempt: Attempt, provider: Provider) -> Reply:
    """The provider's answer. Raises `ProviderError`, `TimedOut` where the deadline passes."""
    try:
        async with asyncio.timeout(attempt.seconds):
            return await provider.complete(attempt.request)
    except TimeoutError:
        raise TimedOut(provider.name, "deadline") from None


async def to_its_end(work: Coroutine[None, None, None]) -> None:
    """Do this to its end, also where whoever waits for it is cancelled meanwhile; then they are."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


async def written(write: Callable[[], Awaitable[None]]) -> None:
    """Write, waiting while the database is away; where waiting cannot help, say so and go on with the paid answer."""
    while True:
        try:
            return await write()
        except Unavailable:
            await asyncio.sleep(AWAY)
        except DatabaseError as error:
            log.error("A call is not in the call log: %s", error)
            return None
