"""A gateway on a real file for tests: the providers are loopback servers, the figures can be scaled down."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from adapters import PROVIDERS
from bot import gateways
from bot.budget import Exhausted
from bot.choices import Choice
from bot.config import Config
from bot.database import Database
from bot.limits import Policy
from bot.llm import Gateway
from bot.origin import Origin
from bot.pricing import Prices
from bot.providers import ProviderConfig
from bot.routes import Route, Routes, RoutingTable
from bot.settings import Settings, WorkspaceSettings
from bot.store import Call, Store
from tests.vendors import KEY, VendorServer

QUICK = Policy(pause_seconds=0.01, longest_pause_seconds=0.05, open_seconds=0.3)
"""The gateway's figures with next to no pauses."""

HURRIED = replace(QUICK, answer_seconds=6.0, attempt_seconds=2.0, fallback_seconds=2.0, least_seconds=0.1)
"""The same, ten times as fast: for providers that hang."""


def origin(job: str = "job-1", user: str = "U1") -> Origin:
    """Where a call comes from that is made now."""
    return Origin("T1", "C1", user, job, datetime.now(UTC))


ORIGIN = origin()
OFFLINE = ProviderConfig("offline", "offline-rules-1", None, None)


class FixedRoutes(Routes):
    """Routes that never change."""

    def __init__(self, default: Route) -> None:
        self.fixed = RoutingTable(default)

    async def table(self) -> RoutingTable:
        return self.fixed


def at(server: VendorServer) -> ProviderConfig:
    """The provider of a loopback server, with its default model."""
    model = PROVIDERS[server.name].default_model or str(server.asked)
    return ProviderConfig(server.name, model, SecretStr(KEY), server.url)


def configured(*providers: ProviderConfig, **changes: object) -> Config:
    """A configuration in which the first provider answers."""
    plain = Config(
        slack_bot_token=SecretStr("xoxb-none"),
        slack_app_token=None,
        slack_signing_secret=None,
        slack_api_url="https://slack.com/api/",
        port=None,
        health_port=None,
        provider=providers[0],
        database_url="sqlite://",
        content_retention_days=30,
        max_usd_per_summary=None,
        log_level="INFO",
        providers={provider.name: provider for provider in providers},
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Opened:
    """A gateway with the store it writes to, the settings it obeys and the alarms it has given."""

    gateway: Gateway
    store: Store
    settings: WorkspaceSettings
    alarms: list[Exhausted]

    async def calls(self) -> list[Call]:
        return await self.store.calls()


@asynccontextmanager
async def opened(
    folder: Path,
    *providers: ProviderConfig,
    fallback: Choice | None = None,
    routes: Routes | None = None,
    policy: Policy | None = None,
    settings: Settings | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    prices: Prices | None = None,
    **changes: object,
) -> AsyncIterator[Opened]:
    """The gateway of these providers, the first of which answers."""
    config = configured(*providers, fallback=fallback, **changes)
    database = await Database.open(f"sqlite:///{folder / 'precis.db'}")
    store = Store(database)
    held = WorkspaceSettings(store, "T1", settings or Settings(), now=now)
    alarms: list[Exhausted] = []

    async def alarm(exhausted: Exhausted) -> None:
        alarms.append(exhausted)

    made = gateways.gateway(
        config,
        store,
        held,
        routes or FixedRoutes(Route(config.provider.choice, fallback)),
        prices or Prices(),
        alarm,
        policy or Policy(),
        now=now,
    )
    try:
        async with made as gateway:
            yield Opened(gateway, store, held, alarms)
    finally:
        await database.close()
