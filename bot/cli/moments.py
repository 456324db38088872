"""How a moment is written on the command line: a span back from now, or a date."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

SPAN = re.compile(r"(\d{1,5})([hdw])")
UNITS = {"h": "hours", "d": "days", "w": "weeks"}


class Since(click.ParamType[datetime]):
    """A moment: `24h`, `7d` or `2w` ago, or a date such as 2026-11-23 (midnight UTC)."""

    name = "7d|24h|DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        span = SPAN.fullmatch(value.lower())
        try:
            if span:
                return datetime.now(UTC) - timedelta(**{UNITS[span[2]]: int(span[1])})
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is neither a span such as 24h, 7d or 2w, nor a date such as 2026-11-23.", param, ctx)


since = click.option(
    "--since",
    type=Since(),
    default="7d",
    show_default=True,
    metavar="7d|24h|2w|DATE",
    help="Only calls made since then.",
)
"""The option of a command that reports on a time up to now."""
