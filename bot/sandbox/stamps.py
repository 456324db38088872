"""Slack timestamps: `seconds.microseconds` as text, the id of a message inside its channel."""

import re

_TS = re.compile(r"\d{1,12}(\.\d{1,6})?")


def valid(ts: str) -> bool:
    return _TS.fullmatch(ts) is not None


def micros(ts: str) -> int:
    """The timestamp as a whole number of microseconds, so that it compares and adds exactly."""
    seconds, _, fraction = ts.partition(".")
    return int(seconds) * 1_000_000 + int(fraction.ljust(6, "0") or 0)


def stamp(microseconds: int) -> str:
    return f"{microseconds // 1_000_000}.{microseconds % 1_000_000:06d}"


def compact(ts: str) -> str:
    """The form used in a permalink: `1700000000.123456` becomes `p1700000000123456`."""
    return "p" + stamp(micros(ts)).replace(".", "")


def expand(compacted: str) -> str | None:
    """The timestamp behind a permalink's last part, or None where it is not one."""
    digits = compacted.removeprefix("p")
    if not compacted.startswith("p") or not digits.isascii() or not digits.isdigit() or not 7 <= len(digits) <= 18:
        return None
    return stamp(int(digits))
