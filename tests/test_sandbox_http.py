"""Signed HTTP delivery to the real Bolt app behind a real web server."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from slack_bolt.app.async_server import AsyncSlackAppServer
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import Sandbox, Workspace


@pytest.fixture
def workspace():
    workspace = Workspace.blank()
    workspace.add_user("U1", "ana")
    workspace.add_channel("C1", "general", members=["U1", workspace.bot_user_id])
    return workspace


@asynccontextmanager
async def served(app):
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def bolt(slack, signing_secret=None):
    app = AsyncApp(
        client=AsyncWebClient(slack.bot_token, base_url=slack.api_url),
        signing_secret=signing_secret or slack.signing_secret,
    )
    async with served(AsyncSlackAppServer(0, "/slack/events", app).web_app) as url:
        slack.deliver_to(url)
        yield app, url


@asynccontextmanager
async def scripted(slack, *answers):
    """A server that notes each request and gives one scripted answer after another."""
    seen, waiting = [], list(answers)

    async def handle(request):
        seen.append((dict(request.headers), await request.text()))
        return waiting.pop(0) if waiting else web.Response()

    app = web.Application()
    app.router.add_post("/slack/events", handle)
    async with served(app) as url:
        slack.deliver_to(url)
        yield seen


async def test_it_answers_bolts_signature_check_for_every_kind_of_payload(workspace):
    heard = []
    async with Sandbox.start(workspace, retry_waits=()) as slack, bolt(slack) as (app, url):

        @app.command("/tldr")
        async def tldr(ack, command):
            heard.append(command["text"])
            await ack({"text": "ok", "response_type": "ephemeral"})

        @app.shortcut("tldr_message")
        async def shortcut(ack, shortcut):
            heard.append(shortcut["message"]["text"])
            await ack()

        @app.event("message")
        async def message(event):
            heard.append(event["text"])

        ana = slack.person("U1")
        asked = await ana.command("/tldr", "über & out", channel="C1")
        ts = await ana.say("C1", "hello")
        await slack.settled()
        picked = await ana.shortcut("tldr_message", channel="C1", ts=ts)
        assert await slack.verify_url(url)
    assert (asked.ack, picked.ok, picked.ack) == ({"text": "ok", "response_type": "ephemeral"}, True, None)
    assert heard == ["über &amp; out", "hello", "hello"]


async def test_it_is_refused_by_an_app_with_another_secret(workspace):
    async with Sandbox.start(workspace) as slack, bolt(slack, "another secret") as (_, url):
        asked = await slack.person("U1").command("/tldr", channel="C1")
        assert not await slack.verify_url(url)
    assert (asked.ok, asked.error) == (False, "dispatch_failed")


async def test_it_sends_forms_with_signature_headers_and_shows_plain_text(workspace):
    async with Sandbox.start(workspace) as slack, scripted(slack, web.Response(text="on it")) as seen:
        asked = await slack.person("U1").command("/tldr", "a b", channel="C1")
    (headers, body), *_ = seen
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert headers["X-Slack-Signature"].startswith("v0=")
    assert "command=%2Ftldr&text=a+b" in body
    assert "X-Slack-Retry-Num" not in headers
    assert asked.ack == {"text": "on it"}


async def test_it_redelivers_events_and_says_why(workspace):
    answers = [web.Response(status=500), web.Response(status=404), web.Response()]
    async with Sandbox.start(workspace, retry_waits=(0, 0, 0)) as slack, scripted(slack, *answers) as seen:
        await slack.person("U1").say("C1", "hello")
        await slack.settled()
    retries = [(headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason")) for headers, _ in seen]
    assert retries == [(None, None), ("1", "http_error"), ("2", "http_error")]
    assert len({body for _, body in seen}) == 1


async def test_it_stops_when_the_app_asks_for_no_retry(workspace):
    refusal = web.Response(status=500, headers={"X-Slack-No-Retry": "1"})
    async with Sandbox.start(workspace, retry_waits=(0, 0, 0)) as slack, scripted(slack, refusal) as seen:
        await slack.person("U1").say("C1", "hello")
        await slack.settled()
    assert len(seen) == 1


async def test_it_gives_up_on_an_app_that_is_not_there(workspace):
    async with Sandbox.start(workspace, retry_waits=(0, 0, 0)) as slack:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            slack.deliver_to(f"http://127.0.0.1:{closed.getsockname()[1]}/slack/events")
        asked = await slack.person("U1").command("/tldr", channel="C1")
        await slack.person("U1").say("C1", "hello")
        await slack.settled()
    assert asked.error == "dispatch_failed"


async def test_it_does_not_wait_longer_than_slack_does(workspace):
    async def sleep(request):
        await asyncio.sleep(5)
        return web.Response()

    app = web.Application()
    app.router.add_post("/slack/events", sleep)
    async with Sandbox.start(workspace, ack_timeout=0.1) as slack, served(app) as url:
        slack.deliver_to(url)
        asked = await slack.person("U1").command("/tldr", channel="C1")
    assert (asked.ok, asked.error) == (False, "operation_timeout")
