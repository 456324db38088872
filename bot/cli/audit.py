"""`audit`: every change of the settings, who made it, and why."""

import json
from dataclasses import asdict
from datetime import datetime

import click

from bot.cli.ending import carry_out
from bot.cli.environment import environment
from bot.cli.moments import Since
from bot.cli.records import records


@click.command()
@click.option("--since", type=Since(), metavar="7d|24h|2w|DATE", help="Only changes made since then.")
@click.option("--json", "as_json", is_flag=True, help="JSON: the rows as they are stored.")
def audit(since: datetime | None, as_json: bool) -> None:
    """List every change of the settings, the newest first."""
    from bot import config

    carry_out(list_changes(config.database_url(environment()), since, as_json))


async def list_changes(url: str, since: datetime | None, as_json: bool) -> None:
    from bot.changes import changer, told

    async with records(url) as store:
        found = await store.changes(since=since)
    if as_json:
        click.echo(json.dumps([asdict(change) for change in found], indent=2))
        return
    for change in found:
        click.echo(f"{change.changed_at[:16].replace('T', ' ')} UTC  {told(change, changer(change.changed_by))}")
    if not found:
        click.echo("Nothing has been changed in that time." if since else "Nothing has been changed yet.")
