"""Background tasks with an owner: started here, awaited or cancelled here, and no failure goes unseen."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Tasks:
    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._failures: list[BaseException] = []

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._finish)

    async def settled(self) -> None:
        """Wait until nothing is running, including what was started meanwhile."""
        while self._running:
            await asyncio.wait(self._running)

    async def close(self) -> None:
        """Cancel what still runs; raise the first failure there was."""
        for task in self._running:
            task.cancel()
        await self.settled()
        if self._failures:
            raise self._failures[0]

    def _finish(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._failures.append(error)
