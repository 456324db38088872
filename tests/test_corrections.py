"""Menus and buttons of a card: who may press, what is kept of it, and what is shown afterwards."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.app import Precis
from bot.config import Config
from bot.sandbox import Sandbox, Workspace
from bot.sandbox.interaction import Interaction
from handlers import triage_posts
from handlers.corrections import QUEUE
from tests.clocks import PATIENCE, Fast
from tests.conftest import ADA, BEN, GUEST, STRANGER
from tests.desk import until
from tests.support import (
    BILLING,
    SPEED,
    SUPPORT,
    UNSURE,
    by_words,
    cards,
    cases,
    emoji,
    furnish,
    methods,
    settled,
    sorting,
    text_of,
)
from tests.vendors import OpenAIServer

OUTSIDER = "U0OUTSIDER"


@pytest.fixture
async def clock() -> AsyncIterator[Fast]:
    async with Fast.running(SPEED) as made:
        yield made


@pytest.fixture
async def triage(slack: Sandbox, workspace: Workspace, settings: Config, clock: Fast) -> AsyncIterator[Precis]:
    furnish(workspace)
    workspace.add_user(OUTSIDER, "otto")
    async with OpenAIServer() as server:
        server.answer(by_words({"hmm": UNSURE, "invoice": BILLING}))
        async with sorting(settings, server, clock=clock) as precis:
            await slack.connected()
            yield precis


@pytest.fixture
async def ts(slack: Sandbox, triage: Precis) -> str:
    """A message of Ada's that was sorted as a bug, p2."""
    return await say(slack, triage, "The export fails")


async def say(slack: Sandbox, precis: Precis, text: str) -> str:
    ts = await slack.person(ADA).say(SUPPORT, text)
    await settled(slack, precis)
    return ts


async def press(
    slack: Sandbox, precis: Precis, ts: str, action: str, value: str | None = None, *, user: str = BEN
) -> Interaction:
    [card] = cards(slack, ts)
    pressed = await slack.person(user).press(channel=SUPPORT, ts=card["ts"], action_id=action, value=value)
    await settled(slack, precis)
    return pressed


def shown(slack: Sandbox, ts: str) -> str:
    [card] = cards(slack, ts)
    return str(card["text"])


async def test_it_keeps_a_correction_and_shows_it_at_once(slack: Sandbox, triage: Precis, ts: str) -> None:
    await press(slack, triage, ts, "triage_category", "how-to")

    [correction] = await triage.services.store.corrections()
    [case] = await cases(triage)
    assert (correction.triage, correction.call, correction.corrected_by) == (case.id, case.call, BEN)
    assert (correction.field, correction.old, correction.new) == ("category", "bug", "how-to")
    assert correction.text == "The export fails"
    assert (case.model_category, case.category) == ("bug", "how-to")
    assert "*how-to*" in shown(slack, ts)
    assert "set by Ben Castellan" in shown(slack, ts)
    assert emoji(slack, ts) == ["question"]


async def test_it_still_asks_what_it_is_where_only_the_urgency_is_set(slack: Sandbox, triage: Precis) -> None:
    ts = await say(slack, triage, "hmm, the thing with the thing")

    await press(slack, triage, ts, "triage_urgency", "p3")

    assert "needs a human" in shown(slack, ts)
    assert "Perhaps bug · p3 · not sure" in shown(slack, ts).replace("*", "")
    assert "Is it bug or how-to?" in shown(slack, ts)
    await press(slack, triage, ts, "triage_second", "how-to")
    assert "how-to · p3 · set by Ben Castellan" in shown(slack, ts).replace("*", "")


async def test_it_keeps_an_urgency(slack: Sandbox, triage: Precis, ts: str) -> None:
    await press(slack, triage, ts, "triage_urgency", "p1")

    [correction] = await triage.services.store.corrections()
    assert (correction.field, correction.old, correction.new) == ("urgency", "p2", "p1")
    assert "*p1*" in shown(slack, ts)


async def test_it_keeps_nothing_of_a_label_that_holds_already(slack: Sandbox, triage: Precis, ts: str) -> None:
    await press(slack, triage, ts, "triage_category", "bug")

    assert await triage.services.store.corrections() == []
    assert methods(slack, "chat.update") == []


async def test_it_has_the_last_of_two_corrections_hold_and_keeps_both(slack: Sandbox, triage: Precis, ts: str) -> None:
    [card] = cards(slack, ts)
    await asyncio.gather(
        *(
            slack.person(user).press(channel=SUPPORT, ts=card["ts"], action_id="triage_category", value=value)
            for user, value in ((ADA, "account"), (BEN, "billing"))
        )
    )
    await settled(slack, triage)

    kept = await triage.services.store.corrections()
    [case] = await cases(triage)
    assert [each.old for each in kept] == ["bug", kept[0].new]
    assert {each.new for each in kept} == {"account", "billing"}
    assert case.category == kept[-1].new
    assert f"*{case.category}*" in shown(slack, ts)


async def test_it_has_the_last_correction_hold_though_our_clock_was_ahead(
    slack: Sandbox, triage: Precis, ts: str, clock: Fast
) -> None:
    clock.now += 86_400
    await press(slack, triage, ts, "triage_category", "account", user=ADA)
    clock.now -= 86_400
    await press(slack, triage, ts, "triage_category", "billing")

    [case] = await cases(triage)
    assert (case.category, case.corrected_by) == ("billing", BEN)
    assert "*billing*" in shown(slack, ts)


async def test_it_takes_one_of_the_two_likeliest_from_a_button(slack: Sandbox, triage: Precis) -> None:
    ts = await say(slack, triage, "hmm")

    await press(slack, triage, ts, "triage_second", "how-to")

    [correction] = await triage.services.store.corrections()
    assert (correction.old, correction.new) == ("bug", "how-to")
    assert "Not sure" not in shown(slack, ts)


async def test_it_takes_the_likeliest_for_confirmed(slack: Sandbox, triage: Precis) -> None:
    ts = await say(slack, triage, "hmm")
    await press(slack, triage, ts, "triage_first", "bug")
    settled_by = shown(slack, ts)
    await press(slack, triage, ts, "triage_category", "bug", user=ADA)

    [correction] = await triage.services.store.corrections()
    assert (correction.corrected_by, correction.field, correction.old, correction.new) == (
        BEN,
        "category",
        "bug",
        "bug",
    )
    assert "Not sure" not in settled_by
    assert "set by Ben Castellan" in settled_by


async def test_it_assigns_a_case_to_whoever_takes_it(slack: Sandbox, triage: Precis, ts: str) -> None:
    await press(slack, triage, ts, "triage_assign")
    await press(slack, triage, ts, "triage_assign")

    [case] = await cases(triage)
    assert case.assignee == BEN
    assert "Assigned to Ben Castellan." in shown(slack, ts)
    assert f"<@{BEN}>" not in text_of(cards(slack, ts)[0])
    assert len(methods(slack, "chat.update")) == 1


async def test_it_marks_a_case_as_done_and_open_again(slack: Sandbox, triage: Precis, ts: str) -> None:
    await press(slack, triage, ts, "triage_done")
    [done] = await cases(triage)
    closed, marked = shown(slack, ts), emoji(slack, ts)
    await press(slack, triage, ts, "triage_reopen", user=ADA)

    [case] = await cases(triage)
    assert (done.status, done.done_by) == ("done", BEN)
    assert "Done, says Ben Castellan." in closed
    assert marked == ["bug", "white_check_mark"]
    assert (case.status, case.done_at) == ("open", None)
    assert emoji(slack, ts) == ["bug"]


async def test_it_collapses_what_is_no_request_and_brings_it_back(slack: Sandbox, triage: Precis, ts: str) -> None:
    await press(slack, triage, ts, "triage_not_support")
    collapsed, marked = shown(slack, ts), emoji(slack, ts)
    await press(slack, triage, ts, "triage_support")

    kept = await triage.services.store.corrections()
    assert collapsed == "Not a support request, says Ben Castellan."
    assert marked == []
    assert [(each.field, each.old, each.new) for each in kept] == [("support", "yes", "no"), ("support", "no", "yes")]
    assert "*bug*" in shown(slack, ts)
    assert emoji(slack, ts) == ["bug"]


@pytest.mark.parametrize("user", [ADA, GUEST, STRANGER])
async def test_it_lets_the_author_and_members_correct(slack: Sandbox, triage: Precis, ts: str, user: str) -> None:
    await press(slack, triage, ts, "triage_urgency", "p4", user=user)

    [correction] = await triage.services.store.corrections()
    assert correction.corrected_by == user


async def test_it_refuses_whoever_has_not_joined_the_channel(slack: Sandbox, triage: Precis, ts: str) -> None:
    pressed = await press(slack, triage, ts, "triage_done", user=OUTSIDER)

    assert "Join the channel" in pressed.answers[0]["text"]
    outsider = slack.person(OUTSIDER)
    assert "Join the channel" in outsider.sees(SUPPORT, ts)[-1]["text"]
    assert not [each for each in outsider.sees(SUPPORT) if "Join the channel" in each["text"]]
    [case] = await cases(triage)
    assert case.status == "open"


async def test_it_refuses_a_label_that_is_no_longer_set(slack: Sandbox, triage: Precis, ts: str) -> None:
    only = [{"name": "bug", "description": "What fails"}]
    await triage.services.settings.change("categories", only, by=ADA)

    pressed = await press(slack, triage, ts, "triage_category", "billing")

    assert "does not exist any more" in pressed.answers[0]["text"]
    assert await triage.services.store.corrections() == []


async def test_it_says_that_a_case_has_gone(slack: Sandbox, triage: Precis, ts: str) -> None:
    [case] = await cases(triage)
    await triage.services.store.remove_case(case)

    pressed = await press(slack, triage, ts, "triage_done")

    assert "was deleted" in pressed.answers[0]["text"]


async def test_it_keeps_a_corrected_label_when_the_message_is_edited(slack: Sandbox, triage: Precis, ts: str) -> None:
    await press(slack, triage, ts, "triage_category", "account")
    await slack.person(ADA).edit(SUPPORT, ts, "I need an invoice")
    await settled(slack, triage)

    [case] = await cases(triage)
    assert (case.category, case.model_category, case.urgency) == ("account", "billing", "p3")
    assert "*account*" in shown(slack, ts)


@pytest.mark.parametrize("error", ["already_reacted", "no_reaction", "message_not_found", "invalid_name"])
async def test_it_goes_on_where_slack_takes_no_reaction(slack: Sandbox, triage: Precis, ts: str, error: str) -> None:
    slack.fail("reactions.remove", error=error)

    await press(slack, triage, ts, "triage_category", "account")

    [case] = await cases(triage)
    assert (case.reaction, case.reacted) == ("key", "key")


async def test_it_counts_a_press_once_however_often_its_job_runs(slack: Sandbox, triage: Precis, ts: str) -> None:
    slack.fail("chat.update", status=503, times=2)

    await press(slack, triage, ts, "triage_category", "account")

    assert len(await triage.services.store.corrections()) == 1
    assert "*account*" in shown(slack, ts)


async def test_it_shows_a_correction_once_slack_is_back(slack: Sandbox, triage: Precis, ts: str) -> None:
    slack.fail("chat.update", error="internal_error", times=6)

    pressed = await press(slack, triage, ts, "triage_category", "account")

    assert pressed.answers == []
    assert "*account*" in shown(slack, ts)
    assert emoji(slack, ts) == ["key"]


@pytest.mark.parametrize("method", ["reactions.add", "reactions.remove"])
async def test_it_changes_the_emoji_once_slack_is_back(slack: Sandbox, triage: Precis, ts: str, method: str) -> None:
    slack.fail(method, error="internal_error", times=7)  # of which five are one round of tries

    await press(slack, triage, ts, "triage_category", "account")

    assert [call.error for call in slack.calls if call.method == method][-8:] == ["internal_error"] * 7 + [None]
    assert emoji(slack, ts) == ["key"]


async def test_it_lets_an_emoji_be_that_slack_has_not_taken_for_an_hour(
    slack: Sandbox, triage: Precis, ts: str, clock: Fast
) -> None:
    slack.fail("reactions.add", error="internal_error", times=1000)
    [card] = cards(slack, ts)
    await slack.person(BEN).press(channel=SUPPORT, ts=card["ts"], action_id="triage_category", value="account")
    await until(lambda: methods(slack, "reactions.add").count("reactions.add") > 6)
    clock.now += triage_posts.PATIENCE.total_seconds()
    await settled(slack, triage)

    [case] = await cases(triage)
    assert (case.reaction, case.reacted, emoji(slack, ts)) == ("key", "key", [])


async def test_it_undoes_nothing_that_was_pressed_while_slack_failed(slack: Sandbox, triage: Precis, ts: str) -> None:
    slack.fail("chat.update", error="internal_error", times=6)
    [card] = cards(slack, ts)
    await slack.person(BEN).press(channel=SUPPORT, ts=card["ts"], action_id="triage_done")
    await put_off(triage)
    [case] = await cases(triage)
    await triage.services.store.reopen(case.id, triage.services.now())
    await settled(slack, triage)

    [case] = await cases(triage)
    assert case.status == "open"
    assert "Done" not in shown(slack, ts)


async def test_it_lets_a_card_be_that_slack_has_not_taken_for_an_hour(
    slack: Sandbox, triage: Precis, ts: str, clock: Fast
) -> None:
    slack.fail("chat.update", status=503, times=1000)
    [card] = cards(slack, ts)
    pressed = await slack.person(BEN).press(channel=SUPPORT, ts=card["ts"], action_id="triage_urgency", value="p1")
    await put_off(triage)
    clock.now += triage_posts.PATIENCE.total_seconds()
    await settled(slack, triage)

    [case] = await cases(triage)
    assert (case.urgency, pressed.answers) == ("p1", [])
    assert "*p2*" in shown(slack, ts)


async def put_off(precis: Precis) -> None:
    """Wait until a press has been put off."""
    async with asyncio.timeout(PATIENCE):
        while not await precis.database.read("SELECT 1 FROM inbox WHERE queue = $1 AND put_off > 0", QUEUE):
            await asyncio.sleep(0.01)
