"""The settings that admins change on App Home: how each is entered there, and how it reads in words."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError

from bot.amounts import exact
from bot.variables import WEEKDAYS
from handlers.blocks import clip, plain
from handlers.mrkdwn import escape

LISTED = 50
"""Channels that are named, the others being counted."""

RULE_LENGTH = 300
NOWHERE, NO_LIMIT, NOBODY = "nowhere", "no limit", "none"
ON, OFF = "on", "off"
DAYS: Mapping[str, str] = {day: name.capitalize() for day, name in WEEKDAYS.items()}
KINDS = {"include": ["public", "private"]}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value. `element` is the input that holds a value, `read` what was entered there, `words` says it.

    `read` raises `ValueError`; whether a value is right the settings decide. None stands for no limit.
    """

    takes: str
    element: Callable[[Any], dict[str, Any]]
    read: Callable[[Mapping[str, Any]], object]
    words: Callable[[Any], str]
    optional: bool = False


def places(channels: Sequence[str]) -> str:
    """Channels as Slack shows them to each reader: a private one has no name for those who are not in it."""
    shown = [f"<#{channel}>" for channel in channels[:LISTED]]
    more = [f"and {len(channels) - LISTED} more"] if len(channels) > LISTED else []
    return " ".join([*shown, *more]) or NOBODY


def many(channels: Sequence[str]) -> dict[str, Any]:
    return {"type": "multi_conversations_select", "filter": KINDS} | (
        {"initial_conversations": list(channels)} if channels else {}
    )


def one(channel: str) -> dict[str, Any]:
    return {"type": "conversations_select", "filter": KINDS} | ({"initial_conversation": channel} if channel else {})


def typed(text: str, **more: object) -> dict[str, Any]:
    return {"type": "plain_text_input", **more} | ({"initial_value": text} if text else {})


def figure(value: float | None, *, decimal: bool) -> dict[str, Any]:
    initial = {} if value is None else {"initial_value": f"{value:.10g}"}
    return {"type": "number_input", "is_decimal_allowed": decimal, **initial}


def number(entered: Mapping[str, Any]) -> float | None:
    """What was entered as a number, None where nothing was."""
    text = str(entered.get("value") or "").strip()
    found = float(text) if text else None
    if found is not None and not math.isfinite(found):
        raise ValueError
    return found


def listed(entered: Mapping[str, Any]) -> list[str]:
    return str(entered.get("value") or "").replace(",", " ").split()


def rules(text: str) -> str:
    return "".join(f"\n{escape(clip(line, RULE_LENGTH))}" for line in text.splitlines())


def menu(options: Mapping[str, str], chosen: str) -> dict[str, Any]:
    shown = {value: {"text": plain(text), "value": value} for value, text in options.items()}
    return {"type": "static_select", "options": list(shown.values()), "initial_option": shown[chosen]}


def switch(on: bool) -> dict[str, Any]:
    options = {value: {"text": plain(value.capitalize()), "value": value} for value in (ON, OFF)}
    return {"type": "radio_buttons", "options": list(options.values()), "initial_option": options[ON if on else OFF]}


CHANNELS = Kind(
    "channels of this workspace",
    many,
    lambda entered: entered.get("selected_conversations") or [],
    places,
    optional=True,
)
CHANNEL = Kind(
    "a channel of this workspace",
    one,
    lambda entered: entered.get("selected_conversation") or "",
    lambda channel: f"<#{channel}>" if channel else NOWHERE,
    optional=True,
)
BOTS = Kind(
    "the ids of bots (B…) or apps (A…), with commas between them",
    lambda value: typed(", ".join(value)),
    listed,
    lambda value: escape(clip(", ".join(value), 1_000)) or NOBODY,
    optional=True,
)
RULES = Kind(
    "four lines, which begin with p1:, p2:, p3: and p4:",
    lambda value: typed(value, multiline=True),
    lambda entered: entered.get("value") or "",
    rules,
)
SHARE = Kind("a number from 0 to 1", lambda value: figure(value, decimal=True), number, lambda value: f"{value:g}")
DOLLARS = Kind(
    "an amount in US dollars from 0, or nothing for no limit",
    lambda value: figure(value, decimal=True),
    number,
    lambda value: NO_LIMIT if value is None else exact(value),
    optional=True,
)
AMOUNT = Kind("an amount in US dollars from 0", lambda value: figure(value, decimal=True), number, exact)
COUNT = Kind(
    "a whole number from 1, or nothing for no limit",
    lambda value: figure(value, decimal=False),
    number,
    lambda value: NO_LIMIT if value is None else f"{value:,}",
    optional=True,
)
ZONE = Kind(
    "the name of a time zone such as Europe/Berlin",
    typed,
    lambda entered: str(entered.get("value") or "").strip(),
    escape,
)
SWITCH = Kind(
    "on or off",
    switch,
    lambda entered: cast(Mapping[str, Any], entered["selected_option"])["value"] == ON,
    lambda on: ON if on else OFF,
)

DAY = Kind(
    "a day of the week",
    lambda value: menu(DAYS, value),
    lambda entered: cast(Mapping[str, Any], entered["selected_option"])["value"],
    lambda value: DAYS[value],
)
TIME = Kind(
    "a time such as 09:00 or 17:30",
    lambda value: {"type": "timepicker", "initial_time": value},
    lambda entered: entered.get("selected_time") or "",
    str,
)

FIELDS: Mapping[str, Kind] = {
    "triage_channels": CHANNELS,
    "quiet_channels": CHANNELS,
    "triage_bots": BOTS,
    "urgency_rules": RULES,
    "confidence_floor": SHARE,
    "pending_report": SWITCH,
    "digest_channel": CHANNEL,
    "digest_day": DAY,
    "digest_time": TIME,
    "audit_channel": CHANNEL,
    "daily_budget_usd": DOLLARS,
    "monthly_budget_usd": DOLLARS,
    "shadow_daily_usd": AMOUNT,
    "requests_per_user_hour": COUNT,
    "timezone": ZONE,
}
"""In the order in which Home lists them; categories have an editor of their own."""


def problem(name: str, error: ValidationError) -> str:
    """What is wrong with a value that was entered for a setting, and how it should be."""
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "value_error":
        said = str(first["ctx"]["error"])
        return f"{said[0].upper()}{said[1:]}."
    return unread(name)


def unread(name: str) -> str:
    return f"This takes {FIELDS[name].takes}."


def channels(name: str, value: object) -> list[str]:
    """The channels in a setting's value."""
    kind = FIELDS[name]
    if kind is CHANNEL:
        return [str(value)] if value else []
    return list(cast(Sequence[str], value)) if kind is CHANNELS else []
