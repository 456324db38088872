"""The clock: APScheduler rings once a minute, and every job whose hour has come is put into the inbox."""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

from bot.database import DatabaseError
from bot.inbox import Body, Inbox
from bot.settings import Settings, WorkspaceSettings
from bot.week import moment

log = logging.getLogger("precis.scheduler")


@dataclass(frozen=True, slots=True)
class Ring:
    """A job for the inbox. Its id names the occasion, so that it is done once by whoever rings, and however often."""

    id: str
    queue: str
    body: Body


Appointment = Callable[[Settings, datetime], Ring | None]
"""The job whose hour came last, as the settings are at that moment; None where there is none."""


def daily(queue: str, at: time) -> Appointment:
    """A job for every day at that time, which clocks in the workspace's time zone show."""

    def last(settings: Settings, now: datetime) -> Ring:
        day = now.astimezone(settings.zone).date()
        if now < moment(day, at, settings.zone):
            day -= timedelta(days=1)
        return Ring(f"{queue}:{day}", queue, {})

    return last


class Bell:
    """Rings for appointments. `now` is aware."""

    def __init__(
        self,
        inbox: Inbox,
        settings: WorkspaceSettings,
        appointments: Sequence[Appointment],
        now: Callable[[], datetime],
    ) -> None:
        self.inbox = inbox
        self.settings = settings
        self.appointments = appointments
        self.now = now
        self.rung: set[str] = set()

    async def ring(self) -> None:
        """Read the settings anew and put what is due. A minute later is soon enough where the database is away."""
        try:
            settings = await self.settings.read()
            for appointment in self.appointments:
                ring = appointment(settings, self.now())
                if ring is not None and ring.id not in self.rung:
                    await self.inbox.put(ring.id, ring.queue, ring.body)
                    self.rung.add(ring.id)
        except DatabaseError as error:
            log.warning("The scheduler rings again in a minute. %s", error)


@asynccontextmanager
async def ringing(bell: Bell, trigger: BaseTrigger | None = None) -> AsyncIterator[None]:
    """Ring now, for whatever was missed, and then when the trigger says: at the beginning of every minute."""
    scheduler = AsyncIOScheduler(timezone=UTC)
    when = trigger or CronTrigger(second=0, timezone=UTC)
    scheduler.add_job(bell.ring, when, coalesce=True, misfire_grace_time=None)
    await bell.ring()
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)
