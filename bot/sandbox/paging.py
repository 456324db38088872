"""Cursor pages as Slack cuts them: an opaque `next_cursor`, empty on the last page."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import TypeVar

from bot.sandbox.args import Args
from bot.sandbox.errors import SlackError

Item = TypeVar("Item")


def page(items: Sequence[Item], args: Args, *, default: int, most: int) -> tuple[Sequence[Item], str]:
    """The page a call asks for, and the cursor of the next one."""
    start, limit = _start(args.text("cursor")), args.limit(default, most)
    if start > len(items):
        raise SlackError("invalid_cursor")
    after = start + limit
    return items[start:after], cursor(str(after)) if after < len(items) else ""


def cursor(mark: str) -> str:
    return base64.b64encode(f"next:{mark}".encode()).decode()


def mark(given: str) -> str:
    """What an earlier `cursor` stood for; empty where none was given."""
    if not given:
        return ""
    try:
        kind, _, value = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise SlackError("invalid_cursor") from error
    if kind != "next" or not re.fullmatch(r"[0-9]{1,18}", value):
        raise SlackError("invalid_cursor")
    return value


def _start(given: str) -> int:
    return int(mark(given) or 0)
