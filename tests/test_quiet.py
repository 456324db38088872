"""What people do in quiet channels: written down as Slack tells it, once, and compared with what the model said."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.app import Precis
from bot.config import Config
from bot.evals import Proportion
from bot.sandbox import Sandbox, Workspace
from bot.settings import Settings
from bot.store import QuietFigures
from handlers.quiet import meaning
from tests.conftest import ADA, BEN, GUEST, STRANGER
from tests.support import BUG, QUIET, SUPPORT, THANKS, by_words, cards, cases, furnish, settled, sorting
from tests.vendors import OpenAIServer

HELPER = "U0HELPER01"


@pytest.fixture
async def triage(slack: Sandbox, workspace: Workspace, settings: Config) -> AsyncIterator[Precis]:
    furnish(workspace)
    workspace.add_user(HELPER, "helper", is_bot=True)
    workspace.join(HELPER, QUIET)
    async with OpenAIServer() as server, sorting(settings, server) as precis:
        server.answer(by_words({"Thanks": THANKS, "export": BUG}))
        await slack.connected()
        yield precis


async def say(slack: Sandbox, precis: Precis, text: str, *, channel: str = QUIET, user: str = STRANGER) -> str:
    ts = await slack.person(user).say(channel, text)
    await settled(slack, precis)
    return ts


async def acts(precis: Precis) -> list[tuple[object, ...]]:
    rows = await precis.database.read("SELECT ts, person, act, label, undone FROM acts ORDER BY acted_ts")
    return [tuple(row.values()) for row in rows]


async def compared(precis: Precis) -> QuietFigures:
    """The figures of the quiet channel as they are two days later."""
    now = datetime.now(UTC)
    found = await precis.services.store.triage_figures(
        precis.services.workspace.team, since=now - timedelta(days=30), until=now + timedelta(days=30)
    )
    [channel] = found.quiet
    return channel


async def test_it_writes_down_who_replied_first_and_how_soon(slack: Sandbox, triage: Precis) -> None:
    ts = await say(slack, triage, "The export fails")
    await slack.person(STRANGER).say(QUIET, "Anybody?", thread_ts=ts)
    first = await slack.person(BEN).say(QUIET, "I am on it", thread_ts=ts)
    await slack.person(ADA).say(QUIET, "Thank you", thread_ts=ts)
    await slack.person(BEN).say(QUIET, "It is back", thread_ts=ts)
    await settled(slack, triage)

    assert await acts(triage) == [(ts, person, "replied", "", 0) for person in (STRANGER, BEN, ADA)]
    found = await compared(triage)
    assert found.handled == Proportion(1, 1)
    assert [(each.person, each.cases) for each in found.responders] == [(BEN, 1)]
    assert found.replies[0].median_seconds == pytest.approx(float(first) - float(ts), abs=1e-3)
    assert [each.urgency for each in found.replies] == ["", "p2"]


async def test_it_writes_down_what_emoji_say(slack: Sandbox, triage: Precis) -> None:
    ts = await say(slack, triage, "The export fails")
    await slack.person(BEN).react(QUIET, ts, "bug")
    await slack.person(GUEST).react(QUIET, ts, "white_check_mark")
    await slack.person(ADA).react(QUIET, ts, "tada")
    await settled(slack, triage)

    assert await acts(triage) == [(ts, BEN, "labelled", "bug", 0), (ts, GUEST, "done", "", 0)]
    found = await compared(triage)
    assert (found.handled, found.labels) == (Proportion(1, 1), Proportion(1, 1))


async def test_it_counts_the_label_that_people_left(slack: Sandbox, triage: Precis) -> None:
    ts = await say(slack, triage, "The export fails")
    await slack.person(BEN).react(QUIET, ts, "bug")
    await slack.person(BEN).react(QUIET, ts, "credit_card")
    await slack.person(BEN).react(QUIET, ts, "bug", add=False)
    await settled(slack, triage)

    assert await acts(triage) == [(ts, BEN, "labelled", "billing", 0), (ts, BEN, "labelled", "bug", 1)]
    assert (await compared(triage)).labels == Proportion(0, 1)


async def test_it_counts_noise_that_people_left_alone_as_agreement(slack: Sandbox, triage: Precis) -> None:
    await say(slack, triage, "Thanks a lot")
    answered = await say(slack, triage, "Thanks, but it is back", user=GUEST)
    await slack.person(BEN).say(QUIET, "Looking", thread_ts=answered)
    await say(slack, triage, "The export fails", user=ADA)
    await settled(slack, triage)

    found = await compared(triage)
    assert (found.requests, found.noise, found.attention) == (Proportion(0, 1), Proportion(1, 2), Proportion(1, 3))


async def test_it_counts_what_people_did_before_the_case_was_sorted(slack: Sandbox, triage: Precis) -> None:
    ts = await slack.person(STRANGER).say(QUIET, "The export fails")
    await slack.person(BEN).say(QUIET, "I am on it", thread_ts=ts)
    await settled(slack, triage)

    assert (await compared(triage)).handled == Proportion(1, 1)


async def test_it_takes_no_bot_for_a_person(slack: Sandbox, triage: Precis) -> None:
    ts = await say(slack, triage, "The export fails")
    await slack.person(HELPER).react(QUIET, ts, "bug")
    await slack.person(HELPER).say(QUIET, "A ticket was made", thread_ts=ts, bot_id="B0HELPER01")
    await slack.settled()

    assert await acts(triage) == []


async def test_it_writes_nothing_down_elsewhere(slack: Sandbox, triage: Precis) -> None:
    ts = await say(slack, triage, "The export fails", channel=SUPPORT)
    await slack.person(BEN).say(SUPPORT, "I am on it", thread_ts=ts)
    await slack.person(BEN).react(SUPPORT, ts, "white_check_mark")
    await slack.settled()

    assert len(cards(slack, ts)) == 1
    assert await acts(triage) == []


async def test_it_makes_no_reply_of_an_edited_one(
    slack: Sandbox, triage: Precis, caplog: pytest.LogCaptureFixture
) -> None:
    ts = await say(slack, triage, "The export fails")
    reply = await slack.person(BEN).say(QUIET, "I am on it", thread_ts=ts)
    await slack.settled()
    before = await triage.database.read("SELECT * FROM acts")
    await slack.person(BEN).edit(QUIET, reply, "I am on it now")
    await slack.settled()

    assert "failed" not in caplog.text
    assert await triage.database.read("SELECT * FROM acts") == before


async def test_it_forgets_what_was_done_about_a_deleted_message(slack: Sandbox, triage: Precis) -> None:
    ts = await say(slack, triage, "The export fails")
    await slack.person(BEN).react(QUIET, ts, "bug")
    await slack.person(STRANGER).delete(QUIET, ts)
    await settled(slack, triage)

    assert (await cases(triage), await acts(triage)) == ([], [])


async def test_it_believes_the_latest_event_in_whatever_order_they_come(slack: Sandbox, triage: Precis) -> None:
    store = triage.services.store
    for acted_ts, undone in (("1700000002.000000", True), ("1700000001.000000", False)):
        await store.note_mark("T1", QUIET, "1700000000.000000", BEN, "done", "", acted_ts, undone=undone)
    for acted_ts in ("1700000005.000000", "1700000003.000000", "1700000004.000000"):
        await store.note_reply("T1", QUIET, "1700000000.000000", BEN, acted_ts)

    rows = await triage.database.read("SELECT act, acted_ts, undone FROM acts ORDER BY act")
    assert [tuple(row.values()) for row in rows] == [
        ("done", "1700000002.000000", 1),
        ("replied", "1700000003.000000", 0),
    ]


@pytest.mark.parametrize(
    ("emoji", "meant"),
    [
        ("white_check_mark", ("done", "")),
        ("heavy_check_mark", ("done", "")),
        ("bug", ("labelled", "bug")),
        ("wave::skin-tone-3", ("labelled", "hello")),
        ("label", None),
        ("eyes", None),
        ("", None),
    ],
)
def test_it_reads_an_emoji_only_where_its_meaning_is_clear(emoji: str, meant: tuple[str, str] | None) -> None:
    names = {"bug": "bug", "hello": "wave::skin-tone-2", "one": "label", "two": "label"}
    categories = [{"name": name, "description": name, "emoji": mark} for name, mark in names.items()]

    assert meaning(emoji, Settings.model_validate({"categories": categories})) == meant
