"""`forget`: delete what people wrote, at once."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from bot.amounts import plural
from bot.cli.ending import carry_out, fail
from bot.cli.environment import environment
from bot.cli.records import records


@click.command()
@click.option("--user", metavar="U…", help="The Slack id of the person to forget.")
@click.option("--all", "everybody", is_flag=True, help="Forget everybody.")
def forget(user: str | None, everybody: bool) -> None:
    """Delete stored texts now, whatever the retention.

    --all deletes the prompts and answers of all calls, all summaries, the texts and reasons of all support cases and
    corrections, all thumbs, all answers of comparisons, and answers on their way to Slack.

    --user deletes what may hold that person's words. Nothing tells whose words stand in a prompt for a summary, so all
    summaries go, and the prompts and answers of all calls but those on other people's support messages; of the person's
    own support messages the texts and reasons, with those of the corrections to them; all answers of comparisons; and
    the person's thumbs.

    The same goes for calls that are under way: once answered, they are written down without their texts.

    Figures, ids and labels stay. What was posted in Slack stays there. While another program reads the file of the
    database, what was deleted stays in it; then this says so and ends with an error, and has to be run again.
    """
    from bot import config
    from bot.ids import PERSON

    if everybody == bool(user):
        fail("Say whom to forget: --user with a Slack id, or --all.", 2)
    if user and not PERSON.fullmatch(user):
        fail("--user takes a Slack id, such as U024BE7LH: it is in the menu of a person's profile.", 2)
    carry_out(forgotten(config.database_url(environment()), user))


async def forgotten(url: str, user: str | None) -> None:
    now = datetime.now(UTC)
    async with records(url) as store:
        rows = await (store.forget_user(user, now) if user else store.forget_all(now))
    click.echo(f"Deleted the texts of {plural(rows, 'row')}.")
