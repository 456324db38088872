"""The commands: `run` the bot, list its `calls`, play the `demo`."""

import asyncio
import json
import os
import re
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import click
from dotenv import dotenv_values
from rich.console import Console

from adapters import PROVIDERS
from bot import app, config, logs, reports
from bot.config import ConfigError
from bot.database import Database, DatabaseError
from bot.sqlite import locate
from bot.store import Store

VERSION = "0.1.0"
"""Stands in pyproject.toml too: a checkout is not an installed package that could be asked."""

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


def environment() -> dict[str, str]:
    """The process's environment, over what `.env` in the working folder says. Ends it where that is no text."""
    try:
        file = dotenv_values(".env")
    except (OSError, UnicodeDecodeError) as error:
        fail(f".env cannot be read ({type(error).__name__}): save it as a text file in UTF-8.", 2)
    set_in_file = {name: value for name, value in file.items() if value}
    return set_in_file | {name: value for name, value in os.environ.items() if value}


def carry_out(work: Coroutine[Any, Any, None]) -> None:
    """Run a command; what an operator can put right is one message and an exit status, not a traceback."""
    try:
        asyncio.run(work)
    except app.StartError as error:
        fail(str(error), error.status)
    except DatabaseError as error:
        fail(str(error), 2)


def fail(message: str, status: int) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(status)


@click.group()
@click.version_option(VERSION, prog_name="precis")
def main() -> None:
    """Precis: Slack threads on one screen, each line with its source."""


@main.command()
def run() -> None:
    """Connect to Slack and work until SIGTERM or Ctrl-C."""
    try:
        chosen = config.load(environment())
    except ConfigError as error:
        fail(f"Precis cannot start yet:\n{error}", 2)
    logs.configure(chosen.log_level)
    carry_out(app.run(chosen))


@main.command()
@click.option(
    "--since",
    type=Since(),
    default="7d",
    show_default=True,
    metavar="7d|24h|2w|DATE",
    help="Only calls made since then.",
)
@click.option("--task", help="Only calls of this task, e.g. summarise.")
@click.option("--json", "as_json", is_flag=True, help="JSON: the calls without their texts, and the totals.")
def calls(since: datetime, task: str | None, as_json: bool) -> None:
    """List the calls to models, with their cost and the totals."""
    carry_out(list_calls(config.database_url(environment()), since, task, as_json))


async def list_calls(url: str, since: datetime, task: str | None, as_json: bool) -> None:
    path = locate(url)
    if path is not None and not path.exists():
        fail(f"There is no database at {url} yet: start the bot first, or set DATABASE_URL.", 2)
    database = await Database.open(url)
    try:
        found = await Store(database).calls(since=since, task=task)
    finally:
        await database.close()
    if as_json:
        click.echo(json.dumps(reports.as_json(found), indent=2))
    else:
        reports.show_calls(Console(), found)


@main.command("demo")
@click.option("--export", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A Slack export to load.")
@click.option("--thread", metavar="CHANNEL[/TS]", help="Its thread; a channel alone stands for its longest.")
@click.option(
    "--provider",
    type=click.Choice(list(PROVIDERS)),
    default="offline",
    show_default=True,
    help="Who answers. All but offline need their key, and cost money.",
)
def play_demo(export: Path | None, thread: str | None, provider: str) -> None:
    """Play /tldr, the shortcut and a mention in a Slack workspace that lives on this machine."""
    if (export is None) != (thread is None):
        fail("--export and --thread go together: name the folder, and the thread as CHANNEL or CHANNEL/TS.", 2)
    from bot import demo  # the sandbox is no part of a running bot

    logs.configure("WARNING")
    try:
        chosen = config.provider(environment() | {"LLM_PROVIDER": provider})
        carry_out(demo.play(chosen, export, thread))
    except demo.DemoFailed as error:
        fail(str(error), 1)
    except (ConfigError, demo.NoSuchThread, demo.BadExport) as error:
        fail(str(error), 2)
