"""`calls`: the log of what models were asked, one line for each attempt."""

import json
from datetime import datetime

import click

from bot.cli.console import console
from bot.cli.ending import carry_out, fail
from bot.cli.environment import environment
from bot.cli.moments import since
from bot.cli.records import records


@click.command()
@since
@click.option("--task", help="Only calls of this task, e.g. summarise.")
@click.option("--json", "as_json", is_flag=True, help="JSON: the calls without their texts, and the totals.")
def calls(since: datetime, task: str | None, as_json: bool) -> None:
    """List the calls to models, with their cost and the totals."""
    from bot import config
    from bot.choices import TASKS
    from bot.trials import TASK

    tasks = (*TASKS, TASK)
    if task is not None and task not in tasks:
        fail(f"There is no task {task[:40]!r}: choose one of {', '.join(tasks)}.", 2)
    carry_out(list_calls(config.database_url(environment()), since, task, as_json))


async def list_calls(url: str, since: datetime, task: str | None, as_json: bool) -> None:
    from bot import reports

    async with records(url) as store:
        found = await store.calls(since=since, task=task)
    if as_json:
        click.echo(json.dumps(reports.as_json(found), indent=2))
    else:
        reports.show_calls(console(), found)
