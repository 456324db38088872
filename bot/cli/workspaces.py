"""Which workspace a command is about: the only one that the database knows, or the one that is named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from bot.cli.ending import fail

if TYPE_CHECKING:
    from bot.store import Store

workspace = click.option(
    "--workspace", metavar="T…", help="The workspace's Slack id; needed where the database knows several."
)
"""The option of a command that is about one workspace."""


async def known(store: Store, named: str | None) -> str | None:
    """The workspace that is meant, None where the database knows none yet. Ends the command where that is not clear."""
    found = await store.workspaces()
    if named and found and named not in found:
        fail(f"The database knows no workspace {named[:20]}: it knows {', '.join(found)}.", 2)
    if not named and len(found) > 1:
        fail(f"The database knows several workspaces: choose one with --workspace, of {', '.join(found)}.", 2)
    return named or next(iter(found), None)


async def chosen(store: Store, named: str | None, environment: Mapping[str, str]) -> str:
    """The workspace that is meant; where the database knows none yet, that of the bot token, as Slack says."""
    return await known(store, named) or await installed(environment)


async def installed(environment: Mapping[str, str]) -> str:
    from bot import app, config
    from bot.cli.installation import team
    from bot.variables import Reader

    reader = Reader(environment)
    token = reader.slack_token("SLACK_BOT_TOKEN", "xoxb-")
    address = reader.url("SLACK_API_URL") or config.SLACK_API_URL
    if reader.problems:
        fail("\n".join(reader.problems), 2)
    if token is None:
        fail("The database knows no workspace yet: set SLACK_BOT_TOKEN, or name it with --workspace T….", 2)
    try:
        return await team(token, address)
    except app.StartError as error:
        fail(str(error), error.status)
