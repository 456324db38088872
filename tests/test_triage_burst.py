"""An incident: 500 people write within a moment. They are sorted in as many batches of calls as the bound allows, and
each gets one card, at Slack's pace, the most urgent first."""

import asyncio
import math
from collections import Counter
from dataclasses import replace
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from bot.app import Precis
from bot.config import Config
from bot.sandbox import Sandbox, Workspace
from tests.clocks import Fast
from tests.conftest import ACK_TIMEOUT, MANIFEST
from tests.support import BUG, SUPPORT, asked, cards, cases, furnish, settled, sorting
from tests.vendors import OpenAIServer, Received

PEOPLE, URGENT = 500, 10
AT_ONCE = 128
LONGEST = 240.0
"""Seconds after which calls are waited for in vain."""

SPEED = 150.0
DOWN = "Everything is down"


class Batches(OpenAIServer):
    """Answers a batch as soon as all its calls are in hand, and no call before: `batches` counts these times.

    Whoever made fewer calls at a time than the bound allows would wait in vain. `most` is the most it had in hand.
    """

    def __init__(self) -> None:
        super().__init__()
        self.begun = self.in_hand = self.most = self.batches = 0
        self.full = asyncio.Event()
        self.answer(lambda received: BUG | {"urgency": urgency(received)})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.begun += 1
        self.in_hand += 1
        self.most = max(self.most, self.in_hand)
        batch = self.full
        if self.begun % AT_ONCE == 0 or self.begun == PEOPLE:
            self.batches += 1
            self.full = asyncio.Event()
            batch.set()
        try:
            await batch.wait()
            return await super().handle(request)
        finally:
            self.in_hand -= 1


def urgency(received: Received) -> str:
    return "p1" if DOWN in asked(received) else "p3"


def crowd(workspace: Workspace) -> list[str]:
    users = [f"U0BURST{number:03}" for number in range(PEOPLE)]
    for user in users:
        workspace.add_user(user, user.lower())
        workspace.join(user, SUPPORT)
    return users


async def all_sorted(precis: Precis) -> None:
    while len(await precis.database.read("SELECT 1 FROM triage WHERE triaged_at IS NOT NULL")) < PEOPLE:
        await asyncio.sleep(0.05)


async def test_it_sorts_a_burst_and_gives_each_case_one_card(workspace: Workspace, settings: Config) -> None:
    furnish(workspace)
    users = crowd(workspace)
    scopes, events = (
        MANIFEST["oauth_config"]["scopes"]["bot"],
        MANIFEST["settings"]["event_subscriptions"]["bot_events"],
    )
    strict: dict[str, Any] = {"rate_limits": True, "scopes": scopes, "events": events, "ack_timeout": ACK_TIMEOUT}
    async with (
        Batches() as server,
        Fast.running(SPEED) as clock,
        Sandbox.start(workspace, clock=clock, **strict) as slack,
    ):
        config = replace(in_sandbox(settings, slack), max_concurrent_calls=AT_ONCE)
        async with sorting(config, server, speed=SPEED, clock=clock) as precis:
            await slack.connected()
            texts = [DOWN if number >= PEOPLE - URGENT else "The export fails" for number in range(PEOPLE)]
            written = [await slack.person(user).say(SUPPORT, text) for user, text in zip(users, texts, strict=True)]
            async with asyncio.timeout(LONGEST):
                await all_sorted(precis)
            sorted_at = clock()
            await settled(slack, precis, seconds=LONGEST)
            found = await cases(precis)

        assert server.most == AT_ONCE
        assert server.batches == math.ceil(PEOPLE / AT_ONCE)
        assert len(server.received) == PEOPLE
        assert Counter(case.urgency for case in found) == {"p1": URGENT, "p3": PEOPLE - URGENT}
        assert [len(cards(slack, ts)) for ts in written] == [1] * PEOPLE
        assert [case.card_ts for case in found] == [cards(slack, ts)[0]["ts"] for ts in written]
        assert [call.method for call in slack.calls if call.error] == []
        assert posted_after(slack, written[-URGENT:]) < posted_later(slack, written[:-URGENT], sorted_at)


def posted_after(slack: Sandbox, written: list[str]) -> float:
    """When the last of these messages got its card."""
    return max(float(cards(slack, ts)[0]["ts"]) for ts in written)


def posted_later(slack: Sandbox, written: list[str], moment: float) -> float:
    """When the first of these messages got its card of those that had none yet a little after that moment."""
    posted = sorted(float(cards(slack, ts)[0]["ts"]) for ts in written)
    waited = [each for each in posted if each > moment]
    return waited[URGENT + 5]


def in_sandbox(settings: Config, slack: Sandbox) -> Config:
    return replace(
        settings,
        slack_bot_token=SecretStr(slack.bot_token),
        slack_app_token=SecretStr(slack.app_token),
        slack_api_url=slack.api_url,
    )
