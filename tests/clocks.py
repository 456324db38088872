"""Clocks for tests: one that is wound by hand, and one that runs faster than time does."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self

TICK = 0.001

PATIENCE = 60.0
"""Seconds after which a test gives up what it waits for; only what never comes takes them."""


class Clock:
    """Epoch seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now

    def wind(self, seconds: float) -> None:
        self.now += seconds


class Fast:
    """Epoch seconds of which `speed` pass in one, as long as the event loop has the time to count them.

    Where the loop is held up, so is the clock: a busy machine does not make messages late by it.
    """

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self.now = time.time()

    def __call__(self) -> float:
        return self.now

    @classmethod
    @asynccontextmanager
    async def running(cls, speed: float) -> AsyncIterator[Self]:
        clock = cls(speed)
        ticking = asyncio.create_task(clock.tick())
        yield clock
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking

    async def tick(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(TICK)
            self.now += min(time.monotonic() - began, 2 * TICK) * self.speed
