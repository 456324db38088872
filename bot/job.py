"""A job of the inbox, as the code that performs it gets it, and one try at it."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from bot.database import Row

log = logging.getLogger(__name__)

Body = Mapping[str, str | int | float | bool | None]
"""What a job is about: ids, never message text. Kept as JSON until the job is done."""

Keep = Callable[[str, str], Awaitable[bool]]
"""Writes a text into the row of a job's id; False where the row has another owner by now."""

LONGEST_DELAY = 8.0
"""Seconds; tries are 1, 2, 4, 8, 8, ... apart."""


class Later(Exception):
    """Raised by a job's work, or on giving up, to be called again in so many seconds of the database's clock.

    It is no failure and nothing is logged: the try does not count, and the row keeps body, `answer` and `posted`. Who
    raises it promises that whatever this try has done is kept in the row, or that other tries went before, so that
    `taken` has the next one look for it.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = max(seconds, 0.0)


@dataclass(slots=True)
class Job:
    """One try at one job.

    `answer` and `posted` are what earlier tries kept, so that a model is not asked twice and nothing is posted twice.
    `tries` counts this try too, but none that a process broke off and handed back, or that ended with `Later`. `taken`
    counts those broken off as well: where it is 1, nothing can have been done for the job that its row does not tell.
    `put_off` counts the tries that ended with `Later`. `body` and `answer` stay out of logs.
    """

    id: str
    queue: str
    body: Body = field(repr=False)
    answer: str | None = field(repr=False)
    posted: str | None
    tries: int
    taken: int
    put_off: int
    _keep_answer: Keep = field(repr=False, compare=False)
    _keep_posted: Keep = field(repr=False, compare=False)

    @classmethod
    def from_row(cls, row: Row, queue: str, keep_answer: Keep, keep_posted: Keep) -> "Job":
        return cls(
            id=cast(str, row["id"]),
            queue=queue,
            body=decode(row["body"]),
            answer=cast(str | None, row["answer"]),
            posted=cast(str | None, row["posted"]),
            tries=cast(int, row["tries"]),
            taken=cast(int, row["taken"]),
            put_off=cast(int, row["put_off"]),
            _keep_answer=keep_answer,
            _keep_posted=keep_posted,
        )

    async def save(self, answer: str) -> bool:
        """Keep the model's answer before anything is posted. False: another process has the job now, stay silent.

        Waits while the database is away; raises DatabaseError where waiting cannot help.
        """
        kept = await self._keep_answer(self.id, answer)
        if kept:
            self.answer = answer
        return kept

    async def note_posted(self, ts: str) -> bool:
        """Keep the `ts` of the message that was posted, so that a later try updates it. Waits and answers as `save`."""
        kept = await self._keep_posted(self.id, ts)
        if kept:
            self.posted = ts
        return kept


Work = Callable[[Job], Awaitable[None]]


@dataclass(slots=True)
class Queue:
    """Who performs the jobs of one kind in this process, how many at a time, and those that run."""

    name: str
    work: Work
    give_up: Work
    limit: int
    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    @property
    def room(self) -> int:
        return self.limit - len(self.running)


async def attempt(work: Work, job: Job) -> str | None:
    """Do the work; return the class of what went wrong. Its text is dropped here: it can quote a message.

    Raises Later where the work does, and CancelledError only where the task itself is cancelled, not where the work
    lets one slip.
    """
    try:
        await work(job)
    except Later:
        raise
    except Exception as error:
        failure = type(error).__name__
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        failure = "CancelledError"
    else:
        return None
    log.warning("Job %s of queue %s failed at try %d: %s", job.id, job.queue, job.tries, failure)
    return failure


def delay(tries: int) -> float:
    """Seconds to wait after that many tries."""
    return min(2.0 ** (tries - 1), LONGEST_DELAY)


def decode(body: object) -> Body:
    """Read a body. One that somebody damaged is empty: its work fails, and it is given up like any other job."""
    try:
        found = json.loads(str(body))
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}
