"""What the words after `/tldr` ask for: a thread, so many messages, or a span of time; and when such a span begins."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from dateutil.parser import parser, parserinfo

from bot.transcript import one_line
from handlers import links, mrkdwn
from handlers.links import Link
from handlers.refusals import BadSpan, Refusal

MOST_MESSAGES = 5_000
MOST_DAYS = 366
LONGEST_DATE = 3
"""Words behind `since` that may be a date together: `20 nov 2026`, `tuesday at 14:00`."""

HELP = ("help", "?")
DAYS = {"today": 0, "yesterday": 1}
HOURS = {"h": 1, "d": 24, "w": 7 * 24}

PERIOD = re.compile(r"(?:last |past )?([0-9]{1,6}) ?(h|d|w|hours?|days?|weeks?)(?![\w.:-])", re.IGNORECASE)
COUNT = re.compile(r"(?:last )?([0-9]{1,9})(?: messages?)?(?![\w.:/-])", re.IGNORECASE)
NUMBER = re.compile(r"[0-9]{1,3}|[0-9]+\.[0-9]+")
"""What says nothing of time by itself: `20` is a day beside a month and an hour beside `pm`."""

PARTED = re.compile(r"[0-9][-/.][0-9]")
DAY_FIRST = re.compile(r"[0-9]{1,2}\.[0-9]")
"""Dates with dots begin with the day wherever they are written; those with strokes are read as Slack writes them."""

BEHIND = ".,;:"
AROUND = " ,;:.!()–—-"


@dataclass(frozen=True, slots=True)
class Help:
    """The asker wants to know what there is."""


@dataclass(frozen=True, slots=True)
class Picker:
    """Nothing was said: the asker chooses among the channel's threads."""


@dataclass(frozen=True, slots=True)
class ThreadTarget:
    link: Link
    focus: str = ""


@dataclass(frozen=True, slots=True)
class Last:
    """The newest messages of the channel."""

    messages: int
    focus: str = ""


@dataclass(frozen=True, slots=True)
class Since:
    """The channel since a moment, which `begin` finds: `24h`, `yesterday`, `monday`, `nov 20`."""

    said: str
    focus: str = ""


Target = Help | Picker | ThreadTarget | Last | Since


class Words(parserinfo):
    """English names and figures only: nothing that people also write for other reasons."""

    JUMP = [" ", ",", "-", "/", ".", "at", "t", "st", "nd", "rd", "th"]
    HMS = [("h", "h", "h"), ("min", "min", "min"), ("sec", "sec", "sec")]
    AMPM = [("am", "am"), ("pm", "pm")]
    UTCZONE: list[str] = []
    PERTAIN: list[str] = []


WORDS = Words()
DATES = parser(WORDS)
LEAP_DAY = datetime(2024, 2, 29)  # noqa: DTZ001


def parse(text: str, workspace_url: str, team: str, name: Callable[[str], str] = str) -> Target:
    """What is asked for; `name` gives the names of people who are mentioned. Raises `Refusal`.

    A link to a message counts before anything else, wherever it stands.
    """
    words = one_line(mrkdwn.plain(text, name)).strip()
    if not words:
        return Picker()
    if words.lower() in HELP:
        return Help()
    try:
        link, before, behind = linked(text, workspace_url, team)
    except Refusal:
        target = period(words) or count(words) or since(words)
        if target is None:
            raise
        return target
    return ThreadTarget(link, focused(mrkdwn.plain(behind, name)) or focused(mrkdwn.plain(before, name)))


def linked(text: str, workspace_url: str, team: str) -> tuple[Link, str, str]:
    """The first link to a message, with the text before and behind it. Raises `Refusal`."""
    for match in links.ADDRESS.finditer(text):
        with suppress(Refusal):
            return links.find(match[0], workspace_url, team), text[: match.start()], text[match.end() :]
    return links.find(text, workspace_url, team), "", ""


def period(words: str) -> Since | None:
    """`24h`, `3 days`, `last 2 weeks`. Raises `BadSpan` for none at all and for more than a year."""
    match = PERIOD.match(words)
    if match is None:
        return None
    said = f"{int(match[1])}{match[2][0].lower()}"
    lasting(said)
    return Since(said, focused(words[match.end() :]))


def lasting(said: str) -> timedelta | None:
    """How long `24h`, `3d` or `2w` is; None for anything else. Raises `BadSpan` where that is out of bounds."""
    match = PERIOD.fullmatch(said)
    if match is None:
        return None
    length = timedelta(hours=int(match[1]) * HOURS[match[2][0].lower()])
    if not timedelta(0) < length <= timedelta(days=MOST_DAYS):
        raise BadSpan
    return length


def count(words: str) -> Last | None:
    """`200`, `last 200 messages`. Raises `BadSpan` for a number that is out of bounds."""
    match = COUNT.match(words)
    if match is None:
        return None
    if not 1 <= int(match[1]) <= MOST_MESSAGES:
        raise BadSpan
    return Last(int(match[1]), focused(words[match.end() :]))


def since(words: str) -> Since | None:
    """`today`, `since monday`, `since nov 20`. Raises `BadSpan` where a span was meant that there is not."""
    said = words.split()
    first = bare(said[0])
    if first in DAYS:
        return dated(said)
    if first == "since":
        return dated(said[1:])
    if first.lstrip("-+")[:1].isdigit() or first in ("last", "past") or WORDS.weekday(first) is not None:
        raise BadSpan
    return None


def dated(said: list[str]) -> Since:
    """The longest run of words that is a date, and the rest. Raises `BadSpan` where there is none."""
    for length in range(min(LONGEST_DATE, len(said)), 0, -1):
        run = [bare(word) for word in said[:length]]
        if is_date(run):
            return Since(" ".join(run), focused(" ".join(said[length:])))
    raise BadSpan


def bare(word: str) -> str:
    return word.rstrip(BEHIND).lower()


def focused(text: str) -> str:
    return one_line(text).strip(AROUND)


def begin(said: str, now: datetime) -> datetime:
    """When a span begins: the latest moment until `now` that the words fit. Raises `BadSpan` where there is none.

    `now` is aware, in the asker's zone, and so is the answer; a day begins at the asker's midnight.
    """
    present = now.astimezone(UTC)
    length = lasting(said)
    if length is not None:
        return (present - length).astimezone(now.tzinfo)
    wall = now.replace(tzinfo=None)
    for moment in moments(said.lower().split(), wall):
        if abs(moment - wall) > timedelta(days=MOST_DAYS + 1):
            continue
        found = instant(moment, now.tzinfo)
        if present - timedelta(days=MOST_DAYS) <= found <= present:
            return found.astimezone(now.tzinfo)
    raise BadSpan


def instant(moment: datetime, zone: tzinfo | None) -> datetime:
    """A wall clock's moment in UTC: the first of two where clocks go back, the end of the gap where they go forward."""
    return moment.replace(tzinfo=zone, fold=0).astimezone(UTC)


def is_date(words: list[str]) -> bool:
    """Whether words say a day or a time of day, each number with the name that makes it one."""
    named = [word for word in words if WORDS.weekday(word) is not None or WORDS.month(word) is not None]
    numbers = [word for word in words if NUMBER.fullmatch(word)]
    months = sum(WORDS.month(word) is not None for word in words)
    halves = sum(WORDS.ampm(word) is not None for word in words)
    if len(numbers) > months + halves or len(named) - len(numbers) > 1:
        return False
    if WORDS.jump(words[-1]) or all(word.isdigit() for word in words):
        return False
    if words[0] in DAYS:
        return any(True for _ in moments(words, LEAP_DAY))
    return read(words, LEAP_DAY.replace(day=1)) is not None


def moments(words: list[str], now: datetime) -> Iterator[datetime]:
    """What words can mean, latest first, on the wall clock: they leave open the day, the month or the year."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if words[0] in DAYS:
        day = today - timedelta(days=DAYS[words[0]])
        found = read(words[1:], day) if words[1:] else day
        if found is not None and found.date() == day.date():
            yield found
        return
    weekdays = {weekday for word in words if (weekday := WORDS.weekday(word)) is not None}
    for default in defaults(words, today):
        found = read(words, default)
        if found is not None and weekdays <= {found.weekday()}:
            yield found


def defaults(words: list[str], today: datetime) -> Iterator[datetime]:
    """The days of the last year, for what words leave open; where they name a month, the first of each month."""
    by_month = any(WORDS.month(word) is not None or PARTED.search(word) for word in words)
    for days in range(MOST_DAYS + 1):
        day = today - timedelta(days=days)
        if not by_month:
            yield day
        elif days == 0 or (day + timedelta(days=1)).day == 1:
            yield day.replace(day=1)


def read(words: list[str], default: datetime) -> datetime | None:
    """A date and time, with the default for what the words leave open; None where they are none."""
    day_first = any(DAY_FIRST.match(word) for word in words)
    try:
        found = DATES.parse(" ".join(words), default=default, dayfirst=day_first)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo is None else None
