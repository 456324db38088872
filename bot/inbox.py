"""The inbox: jobs that survive a crash, run once per id, and are taken over when their process dies.

A job is a row of the table `inbox`. `due` says everything about it, in epoch seconds by the database's own clock:

    due in the past         waiting to be taken
    due ahead, no owner     put off: for later, by itself, or for another try
    due ahead, an owner     running; the owner moves `due` ahead every third of the lease
    due empty               done, or given up (then `error` says why)

`again` is 1 where the job has been woken since it was last taken; then it does not end, it begins anew.
`wait` is how far ahead `due` was when it was set; when it lies further ahead than that, the clock was set back.

So recovery has no code: the rows of a dead process come due again by themselves. Whoever comes back too late finds that
`Job.save` says False, because the row has another owner, and stays silent.
"""

import asyncio
import json
import logging
import os
import secrets
import time
from contextlib import suppress
from functools import partial
from typing import cast

from bot.database import Database, DatabaseError, Lost, Row, Unavailable, Value, marks
from bot.job import Body, Job, Later, Queue, Work, attempt, delay
from bot.store import jobs
from bot.troubles import Outage

__all__ = ["Body", "Inbox", "Job", "Later", "Work"]

log = logging.getLogger(__name__)

GIVE_UPS = 3
"""How many more times a failing `give_up` is called before the job is closed without it."""
PAUSE = 0.1
"""Seconds between two attempts to reach a database that is away."""

LEAVE = 2.0
"""Seconds that handing jobs back may take; what is not handed back comes due by its lease."""


class Inbox:
    """The jobs of one database, and those that this process runs. Give every process its own.

    `lease` is how many seconds a dead process keeps its jobs; `tries` how often `work` may fail, or kill the process,
    before the job is given up; `poll` how many seconds may pass before rows of other processes are noticed.
    `speed` is how many seconds the database's clock counts in one, which only a test's clock makes other than 1.
    """

    def __init__(
        self, database: Database, *, lease: float = 5.0, tries: int = 5, poll: float = 1.0, speed: float = 1.0
    ) -> None:
        self._database = database
        self._lease = lease
        self._held = lease * speed
        self._speed = speed
        self._tries = tries
        self._poll = poll
        self._owner = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._queues: dict[str, Queue] = {}
        self._wake = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()
        self._stopping = False
        self._last_call = 0.0
        self._taking = Outage("The inbox", "take jobs")
        self._keeping = Outage("The inbox", "keep its jobs")

    async def put(self, id: str, queue: str, body: Body, *, delay: float = 0.0, renew: bool = False) -> bool:
        """Add a job that is due in `delay` seconds. Durable when this returns.

        `renew`: also have one begin anew that has ended in vain, given up or without a post. It knows what it posted,
        and `taken` counts on. False if the same id is known already, whether it waits, runs or is done. Raises
        DatabaseError where the row could not be written; then there is no job and the caller must not acknowledge it.
        """
        new = bool(await self._database.write(jobs.PUT, id, queue, json.dumps(dict(body)), delay, renew))
        if new:
            self._wake.set()
        return new

    async def wake(self, id: str, queue: str, body: Body) -> None:
        """Have the job run from its beginning after this, also where it runs now or is done. Durable when this returns.

        A job that still waits is due no sooner for it, and runs once however often it is woken before. One that begins
        anew knows nothing of what it kept. Raises DatabaseError as `put` does.
        """
        await self._database.write(jobs.WAKE, id, queue, json.dumps(dict(body)))
        await self._database.write(jobs.AFRESH, id, "")  # where it is done; while it runs, the end of it sees to that
        self._wake.set()

    def perform(self, queue: str, work: Work, give_up: Work, *, limit: int = 256) -> None:
        """Have this process run the jobs of `queue`, at most `limit` at a time.

        `work` is tried again when it raises, after 1, 2, 4 and 8 seconds; then `give_up` is called instead, to tell the
        person. It is also called for a job that killed its process each time. Both may raise `Later`, and both may be
        cancelled by `stop`. Rows of queues that nobody here performs are left alone.
        """
        self._queues[queue] = Queue(queue, work, give_up, limit)
        self._wake.set()

    async def serve(self) -> None:
        """Run jobs until `stop`; an inbox serves once. A database that is away is awaited. Cancelled: stop(0).

        Raises Lost where the database's file was deleted or replaced: nothing can be kept any more.
        """
        self._ended.clear()
        beat = asyncio.create_task(self._beat(), name="inbox heartbeat")
        try:
            while not self._stopping:
                self._wake.clear()
                await self._doze(await self._round())
            if self._running():
                await asyncio.wait(self._running(), timeout=self._last_call - time.monotonic())
        finally:
            try:
                await self._abandon()
            finally:
                beat.cancel()
                self._ended.set()

    async def stop(self, grace: float) -> None:
        """Take nothing new, wait up to `grace` seconds for what runs, then cancel it and hand it back.

        A job handed back is due at once for another process, and the broken-off try does not count. Never raises.
        """
        self._last_call = time.monotonic() + grace
        self._stopping = True
        self._wake.set()
        await self._ended.wait()

    async def idle(self) -> None:
        """Wait until nothing runs here and nothing of the queues performed here is due. Needs `serve` to be running.

        Jobs put off to the future, among them failed ones that wait for another try, are not waited for.
        Raises DatabaseError.
        """
        queues = list(self._queues)
        busy = jobs.BUSY.format(queues=marks(2, len(queues)))
        while True:
            if running := self._running():
                await asyncio.wait(running)
            elif await self._database.read(busy, self._owner, *queues):
                await asyncio.sleep(PAUSE / 10)
            else:
                return

    async def depth(self) -> int:
        """Count the jobs of all processes that are due or running, without those put off. Raises DatabaseError."""
        [row] = await self._database.read(jobs.DEPTH)
        return cast(int, row["jobs"])

    async def forget_finished(self, older_than_seconds: float) -> int:
        """Delete jobs that ended and began longer ago than that; their ids count as new again. Raises DatabaseError.

        So are jobs that have been due for as long in queues that nobody here performs: nobody else did either.
        """
        forget_open = jobs.FORGET_OPEN.format(queues=marks(2, len(self._queues)))
        done = await self._database.repeat(jobs.FORGET_DONE, older_than_seconds)
        return done + await self._database.repeat(forget_open, older_than_seconds, *self._queues)

    def _running(self) -> list[asyncio.Task[None]]:
        return [task for queue in self._queues.values() for task in queue.running.values()]

    async def _round(self) -> float:
        """Start whatever is due and may run; return the seconds until it is worth looking again."""
        queues = [queue for queue in self._queues.values() if queue.room > 0]
        try:
            waits = await self._waits(queues)
            due = [queue for queue, wait in zip(queues, waits, strict=True) if wait <= 0]
            await asyncio.gather(*map(self._take, due))
            waits = await self._waits([queue for queue in queues if queue.room > 0]) if due else waits
        except Lost:
            raise
        except DatabaseError as error:
            self._taking.note(error)
            return self._poll
        self._taking.note(None)
        return min(waits, default=self._poll)

    async def _waits(self, queues: list[Queue]) -> list[float]:
        """The seconds until each queue's next job: one statement asks for all, because few have one that is due."""
        if not queues:
            return []
        [row] = await self._database.write(jobs.soonest(len(queues)), *(queue.name for queue in queues))
        ahead = [cast(float | None, seconds) for seconds in row.values()]
        # a put, or the next job to end, wakes the loop earlier
        return [self._poll if each is None else min(max(each, 0.0) / self._speed, self._poll) for each in ahead]

    async def _take(self, queue: Queue) -> None:
        rows = await self._database.write(jobs.TAKE, queue.name, self._owner, self._held, queue.room)
        running = [cast(str, row["id"]) for row in rows if not self._start(queue, row)]
        for id in running:
            await self._database.write(jobs.UNCOUNT, id, self._owner)

    async def _doze(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    def _start(self, queue: Queue, row: Row) -> bool:
        """Run a row that was taken, unless it is about to be handed back. False: it runs here, and its lease lapsed."""
        job = Job.from_row(row, queue.name, partial(self._keep, jobs.SAVE), partial(self._keep, jobs.POSTED))
        if job.id in queue.running:
            return False
        if self._stopping:
            return True
        task = asyncio.create_task(self._run(queue, job, cast(str | None, row["error"])), name=f"job {job.id}")
        queue.running[job.id] = task
        task.add_done_callback(partial(self._leave, queue, job.id))
        return True

    def _leave(self, queue: Queue, id: str, task: asyncio.Task[None] | None) -> None:
        """Forget a task that ends; it may be the next one by now that runs under this id."""
        if queue.running.get(id) is task:
            if queue.room <= 0:
                self._wake.set()
            del queue.running[id]

    async def _run(self, queue: Queue, job: Job, error: str | None) -> None:
        """One try: the work, or giving up where the tries are used up. `error` is how the last try failed."""
        try:
            await self._try(queue, job, error)
        except DatabaseError as trouble:
            log.error("Job %s could not be closed and will be tried again. %s", job.id, trouble)
        finally:
            # at once, without waiting for the callback: the row may be taken in the very transaction that let it go
            self._leave(queue, job.id, asyncio.current_task())

    async def _try(self, queue: Queue, job: Job, error: str | None) -> None:
        floor = 0
        try:
            if job.tries <= self._tries:
                error = await attempt(queue.work, job)
                if error is None or job.tries < self._tries:
                    return await self._conclude(job, error, again=error is not None)
            floor = self._tries  # the work is over: whoever takes the job next gives it up
            await self._resign(queue, job, error or "Killed")
        except Later as later:
            await self._persist(jobs.PUT_OFF, job.id, error, later.seconds, floor)
            self._wake.set()

    async def _resign(self, queue: Queue, job: Job, error: str) -> None:
        again = job.tries <= self._tries + GIVE_UPS and await attempt(queue.give_up, job) is not None
        await self._conclude(job, error, again=again)

    async def _conclude(self, job: Job, error: str | None, *, again: bool) -> None:
        if again:
            await self._persist(jobs.RETRY, job.id, error, delay(job.tries))
        elif not await self._persist(jobs.DONE, job.id, error):
            await self._persist(jobs.AFRESH, job.id)
            self._wake.set()

    async def _keep(self, sql: str, id: str, value: str) -> bool:
        return bool(await self._persist(sql, id, value))

    async def _persist(self, sql: str, id: str, *args: Value) -> list[Row]:
        """Write to a row that this process owns, for as long as it takes the database to come back."""
        while True:
            with suppress(Unavailable):  # the heartbeat, which fares no better, says so in the log
                return await self._database.write(sql, id, self._owner, *args)
            await asyncio.sleep(PAUSE)

    async def _beat(self) -> None:
        """Keep the lease of what runs here and watch the clock; hurry where the database was away."""
        while True:
            pause = self._lease / 3 if await self._hold() else min(PAUSE, self._lease / 3)
            await asyncio.sleep(pause)

    async def _hold(self) -> bool:
        """Extend what runs here. Where the clock was set back, have no job wait until it has caught up again."""
        ids = [id for queue in self._queues.values() for id in queue.running]
        try:
            if ids:
                await self._database.write(jobs.HOLD.format(ids=marks(3, len(ids))), self._owner, self._held, *ids)
            catch_up = jobs.CATCH_UP.format(queues=marks(1, len(self._queues)))
            if await self._database.repeat(catch_up, *self._queues):
                self._wake.set()
        except DatabaseError as error:
            self._keeping.note(error)
            return False
        self._keeping.note(None)
        return True

    async def _abandon(self) -> None:
        """Cancel what still runs and hand back whatever this process owns, also rows taken a moment ago."""
        self._stopping = True
        running = self._running()
        for task in running:
            task.cancel()
        try:
            async with asyncio.timeout(LEAVE):
                if running:
                    await asyncio.wait(running, timeout=LEAVE / 2)
                await self._database.write(jobs.HAND_BACK, self._owner)
        except (DatabaseError, TimeoutError) as error:
            trouble = str(error) or "The database keeps Precis waiting."
            log.warning("Unfinished jobs are taken over %.0f s from now. %s", self._lease, trouble)
