"""Trying a model before it is switched to: does its vendor know it, and does it answer one tiny question."""

import asyncio
import time
from dataclasses import dataclass

from adapters.base import Provider, Request
from adapters.errors import ProviderError, TimedOut
from bot import prompts
from bot.attempts import Attempt, Attempts
from bot.choices import Choice
from bot.origin import Origin
from bot.pricing import Cost
from bot.purposes import CHECK
from bot.summary import closed

SECONDS = 15.0
"""What the vendor gets to find the model, and the model to answer."""

TASK = "check"
REQUEST = Request(
    task=TASK,
    system=prompts.CHECK.system,
    text="Are you ready?",
    schema=closed(ready={"type": "boolean"}),
    max_output_tokens=200,
    prompt_version=prompts.CHECK.version,
)


@dataclass(frozen=True, slots=True)
class Trial:
    """How a model did: `error` is why it cannot be used, None where it can. `cost_usd` is None where it is unknown."""

    choice: Choice
    seconds: float
    cost_usd: float | None
    error: ProviderError | None = None


async def tried(attempts: Attempts, choice: Choice, origin: Origin, *, seconds: float = SECONDS) -> Trial:
    """Try a model. The test call is in the call log, priced, and no breaker hears of it."""
    began, bill = time.monotonic(), list[Cost]()
    try:
        async with attempts.pool.provider(choice) as provider:
            await known(provider, seconds)
            began = time.monotonic()
            attempt = Attempt(choice, REQUEST, origin, 1, seconds, attempts.budget.now(), purpose=CHECK)
            await attempts.make(attempt, bill)
    except ProviderError as error:
        return Trial(choice, time.monotonic() - began, None, error)
    return Trial(choice, time.monotonic() - began, bill[0].usd)


async def known(provider: Provider, seconds: float) -> None:
    """Raise `ProviderError` unless the vendor knows the model for this key."""
    try:
        async with asyncio.timeout(seconds):
            await provider.check()
    except TimeoutError:
        raise TimedOut(provider.name, "deadline") from None
