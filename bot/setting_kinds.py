"""Kinds of values that settings have, each as text: what may be written, and how it is read and written back."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from bot import category_file
from bot.categories import Category
from bot.choices import WHOLE, Picked, Sample, Share
from bot.variables import weekday

NONE, ON, OFF, DEFAULT = "none", "on", "off", "default"
NOTHING = ("", NONE, OFF)
"""How people write that there is nothing: no channel, no limit."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: `takes` says what may be written, `read` turns it into a value and `text` back into words.

    `read` raises `ValueError`; whether a value is right the settings decide. None stands for no limit.
    """

    takes: str
    read: Callable[[str], object]
    text: Callable[[object], str]


def words(text: str) -> list[str]:
    """What stands between commas or spaces, in a JSON list too."""
    return [] if text.strip().lower() in NOTHING else re.findall(r'[^\s,"\[\]]+', text)


def listed(value: object) -> str:
    return ", ".join(cast(Sequence[str], value)) or NONE


def day(text: str) -> str:
    return weekday(text) or text.strip().lower()


def switch(text: str) -> bool:
    found = text.strip().lower()
    if found not in (ON, OFF):
        raise ValueError(f"{text.strip()[:40]!r} is neither")
    return found == ON


def word(text: str) -> str:
    return "" if text.strip().lower() in NOTHING else text.strip()


def number(text: str) -> float:
    found = text.strip().removeprefix("$")
    if not re.fullmatch(r"-?\d{0,15}\.?\d{1,15}", found):
        raise ValueError(f"{text.strip()[:40]!r} is no number")
    return float(found)


def limit(text: str) -> float | None:
    return None if text.strip().lower() in NOTHING else number(text)


def limited(value: object) -> str:
    return OFF if value is None else f"{value:g}"


def categories(value: object) -> str:
    return category_file.written(cast(Sequence[Category], value))


def model(word: str) -> Mapping[str, str]:
    """A model as it is written with its provider."""
    provider, slash, name = word.partition("/")
    if not (slash and name):
        raise ValueError(f"{word[:40]!r} is no model such as openai/gpt-4o-mini")
    return {"provider": provider.lower(), "model": name}


def shares(text: str) -> list[Mapping[str, object]] | None:
    """The models and their shares; None for whatever the default is."""
    return None if text.strip().lower() == DEFAULT else [part(word) for word in re.findall(r"[^\s,]+", text)]


def part(word: str) -> Mapping[str, object]:
    name, equals, percent = word.rpartition("=")
    return {**model(name), "percent": percent} if equals else {**model(word), "percent": WHOLE}


def shared(value: object) -> str:
    found = cast(Sequence[Share] | None, value)
    return " ".join(f"{share.choice}={share.percent}" for share in found) if found else DEFAULT


def other(text: str) -> Mapping[str, str] | str | None:
    """The model that stands in; None for whatever the default is."""
    meant = text.strip().lower()
    if meant == DEFAULT:
        return None
    return OFF if meant in NOTHING else model(text.strip())


def others(value: object) -> str:
    return str(value.choice) if isinstance(value, Picked) else str(value or DEFAULT)


def sample(text: str) -> Mapping[str, object] | None:
    if text.strip().lower() in NOTHING:
        return None
    name, *behind = text.split()
    percent, task = (*behind, "", "")[:2]
    return {**model(name), "percent": percent, "task": task}


def sampled(value: object) -> str:
    return f"{value.choice} {value.percent} {value.task}".strip() if isinstance(value, Sample) else OFF


CHANNELS = Kind("Slack ids of channels (C… or G…) with commas between them, or none", words, listed)
CHANNEL = Kind("the Slack id of a channel (C… or G…), or none", word, lambda value: str(value) or NONE)
BOTS = Kind("Slack ids of bots (B…) or apps (A…) with commas between them, or none", words, listed)
SHARE = Kind("a number from 0 to 1", number, limited)
DOLLARS = Kind("an amount in US dollars such as 5, or off for no limit", limit, limited)
COUNT = Kind("a whole number from 1, or off for no limit", limit, limited)
SWITCH = Kind("on or off", switch, lambda value: ON if value else OFF)
DAY = Kind("a day of the week: mon, tue, wed, thu, fri, sat or sun", day, str)
TIME = Kind("a time such as 09:00 or 17:30", str.strip, str)
ZONE = Kind("the name of a time zone such as Europe/Berlin", str.strip, str)
RULES = Kind("four lines, which begin with p1:, p2:, p3: and p4:, best from a file (--file)", str, str)
CATEGORIES = Kind(
    "a TOML file (--file) such as python -m bot settings categories prints", category_file.read, categories
)
SHARES = Kind(
    "a model such as openai/gpt-4o-mini, models with their shares such as claude/claude-haiku-4-5=90 "
    "openai/gpt-4o-mini=10, or default",
    shares,
    shared,
)
OTHER = Kind("a model such as openai/gpt-4o-mini, off or default", other, others)
SAMPLE = Kind(
    "a model with the per cent of the prompts that it is sent, and perhaps one task, such as openai/gpt-4o-mini 5 "
    "triage, or off",
    sample,
    sampled,
)
AMOUNT = Kind("an amount in US dollars such as 1", number, limited)
