"""*Share in thread* and thumbs: what everybody sees afterwards, and what the database holds."""

import pytest

from bot.app import Precis
from bot.sandbox import Sandbox, Workspace
from bot.sandbox.interaction import Interaction
from tests.conftest import ADA, BEN, GENERAL, PRIVATE, Start, talk
from tests.desk import until
from tests.test_tldr import ask, link


def shown(slack: Sandbox, user: str, channel: str = GENERAL) -> str:
    """The ts of the newest ephemeral with buttons that a person sees."""
    return str([message["ts"] for message in slack.person(user).sees(channel) if "tldr_up" in str(message)][-1])


async def press(slack: Sandbox, precis: Precis, user: str, action_id: str, channel: str = GENERAL) -> Interaction:
    pressed = await slack.person(user).press(channel=channel, ts=shown(slack, user, channel), action_id=action_id)
    await precis.services.inbox.idle()
    return pressed


async def test_it_posts_the_same_summary_for_everybody_and_says_who_shared_it(
    slack: Sandbox, precis: Precis, thread: str
) -> None:
    await ask(slack, precis, link(slack, GENERAL, thread))
    pressed = await press(slack, precis, ADA, "tldr_share")

    shared = slack.person(BEN).sees(GENERAL, thread)[-1]
    assert "roll back" in shared["text"]
    assert "shared by Ada Moreau" in shared["text"]
    assert "tldr_share" not in str(shared["blocks"])
    assert pressed.answers[-1]["text"] == "Shared in the thread."
    assert len(await precis.services.store.calls()) == 1


async def test_it_shares_once_per_press_though_the_answer_is_lost(slack: Sandbox, precis: Precis, thread: str) -> None:
    await ask(slack, precis, link(slack, GENERAL, thread))
    slack.fail("chat.postMessage", lost=True)
    pressed = await slack.person(ADA).press(channel=GENERAL, ts=shown(slack, ADA), action_id="tldr_share")
    await pressed.answered()

    assert len([each for each in slack.workspace.thread(GENERAL, thread) if each.get("bot_id")]) == 1


async def test_it_refuses_to_share_where_it_may_not_post(slack: Sandbox, precis: Precis, thread: str) -> None:
    await ask(slack, precis, link(slack, GENERAL, thread))
    slack.fail("chat.postMessage", error="restricted_action")
    pressed = await press(slack, precis, ADA, "tldr_share")

    assert "may not post" in pressed.answers[-1]["text"]


async def test_it_shares_nothing_for_somebody_who_has_left_the_channel(
    slack: Sandbox, precis: Precis, workspace: Workspace
) -> None:
    secret = talk(workspace, PRIVATE)
    await ask(slack, precis, link(slack, PRIVATE, secret))
    workspace.leave(ADA, PRIVATE)
    precis.services.access.members.clear()
    pressed = await press(slack, precis, ADA, "tldr_share")

    assert "cannot find" in pressed.answers[-1]["text"]
    assert not [each for each in slack.workspace.thread(PRIVATE, secret) if each.get("bot_id")]


async def test_it_offers_no_sharing_where_nothing_is_kept(slack: Sandbox, start: Start, thread: str) -> None:
    async with start(content_retention_days=0) as precis:
        await slack.connected()
        asked = await ask(slack, precis, link(slack, GENERAL, thread))

    assert "tldr_share" not in str(asked.answers[0]["blocks"])


async def test_it_says_that_a_summary_is_not_kept_any_more(slack: Sandbox, precis: Precis, thread: str) -> None:
    await ask(slack, precis, link(slack, GENERAL, thread))
    await precis.database.write("DELETE FROM summaries")
    pressed = await press(slack, precis, ADA, "tldr_share")

    assert "not kept any more" in pressed.answers[-1]["text"]


@pytest.mark.parametrize(("first", "last", "verdict"), [("tldr_up", "tldr_up", "up"), ("tldr_up", "tldr_down", "down")])
async def test_it_keeps_a_verdict_for_each_person_and_call(
    slack: Sandbox, precis: Precis, thread: str, first: str, last: str, verdict: str
) -> None:
    await ask(slack, precis, link(slack, GENERAL, thread))
    await press(slack, precis, ADA, first)
    pressed = await press(slack, precis, ADA, last)
    await pressed.answered()

    [call] = await precis.services.store.calls()
    assert [
        (row["call"], row["user"], row["verdict"]) for row in await precis.database.read("SELECT * FROM feedback")
    ] == [(call.id, ADA, verdict)]
    assert pressed.answers[-1]["text"] == "Thank you, noted."


async def test_it_shares_nothing_that_was_deleted_meanwhile(slack: Sandbox, precis: Precis, thread: str) -> None:
    ts = await slack.person(BEN).say(GENERAL, "Carla is let go, they decided yesterday.", thread_ts=thread)
    await ask(slack, precis, link(slack, GENERAL, thread))
    await slack.person(BEN).delete(GENERAL, ts)
    pressed = await press(slack, precis, ADA, "tldr_share")

    assert "edited or deleted since" in pressed.answers[-1]["text"]
    assert not [each for each in slack.workspace.thread(GENERAL, thread) if each.get("bot_id")]


async def failing(precis: Precis) -> None:
    """Have the next failure of what is to be shared be the last that is borne."""
    await precis.database.write("UPDATE inbox SET tries = 4 WHERE queue = 'share'")


def shared(slack: Sandbox, thread: str) -> list[str]:
    return [str(each["text"]) for each in slack.workspace.thread(GENERAL, thread) if each.get("bot_id")]


async def test_it_shares_at_another_press_what_it_might_not_post_at_first(
    slack: Sandbox, precis: Precis, thread: str
) -> None:
    await ask(slack, precis, link(slack, GENERAL, thread))
    slack.fail("chat.postMessage", error="restricted_action")
    await press(slack, precis, ADA, "tldr_share")
    again = await press(slack, precis, ADA, "tldr_share")
    await again.answered()
    third = await press(slack, precis, ADA, "tldr_share")
    await third.answered()

    assert again.answers[-1]["text"] == "Shared in the thread."
    assert third.answers[-1]["text"] == "You have shared that summary before."
    assert len(shared(slack, thread)) == 1


async def test_it_shares_at_another_press_what_slack_failed_to_take(
    slack: Sandbox, precis: Precis, thread: str
) -> None:
    await ask(slack, precis, link(slack, GENERAL, thread))
    slack.fail("chat.postMessage", error="internal_error", times=2)
    pressed = await press(slack, precis, ADA, "tldr_share")
    await failing(precis)
    await pressed.answered()
    await precis.services.inbox.idle()
    again = await press(slack, precis, ADA, "tldr_share")
    await again.answered()

    assert "ask again" in pressed.answers[-1]["text"]
    assert again.answers[-1]["text"] == "Shared in the thread."
    assert len(shared(slack, thread)) == 1


async def test_it_knows_that_it_has_shared_though_the_answer_to_the_last_try_is_lost(
    slack: Sandbox, precis: Precis, thread: str
) -> None:
    await ask(slack, precis, link(slack, GENERAL, thread))
    slack.fail("chat.postMessage", error="internal_error")
    slack.fail("chat.postMessage", lost=True)
    pressed = await press(slack, precis, ADA, "tldr_share")
    await failing(precis)
    await pressed.answered()
    await precis.services.inbox.idle()

    assert pressed.answers[-1]["text"] == "Shared in the thread."
    assert len(shared(slack, thread)) == 1


async def test_it_shares_once_though_slack_lost_its_answer_and_then_could_not_be_asked(
    slack: Sandbox, precis: Precis, thread: str
) -> None:
    await ask(slack, precis, link(slack, GENERAL, thread))
    slack.fail("chat.postMessage", lost=True)
    pressed = await slack.person(ADA).press(channel=GENERAL, ts=shown(slack, ADA), action_id="tldr_share")
    await until(lambda: len(shared(slack, thread)) == 1)
    slack.fail("conversations.replies", error="internal_error", times=3)
    await failing(precis)
    await pressed.answered()
    again = await press(slack, precis, ADA, "tldr_share")
    await again.answered()

    assert pressed.answers[-1]["text"] != "Shared in the thread."
    assert again.answers[-1]["text"] == "Shared in the thread."
    assert len(shared(slack, thread)) == 1


async def test_it_shares_a_summary_once_for_each_person(slack: Sandbox, precis: Precis, thread: str) -> None:
    await ask(slack, precis, link(slack, GENERAL, thread))
    await press(slack, precis, ADA, "tldr_share")
    again = await press(slack, precis, ADA, "tldr_share")
    await again.answered()

    assert again.answers[-1]["text"] == "You have shared that summary before."
    assert len([each for each in slack.workspace.thread(GENERAL, thread) if each.get("bot_id")]) == 1
