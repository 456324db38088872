"""Reads variables of the environment, and collects what is wrong with them instead of stopping at the first."""

import math
import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import SecretStr

SLACK_TOKENS = {
    "xoxb-": ("a bot token", "SLACK_BOT_TOKEN"),
    "xapp-": ("an app-level token", "SLACK_APP_TOKEN"),
    "xoxp-": ("a user token, which Precis does not use", None),
}
TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: Mapping[Weekday, str] = {
    "mon": "monday",
    "tue": "tuesday",
    "wed": "wednesday",
    "thu": "thursday",
    "fri": "friday",
    "sat": "saturday",
    "sun": "sunday",
}


def weekday(text: str) -> Weekday | None:
    """The day of that English name, of which the first three letters are enough."""
    word = text.strip().lower()
    return next((day for day, whole in WEEKDAYS.items() if len(word) >= 3 and whole.startswith(word)), None)


def zone(name: str) -> ZoneInfo | None:
    """The time zone of that name, None where this machine knows none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


class Reader:
    """Reads one mapping and collects what is wrong with it. An empty value counts as not set."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[str] = []

    def problem(self, sentence: str) -> None:
        self.problems.append(sentence)

    def get(self, name: str) -> str:
        return self.environment.get(name, "").strip()

    def has(self, name: str) -> bool:
        return bool(self.get(name))

    def secret(self, name: str) -> SecretStr | None:
        value = self.get(name)
        if not value:
            return None
        if not value.isascii() or not value.isprintable() or any(mark in value for mark in " \"'<>"):
            self.problem(f"{name} is malformed: paste it again, without quotes, spaces or angle brackets.")
            return None
        return SecretStr(value)

    def slack_token(self, name: str, start: str) -> SecretStr | None:
        token = self.secret(name)
        if token is None or token.get_secret_value().startswith(start):
            return token
        for foreign, (what, where) in SLACK_TOKENS.items():
            if token.get_secret_value().startswith(foreign):
                move = f"; move it to {where}, and" if where else ":"
                self.problem(f"{name} holds {what}{move} put the token that starts with {start} here.")
                return None
        self.problem(f"{name} is malformed: it must start with {start}.")
        return None

    def port(self, name: str) -> int | None:
        if not self.has(name):
            return None
        return self.whole_number(name, 0, lowest=1, highest=65_535) or None

    def whole_number(self, name: str, default: int, *, lowest: int = 0, highest: int) -> int:
        value = self.get(name)
        if not value:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", value) or not lowest <= int(value) <= highest:
            self.problem(f"{name} must be a whole number from {lowest} to {highest}.")
            return default
        return int(value)

    def limit(self, name: str, default: int, *, highest: int) -> int | None:
        """A whole number from 1; `off` means no limit."""
        if self.get(name).lower() == "off":
            return None
        return self.whole_number(name, default, lowest=1, highest=highest)

    def dollars(self, name: str, default: float | None) -> float | None:
        """An amount of US dollars; `off` means no limit."""
        value = self.get(name).lower()
        if not value:
            return default
        if value == "off":
            return None
        try:
            amount = float(value.removeprefix("$"))
        except ValueError:
            amount = -1.0
        if not 0 <= amount < math.inf:
            self.problem(f"{name} must be an amount in US dollars such as 0.05, or off.")
            return default
        return amount

    def choice(self, name: str, default: str, known: tuple[str, ...]) -> str:
        value = self.get(name).upper() or default
        if value not in known:
            self.problem(f"{name} must be one of {', '.join(known)}.")
        return value

    def url(self, name: str) -> str | None:
        """An address that is sent a secret: https, or http to a bare host name or a private address."""
        value = self.get(name)
        if not value:
            return None
        if safe(value):
            return value
        self.problem(f"{name} must be an https:// address (http:// only inside your own network).")
        return None

    def zone(self, name: str) -> ZoneInfo:
        value = self.get(name) or "UTC"
        found = zone(value)
        if found is None:
            self.problem(f"{name} must be the name of a time zone such as Europe/Berlin.")
        return found or ZoneInfo("UTC")

    def weekday(self, name: str, default: Weekday) -> Weekday:
        value = self.get(name)
        if not value:
            return default
        found = weekday(value)
        if found is None:
            self.problem(f"{name} must be a day of the week such as mon or friday.")
        return found or default

    def time_of_day(self, name: str, default: str) -> str:
        value = self.get(name) or default
        if not TIME_OF_DAY.fullmatch(value):
            self.problem(f"{name} must be a time such as 09:00 or 17:30.")
            return default
        return value

    def id(self, name: str, form: re.Pattern[str], what: str) -> str:
        """One Slack id, empty where none is given."""
        value = self.get(name)
        if value and not form.fullmatch(value):
            self.problem(f"{name} must be the id of one {what}.")
            return ""
        return value

    def ids(self, name: str, form: re.Pattern[str], what: str) -> tuple[str, ...]:
        """Slack ids, with commas or spaces between them."""
        found = re.findall(r"[^\s,]+", self.get(name))
        if any(not form.fullmatch(one) for one in found):
            self.problem(f"{name} must be ids of {what}, with commas between them.")
            return ()
        return tuple(dict.fromkeys(found))


def safe(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) or parts.scheme == "http" and private(parts.hostname)


def private(host: str | None) -> bool:
    try:
        return ip_address(host or "").is_private
    except ValueError:
        return host is not None and "." not in host
