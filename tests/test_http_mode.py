"""Signed HTTP instead of Socket Mode, and `GET /healthz` in both."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from pydantic import SecretStr

from bot.app import EVENTS_PATH, Precis
from bot.sandbox import Sandbox
from tests.conftest import ADA, GENERAL, Start
from tests.test_tldr import link


@pytest.fixture
async def http(slack: Sandbox, thread: str, start: Start) -> AsyncIterator[Precis]:
    """The app receiving Slack's requests over HTTP."""
    async with start(slack_app_token=None, slack_signing_secret=SecretStr(slack.signing_secret), port=0) as precis:
        slack.deliver_to(f"http://127.0.0.1:{precis.port}{EVENTS_PATH}")
        yield precis


async def healthz(precis: Precis) -> tuple[int, dict[str, object]]:
    async with (
        aiohttp.ClientSession() as visitor,
        visitor.get(f"http://127.0.0.1:{precis.port}/healthz") as answer,
    ):
        return answer.status, await answer.json()


async def test_it_answers_commands_and_events_over_http(slack: Sandbox, http: Precis, thread: str) -> None:
    asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
    await slack.person(ADA).say(GENERAL, f"<@{slack.workspace.bot_user_id}> tldr", thread_ts=thread)
    await slack.settled()
    await http.services.inbox.idle()

    assert "roll back" in asked.answers[0]["text"]
    assert "roll back" in slack.workspace.thread(GENERAL, thread)[-1]["text"]


async def test_it_answers_the_challenge_for_its_address(slack: Sandbox, http: Precis) -> None:
    assert await slack.verify_url(f"http://127.0.0.1:{http.port}{EVENTS_PATH}")


async def test_it_refuses_a_request_that_slack_did_not_sign(slack: Sandbox, http: Precis) -> None:
    async with (
        aiohttp.ClientSession() as visitor,
        visitor.post(f"http://127.0.0.1:{http.port}{EVENTS_PATH}", data={"command": "/tldr", "text": "help"}) as answer,
    ):
        assert answer.status == 401


async def test_it_is_healthy_over_http(http: Precis) -> None:
    await http.services.inbox.idle()

    status, health = await healthz(http)

    assert status == 200
    assert health == {"connected": True, "last_frame_age": None, "inbox_depth": 0, "database_writable": True}


async def test_it_is_healthy_while_connected_and_not_afterwards(slack: Sandbox, start: Start) -> None:
    async with start(health_port=0) as precis:
        await slack.connected()
        status, health = await healthz(precis)
        assert precis.connection is not None
        await precis.connection.client.disconnect()
        await asyncio.sleep(1.0)  # for as long as the last look is trusted
        lost, sick = await healthz(precis)

    assert (status, health["connected"]) == (200, True)
    assert (lost, sick["connected"]) == (503, False)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"[1, 2", {}),
        (b"\xff\xfe", {}),
        (b"{}", {"X-Slack-Request-Timestamp": "abc", "X-Slack-Signature": "v0=1"}),
        (b"{}", {"X-Slack-Request-Timestamp": "1700000000", "X-Slack-Signature": "v0=0"}),
    ],
)
async def test_it_refuses_nonsense_before_reading_it(http: Precis, body: bytes, headers: dict[str, str]) -> None:
    async with (
        aiohttp.ClientSession() as visitor,
        visitor.post(f"http://127.0.0.1:{http.port}{EVENTS_PATH}", data=body, headers=headers) as answer,
    ):
        assert answer.status == 401
    assert http.last_request is None
