"""Support messages that no model can sort: told of in the digest channel, each of them, at most once an hour."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from bot.app import Precis
from bot.config import Config
from bot.sandbox import Sandbox, Workspace
from handlers import outages
from tests.clocks import Clock
from tests.conftest import ADA, BEN, GENERAL, GUEST
from tests.support import REPORTS, SUPPORT, cards, cases, furnish, sorting
from tests.vendors import OpenAIServer


class Outage:
    """A model that is away, and a clock that is wound by hand; it begins at a full hour."""

    def __init__(self, slack: Sandbox, precis: Precis, clock: Clock) -> None:
        self.slack = slack
        self.precis = precis
        self.clock = clock

    async def say(self, user: str, channel: str = SUPPORT) -> str:
        ts = await self.slack.person(user).say(channel, "The export fails")
        await self.slack.settled()
        await self.precis.services.inbox.idle()
        return ts

    async def wind(self, minutes: int) -> None:
        """Let time pass, so slowly that nothing is late."""
        for _ in range(minutes // 2):
            self.clock.wind(2 * 60)
            await self.precis.services.inbox.idle()

    def reports(self) -> list[str]:
        return [each["text"].split(",")[0] for each in self.slack.workspace.history(REPORTS)]


@pytest.fixture
async def outage(slack: Sandbox, workspace: Workspace, settings: Config) -> AsyncIterator[Outage]:
    furnish(workspace)
    clock = Clock()
    clock.now = datetime(2026, 11, 27, 9, tzinfo=UTC).timestamp()
    workspace.clock = clock
    async with OpenAIServer() as server, sorting(settings, server, clock=clock) as precis:
        server.always(server.problem("auth"))
        await slack.connected()
        yield Outage(slack, precis, clock)


async def test_it_tells_once_of_all_that_nobody_could_sort_and_not_in_the_support_channel(outage: Outage) -> None:
    written = [await outage.say(user, channel) for user, channel in ((ADA, SUPPORT), (BEN, SUPPORT), (ADA, GENERAL))]
    await outage.wind(20)

    [report] = outage.reports()
    assert report == "3 support messages have no card"
    assert [cards(outage.slack, ts) for ts in written] == [[], [], []]
    assert [case.trouble for case in await cases(outage.precis)] == ["auth"] * 3


async def test_it_tells_in_the_next_hour_of_what_comes_after_a_report(outage: Outage) -> None:
    await outage.say(ADA)
    await outage.wind(20)
    await outage.say(BEN)
    await outage.wind(10)
    await outage.say(GUEST)
    await outage.wind(20)
    in_the_first_hour = outage.reports()
    await outage.wind(20)

    assert in_the_first_hour == ["1 support message has no card"]
    assert outage.reports() == ["1 support message has no card", "2 support messages have no card"]


async def test_it_tells_of_a_message_after_an_hour_without_a_report(outage: Outage) -> None:
    for _ in range(2):
        await outage.say(ADA)
        await outage.wind(120)

    assert outage.reports() == ["1 support message has no card"] * 2


async def test_it_tells_of_a_message_that_was_read_long_after_it_was_written(outage: Outage) -> None:
    await outage.say(ADA)
    await outage.precis.database.write("UPDATE triage SET opened_at = '2026-11-26T00:00:00+00:00'")
    await outage.wind(20)

    assert outage.reports() == ["1 support message has no card"]


async def test_it_tells_of_nothing_that_was_sorted_at_last(outage: Outage) -> None:
    await outage.say(ADA)
    await outage.wind(10)
    [case] = await outage.precis.database.read("SELECT id FROM triage")
    await outage.precis.database.write("UPDATE triage SET triaged_at = opened_at WHERE id = $1", str(case["id"]))
    await outage.precis.services.inbox.put("early", outages.QUEUE, {"at": outage.precis.services.now().isoformat()})
    await outage.wind(120)

    assert outage.reports() == []


async def test_it_posts_a_report_once_though_slacks_answer_is_lost(outage: Outage) -> None:
    await outage.say(ADA)
    await outage.wind(14)
    outage.slack.fail("chat.postMessage", lost=True)
    await outage.wind(60)

    assert outage.reports() == ["1 support message has no card"]
