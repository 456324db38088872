"""Once a day, a job in the inbox blanks the texts whose time is over and forgets the jobs that are long done."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.inbox import Inbox, Job
from bot.store import Store

log = logging.getLogger("precis.housekeeping")

QUEUE = "purge"
DAY = timedelta(days=1)
REMEMBERED = timedelta(days=7)
"""How long a finished job's key is kept: Slack repeats an event for a day at most."""


async def purge(job: Job, inbox: Inbox, store: Store, retention: timedelta, now: Callable[[], datetime]) -> None:
    """Put tomorrow's purge into the inbox, whatever becomes of today's, and do today's."""
    await plan(inbox, now() + DAY, delay=DAY)
    await store.forget_texts(now() - retention)
    await store.forget_reservations(now() - DAY)
    await inbox.forget_finished(REMEMBERED.total_seconds())


async def give_up(job: Job) -> None:
    """Leave it to tomorrow's purge, which is planned."""
    log.error("The purge of texts failed today; tomorrow's will make up for it")


async def plan(inbox: Inbox, day: datetime, *, delay: timedelta = timedelta()) -> None:
    """Have one process purge on that day, however many plan it."""
    await inbox.put(f"{QUEUE}:{day:%Y-%m-%d}", QUEUE, {}, delay=delay.total_seconds())


async def begin(inbox: Inbox, store: Store, retention_days: int) -> None:
    """Register the job and plan the first one for now."""
    now = partial(datetime.now, UTC)
    work = partial(purge, inbox=inbox, store=store, retention=timedelta(days=retention_days), now=now)
    inbox.perform(QUEUE, work, give_up, limit=1)
    await plan(inbox, now())
