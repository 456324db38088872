"""The gateway, the only door to a model: it sets the deadline, prices the call and logs it, failures too."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from adapters import Vendor
from adapters.base import Provider, Reply, Request, Usage
from adapters.errors import ProviderError, TimedOut, TooLong
from adapters.models import label
from bot.database import DatabaseError, Unavailable
from bot.limits import attempt_seconds, fits
from bot.pricing import UNPRICED, Cost, price
from bot.store import Call, Store

log = logging.getLogger("precis.llm")

AWAY = 0.5
"""Seconds between tries to write where the database is away."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where in Slack a call comes from: ids only."""

    workspace: str
    channel: str
    user: str
    job: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply with its row in the call log. `cost_usd` is None where the model has no known price."""

    reply: Reply
    call_id: str
    seconds: float
    cost_usd: float | None
    model: str


class Gateway:
    """Asks one provider. `keep_text` says whether prompts and answers may be written down."""

    def __init__(
        self,
        vendor: Vendor,
        provider: Provider,
        store: Store,
        *,
        keep_text: bool,
        deadline: Callable[[Request], float] = attempt_seconds,
    ) -> None:
        self.vendor = vendor
        self.provider = provider
        self.store = store
        self.keep_text = keep_text
        self.deadline = deadline

    async def ask(self, request: Request, origin: Origin) -> Answer:
        """Ask once, within the deadline. Raises `ProviderError`; the call is in the log when this returns or raises."""
        if not fits(request, self.provider.model):
            raise TooLong(self.provider.name, "estimated")
        call = CallInProgress(request, origin, uuid4().hex, datetime.now(UTC), time.monotonic())
        try:
            reply = await self.complete(request)
        except ProviderError as error:
            await self.record(call, error.kind, error.reply)
            raise
        except asyncio.CancelledError:
            await asyncio.shield(self.record(call, "cancelled", None))
            raise
        seconds, cost = await self.record(call, None, reply)
        return Answer(reply, call.id, seconds, cost.usd, label(reply.served_model))

    async def complete(self, request: Request) -> Reply:
        try:
            async with asyncio.timeout(self.deadline(request)):
                return await self.provider.complete(request)
        except TimeoutError:
            raise TimedOut(self.provider.name, "deadline") from None

    def estimate(self, input_tokens: int, output_tokens: int) -> float | None:
        """What so many tokens would cost now, in US dollars; None where the model has no known price."""
        usage = Usage(input_total=input_tokens, output_total=output_tokens)
        return price(self.vendor.prices, self.provider.model, usage, datetime.now(UTC)).usd

    async def note_dropped(self, answer: Answer, entries: int) -> None:
        """Record how many entries of this answer cited nothing that exists."""
        await written(lambda: self.store.note_dropped(answer.call_id, entries))

    async def record(self, call: "CallInProgress", error: str | None, reply: Reply | None) -> tuple[float, Cost]:
        """Price the attempt and write its row, without which no answer is lost. Returns seconds and cost."""
        seconds = time.monotonic() - call.started
        usage = reply.usage if reply else None
        cost = UNPRICED
        if reply is not None:
            cost = await asyncio.to_thread(price, self.vendor.prices, reply.served_model, reply.usage, call.at)
        row = Call(
            id=call.id,
            called_at=call.at.isoformat(),
            task=call.request.task,
            prompt_version=call.request.prompt_version,
            provider=self.provider.name,
            requested_model=self.provider.model,
            served_model=reply.served_model if reply else None,
            input_tokens=usage.input_total if usage else None,
            cached_tokens=usage.cache_read if usage else None,
            cache_write_tokens=usage.cache_write if usage else None,
            output_tokens=usage.output_total if usage else None,
            thinking_tokens=usage.thinking if usage else None,
            cost_usd=cost.usd,
            price_table=cost.price_table,
            latency_ms=round(seconds * 1000),
            attempt=1,
            outcome="failed" if error else "ok",
            error=error,
            workspace=call.origin.workspace,
            channel=call.origin.channel,
            user=call.origin.user,
            job=call.origin.job,
            request_id=reply.request_id if reply else None,
            prompt=call.request.text if self.keep_text else None,
            answer=reply.text if reply and self.keep_text else None,
        )
        await written(lambda: self.store.log_call(row))
        return seconds, cost


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


@dataclass(frozen=True, slots=True)
class CallInProgress:
    """An attempt that has begun: `at` is the wall clock in UTC, `started` the monotonic clock in seconds."""

    request: Request
    origin: Origin
    id: str
    at: datetime
    started: float
