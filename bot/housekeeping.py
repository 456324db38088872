"""Every night, jobs in the inbox blank the texts whose time is over, forget what is long done, and tidy the file."""

import logging
from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import partial

from bot.inbox import Inbox, Job
from bot.scheduler import Appointment, daily
from bot.store import Store

log = logging.getLogger("precis.housekeeping")

PURGE, CHECKPOINT = "purge", "checkpoint"
APPOINTMENTS: tuple[Appointment, ...] = (daily(PURGE, time(3)), daily(CHECKPOINT, time(4)))
"""At night, when nobody waits."""

DAY = timedelta(days=1)
REMEMBERED = timedelta(days=7)
"""How long a finished job's key is kept: Slack repeats an event for a day at most, and a digest is due for a week."""


async def purge(job: Job, inbox: Inbox, store: Store, retention: timedelta, now: Callable[[], datetime]) -> None:
    """Blank what is older than the retention, and delete what nobody needs any more."""
    await store.forget_texts(now() - retention)
    await store.forget_reservations(now() - DAY)
    await inbox.forget_finished(REMEMBERED.total_seconds())


async def checkpoint(job: Job, store: Store) -> None:
    """Empty the write-ahead log into the file, so that it does not stay as large as the night made it."""
    await store.database.checkpoint()


async def give_up(job: Job) -> None:
    """Leave it to tomorrow's."""
    log.error("The job %s failed tonight; tomorrow's will make up for it", job.id)


def register(inbox: Inbox, store: Store, retention_days: int, now: Callable[[], datetime]) -> None:
    """Have this process do the jobs."""
    work = partial(purge, inbox=inbox, store=store, retention=timedelta(days=retention_days), now=now)
    inbox.perform(PURGE, work, give_up, limit=1)
    inbox.perform(CHECKPOINT, partial(checkpoint, store=store), give_up, limit=1)
