"""A support channel, what a model says about its messages, and waiting until all of it is done."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

from pydantic import SecretStr

from bot import app
from bot.app import Precis
from bot.config import Config
from bot.database import Row
from bot.limits import Policy
from bot.providers import ProviderConfig
from bot.sandbox import Sandbox, Workspace
from bot.store import Case
from tests.clocks import PATIENCE, Fast
from tests.conftest import ADA, BEN, GENERAL, GUEST, STRANGER
from tests.vendors import KEY, OpenAIServer, Received

SUPPORT, QUIET, REPORTS = "C0SUPPORT1", "C0QUIET001", "C0REPORTS1"
SPEED = 30.0
LEFT = "SELECT *, due - now() AS ahead FROM inbox WHERE due IS NOT NULL AND queue <> 'purge'"

BUG: dict[str, object] = {
    "reason": "The export fails.",
    "category": "bug",
    "second": "how-to",
    "urgency": "p2",
    "confidence": 0.9,
    "noise": False,
}
BILLING = BUG | {"reason": "Asks for an invoice.", "category": "billing", "second": "account", "urgency": "p3"}
UNSURE = BUG | {"reason": "It could be anything.", "confidence": 0.2}
THANKS = BUG | {"reason": "Says thanks.", "category": "other", "urgency": "p4", "noise": True}


def furnish(workspace: Workspace) -> None:
    """Channels in which Ada, Ben, a guest and a customer write, and one for reports."""
    people = [ADA, BEN, GUEST, STRANGER, workspace.bot_user_id]
    workspace.add_channel(SUPPORT, "support", members=people)
    workspace.add_channel(QUIET, "support-fr", members=people)
    workspace.add_channel(REPORTS, "reports", members=[ADA, workspace.bot_user_id])


@asynccontextmanager
async def sorting(
    config: Config,
    server: OpenAIServer,
    *,
    speed: float = SPEED,
    clock: Callable[[], float] | None = None,
    **changes: Any,
) -> AsyncIterator[Precis]:
    """The app with a model to ask, its support channels set, and time that passes faster."""
    provider = ProviderConfig("openai", "gpt-4o-mini", SecretStr(KEY), server.url)
    changed = replace(config, provider=provider, **changes)
    async with AsyncExitStack() as stack:
        passing = clock if clock is not None else await stack.enter_async_context(Fast.running(speed))
        policy = Policy(pause_seconds=0.01)
        running = app.running(changed, policy=policy, clock=passing, speed=speed)
        precis = await stack.enter_async_context(running)
        settings = precis.services.settings
        await settings.change("triage_channels", [SUPPORT, GENERAL], by=ADA)
        await settings.change("quiet_channels", [QUIET], by=ADA)
        await settings.change("digest_channel", REPORTS, by=ADA)
        await settings.change("digest_day", "sun", by=ADA)
        await settings.change("digest_time", "23:59", by=ADA)  # so that no digest comes between
        yield precis


async def settled(slack: Sandbox, *apps: Precis, seconds: float = PATIENCE) -> None:
    """Wait until nothing is left to do, put off or not."""
    await slack.settled()
    left: list[Row] = []
    try:
        async with asyncio.timeout(seconds):
            for precis in apps:
                while left := await precis.database.read(LEFT):
                    await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"these jobs were left after {seconds:.0f} s: {left}") from None


def asked(received: Received) -> str:
    """What the model was given to sort."""
    return str(received.body["messages"][1]["content"])


def by_words(answers: Mapping[str, Mapping[str, object]]) -> Callable[[Received], Mapping[str, object]]:
    """Answers by the first of these words that stands in a case."""

    def answer(received: Received) -> Mapping[str, object]:
        return next((found for word, found in answers.items() if word in asked(received)), BUG)

    return answer


async def cases(precis: Precis) -> list[Case]:
    rows = await precis.database.read("SELECT id FROM triage ORDER BY ts")
    found = [await precis.services.store.case(str(row["id"])) for row in rows]
    return [case for case in found if case is not None]


def cards(slack: Sandbox, ts: str, channel: str = SUPPORT) -> list[dict[str, Any]]:
    """What Precis has posted under a message."""
    if ts not in slack.workspace.channels[channel].messages:
        return []
    return [each for each in slack.workspace.thread(channel, ts)[1:] if each.get("bot_id") == slack.workspace.bot_id]


def emoji(slack: Sandbox, ts: str, channel: str = SUPPORT) -> list[str]:
    message = slack.workspace.channels[channel].messages[ts]
    return sorted(each["name"] for each in message.get("reactions", []))


def methods(slack: Sandbox, *wanted: str) -> list[str]:
    return [call.method for call in slack.calls if call.method in wanted]


def text_of(card: Mapping[str, Any]) -> str:
    return json.dumps(card, ensure_ascii=False)
