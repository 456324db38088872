"""Socket Mode under the faults that the SDK does not get over alone."""

import asyncio

from bot.app import Precis
from bot.sandbox import Sandbox
from tests.clocks import PATIENCE
from tests.conftest import ADA, GENERAL, Start
from tests.test_tldr import ask, link


async def reconnected(precis: Precis) -> None:
    assert precis.connection is not None
    while not await precis.connection.connected():
        await asyncio.sleep(0.05)


async def test_it_comes_back_when_slack_asks_for_a_new_connection(slack: Sandbox, precis: Precis, thread: str) -> None:
    slack.disconnect("refresh_requested")
    await asyncio.sleep(0.2)
    await asyncio.wait_for(reconnected(precis), PATIENCE)
    await slack.connected()

    asked = await ask(slack, precis, link(slack, GENERAL, thread))

    assert asked.ok


async def test_it_asks_for_a_new_address_when_its_own_is_dead(slack: Sandbox, start: Start, thread: str) -> None:
    async with start() as precis:
        await slack.connected()
        assert precis.connection is not None
        slack.refuse_tickets(1)
        slack.disconnect("refresh_requested")
        await asyncio.sleep(0.2)
        await asyncio.wait_for(reconnected(precis), PATIENCE)

        asked = await slack.person(ADA).command("/tldr", "help", channel=GENERAL)

    assert asked.ok
