"""Stands where a handler would: performs the jobs of an inbox as a test says, and waits for what becomes of them."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

from bot.database import Database, Row
from bot.inbox import Inbox, Job, Work
from tests.clocks import PATIENCE


class Desk:
    """Records what happened, and does with each job what the test says."""

    def __init__(self, then: Work | None = None, *, at_last: Work | None = None) -> None:
        self.began: list[str] = []
        self.ended: list[str] = []
        self.given_up: list[str] = []
        self.then = then
        self.at_last = at_last

    async def work(self, job: Job) -> None:
        self.began.append(job.id)
        if self.then:
            await self.then(job)
        self.ended.append(job.id)

    async def give_up(self, job: Job) -> None:
        self.given_up.append(job.id)
        if self.at_last:
            await self.at_last(job)


@asynccontextmanager
async def serving(inbox: Inbox, desk: Desk, *, limit: int = 256) -> AsyncIterator[None]:
    inbox.perform("q", desk.work, desk.give_up, limit=limit)
    serve = asyncio.create_task(inbox.serve())
    try:
        yield
    finally:
        await inbox.stop(0)
        await serve


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.005)


async def row(database: Database, id: str) -> Row:
    [found] = await database.read("SELECT * FROM inbox WHERE id = $1", id)
    return found


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program that keeps the file to itself."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def tried(desk: Desk, times: int) -> bool:
    return len(desk.began) == times


def patient(event: asyncio.Event) -> Work:
    """Work that takes until the test sets the event."""

    async def work(_: Job) -> None:
        await event.wait()

    return work


def failing(error: BaseException) -> Work:
    async def work(_: Job) -> None:
        raise error

    return work
