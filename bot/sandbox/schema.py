"""Small rules that describe JSON and name every place that breaks them, in the words of Slack's own errors."""

import re
from collections.abc import Callable, Mapping
from typing import Any

Rule = Callable[[Any, str, list[str]], None]
"""Takes a value and its JSON pointer; adds a line per problem to the list."""


def fault(found: list[str], at: str, reason: str) -> None:
    found.append(f"{reason} [json-pointer:{at}]")


def anything(value: Any, at: str, found: list[str]) -> None:
    """Accepts whatever it is given."""


def boolean(value: Any, at: str, found: list[str]) -> None:
    if not isinstance(value, bool):
        fault(found, at, "must be a boolean")


def number(least: float, most: float) -> Rule:
    def check(value: Any, at: str, found: list[str]) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            fault(found, at, "must be a number")
        elif not least <= value <= most:
            fault(found, at, f"must be between {least} and {most}")

    return check


def string(most: int, least: int = 1, pattern: str | None = None) -> Rule:
    def check(value: Any, at: str, found: list[str]) -> None:
        if not isinstance(value, str):
            fault(found, at, "must be a string")
        elif len(value) < least:
            fault(found, at, f"must be more than {least - 1} characters")
        elif len(value) > most:
            fault(found, at, f"must be less than {most + 1} characters")
        elif pattern and not re.match(pattern, value):
            fault(found, at, "invalid url" if "://" in pattern else "does not match the required pattern")

    return check


def url(most: int) -> Rule:
    return string(most, pattern=r"(?i)[a-z][a-z0-9+.-]*://[^\s]|mailto:")


def choice(*values: str) -> Rule:
    def check(value: Any, at: str, found: list[str]) -> None:
        if value not in values:
            fault(found, at, f"must be a valid enum value: {', '.join(values)}")

    return check


def array(item: Rule, most: int, least: int = 1) -> Rule:
    def check(value: Any, at: str, found: list[str]) -> None:
        if not isinstance(value, list):
            fault(found, at, "must be an array")
            return
        if len(value) < least:
            fault(found, at, f"no fewer than {least} items allowed")
        if len(value) > most:
            fault(found, at, f"no more than {most} items allowed")
        for index, one in enumerate(value[:most]):
            item(one, f"{at}/{index}", found)

    return check


def record(required: Mapping[str, Rule], optional: Mapping[str, Rule], *also: Rule) -> Rule:
    """An object with these fields and no others; `also` are further rules on the whole."""
    rules = {**required, **optional}

    def check(value: Any, at: str, found: list[str]) -> None:
        if not isinstance(value, dict):
            fault(found, at, "must be an object")
            return
        for key in required:
            if value.get(key) is None:
                fault(found, at, f"missing required field: {key}")
        for key, inner in value.items():
            if key not in rules and key != "type":
                fault(found, at, f"invalid additional property: {key}")
            elif key in rules and inner is not None:
                rules[key](inner, f"{at}/{key}", found)
        for rule in also:
            rule(value, at, found)

    return check


def variant(table: Mapping[str, Rule]) -> Rule:
    """An object whose `type` picks the rule; a type that is not in the table is refused."""

    def check(value: Any, at: str, found: list[str]) -> None:
        if not isinstance(value, dict):
            fault(found, at, "must be an object")
        elif "type" not in value:
            fault(found, at, "missing required field: type")
        elif not isinstance(value["type"], str) or value["type"] not in table:
            fault(found, f"{at}/type", f"unsupported type: {value['type']}")
        else:
            table[value["type"]](value, at, found)

    return check


def one_of(*keys: str) -> Rule:
    """Exactly one of these fields must be there."""

    def check(value: Any, at: str, found: list[str]) -> None:
        if sum(value.get(key) is not None for key in keys) != 1:
            fault(found, at, f"must define exactly one of {' or '.join(keys)}")

    return check


def some_of(*keys: str) -> Rule:
    def check(value: Any, at: str, found: list[str]) -> None:
        if all(value.get(key) is None for key in keys):
            fault(found, at, f"must define either {' or '.join(keys)}")

    return check


def text(most: int, *, plain: bool = False) -> Rule:
    """A text object: `emoji` belongs to plain text only, `verbatim` to mrkdwn only."""
    content = string(most)
    kinds = {"plain_text": record({"text": content}, {"emoji": boolean})}
    if not plain:
        kinds["mrkdwn"] = record({"text": content}, {"verbatim": boolean})
    return variant(kinds)
