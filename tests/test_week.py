"""ISO weeks in a time zone, over the ends of years and the changes of clocks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.week import Week, last_complete

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("name", ["2026-W47", "2026-W53", "2020-W01", "2027-W01"])
def test_it_reads_its_own_name(name: str) -> None:
    assert str(Week.parse(name)) == name


@pytest.mark.parametrize("name", ["2026-W54", "2027-W53", "2026-W00", "2026-47", "2026-W7", "W47", "", "0000-W01"])
def test_it_refuses_what_names_no_week(name: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Week.parse(name)


def test_it_belongs_to_the_year_of_its_thursday() -> None:
    assert Week.containing(date(2027, 1, 3)) == Week(2026, 53)
    assert Week.containing(date(2027, 1, 4)) == Week(2027, 1)
    assert Week(2027, 1).before == Week(2026, 53)


@pytest.mark.parametrize(("week", "hours"), [("2026-W13", 167), ("2026-W43", 169), ("2026-W47", 168)])
def test_it_is_as_long_as_clocks_make_it(week: str, hours: int) -> None:
    found = Week.parse(week)

    assert found.ends(BERLIN) - found.begins(BERLIN) == timedelta(hours=hours)


def test_it_begins_at_midnight_of_the_zone() -> None:
    assert Week(2026, 47).begins(BERLIN) == datetime(2026, 11, 15, 23, tzinfo=UTC)
    assert Week(2026, 47).ends(BERLIN) == Week(2026, 48).begins(BERLIN)


@pytest.mark.parametrize(
    ("now", "begun"),
    [
        ("2026-11-23T00:00:00+00:00", "2026-11-23T00:00:00+01:00"),
        ("2026-11-22T22:59:00+00:00", "2026-11-16T00:00:00+01:00"),
        ("2026-10-26T12:00:00+00:00", "2026-10-26T00:00:00+01:00"),
    ],
)
def test_it_is_that_of_a_moment_in_its_zone(now: str, begun: str) -> None:
    found = Week.of(datetime.fromisoformat(now), BERLIN).begins(BERLIN)

    assert (found, found.tzinfo) == (datetime.fromisoformat(begun), UTC)


def test_it_knows_the_hour_of_a_day() -> None:
    assert Week(2026, 48).hour("wed", time(17, 30), BERLIN) == datetime(2026, 11, 25, 16, 30, tzinfo=UTC)


def test_it_is_complete_when_it_is_over_in_its_zone() -> None:
    sunday_evening = datetime(2026, 11, 22, 22, 59, tzinfo=UTC)

    assert last_complete(sunday_evening, BERLIN) == Week(2026, 46)
    assert last_complete(sunday_evening + timedelta(minutes=1), BERLIN) == Week(2026, 47)
    assert last_complete(sunday_evening + timedelta(minutes=1), ZoneInfo("UTC")) == Week(2026, 46)
