"""A workspace with a digest channel and a hand-wound clock, and what was posted there."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot import app
from bot.app import Precis
from bot.config import Config
from bot.sandbox import Sandbox
from bot.scheduler import Bell
from bot.settings import Settings
from bot.store import Call
from handlers import appointments
from tests.clocks import Clock
from tests.conftest import ADA

REPORTS = "C0REPORTS1"
BERLIN = ZoneInfo("Europe/Berlin")
DEFAULTS = Settings(digest_channel=REPORTS, timezone="Europe/Berlin")

CALL = Call(
    id="call",
    called_at="2026-11-18T10:00:00+00:00",
    task="summarise",
    prompt_version="summarise-1",
    provider="openai",
    requested_model="gpt-4o-mini",
    served_model="gpt-4o-mini",
    latency_ms=1_200,
    attempt=1,
    outcome="ok",
    input_tokens=5_000,
    cached_tokens=1_000,
    cache_write_tokens=0,
    output_tokens=400,
    thinking_tokens=0,
    cost_usd=0.01,
    price_table="genai-prices",
    workspace="T0SANDBOX",
    channel="C0GENERAL1",
    user=ADA,
    job="job",
)
"""On the Wednesday of 2026-W47."""


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def calls(count: int, **changes: Any) -> list[Call]:
    named = f"{changes.get('called_at', '')}{changes.get('requested_model', '')}"
    return [replace(CALL, id=f"call-{named}-{number}", job=f"job-{number}", **changes) for number in range(count)]


class Office:
    """The hand-wound clock, Slack, and as many apps on one database as a test starts."""

    def __init__(self, slack: Sandbox, config: Config, at: str) -> None:
        self.clock = Clock()
        self.slack = slack
        self.config = replace(config, settings=DEFAULTS)
        self.slack.workspace.clock = self.clock
        self.slack.workspace.add_channel(REPORTS, "reports", members=[ADA, slack.workspace.bot_user_id])
        self.wind(at)

    def wind(self, at: str) -> None:
        """Set the clock to what those in Berlin show; an offset in the text overrides it."""
        moment = datetime.fromisoformat(at)
        self.clock.now = (moment if moment.tzinfo else moment.replace(tzinfo=BERLIN)).timestamp()

    @asynccontextmanager
    async def open(self, **changes: Any) -> AsyncIterator[Precis]:
        """The app with some of its workspace's defaults changed."""
        settings = self.config.settings.model_copy(update=changes)
        async with app.running(replace(self.config, settings=settings), clock=self.clock) as precis:
            yield precis

    def posts(self) -> list[dict[str, Any]]:
        """What Precis has posted in the digest channel."""
        messages = self.slack.workspace.channels[REPORTS].messages.values()
        return [message for message in messages if message.get("bot_id") == self.slack.workspace.bot_id]


async def logged(precis: Precis, rows: Iterable[Call]) -> None:
    for row in rows:
        await precis.services.store.log_call(row)


async def ring(*apps: Precis) -> None:
    """What the scheduler does at the beginning of a minute, in each app, and whatever comes of it."""
    for precis in apps:
        services = precis.services
        await Bell(services.inbox, services.settings, appointments(services), services.now).ring()
    for precis in apps:
        await precis.services.inbox.idle()


async def waiting(precis: Precis) -> list[str]:
    rows = await precis.database.read("SELECT id FROM inbox WHERE queue = 'digest' AND due IS NOT NULL")
    return [str(row["id"]) for row in rows]


def shown(message: dict[str, Any]) -> str:
    return json.dumps(message["blocks"], ensure_ascii=False)
