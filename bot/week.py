"""ISO weeks: from Monday to Sunday in a time zone, each under a name such as `2026-W47`."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from bot.variables import WEEKDAYS, Weekday

NAME = re.compile(r"(\d{4})-W(\d{2})")


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """One week of the calendar of ISO 8601."""

    year: int
    number: int

    @classmethod
    def parse(cls, name: str) -> "Week":
        """The week of that name. Raises `ValueError` where there is none."""
        found = NAME.fullmatch(name)
        if found is None:
            raise ValueError(name)
        return cls.containing(date.fromisocalendar(int(found[1]), int(found[2]), 1))

    @classmethod
    def of(cls, moment: datetime, zone: ZoneInfo) -> "Week":
        """The week that a moment belongs to in that time zone."""
        return cls.containing(moment.astimezone(zone).date())

    @classmethod
    def containing(cls, day: date) -> "Week":
        year, number, _ = day.isocalendar()
        return cls(year, number)

    def __str__(self) -> str:
        return f"{self.year:04}-W{self.number:02}"

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def before(self) -> "Week":
        return Week.containing(self.monday - timedelta(days=7))

    def begins(self, zone: ZoneInfo) -> datetime:
        """In UTC, as all moments here."""
        return moment(self.monday, time(), zone)

    def ends(self, zone: ZoneInfo) -> datetime:
        """When the next week begins."""
        return moment(self.monday + timedelta(days=7), time(), zone)

    def hour(self, day: Weekday, at: time, zone: ZoneInfo) -> datetime:
        """When it is that time on that day (`mon` to `sun`) of the week."""
        return moment(self.monday + timedelta(days=list(WEEKDAYS).index(day)), at, zone)


def moment(day: date, at: time, zone: tzinfo) -> datetime:
    """When clocks show that time: the first of two where they are set back, and where they skip it as late after."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def last_complete(now: datetime, zone: ZoneInfo) -> Week:
    return Week.of(now, zone).before
