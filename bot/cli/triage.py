"""`triage`: how support messages were sorted, and what people made of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from bot.cli.console import console
from bot.cli.ending import carry_out, fail
from bot.cli.environment import environment
from bot.cli.moments import Since
from bot.cli.records import records
from bot.cli.workspaces import known, workspace

if TYPE_CHECKING:
    from bot.store import TriageFigures

WIDE = 140


@click.command()
@click.option(
    "--since",
    type=Since(),
    default="7d",
    show_default=True,
    metavar="7d|24h|2w|DATE",
    help="Only cases opened since then.",
)
@click.option("--channel", metavar="C…", help="Only cases of this channel.")
@click.option("--json", "as_json", is_flag=True, help="JSON: every figure.")
@workspace
def triage(since: datetime, channel: str | None, as_json: bool, workspace: str | None) -> None:
    """Count support cases by category and urgency, with what people corrected, closed and left open.

    A case is one message, or several that its author wrote within a minute. In quiet channels, where nothing is posted,
    the labels are compared with what people do there by themselves: who replied, and which messages got a check mark or
    a category's emoji.
    """
    from bot import config
    from bot.ids import CHANNEL

    if channel and not CHANNEL.fullmatch(channel):
        fail("--channel takes the Slack id of a channel, such as C024BE7LR: it stands at the end of its details.", 2)
    carry_out(report(config.database_url(environment()), since, channel, workspace, as_json))


async def report(url: str, since: datetime, channel: str | None, named: str | None, as_json: bool) -> None:
    async with records(url) as store:
        team = await known(store, named) or ""
        figures = await store.triage_figures(team, since=since, until=datetime.now(UTC), channel=channel)
    write(figures, team, as_json)


def write(figures: TriageFigures, team: str, as_json: bool) -> None:
    from bot import triage_report
    from handlers.links import thread_address

    if as_json:
        click.echo(json.dumps(triage_report.as_json(figures), indent=2))
        return
    triage_report.show(console(WIDE), figures, lambda case: thread_address(team, case.channel, case.ts))
