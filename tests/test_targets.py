"""What stands behind `/tldr`: every form, its bounds and its focus, and when a span begins in the asker's zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.links import Link
from handlers.refusals import BadSpan, ChannelLink, NotALink, OtherWorkspace, Refusal
from handlers.targets import Help, Last, Picker, Since, Target, ThreadTarget, begin, parse

HOME, TEAM = "https://acme.slack.com/", "T024BE7LR"
ADDRESS = "https://acme.slack.com/archives/C024BE7LR/p1700000000123456"
LINK = Link("C024BE7LR", "1700000000.123456")
BERLIN = ZoneInfo("Europe/Berlin")
SUNDAY = datetime(2026, 11, 22, 9, 30, tzinfo=BERLIN)


def asked(text: str) -> Target:
    return parse(text, HOME, TEAM)


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "\x1b \x1b"])
def test_it_offers_a_choice_where_nothing_is_said(text: str) -> None:
    assert asked(text) == Picker()


@pytest.mark.parametrize("text", ["help", " HELP ", "?"])
def test_it_helps_whoever_asks_for_help(text: str) -> None:
    assert asked(text) == Help()


@pytest.mark.parametrize(
    ("text", "focus"),
    [
        (ADDRESS, ""),
        (f"<{ADDRESS}>", ""),
        (f"<{ADDRESS}|that thread> auf deutsch", "auf deutsch"),
        (f"{ADDRESS}, only the decisions", "only the decisions"),
        (f"please <{ADDRESS}> in French", "in French"),
        (f"auf deutsch <{ADDRESS}>", "auf deutsch"),
        (f"<https://example.com/a> <{ADDRESS}>\n costs &amp;\tdates", "costs & dates"),
        (f"24h <{ADDRESS}>", "24h"),
    ],
)
def test_it_takes_a_link_wherever_it_stands(text: str, focus: str) -> None:
    assert asked(text) == ThreadTarget(LINK, focus)


def test_it_reads_the_focus_as_a_person_would() -> None:
    said = f"<{ADDRESS}> what <@U0BEN00001> said in <#C1|ops> &lt;today&gt;"

    target = parse(said, HOME, TEAM, lambda user: {"U0BEN00001": "Ben"}[user])

    assert target == ThreadTarget(LINK, "what @Ben said in #ops <today>")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("1", Last(1)),
        ("200", Last(200)),
        ("5000", Last(5000)),
        ("200 only the decisions", Last(200, "only the decisions")),
        ("last 200 messages, auf deutsch", Last(200, "auf deutsch")),
    ],
)
def test_it_takes_a_number_of_messages(text: str, target: Target) -> None:
    assert asked(text) == target


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("24h", Since("24h")),
        ("3D", Since("3d")),
        ("2w", Since("2w")),
        ("24 hours", Since("24h")),
        ("last 3 days only the costs", Since("3d", "only the costs")),
        ("today", Since("today")),
        ("Yesterday, auf deutsch", Since("yesterday", "auf deutsch")),
        ("yesterday 14:00 costs", Since("yesterday 14:00", "costs")),
        ("since monday", Since("monday")),
        ("Since Monday: costs", Since("monday", "costs")),
        ("since 2026-11-20", Since("2026-11-20")),
        ("since nov 20", Since("nov 20")),
        ("since 20. Nov", Since("20 nov")),
        ("since nov 20, 2026 costs", Since("nov 20 2026", "costs")),
        ("since tuesday 14:00", Since("tuesday 14:00")),
        ("since tuesday at 14:00 costs", Since("tuesday at 14:00", "costs")),
        ("since tuesday 9 am costs", Since("tuesday 9 am", "costs")),
        ("since yesterday only the decisions", Since("yesterday", "only the decisions")),
    ],
)
def test_it_takes_a_span_of_time(text: str, target: Target) -> None:
    assert asked(text) == target


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("since monday 3 bullets", Since("monday", "3 bullets")),
        ("since nov 20 3 bullets", Since("nov 20", "3 bullets")),
        ("since monday may be enough", Since("monday", "may be enough")),
        ("since monday at the office", Since("monday", "at the office")),
        ("since monday and friday", Since("monday", "and friday")),
        ("since 14:00 UTC", Since("14:00", "UTC")),
        ("today may 3", Since("today", "may 3")),
    ],
)
def test_it_takes_no_word_of_the_focus_for_a_date(text: str, target: Target) -> None:
    assert asked(text) == target


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "5001",
        "999999999999",
        "-5",
        "0h",
        "367d",
        "53w",
        "3.5h",
        "10:30",
        "2026-11-20",
        "monday",
        "last week",
        "since",
        "since then",
        "since 20",
        "since 2026",
        "since 25:00",
        "since 2026-02-30",
        "since 14:00+02:00",
    ],
)
def test_it_says_so_where_a_span_was_meant_that_there_is_not(text: str) -> None:
    with pytest.raises(BadSpan):
        asked(text)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("the fonts", NotALink),
        ("v2 rollout", NotALink),
        ("https://example.com/", NotALink),
        ("<https://acme.slack.com/archives/C024BE7LR>", ChannelLink),
        ("https://other.slack.com/archives/C024BE7LR/p1700000000123456", OtherWorkspace),
    ],
)
def test_it_says_what_is_wrong_with_everything_else(text: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        asked(text)


@pytest.mark.parametrize(
    ("said", "begins"),
    [
        ("24h", "2026-11-21 09:30"),
        ("3d", "2026-11-19 09:30"),
        ("2w", "2026-11-08 09:30"),
        ("366d", "2025-11-21 09:30"),
        ("today", "2026-11-22 00:00"),
        ("yesterday", "2026-11-21 00:00"),
        ("yesterday 14:00", "2026-11-21 14:00"),
        ("sunday", "2026-11-22 00:00"),
        ("monday", "2026-11-16 00:00"),
        ("sun 09:30", "2026-11-22 09:30"),
        ("sun 09:31", "2026-11-15 09:31"),
        ("tuesday at 14:00", "2026-11-17 14:00"),
        ("9am", "2026-11-22 09:00"),
        ("14:00", "2026-11-21 14:00"),
        ("2026-11-20", "2026-11-20 00:00"),
        ("2026-11-20t14:00", "2026-11-20 14:00"),
        ("nov 20", "2026-11-20 00:00"),
        ("nov 22", "2026-11-22 00:00"),
        ("nov 23", "2025-11-23 00:00"),
        ("dec 25", "2025-12-25 00:00"),
        ("november", "2026-11-01 00:00"),
        ("11/12", "2026-11-12 00:00"),
        ("12.11.2026", "2026-11-12 00:00"),
        ("monday nov 16", "2026-11-16 00:00"),
    ],
)
def test_it_begins_at_the_latest_moment_that_fits(said: str, begins: str) -> None:
    assert f"{begin(said, SUNDAY):%Y-%m-%d %H:%M}" == begins


def test_it_finds_the_leap_day_in_the_year_behind_it() -> None:
    assert begin("feb 29", datetime(2028, 11, 22, tzinfo=UTC)) == datetime(2028, 2, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-23",
        "2025-11-21",
        "2019-01-01",
        "0001-01-01",
        "9999-12-31",
        "feb 29",
        "today 14:00",
        "monday nov 17",
    ],
)
def test_it_begins_neither_in_the_future_nor_more_than_a_year_ago(said: str) -> None:
    with pytest.raises(BadSpan):
        begin(said, SUNDAY)


@pytest.mark.parametrize(
    ("zone", "now", "said", "begins"),
    [
        ("Europe/Berlin", "2026-03-29 12:00", "today", "2026-03-29T00:00:00+01:00"),
        ("Europe/Berlin", "2026-03-29 12:00", "24h", "2026-03-28T11:00:00+01:00"),
        ("Europe/Berlin", "2026-10-25 12:00", "sunday", "2026-10-25T00:00:00+02:00"),
        ("Europe/Berlin", "2026-10-25 12:00", "1d", "2026-10-24T13:00:00+02:00"),
        ("America/Havana", "2026-11-01 12:00", "today", "2026-11-01T00:00:00-04:00"),
        ("America/Santiago", "2026-09-06 12:00", "today", "2026-09-06T01:00:00-03:00"),
        ("Pacific/Auckland", "2026-11-22 09:30", "today", "2026-11-22T00:00:00+13:00"),
        ("America/Los_Angeles", "2026-11-22 09:30", "yesterday", "2026-11-21T00:00:00-08:00"),
    ],
)
def test_it_knows_the_askers_midnight_also_where_clocks_change(zone: str, now: str, said: str, begins: str) -> None:
    present = datetime.fromisoformat(now).replace(tzinfo=ZoneInfo(zone))

    assert begin(said, present).isoformat() == begins


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/Havana", "America/Santiago", "Asia/Beirut", "Pacific/Apia"])
PRESENT = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=ZONES.map(ZoneInfo))  # noqa: DTZ001
WORDS = ["since", "last", "today", "yesterday", "monday", "nov", "may", "feb", "29", "20", "3", "2026", "14:00", "9am"]
SAID = st.lists(st.sampled_from([*WORDS, "am", "at", "3d", "/", "0001-01-01"]) | st.text(max_size=6), max_size=5)


@settings(deadline=None)
@given(SAID.map(" ".join), PRESENT)
def test_it_begins_no_span_in_the_future_whatever_is_said(text: str, now: datetime) -> None:
    for words in (text, f"since {text}"):
        try:
            target = asked(words)
            begins = begin(target.said, now) if isinstance(target, Since) else now
        except Refusal:
            continue
        assert timedelta(0) <= now.astimezone(UTC) - begins.astimezone(UTC) <= timedelta(days=366)
