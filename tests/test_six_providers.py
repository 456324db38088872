"""Flip one variable: the same thread and the same support message look alike in Slack whichever provider answers."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from adapters import PROVIDERS
from bot import app, config
from bot.sandbox import Sandbox, Workspace
from tests.conftest import ADA, GENERAL
from tests.support import BUG, SUPPORT, cards, emoji, furnish, settled
from tests.test_end_to_end import SUMMARY
from tests.test_tldr import link
from tests.vendors import KEY, SERVERS, Data, Received

VENDORS = {server.name: server for server in SERVERS}
MESSAGE = "The export fails with an error since this morning, and it crashes again and again."


def answer(received: Received) -> Data:
    """What every vendor's model says: a triage where it is asked for one, else a summary."""
    return BUG if "urgency" in str(received.body) else SUMMARY


def environment(slack: Sandbox, folder: Path, provider: str, address: str) -> Mapping[str, str]:
    """All keys and addresses there are; of what differs from provider to provider only LLM_PROVIDER is a choice."""
    vendor = PROVIDERS[provider]
    return {
        "LLM_PROVIDER": provider,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        "TRIAGE_CHANNELS": SUPPORT,
        "DATABASE_URL": f"sqlite:///{folder / 'precis.db'}",
        "ANTHROPIC_API_KEY": KEY,
        "OPENAI_API_KEY": KEY,
        "GEMINI_API_KEY": KEY,
        "COMPATIBLE_API_KEY": KEY,
        "COMPATIBLE_MODEL": "llama-3.1-8b",
        "COMPATIBLE_BASE_URL": address or "http://127.0.0.1:9/v1",
        **({vendor.base_url_variable: address} if vendor.base_url_variable else {}),
    }


def shape(message: Mapping[str, Any]) -> list[object]:
    """How a message is built: its parts in order, several of a kind in a row as one, and what can be pressed."""
    kinds = [kind for kind, _ in groupby(block["type"] for block in message["blocks"])]
    pressable = [
        (element["type"], element["action_id"])
        for block in message["blocks"]
        for element in block.get("elements", [])
        if "action_id" in element
    ]
    return [bool(message["text"]), *kinds, *pressable]


@dataclass(frozen=True)
class Look:
    """The shapes of a summary and of a support message's card, and the emoji on that message."""

    summary: list[object]
    card: list[object]
    emoji: list[str]


async def seen(slack: Sandbox, thread: str, folder: Path, provider: str) -> Look:
    """What `/tldr` and a support message look like with this provider."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(VENDORS[provider]()) if provider in VENDORS else None
        if server:
            server.answer(answer)
        chosen = config.load(environment(slack, folder, provider, server.url if server else ""))
        precis = await stack.enter_async_context(app.running(chosen))
        await slack.connected()
        asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
        await precis.services.inbox.idle()
        ts = await slack.person(ADA).say(SUPPORT, MESSAGE)
        await settled(slack, precis)
        assert {call.provider for call in await precis.services.store.calls()} == {provider}
    [card] = cards(slack, ts)
    return Look(shape(asked.answers[0]), shape(card), emoji(slack, ts))


@pytest.fixture
def support(workspace: Workspace) -> Workspace:
    furnish(workspace)
    return workspace


async def test_it_looks_the_same_whoever_answers(
    support: Workspace, slack: Sandbox, thread: str, tmp_path: Path
) -> None:
    looks: dict[str, Look] = {}
    for name in PROVIDERS:
        (folder := tmp_path / name).mkdir()
        looks[name] = await seen(slack, thread, folder, name)

    look = looks["claude"]
    assert looks == dict.fromkeys(PROVIDERS, look)
    assert look.summary[:3] == [True, "header", "section"]
    assert ("button", "tldr_share") in look.summary
    assert ("static_select", "triage_category") in look.card
    assert look.emoji == ["bug"]
