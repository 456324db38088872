"""Once a day, a job in the inbox blanks the texts whose time is over and forgets the jobs that are long done."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.inbox import Inbox, Job
from bot.store import Store

QUEUE = "purge"
DAY = timedelta(days=1)
REMEMBERED = timedelta(days=7)
"""How long a finished job's key is kept: Slack repeats an event for a day at most."""


async def purge(job: Job, inbox: Inbox, store: Store, retention: timedelta, now: Callable[[], datetime]) -> None:
    """Do today's purge and put tomorrow's into the inbox."""
    await store.forget_texts(now() - retention)
    await inbox.forget_finished(REMEMBERED.total_seconds())
    await plan(inbox, now() + DAY, delay=DAY)


async def plan(inbox: Inbox, day: datetime, *, delay: timedelta = timedelta()) -> None:
    """Have one process purge on that day, however many plan it."""
    await inbox.put(f"{QUEUE}:{day:%Y-%m-%d}", QUEUE, {}, delay=delay.total_seconds())


async def begin(inbox: Inbox, store: Store, retention_days: int) -> None:
    """Register the job and plan the first one for now."""
    now = partial(datetime.now, UTC)
    work = partial(purge, inbox=inbox, store=store, retention=timedelta(days=retention_days), now=now)
    inbox.perform(QUEUE, work, work, limit=1)
    await plan(inbox, now())
