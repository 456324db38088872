"""Who is an admin: by Slack's word, which is trusted for five minutes, and by the operator's list."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.sandbox import Sandbox, Workspace
from handlers.admins import Admins
from handlers.client import client, session
from handlers.people import People
from tests.conftest import ADA, BEN, GUEST, STRANGER

OWNER, DELETED, BOT = "U0OWNER001", "U0DELETED1", "U0BOT00001"


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
async def connections() -> AsyncIterator[aiohttp.ClientSession]:
    async with session() as connections:
        yield connections


def admins(slack: Sandbox, connections: aiohttp.ClientSession, *listed: str, clock: Clock | None = None) -> Admins:
    people = People(client(slack.bot_token, slack.api_url, connections), slack.workspace.team_id)
    return Admins(people, listed, clock=clock or Clock())


async def test_it_takes_slacks_word_and_the_operators_but_never_for_guests_strangers_bots_or_the_deleted(
    slack: Sandbox, workspace: Workspace, connections: aiohttp.ClientSession
) -> None:
    workspace.add_user(OWNER, "olga", is_owner=True)
    workspace.add_user(DELETED, "dora", is_admin=True, deleted=True)
    workspace.add_user(BOT, "bolt", is_admin=True, is_bot=True)
    everybody = (ADA, OWNER, BEN, GUEST, STRANGER, DELETED, BOT, "U0NOBODY01")
    by_slack, by_list = admins(slack, connections), admins(slack, connections, *everybody)

    assert {user for user in everybody if await by_slack.include(user)} == {ADA, OWNER}
    assert {user for user in everybody if await by_list.include(user)} == {ADA, OWNER, BEN}


async def test_it_asks_slack_again_after_five_minutes(
    slack: Sandbox, workspace: Workspace, connections: aiohttp.ClientSession
) -> None:
    clock = Clock()
    asked = admins(slack, connections, clock=clock)
    before = await asked.include(ADA)
    workspace.add_user(ADA, "ada")
    clock.seconds = 299.0
    soon = await asked.include(ADA)
    clock.seconds = 301.0

    assert (before, soon, await asked.include(ADA)) == (True, True, False)
    assert [call.method for call in slack.calls].count("users.info") == 2
