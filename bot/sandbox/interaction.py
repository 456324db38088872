"""What came of one thing a person did: acked or not, what they would see, and what the app posted back."""

import asyncio
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Interaction:
    """`ack` is the payload of the acknowledgement; `answers` grows as the app posts to the `response_url`."""

    payload: dict[str, Any]
    ok: bool = False
    ack: dict[str, Any] | None = None
    error: str | None = None
    answers: list[dict[str, Any]] = field(default_factory=list)
    _posted: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def response_url(self) -> str:
        return str(self.payload.get("response_url", ""))

    @property
    def trigger_id(self) -> str:
        return str(self.payload.get("trigger_id", ""))

    def answer(self, payload: dict[str, Any]) -> None:
        self.answers.append(payload)
        self._posted.set()

    async def answered(self, n: int = 1, timeout: float = 60.0) -> list[dict[str, Any]]:  # noqa: ASYNC109
        """Wait until the app has posted `n` times to the `response_url`."""
        async with asyncio.timeout(timeout):
            while len(self.answers) < n:
                self._posted.clear()
                await self._posted.wait()
        return self.answers
