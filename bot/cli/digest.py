"""`digest`: what a week came to, as it is posted on the digest's day."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from bot.cli.console import console
from bot.cli.ending import carry_out, fail
from bot.cli.environment import environment
from bot.cli.records import records
from bot.cli.workspaces import known, workspace

if TYPE_CHECKING:
    from bot.figures import Figures
    from bot.settings import Settings
    from bot.store import Store
    from bot.week import Week

WAIT, PAUSE = 10.0, 0.1
"""Seconds that a running bot gets to post, and between two looks whether it has."""

WIDE = 160


class WeekName(click.ParamType[Any]):
    """A week by its ISO name."""

    name = "2026-W47"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Week:
        from bot.week import Week

        try:
            return Week.parse(value.upper())
        except ValueError:
            self.fail(f"{value!r} is not a week such as 2026-W47.", param, ctx)


@click.command()
@click.option("--week", type=WeekName(), metavar="2026-W47", help="Which week; the last complete one by default.")
@click.option("--post", is_flag=True, help="Have the bot post it in the digest channel now, if it has not yet.")
@click.option("--json", "as_json", is_flag=True, help="JSON: every figure.")
@workspace
def digest(week: Week | None, post: bool, as_json: bool, workspace: str | None) -> None:
    """Show what a week cost, who would have been cheaper, and who was better.

    A week begins on Monday at midnight in the workspace's time zone. These are the figures that are posted in Slack.
    """
    carry_out(reported(environment(), week, post, as_json, workspace))


async def reported(
    environment: dict[str, str], week: Week | None, post: bool, as_json: bool, named: str | None
) -> None:
    from bot import config, pricing
    from bot.digest import figures
    from bot.settings import WorkspaceSettings
    from bot.week import last_complete

    try:
        defaults = config.settings(environment)
        prices = pricing.Prices.load(pricing.FILE)
    except (config.ConfigError, pricing.PricesError) as error:
        fail(str(error), 2)
    async with records(config.database_url(environment)) as store:
        workspace, now = await known(store, named) or "", datetime.now(UTC)
        settings = await WorkspaceSettings(store, workspace, defaults).read()
        week = week or last_complete(now, settings.zone)
        found = await figures(store, week, settings=settings, workspace=workspace, prices=prices, now=now)
        show(found, as_json)
        if post:
            await posted(store, week, workspace, settings, now)


def show(figures: Figures, as_json: bool) -> None:
    from bot.figures import as_json as whole

    if as_json:
        click.echo(json.dumps(whole(figures), indent=2))
    else:
        draw(console(WIDE), figures)


def draw(console: Any, figures: Figures) -> None:
    """The same words as in Slack, the table for a terminal."""
    from rich.markup import escape
    from rich.table import Table

    from bot import tables
    from handlers import digest_words as words

    if figures.empty:
        console.print(escape(words.empty(figures)))
        return
    console.print(escape(words.headline(figures)))
    console.print(escape(words.totals(figures)))
    table = Table(*words.HEAD, box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in words.cells(figures):
        table.add_row(*map(escape, row))
    tables.show(console, table)
    for heading, text in words.bullets(figures, mention=str):
        console.print(escape(f"{heading}: {text}"))
    if tried := words.trials(figures):
        console.print(escape(tried))


async def posted(store: Store, week: Week, workspace: str, settings: Settings, now: datetime) -> None:
    """Hand the digest to the bot, and say what has become of it."""
    from bot.digest import order
    from bot.inbox import Inbox
    from bot.week import last_complete

    if not workspace or not settings.digest_channel:
        fail("There is no digest channel yet: set DIGEST_CHANNEL to its id.", 2)
    if week > last_complete(now, settings.zone):
        fail(f"{week} is not over yet: its digest can be shown, but not posted.", 2)
    if found := await store.digest(workspace, str(week)):
        fail(f"The digest of {week} was posted in {found.channel} on {found.posted_at[:10]} already.", 1)
    ring = order(workspace, week, now, asked=True)
    await Inbox(store.database).wake(ring.id, ring.queue, ring.body)
    for _ in range(round(WAIT / PAUSE)):
        if found := await store.digest(workspace, str(week)):
            click.echo(f"It is posted in {found.channel}.", err=True)
            return
        await asyncio.sleep(PAUSE)
    click.echo("It is handed over, and posted as soon as the bot runs and Slack takes it.", err=True)
