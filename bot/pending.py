"""The pending report: on which days there is one, and when it is due."""

from datetime import date, datetime, time, timedelta

from bot.scheduler import Ring
from bot.settings import Settings
from bot.week import moment

QUEUE = "pending"
AT = time(16)
WEEKDAYS = range(5)
LATEST = timedelta(hours=2)
"""How long after its hour a report is begun: whoever has it switched on in the evening gets the next day's first."""


def has_report(day: date) -> bool:
    """Monday to Friday."""
    return day.weekday() in WEEKDAYS


def hour(day: date, settings: Settings) -> datetime:
    """When clocks of the workspace show the hour of the report."""
    return moment(day, AT, settings.zone)


def due(settings: Settings, now: datetime, workspace: str) -> Ring | None:
    """Today's reports, where they are wanted and their hour has come."""
    day = now.astimezone(settings.zone).date()
    begins = hour(day, settings)
    if not settings.pending_report or not has_report(day) or not begins <= now < begins + LATEST:
        return None
    return Ring(f"{QUEUE}:{workspace}:{day}", QUEUE, {"day": str(day)})
