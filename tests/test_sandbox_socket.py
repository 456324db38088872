"""Socket Mode with the real Bolt app: acks, redelivery, refreshes, cuts, dead tickets, ten connections."""

import asyncio
import json
from contextlib import asynccontextmanager

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import Sandbox, Workspace
from tests.clocks import PATIENCE


@pytest.fixture
def workspace():
    workspace = Workspace.blank()
    workspace.add_user("U1", "ana")
    workspace.add_channel("C1", "general", members=["U1", workspace.bot_user_id])
    return workspace


@asynccontextmanager
async def bolt(slack, ping_interval=10):
    """A Bolt app on a socket; the listeners are the test's."""
    app = AsyncApp(client=AsyncWebClient(slack.bot_token, base_url=slack.api_url))
    handler = AsyncSocketModeHandler(app, slack.app_token, ping_interval=ping_interval)
    await handler.connect_async()
    await slack.connected()
    try:
        async with asyncio.timeout(PATIENCE):
            yield app
    finally:
        await handler.close_async()


@asynccontextmanager
async def socket(slack):
    """A bare client, for what Bolt would never do."""
    client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
        hello = await ws.receive_json()
        yield ws, hello


async def test_it_carries_a_command_its_ack_and_its_answer(workspace):
    async with Sandbox.start(workspace) as slack, bolt(slack) as app:

        @app.command("/tldr")
        async def tldr(ack, command, respond):
            await ack(f"reading {command['text']}")
            await respond("done")

        asked = await slack.person("U1").command("/tldr", "24h", channel="C1")
        await asked.answered()
    assert (asked.ok, asked.ack, asked.error) == (True, {"text": "reading 24h"}, None)
    assert [one["text"] for one in asked.answers] == ["done"]
    assert {one["text"] for one in slack.person("U1").sees("C1")} == {"reading 24h", "done"}
    assert workspace.history("C1") == []


async def test_it_tells_the_person_when_nobody_acks_and_does_not_try_again(workspace):
    heard = []
    async with Sandbox.start(workspace, ack_timeout=0.1) as slack, bolt(slack) as app:

        @app.command("/tldr")
        async def tldr(command):
            heard.append(command["command"])

        asked = await slack.person("U1").command("/tldr", channel="C1")
        await slack.settled()
    assert (asked.ok, asked.error, heard) == (False, "operation_timeout", ["/tldr"])


async def test_it_tells_the_person_when_no_app_is_there(workspace):
    async with Sandbox.start(workspace) as slack:
        asked = await slack.person("U1").command("/tldr", channel="C1")
    assert (asked.ok, asked.error) == (False, "dispatch_failed")


async def test_it_delivers_a_mention_as_two_events(workspace):
    heard = []
    async with Sandbox.start(workspace) as slack, bolt(slack) as app:

        @app.event("app_mention")
        @app.event("message")
        async def listen(body):
            heard.append(body)

        ts = await slack.person("U1").say("C1", f"<@{workspace.bot_user_id}> tldr")
        await slack.settled()
    by_type = {body["event"]["type"]: body for body in heard}
    assert by_type.keys() == {"message", "app_mention"}
    assert {body["event"]["ts"] for body in heard} == {ts}
    assert len({body["event_id"] for body in heard}) == 2
    assert by_type["message"]["event"]["channel_type"] == "channel"
    assert by_type["app_mention"]["authorizations"][0]["user_id"] == workspace.bot_user_id


async def test_it_redelivers_an_event_until_it_is_acked(workspace):
    heard = []
    async with Sandbox.start(workspace, ack_timeout=0.1, retry_waits=(0, 0, 0)) as slack, bolt(slack) as app:

        @app.middleware
        async def slow(request, body, next):
            heard.append((body["event_id"], request.headers["x-slack-retry-num"][0]))
            if len(heard) > 2:
                await next()

        @app.event("message")
        async def listen():
            pass

        await slack.person("U1").say("C1", "hello")
        await slack.settled()
    assert [number for _, number in heard] == ["0", "1", "2"]
    assert len({event for event, _ in heard}) == 1


async def test_it_gives_an_event_up_after_three_redeliveries(workspace):
    async with Sandbox.start(workspace, ack_timeout=0.05, retry_waits=(0, 0, 0)) as slack, socket(slack) as (ws, hello):
        await slack.person("U1").say("C1", "hello")
        await slack.settled()
        frames = [await ws.receive_json() for _ in range(4)]
        with pytest.raises(TimeoutError):
            await ws.receive_json(timeout=0.05)
    assert [(one["retry_attempt"], one["retry_reason"]) for one in frames] == [
        (0, ""),
        *((n, "timeout") for n in (1, 2, 3)),
    ]
    assert len({one["envelope_id"] for one in frames}) == 4
    assert len({one["payload"]["event_id"] for one in frames}) == 1


async def test_it_says_hello_and_describes_its_envelopes(workspace):
    async with Sandbox.start(workspace, ack_timeout=0.2) as slack, socket(slack) as (ws, hello):
        asking = asyncio.create_task(slack.person("U1").command("/tldr", channel="C1"))
        frame = await ws.receive_json()
        await ws.send_str("nonsense")
        await ws.send_str("[1]")
        await ws.send_json({"envelope_id": "unknown"})
        await ws.send_json({"envelope_id": frame["envelope_id"], "payload": {"text": "ok"}})
        asked = await asking
    assert (hello["type"], hello["num_connections"]) == ("hello", 1)
    assert (frame["type"], frame["accepts_response_payload"]) == ("slash_commands", True)
    assert "retry_attempt" not in frame
    assert "thread_ts" not in frame["payload"]
    assert asked.ack == {"text": "ok"}


async def test_it_answers_pings(workspace):
    async with Sandbox.start(workspace) as slack:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
        async with (
            asyncio.timeout(PATIENCE),
            aiohttp.ClientSession() as session,
            session.ws_connect(url, autoping=False) as ws,
        ):
            await ws.receive_json()
            await ws.ping(b"sdk-ping-pong:1")
            pong = await ws.receive()
    assert (pong.type, bytes(pong.data)) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1")


async def test_it_lets_a_ticket_be_used_once(workspace):
    async with Sandbox.start(workspace) as slack:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
        async with aiohttp.ClientSession() as session, session.ws_connect(url):
            with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                await session.ws_connect(url)
    assert caught.value.status == 403


async def test_it_keeps_refusing_a_dead_ticket_and_takes_the_next(workspace):
    async with Sandbox.start(workspace) as slack, aiohttp.ClientSession() as session:
        slack.refuse_tickets()
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        dead, alive = [(await client.apps_connections_open(app_token=slack.app_token))["url"] for _ in range(2)]
        for _ in range(2):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(dead)
        async with session.ws_connect(alive) as ws:
            assert (await ws.receive_json())["type"] == "hello"


async def test_it_moves_bolt_to_a_new_connection_on_refresh(workspace):
    async with Sandbox.start(workspace) as slack, bolt(slack) as app:

        @app.command("/tldr")
        async def tldr(ack):
            await ack("ok")

        slack.disconnect("refresh_requested")
        await slack.connected()
        asked = await slack.person("U1").command("/tldr", channel="C1")
    assert asked.ok
    assert [call.method for call in slack.calls].count("apps.connections.open") == 2


async def test_it_sends_nothing_more_over_a_connection_it_asked_to_go(workspace):
    async with Sandbox.start(workspace) as slack, socket(slack) as (ws, _):
        slack.disconnect("warning")
        asked = await slack.person("U1").command("/tldr", channel="C1")
        farewell = await ws.receive_json()
    assert (farewell["type"], farewell["reason"], asked.error) == ("disconnect", "warning", "dispatch_failed")


async def test_it_delivers_an_event_again_after_the_connection_was_cut(workspace):
    heard = asyncio.Event()
    async with Sandbox.start(workspace, retry_waits=(0, 0, 0)) as slack, bolt(slack, ping_interval=0.1) as app:

        @app.event("message")
        async def listen():
            heard.set()

        slack.close_sockets()
        await slack.person("U1").say("C1", "still there?")
        await asyncio.wait_for(heard.wait(), PATIENCE)
        await slack.settled()


async def test_it_fails_a_command_at_once_when_its_connection_is_cut(workspace):
    async with Sandbox.start(workspace, ack_timeout=3600) as slack, socket(slack) as (ws, hello):
        asking = asyncio.create_task(slack.person("U1").command("/tldr", channel="C1"))
        await ws.receive_json()
        slack.close_sockets()
        asked = await asyncio.wait_for(asking, PATIENCE)
    assert asked.error == "dispatch_failed"


async def test_it_gives_each_payload_to_one_of_up_to_ten_connections(workspace):
    async with Sandbox.start(workspace, ack_timeout=0.2) as slack:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
            sockets = []
            for _ in range(11):
                url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
                sockets.append(await session.ws_connect(url))
            greetings = [await ws.receive_json() for ws in sockets]
            asking = [asyncio.create_task(slack.person("U1").command("/tldr", channel="C1")) for _ in range(10)]
            frames = [await ws.receive_json() for ws in sockets[:10]]
            for ws, frame in zip(sockets, frames, strict=False):
                await ws.send_str(json.dumps({"envelope_id": frame["envelope_id"]}))
            assert all(asked.ok for asked in await asyncio.gather(*asking))
            for ws in sockets:
                await ws.close()
    assert [one["num_connections"] for one in greetings[:10]] == list(range(1, 11))
    assert (greetings[10]["type"], greetings[10]["reason"]) == ("disconnect", "too_many_websockets")


async def test_it_carries_five_hundred_commands_at_once(workspace):
    async with Sandbox.start(workspace, ack_timeout=30) as slack, bolt(slack) as app:

        @app.command("/tldr")
        async def tldr(ack, command):
            await ack(command["text"])

        person = slack.person("U1")
        asked = await asyncio.gather(*(person.command("/tldr", str(n), channel="C1") for n in range(500)))
    assert [one.ack for one in asked] == [{"text": str(n)} for n in range(500)]
