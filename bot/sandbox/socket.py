"""Socket Mode: hands out single-use tickets, keeps up to ten connections, and sends each envelope to one of them."""

import asyncio
import json
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from bot.sandbox.delivery import Attempt, Undelivered
from bot.sandbox.tasks import Tasks

MOST = 10
LEAVING = 10.0
"""Seconds between the disconnect frame and the end of the connection."""


@dataclass(frozen=True, slots=True)
class Ack:
    payload: dict[str, Any] | None


@dataclass(eq=False, slots=True)
class Connection:
    request: web.Request
    ws: web.WebSocketResponse
    pending: dict[str, asyncio.Future["Ack | None"]] = field(default_factory=dict)
    leaving: bool = False
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    def acked(self, text: str) -> None:
        """Settle the envelope an ack names; anything else the client says is ignored."""
        try:
            frame = json.loads(text)
        except ValueError:
            return
        waiting = self.pending.get(str(frame.get("envelope_id"))) if isinstance(frame, dict) else None
        if waiting and not waiting.done():
            payload = frame.get("payload")
            waiting.set_result(Ack(payload if isinstance(payload, dict) and payload else None))

    def lost(self) -> None:
        """The connection is over: whoever waits for an ack on it learns that none will come."""
        self.gone.set()
        for waiting in self.pending.values():
            if not waiting.done():
                waiting.set_result(None)


class Sockets:
    def __init__(self, app_id: str, ack_timeout: float) -> None:
        self._app_id, self._ack_timeout = app_id, ack_timeout
        self._tickets: set[str] = set()
        self._dead_tickets = 0
        self._open: list[Connection] = []
        self._ready = asyncio.Event()
        self._turn = 0
        self._chores = Tasks()

    def ticket(self) -> str:
        """A new ticket; the next ones are dead from the start where `refuse` asked for it."""
        ticket = secrets.token_urlsafe(16)
        if self._dead_tickets:
            self._dead_tickets -= 1
        else:
            self._tickets.add(ticket)
        return ticket

    def refuse(self, times: int) -> None:
        self._dead_tickets += times

    async def connected(self) -> None:
        await self._ready.wait()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The WebSocket endpoint: a spent or unknown ticket is refused at the handshake."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="invalid_ticket")
        self._tickets.discard(ticket)
        ws = web.WebSocketResponse(heartbeat=30.0)
        await ws.prepare(request)
        if len(self._open) >= MOST:
            await ws.send_json(
                {"type": "disconnect", "reason": "too_many_websockets", "debug_info": {"host": "sandbox"}}
            )
            await ws.close()
            return ws
        connection = Connection(request, ws)
        self._enter(connection)
        try:
            await self._talk(connection)
        finally:
            self._leave(connection)
        return ws

    async def send(self, attempt: Attempt) -> dict[str, Any] | None:
        connection = await self._pick(attempt)
        envelope_id = str(uuid.uuid4())
        waiting: asyncio.Future[Ack | None] = asyncio.get_running_loop().create_future()
        connection.pending[envelope_id] = waiting
        try:
            async with asyncio.timeout(self._ack_timeout):
                await connection.ws.send_json(_frame(attempt, envelope_id))
                ack = await waiting
        except TimeoutError as error:
            raise Undelivered("timeout", late=True) from error
        except ConnectionError as error:
            raise Undelivered("connection_failed") from error
        finally:
            del connection.pending[envelope_id]
        if ack is None:
            raise Undelivered("connection_failed")
        return ack.payload

    def disconnect(self, reason: str) -> None:
        """Ask every client to go, as Slack does before it refreshes a connection."""
        for connection in self._open:
            connection.leaving = True
            self._chores.spawn(self._dismiss(connection, reason))
        self._ready.clear()

    def cut(self) -> None:
        """End every connection with no word, as a broken network does."""
        for connection in list(self._open):
            self._leave(connection)
            if connection.request.transport:
                connection.request.transport.abort()

    async def close(self) -> None:
        for connection in list(self._open):
            self._leave(connection)
            await connection.ws.close()
        await self._chores.close()

    async def _talk(self, connection: Connection) -> None:
        try:
            await connection.ws.send_json(self._hello())
            async for message in connection.ws:
                if message.type is WSMsgType.TEXT:
                    connection.acked(message.data)
        except ConnectionError:
            return

    def _hello(self) -> dict[str, Any]:
        debug = {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18060}
        return {
            "type": "hello",
            "num_connections": len(self._open),
            "debug_info": debug,
            "connection_info": {"app_id": self._app_id},
        }

    def _enter(self, connection: Connection) -> None:
        self._open.append(connection)
        self._ready.set()

    def _leave(self, connection: Connection) -> None:
        if connection in self._open:
            self._open.remove(connection)
        if not any(self._usable()):
            self._ready.clear()
        connection.lost()

    def _usable(self) -> Iterator[Connection]:
        return (one for one in self._open if not one.leaving and not one.ws.closed)

    async def _pick(self, attempt: Attempt) -> Connection:
        """The next connection in turn; an event waits a moment for one, a command finds nobody."""
        if attempt.type == "events_api":
            try:
                async with asyncio.timeout(self._ack_timeout):
                    await self._ready.wait()
            except TimeoutError as error:
                raise Undelivered("connection_failed") from error
        usable = list(self._usable())
        if not usable:
            raise Undelivered("connection_failed")
        self._turn += 1
        return usable[self._turn % len(usable)]

    async def _dismiss(self, connection: Connection, reason: str) -> None:
        try:
            await connection.ws.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})
        except ConnectionError:
            return
        try:
            async with asyncio.timeout(LEAVING):
                await connection.gone.wait()
        except TimeoutError:
            await connection.ws.close()


def _frame(attempt: Attempt, envelope_id: str) -> dict[str, Any]:
    frame: dict[str, Any] = {"envelope_id": envelope_id, "payload": attempt.payload, "type": attempt.type}
    frame["accepts_response_payload"] = attempt.accepts
    if attempt.type == "events_api":
        frame |= {"retry_attempt": attempt.number, "retry_reason": attempt.reason}
    return frame
