"""The sandbox itself: the Slack of one workspace behind a loopback port, for the demo and for every test."""

import asyncio
import json
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Literal, Self

from aiohttp import web

from bot.sandbox import answers, stamps
from bot.sandbox.api import Call, Fault, Status, WebApi, raise_fault, vanish
from bot.sandbox.args import parse_object
from bot.sandbox.delivery import RETRY_WAITS, Delivery
from bot.sandbox.errors import SlackError
from bot.sandbox.events import VERIFICATION_TOKEN, Events
from bot.sandbox.http import Http
from bot.sandbox.modals import Views
from bot.sandbox.person import Person
from bot.sandbox.platform import Platform
from bot.sandbox.responses import ResponsePost, ResponseUrls
from bot.sandbox.scopes import Grants
from bot.sandbox.socket import Sockets
from bot.sandbox.triggers import Triggers
from bot.sandbox.workspace import Workspace

RESPONSE_URL = "response_url"
"""The name under which faults of `response_url` posts are scripted."""
_GONE = frozenset({"no_service", "expired_url", "used_url"})


class Sandbox:
    """Made by `Sandbox.start`. Times are those of the clock it was given; waiting for acks is real time."""

    def __init__(
        self,
        workspace: Workspace,
        url: str,
        *,
        scopes: Collection[str] | None,
        events: Collection[str] | None,
        escaped: Collection[str],
        ack_timeout: float,
        retry_waits: Sequence[float],
        latency: float,
        rate_limits: bool,
    ) -> None:
        self.workspace, self.url, self.api_url = workspace, url, f"{url}api/"
        self.bot_token, self.app_token = (
            f"xoxb-sandbox-{secrets.token_hex(12)}",
            f"xapp-1-sandbox-{secrets.token_hex(12)}",
        )
        self.signing_secret = secrets.token_hex(16)
        self._latency = latency
        self._sockets = Sockets(workspace.app_id, ack_timeout)
        self._http = Http(self.signing_secret, VERIFICATION_TOKEN, ack_timeout)
        self._delivery = Delivery(self._sockets, retry_waits)
        grants = Grants(scopes)
        self._slack = Platform(
            workspace,
            grants,
            self._delivery,
            Events(workspace, grants, events, self._delivery.event),
            self._sockets,
            Triggers(workspace.clock),
            Views(workspace),
            ResponseUrls(workspace.clock),
            frozenset(escaped),
            url,
        )
        self._api = WebApi(
            self._slack,
            bot_token=self.bot_token,
            app_token=self.app_token,
            latency=latency,
            rate_limits=rate_limits,
        )

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        workspace: Workspace,
        *,
        latency: float = 0.0,
        rate_limits: bool = False,
        scopes: Collection[str] | None = None,
        events: Collection[str] | None = None,
        escaped: Collection[str] = ("/tldr",),
        ack_timeout: float = 3.0,
        retry_waits: Sequence[float] = RETRY_WAITS,
        clock: Callable[[], float] = time.time,
    ) -> AsyncIterator[Self]:
        """Serve the workspace until the block ends.

        `scopes` are the bot scopes granted and `events` the bot events subscribed to (None: all, but never
        `chat:write.public`); `escaped` are the commands whose text arrives with ids and `<url>`; `retry_waits` are the
        seconds before each redelivery of an event that was not acked within `ack_timeout`.
        """
        workspace.clock = clock
        listening = socket.create_server(("127.0.0.1", 0))
        slack = cls(
            workspace,
            f"http://127.0.0.1:{listening.getsockname()[1]}/",
            scopes=scopes,
            events=events,
            escaped=escaped,
            ack_timeout=ack_timeout,
            retry_waits=retry_waits,
            latency=latency,
            rate_limits=rate_limits,
        )
        runner = web.AppRunner(slack._app(), access_log=None, shutdown_timeout=1.0)
        async with AsyncExitStack() as stack:
            stack.callback(listening.close)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.SockSite(runner, listening).start()
            stack.push_async_callback(slack._close)
            yield slack

    @property
    def calls(self) -> list[Call]:
        """Every Web API call received, in order."""
        return self._api.calls

    @property
    def response_posts(self) -> list[ResponsePost]:
        """Every post to a `response_url`, in order, refused ones too."""
        return self._slack.urls.posts

    def person(self, user: str) -> Person:
        return Person(self._slack, user)

    def workflow(self, channel: str, text: str, *, name: str = "Request form") -> str:
        """Post what somebody filled into a form of Workflow Builder, as no user. Returns its timestamp."""
        message = {"type": "message", "subtype": "bot_message", "bot_id": "B0WORKFLOW", "workflow_id": "Wf0SANDBOX1"}
        message |= {"username": name, "text": text, "ts": self.workspace.now()}
        return str(self._slack.publish(self.workspace.channels[channel], message)["ts"])

    def unfold(self, channel: str, ts: str, title: str) -> None:
        """Show what stands behind a link of a message, which changes the message but none of its words."""
        room = self.workspace.channels[channel]
        self._slack.alter(room, ts, room.messages[ts] | {"attachments": [{"id": 1, "title": title, "fallback": title}]})

    def deliver_to(self, request_url: str) -> None:
        """From now on POST events, commands and interactions there, signed, instead of using Socket Mode."""
        self._http.request_url = request_url
        self._delivery.transport = self._http

    async def verify_url(self, request_url: str) -> bool:
        """Whether the address answers the challenge Slack sends when it is entered as a request URL."""
        return await self._http.verify(request_url)

    async def connected(self) -> None:
        """Wait until a Socket Mode client is connected."""
        await self._sockets.connected()

    def fail(
        self,
        method: str,
        *,
        error: str | None = None,
        status: int | None = None,
        retry_after: int | None = None,
        lost: bool = False,
        times: int = 1,
    ) -> None:
        """Make the next calls of a method fail; `lost` does the work but cuts the connection before the answer.

        The method `response_url` stands for posts to any `response_url`.
        """
        self._api.fail(method, Fault(error, status, retry_after, lost), times)

    def disconnect(
        self, reason: Literal["refresh_requested", "warning", "link_disabled"] = "refresh_requested"
    ) -> None:
        self._sockets.disconnect(reason)

    def close_sockets(self) -> None:
        self._sockets.cut()

    def uninstall(self) -> None:
        """Tell the app that somebody has removed it: its tokens hold no longer."""
        self._slack.events.revoked(bots=[self.workspace.bot_user_id])
        self._slack.events.uninstalled()

    def revoke(self, user: str) -> None:
        """Tell the app that a person's own token for it holds no longer."""
        self._slack.events.revoked(users=[user])

    def refuse_tickets(self, times: int = 1) -> None:
        """Make the next `times` Socket Mode addresses dead: the handshake is refused however often it is tried."""
        self._sockets.refuse(times)

    @property
    def acks(self) -> Sequence[float]:
        """Seconds after which each event was acked, in the order of the acks."""
        return self._delivery.acks

    async def settled(self) -> None:
        """Wait until every event is acked or given up; says nothing about the app's own background work."""
        await self._delivery.settled()

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        """A post to a `response_url`."""
        await asyncio.sleep(self._latency)
        payload, error = parse_object((await request.read()).decode("utf-8", "replace")), None
        fault = self._api.fault(RESPONSE_URL)
        try:
            if fault and not fault.lost:
                raise_fault(fault)
            self._answer(request.match_info["secret"], payload)
        except SlackError as refusal:
            error = refusal.code
            status = 404 if error in _GONE else 429 if error == "ratelimited" else 400
            return web.json_response({"ok": False, "error": error}, status=status)
        except Status as status_only:
            error = f"http_{status_only.code}"
            return web.Response(status=status_only.code)
        finally:
            self._slack.urls.record(str(request.url), payload or {}, error)
        return vanish(request) if fault and fault.lost else web.json_response({"ok": True})

    def _answer(self, secret: str, payload: dict[str, Any] | None) -> None:
        target = self._slack.urls.spend(secret)
        if payload is None:
            raise SlackError("invalid_payload")
        answers.show(self._slack, payload, target.user, target.channel, target.source)
        target.interaction.answer(payload)

    async def _archive(self, request: web.Request) -> web.StreamResponse:
        """What a permalink opens: the message, or nothing where there is none."""
        channel = self.workspace.channels.get(request.match_info["channel"])
        ts = stamps.expand(request.match_info["stamp"])
        if channel is None or ts is None or ts not in channel.messages:
            return web.Response(status=404, text="no such message")
        message, root = channel.messages[ts], request.query.get("thread_ts")
        if root and root != channel.root(ts):
            return web.Response(status=404, text="no such thread")
        who = self.workspace.users.get(message.get("user", ""))
        shown: dict[str, Any] = {
            "channel": channel.id,
            "channel_name": channel.name,
            "ts": ts,
            "thread_ts": channel.root(ts),
        }
        shown |= {"user": message.get("user"), "user_name": who.name if who else None, "text": message["text"]}
        page = json.dumps(shown, ensure_ascii=False, indent=2).encode("utf-8", "replace")
        return web.Response(body=page, content_type="application/json", charset="utf-8")

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=8 * 1024**2)
        app.router.add_route("*", "/api/{method}", self._api.serve)
        app.router.add_get("/link", self._sockets.serve)
        app.router.add_get("/archives/{channel}/{stamp}", self._archive)
        for kind in ("commands", "actions"):
            app.router.add_post(f"/{kind}/{{secret}}", self._respond)
        return app

    async def _close(self) -> None:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._http.close)
            stack.push_async_callback(self._sockets.close)
            stack.push_async_callback(self._delivery.close)
