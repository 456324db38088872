"""The Socket Mode connection: opened with a checked token, watched, closed in order."""

import asyncio
import logging
import time
from contextlib import suppress

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from handlers.client import direct, refusal

log = logging.getLogger("precis.connection")

PATIENCE = 5.0
"""Seconds without a connection after which the SDK's address is thrown away: it would try a dead one for ever."""

PING = 5.0
"""Seconds between pings, and between tries to connect; four unanswered pings make a connection stale."""

HANDSHAKE = aiohttp.ClientTimeout(total=None, connect=10, sock_connect=10, sock_read=15)
"""A server that takes the connection and says nothing is given up; afterwards pings keep bytes coming."""

CHECK = 1.0
CLOSING = 2.0
LONGEST_PAUSE = 60.0

REFUSED = ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "app_uninstalled")
"""What Slack says of a token that no waiting will make good."""


class TokenRefused(Exception):
    """Slack has stopped accepting the app-level token."""


def silent() -> logging.Logger:
    """The SDK logs addresses with tickets in them and whole frames; `SocketConnection` reports what matters itself."""
    logger = logging.getLogger("precis.connection.sdk")
    logger.setLevel(logging.CRITICAL + 1)
    return logger


class Client(SocketModeClient):
    """Asks for a new address ever less often while Slack gives none, and says so when the token is refused."""

    def __init__(self, app: AsyncApp, app_token: str) -> None:
        super().__init__(app_token, logger=silent(), web_client=app.client, ping_interval=PING)
        direct(self, app.client.base_url)
        self.refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.refused.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.pause = PING

    async def issue_new_wss_url(self) -> str:
        try:
            address = await super().issue_new_wss_url()
        except SlackApiError as error:
            if refusal(error) in REFUSED and not self.refused.done():
                self.refused.set_exception(TokenRefused())
            log.warning("Slack gives no address to connect to (%s)", refusal(error))
            await asyncio.sleep(self.pause)
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
            raise
        self.pause = PING
        return address


class SocketConnection:
    """Slack's frames over a WebSocket that the app opens itself."""

    def __init__(self, app: AsyncApp, app_token: str) -> None:
        self.app = app
        self.app_token = app_token
        self.client = Client(app, app_token)
        self.client.on_message_listeners.append(self.heard)
        self.client.socket_mode_request_listeners.append(self.handle)
        self.last_frame = time.time()
        self.watching: asyncio.Task[None] | None = None

    async def heard(self, message: object) -> None:
        self.last_frame = time.time()

    async def handle(self, client: object, request: SocketModeRequest) -> None:
        started = time.time()
        answer = await run_async_bolt_app(self.app, request)
        await send_async_response(self.client, request, answer, started)

    async def open(self) -> None:
        """Connect, and keep the connection. Raises `SlackApiError` where Slack does not accept the app-level token."""
        await self.client.aiohttp_client_session.close()
        self.client.aiohttp_client_session = aiohttp.ClientSession(timeout=HANDSHAKE)
        answer = await self.client.web_client.apps_connections_open(app_token=self.app_token)
        self.client.wss_uri = answer["url"]
        self.watching = asyncio.create_task(self.watch())
        await self.client.connect()  # type: ignore[no-untyped-call]

    async def watch(self) -> None:
        """Say when the connection is lost and found, and have the SDK ask for a new address when its own is dead."""
        connected, since = True, time.monotonic()
        while True:
            await asyncio.sleep(CHECK)
            now = await self.client.is_connected()
            if now != connected:
                connected, since = now, time.monotonic()
                log.warning("The connection to Slack is %s", "back" if now else "lost; connecting again")
            if not now and time.monotonic() - since > PATIENCE:
                self.client.wss_uri = None

    async def refused(self) -> None:
        """Wait until Slack stops accepting the token, and raise `TokenRefused`."""
        await asyncio.shield(self.client.refused)

    async def connected(self) -> bool:
        return bool(await self.client.is_connected())

    def frame_age(self) -> float:
        """Seconds since Slack last sent anything, an answer to a ping included."""
        return time.time() - max(self.last_frame, self.client.last_ping_pong_time or 0)

    async def close(self) -> None:
        """Close, without waiting for a peer that does not answer."""
        if self.watching is not None:
            self.watching.cancel()
            with suppress(asyncio.CancelledError):
                await self.watching
        self.client.refused.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING):
                await self.client.close()  # type: ignore[no-untyped-call]
        await self.client.aiohttp_client_session.close()
