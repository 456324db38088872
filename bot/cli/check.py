"""`check`: everything that a start needs, looked at before it is needed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import click

from bot.cli.console import console
from bot.cli.environment import environment, set_in_file

if TYPE_CHECKING:
    from bot.checks.finding import Finding
    from bot.checks.setup import Setup

COLOURS = {"ok": "green", "warning": "yellow", "problem": "bold red"}


@click.command()
@click.option("--offline", is_flag=True, help="Leave out what needs the network: Slack and the providers.")
def check(offline: bool) -> None:
    """Look for what is wrong: settings, Slack, providers, database and prices.

    Each row says what to do. Ends with 1 where there is a problem; a warning is none.
    """
    from bot import config
    from bot.checks.finding import State

    found = asyncio.run(look(environment(), config.today(), offline))
    show(found)
    sys.exit(1 if any(one.state is State.PROBLEM for one in found) else 0)


async def look(environment: Mapping[str, str], today: date, offline: bool) -> list[Finding]:
    from bot.checks import database, prices, setup
    from bot.pricing import FILE

    configured = setup.read(environment, today)
    kept, standing = await database.check(configured.database_url, configured.settings)
    chosen = replace(configured, standing=standing)
    found = [*setup.findings(chosen), *setup.misspelt(set_in_file())]
    if not offline:
        found += await reached(chosen, today)
    found.append(kept)
    return found + await asyncio.to_thread(prices.check, chosen, FILE, today)


async def reached(chosen: Setup, today: date) -> list[Finding]:
    """What Slack and the vendors say, all asked at once."""
    from bot.checks import providers
    from bot.cli import installation

    vendors = asyncio.gather(*(providers.check(candidate, today) for candidate in chosen.candidates))
    slack, answers = await asyncio.gather(installation.check(chosen), vendors)
    return [*slack, *answers]


def show(found: Sequence[Finding]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table("checked", "state", "", box=None)
    for one in found:
        table.add_row(escape(one.what), f"[{COLOURS[one.state]}]{one.state}[/]", escape(one.sentence))
    console().print(table)
