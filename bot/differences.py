"""What differs between two values of a setting that has parts: of lists and rules only that is worth telling."""

import json
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from bot.categories import Category
from bot.settings import Settings

LONGEST = 120
"""Characters of a description or a rule that are told."""

MOST = 8
"""Differences that are told one by one."""

LISTS = ("triage_channels", "quiet_channels", "triage_bots")
NOTHING = "none"


def differences(name: str, old: str | None, new: str | None) -> list[str]:
    """What differs between two values, given as JSON, None for the default; empty where only the whole can be told."""
    if name in LISTS and None in (old, new):
        return []  # the default stands in the environment
    found = list(differing(parts(name, old), parts(name, new)))
    return found if len(found) <= MOST else [*found[:MOST], f"and {len(found) - MOST} more"]


def parts(name: str, written: str | None) -> Mapping[str, Mapping[str, str]]:
    """The parts of a value by their names, each with its fields; none of a value that has no parts or is unreadable."""
    try:
        read = Settings.model_validate({} if written is None else {name: json.loads(written)})
    except (ValidationError, ValueError):
        return {}
    if name == "categories":
        return {each.name: fields(each) for each in read.categories}
    if name == "urgency_rules":
        rules = (line.partition(":") for line in read.urgency_rules.splitlines())
        return {urgency: {"": rule.strip()} for urgency, _, rule in rules}
    return {each: {} for each in getattr(read, name)} if name in LISTS else {}


def fields(category: Category) -> Mapping[str, str]:
    return {name: str(value) for name, value in category.model_dump(exclude={"name"}).items()}


def differing(before: Mapping[str, Mapping[str, str]], after: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    yield from (f"added {name}" for name in after if name not in before)
    yield from (f"removed {name}" for name in before if name not in after)
    for name in after:
        for field, value in after[name].items():
            held = before.get(name, after[name])[field]
            if held != value:
                yield f"{f'{name} {field}'.strip()} from {shown(held)} to {shown(value)}"


def shown(value: str) -> str:
    if not value:
        return NOTHING
    text = value if len(value) <= LONGEST else value[: LONGEST - 1].rstrip() + "…"
    return f"“{text}”" if " " in text else text
