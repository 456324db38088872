"""Delivers what happens to the app: events again and again until acked, commands and interactions exactly once."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from bot.sandbox.interaction import Interaction
from bot.sandbox.tasks import Tasks

Envelope = Literal["events_api", "slash_commands", "interactive"]

RETRY_WAITS = (0.0, 60.0, 300.0)
"""Seconds before each of the three redeliveries of an event."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at delivering a payload; `number` 0 is the first, `reason` says why the one before failed."""

    type: Envelope
    payload: dict[str, Any]
    accepts: bool = False
    number: int = 0
    reason: str = ""


class Undelivered(Exception):
    """Raised by a transport: nobody acked in time (`late`), or nobody could be reached; `final` forbids another try."""

    def __init__(self, reason: str, *, late: bool = False, final: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.late, self.final = reason, late, final


class Transport(Protocol):
    """How payloads reach the app: Socket Mode or signed HTTP."""

    async def send(self, attempt: Attempt) -> dict[str, Any] | None:
        """Deliver once and return the payload of the ack; raises `Undelivered`."""


class Delivery:
    def __init__(self, transport: Transport, retry_waits: Sequence[float] = RETRY_WAITS) -> None:
        self.transport = transport
        self._waits = tuple(retry_waits)
        self.acks: list[float] = []
        """Seconds after which each event was acked, from its first delivery on."""
        self._tasks = Tasks()

    def event(self, body: dict[str, Any]) -> None:
        self._tasks.spawn(self._event(body))

    async def interact(self, kind: Envelope, payload: dict[str, Any], interaction: Interaction, accepts: bool) -> None:
        """Deliver what a person did and note on the interaction how it went."""
        try:
            interaction.ack = await self.transport.send(Attempt(kind, payload, accepts))
        except Undelivered as failure:
            interaction.error = "operation_timeout" if failure.late else "dispatch_failed"
        else:
            interaction.ok = True

    async def settled(self) -> None:
        await self._tasks.settled()

    async def close(self) -> None:
        await self._tasks.close()

    async def _event(self, body: dict[str, Any]) -> None:
        reason, begun = "", time.perf_counter()
        for number in range(len(self._waits) + 1):
            if number:
                await asyncio.sleep(self._waits[number - 1])
            try:
                await self.transport.send(Attempt("events_api", body, number=number, reason=reason))
            except Undelivered as failure:
                reason = failure.reason
                if failure.final:
                    return
            else:
                self.acks.append(time.perf_counter() - begun)
                return
