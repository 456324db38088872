"""A case that becomes most urgent after its card was posted: its owner is called in the thread, once."""

from collections.abc import AsyncIterator

import pytest

from bot.app import Precis
from bot.config import Config
from bot.sandbox import Sandbox, Workspace
from bot.store.cards import UNKNOWN
from tests.conftest import ADA, BEN
from tests.desk import until
from tests.support import BUG, SUPPORT, by_words, cards, furnish, settled, sorting
from tests.vendors import OpenAIServer

CALLED = f"This is *p1* · owner <@{BEN}>"
WORST = "The data centre burns"


@pytest.fixture
async def triage(slack: Sandbox, workspace: Workspace, settings: Config) -> AsyncIterator[Precis]:
    furnish(workspace)
    async with OpenAIServer() as server, sorting(settings, server) as precis:
        server.answer(by_words({"data centre": BUG | {"urgency": "p1"}}))
        categories = (await precis.services.settings.read()).categories
        owned = [{**category.model_dump(), "owner": BEN} for category in categories]
        await precis.services.settings.change("categories", owned, by=ADA)
        await slack.connected()
        yield precis


async def say(slack: Sandbox, precis: Precis, text: str) -> str:
    ts = await slack.person(ADA).say(SUPPORT, text)
    await settled(slack, precis)
    return ts


async def set_urgency(slack: Sandbox, precis: Precis, ts: str, urgency: str) -> None:
    card = cards(slack, ts)[0]
    await slack.person(ADA).press(channel=SUPPORT, ts=card["ts"], action_id="triage_urgency", value=urgency)
    await settled(slack, precis)


def posted(slack: Sandbox, ts: str) -> list[str]:
    """What stands under a message beside its card."""
    return [each["text"] for each in cards(slack, ts)[1:]]


async def test_it_calls_the_owner_where_the_author_goes_on_to_something_worse(slack: Sandbox, triage: Precis) -> None:
    ts = await say(slack, triage, "Something is slow")
    before = posted(slack, ts)
    await say(slack, triage, WORST)

    assert (before, posted(slack, ts)) == ([], [CALLED])


async def test_it_calls_the_owner_once_however_often_somebody_sets_the_urgency(slack: Sandbox, triage: Precis) -> None:
    ts = await say(slack, triage, "Something is slow")
    for urgency in ("p1", "p2", "p1"):
        await set_urgency(slack, triage, ts, urgency)

    assert posted(slack, ts) == [CALLED]


async def test_it_calls_nobody_whom_the_card_has_mentioned(slack: Sandbox, triage: Precis) -> None:
    ts = await say(slack, triage, WORST)
    for urgency in ("p2", "p1"):
        await set_urgency(slack, triage, ts, urgency)

    assert posted(slack, ts) == []


async def test_it_calls_the_owner_of_the_category_that_somebody_sets(slack: Sandbox, triage: Precis) -> None:
    categories = (await triage.services.settings.read()).categories
    owned = [{**each.model_dump(), "owner": ADA if each.name == "billing" else BEN} for each in categories]
    await triage.services.settings.change("categories", owned, by=ADA)
    ts = await say(slack, triage, WORST)

    card = cards(slack, ts)[0]
    await slack.person(BEN).press(channel=SUPPORT, ts=card["ts"], action_id="triage_category", value="billing")
    await settled(slack, triage)

    assert posted(slack, ts) == [f"This is *p1* · owner <@{ADA}>"]


async def test_it_calls_nobody_where_the_case_is_done(slack: Sandbox, triage: Precis) -> None:
    ts = await say(slack, triage, "Something is slow")
    card = cards(slack, ts)[0]
    await slack.person(BEN).press(channel=SUPPORT, ts=card["ts"], action_id="triage_done")
    await settled(slack, triage)
    await set_urgency(slack, triage, ts, "p1")

    assert posted(slack, ts) == []


async def test_it_calls_once_though_slacks_answer_is_lost(slack: Sandbox, triage: Precis) -> None:
    ts = await say(slack, triage, "Something is slow")
    slack.fail("chat.postMessage", lost=True)
    await set_urgency(slack, triage, ts, "p1")

    assert posted(slack, ts) == [CALLED]


async def test_it_calls_when_slack_is_back(slack: Sandbox, triage: Precis) -> None:
    ts = await say(slack, triage, "Something is slow")
    slack.fail("chat.postMessage", status=503, times=7)
    await set_urgency(slack, triage, ts, "p1")

    assert posted(slack, ts) == [CALLED]


async def test_it_calls_the_owner_though_the_card_was_posted_without_anybody_knowing(
    slack: Sandbox, triage: Precis
) -> None:
    slack.fail("chat.postMessage", lost=True)
    ts = await slack.person(ADA).say(SUPPORT, "Something is slow")
    await until(lambda: len(cards(slack, ts)) == 1)
    await slack.person(ADA).say(SUPPORT, WORST)
    await settled(slack, triage)

    assert "*p1*" in str(cards(slack, ts)[0]["blocks"])
    assert posted(slack, ts) == [CALLED]


async def test_it_calls_nobody_in_a_channel_that_has_become_quiet(slack: Sandbox, triage: Precis) -> None:
    ts = await say(slack, triage, "Something is slow")
    await triage.services.settings.change("quiet_channels", [SUPPORT], by=ADA)
    await set_urgency(slack, triage, ts, "p1")

    assert posted(slack, ts) == []


async def test_it_calls_nobody_whom_a_card_of_an_earlier_version_may_have_mentioned(
    slack: Sandbox, triage: Precis
) -> None:
    ts = await say(slack, triage, WORST)
    await triage.database.write("UPDATE triage SET mentioned = $1", UNKNOWN)
    await slack.person(BEN).press(channel=SUPPORT, ts=cards(slack, ts)[0]["ts"], action_id="triage_assign")
    await settled(slack, triage)

    assert posted(slack, ts) == []
