"""The Socket Mode connection: opened with a checked token, watched, closed in order."""

import asyncio
import logging
import time
from contextlib import suppress

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from handlers.client import direct

log = logging.getLogger("precis.connection")

PATIENCE = 5.0
"""Seconds without a connection after which the SDK's address is thrown away: it would try a dead one for ever."""

CHECK = 1.0
PING = 5.0
"""Seconds between pings, and between tries to connect; four unanswered pings make a connection stale."""


def silent() -> logging.Logger:
    """The SDK logs addresses with tickets in them and whole frames; `SocketConnection` reports what matters itself."""
    logger = logging.getLogger("precis.connection.sdk")
    logger.setLevel(logging.CRITICAL + 1)
    return logger


class SocketConnection:
    """Slack's frames over a WebSocket that the app opens itself."""

    def __init__(self, app: AsyncApp, app_token: str) -> None:
        self.handler = AsyncSocketModeHandler(app, app_token, logger=silent(), ping_interval=PING)
        self.client = self.handler.client
        direct(self.client, app.client.base_url)
        self.client.on_message_listeners.append(self.heard)
        self.last_frame = time.time()
        self.watching: asyncio.Task[None] | None = None

    async def heard(self, message: object) -> None:
        self.last_frame = time.time()

    async def open(self) -> None:
        """Connect, and keep the connection. Raises `SlackApiError` where Slack does not accept the app-level token."""
        self.client.wss_uri = await self.client.issue_new_wss_url()
        self.watching = asyncio.create_task(self.watch())
        await self.handler.connect_async()

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

    async def connected(self) -> bool:
        return bool(await self.client.is_connected())

    def frame_age(self) -> float:
        """Seconds since Slack last sent anything, an answer to a ping included."""
        return time.time() - max(self.last_frame, self.client.last_ping_pong_time or 0)

    async def close(self) -> None:
        if self.watching is not None:
            self.watching.cancel()
            with suppress(asyncio.CancelledError):
                await self.watching
        await self.handler.close_async()
