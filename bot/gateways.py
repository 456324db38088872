"""The gateway as the configuration wants it, with everything behind it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import adapters
from adapters.base import Provider
from adapters.errors import MissingKey, ProviderError
from bot.attempts import Attempts
from bot.budget import Alarm, Budget
from bot.choices import Choice
from bot.config import Config
from bot.database import DatabaseError
from bot.limits import Policy
from bot.llm import Gateway
from bot.pool import Build, Pool
from bot.pricing import Prices
from bot.providers import ProviderConfig, needed
from bot.quota import Quota
from bot.routes import Routes
from bot.settings import WorkspaceSettings
from bot.store import Store
from bot.turns import Turns

log = logging.getLogger("precis.llm")


@asynccontextmanager
async def gateway(
    config: Config,
    store: Store,
    settings: WorkspaceSettings,
    routes: Routes,
    prices: Prices,
    alarm: Alarm,
    policy: Policy,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncIterator[Gateway]:
    """A gateway whose providers are closed at the end."""
    pool = Pool(builder(config, prices))
    attempts = Attempts(pool, store, prices, Budget(store, settings, alarm=alarm, now=now), keep_text=config.keeps_text)
    made = Gateway(attempts, routes, Quota(store, settings, now=now), Turns(config.max_concurrent_calls), policy)
    try:
        yield made
    finally:
        await made.shadows.close()
        await pool.close()


async def ready(made: Gateway) -> None:
    """Build the first provider before anybody waits for it. One that an admin chose may have lost its key since."""
    try:
        first = (await made.route("", "")).first
    except DatabaseError as error:
        log.warning(
            "Nobody knows whom to ask (%s): it is looked up again with the first question", type(error).__name__
        )
        return
    try:
        await made.attempts.pool.shared(first)
    except ProviderError as error:
        log.warning("%s cannot be asked (%s): whoever asks is told why", first, error.kind)
    else:
        log.info("%s is ready", first)


def builder(config: Config, prices: Prices) -> Build:
    """Builds providers in a thread, where the SDK and the price table are imported when they are first needed."""

    def built(found: ProviderConfig) -> Provider:
        prices.prepare()
        key = found.key.get_secret_value() if found.key else None
        return adapters.build(found.name, key=key, model=found.model, base_url=found.base_url, window=found.window)

    async def build(choice: Choice) -> Provider:
        found = config.provider_for(choice)
        if found is None:
            raise MissingKey(choice.provider, ", ".join(needed(choice.vendor)))
        return await asyncio.to_thread(built, found)

    return build
