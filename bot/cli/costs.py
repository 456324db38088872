"""`costs`: what the calls to models came to."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from bot.cli.console import console
from bot.cli.ending import carry_out, fail
from bot.cli.environment import environment
from bot.cli.moments import since
from bot.cli.records import records
from bot.cli.workspaces import known, workspace

if TYPE_CHECKING:
    from bot.store import By, Costs

BY = ("model", "task", "channel", "user", "day")


@click.command()
@since
@click.option("--by", type=click.Choice(BY), default="model", show_default=True, help="What a line stands for.")
@click.option("--csv", "form", flag_value="csv", help="CSV: a row per line, without the total.")
@click.option("--json", "form", flag_value="json", help="JSON: the lines and the total.")
@workspace
def costs(since: datetime, by: By, form: str | None, workspace: str | None) -> None:
    """Add up calls, tokens, cost, latency and failures.

    A day begins at midnight in the workspace's time zone. p50 and p95 are latencies by nearest rank, over the calls
    that were answered. Calls of unknown price are counted, not taken for free. Trial calls, which nobody waited for,
    have lines of their own; the total includes them.
    """
    carry_out(print_costs(environment(), since, by, form, workspace))


async def print_costs(
    environment: dict[str, str], since: datetime, by: By, form: str | None, named: str | None
) -> None:
    from bot import config
    from bot.settings import WorkspaceSettings

    try:
        defaults = config.settings(environment)
    except config.ConfigError as error:
        fail(str(error), 2)
    async with records(config.database_url(environment)) as store:
        settings = await WorkspaceSettings(store, await known(store, named) or "", defaults).read()
        found = await store.costs(by=by, since=since, until=datetime.now(UTC), zone=settings.zone)
    write(found, by, form)


def write(found: Costs | None, by: By, form: str | None) -> None:
    from bot import costs

    if form == "json":
        click.echo(json.dumps(costs.as_json(found, by), indent=2))
    elif form == "csv":
        click.echo(costs.as_csv(found), nl=False)
    else:
        costs.show(console(), found, by)
