"""*Summarise thread* in a message's menu: a window that fills in."""

import pytest

from bot.app import Precis
from bot.sandbox import Sandbox, Workspace
from tests.conftest import ADA, BEN, ELSEWHERE, GENERAL, PRIVATE, Start, talk
from tests.desk import until
from tests.gateways import at
from tests.support import settled
from tests.test_app import SUMMARY
from tests.vendors import OpenAIServer


def window(slack: Sandbox) -> str:
    """All that stands in the window in front of Ben."""
    modal = slack.person(BEN).modal
    assert modal is not None
    return str(modal["blocks"])


async def opened(slack: Sandbox, precis: Precis, ts: str, channel: str = GENERAL) -> None:
    asked = await slack.person(BEN).shortcut("tldr_message", channel=channel, ts=ts)
    await precis.services.inbox.idle()
    assert asked.ok


async def press_share(slack: Sandbox, precis: Precis) -> None:
    modal = slack.person(BEN).modal
    assert modal is not None
    await slack.person(BEN).press(view=modal["id"], action_id="tldr_share")
    await precis.services.inbox.idle()


async def test_it_opens_a_window_that_fills_in(slack: Sandbox, precis: Precis, thread: str) -> None:
    await opened(slack, precis, thread)

    assert "roll back" in window(slack)
    assert [call.method for call in slack.calls if call.method.startswith("views.")] == ["views.open", "views.update"]


async def test_it_shows_how_far_it_has_come_in_a_long_thread_and_then_the_summary(
    slack: Sandbox, workspace: Workspace, start: Start
) -> None:
    root = workspace.post(ADA, GENERAL, "What happened?")
    for number in range(160):
        workspace.post(BEN, GENERAL, f"{number} " + "so and so " * 400, thread_ts=root)
    async with OpenAIServer() as server:
        server.answer(SUMMARY)
        async with start(provider=at(server), max_usd_per_summary=None) as precis:
            await slack.connected()
            await opened(slack, precis, root)

    assert len(server.received) > 2
    updates = [call for call in slack.calls if call.method == "views.update"]
    assert len(updates) > 2
    assert [call.error for call in updates] == [None] * len(updates)
    assert "Reading… 0 of" in str(updates[0].args["view"])
    assert "They roll back" in window(slack)


async def test_it_summarises_the_thread_of_a_reply(slack: Sandbox, precis: Precis, thread: str) -> None:
    await opened(slack, precis, slack.workspace.thread(GENERAL, thread)[2]["ts"])

    assert "5 messages" in window(slack)


async def test_it_asks_to_be_invited_where_it_cannot_read(slack: Sandbox, precis: Precis, workspace: Workspace) -> None:
    await opened(slack, precis, talk(workspace, ELSEWHERE), ELSEWHERE)

    assert "/invite @precis" in window(slack)


async def test_it_stays_silent_when_the_window_was_closed(slack: Sandbox, precis: Precis, thread: str) -> None:
    slack.fail("conversations.replies", status=503)  # which gives the person the time to close it
    await slack.person(BEN).shortcut("tldr_message", channel=GENERAL, ts=thread)
    await until(lambda: slack.person(BEN).modal is not None)
    await slack.person(BEN).close_view(slack.person(BEN).modal["id"])  # type: ignore[index]
    await precis.services.inbox.idle()

    assert slack.person(BEN).modal is None
    assert not [message for message in slack.person(BEN).sees(GENERAL) if message.get("bot_id")]
    assert await precis.services.inbox.depth() == 0


@pytest.mark.parametrize(("action_id", "length"), [("tldr_shorter", "short"), ("tldr_longer", "long")])
async def test_it_makes_the_summary_shorter_or_longer(
    slack: Sandbox, precis: Precis, thread: str, action_id: str, length: str
) -> None:
    await opened(slack, precis, thread)
    modal = slack.person(BEN).modal
    assert modal is not None
    await slack.person(BEN).press(view=modal["id"], action_id=action_id)
    await precis.services.inbox.idle()

    assert length in slack.person(BEN).modal["private_metadata"]  # type: ignore[index]
    assert "roll back" in window(slack)
    assert len(await precis.services.store.calls()) == 2


async def test_it_shows_in_the_window_that_a_thumb_is_noted(slack: Sandbox, precis: Precis, thread: str) -> None:
    await opened(slack, precis, thread)
    for action_id in ("tldr_up", "tldr_down"):
        modal = slack.person(BEN).modal
        assert modal is not None
        await slack.person(BEN).press(view=modal["id"], action_id=action_id)
        await until(lambda: "Thank you, noted." in window(slack))

    verdicts = await precis.database.read("SELECT verdict FROM feedback")
    assert window(slack).count("Thank you, noted.") == 1
    assert "roll back" in window(slack)
    assert verdicts == [{"verdict": "down"}]


async def test_it_looks_for_what_was_typed(slack: Sandbox, precis: Precis, thread: str) -> None:
    await opened(slack, precis, thread)
    modal = slack.person(BEN).modal
    assert modal is not None
    await slack.person(BEN).submit(modal["id"], {"focus": "only the fonts"})
    await until(lambda: "roll back" in window(slack))

    last = (await precis.services.store.calls())[-1]
    assert last.prompt is not None
    assert "only the fonts" in last.prompt


async def test_it_shares_from_the_window_once_and_says_so_there(slack: Sandbox, precis: Precis, thread: str) -> None:
    await opened(slack, precis, thread)
    await press_share(slack, precis)
    await until(lambda: "I am posting it in the thread" in window(slack))
    await press_share(slack, precis)
    await until(lambda: "You have shared that summary before." in window(slack))

    own = [message["text"] for message in slack.workspace.thread(GENERAL, thread) if message.get("bot_id")]
    assert ["shared by Ben Castellan" in text for text in own] == [True]
    assert "I am posting" not in window(slack)
    assert "roll back" in window(slack)


async def test_it_shares_from_a_window_that_was_closed_meanwhile(slack: Sandbox, precis: Precis, thread: str) -> None:
    await opened(slack, precis, thread)
    slack.fail("views.update", error="not_found")
    await press_share(slack, precis)
    await settled(slack, precis)

    assert "shared by Ben Castellan" in slack.workspace.thread(GENERAL, thread)[-1]["text"]
    assert slack.person(BEN).sees(slack.person(BEN).dm()) == []


async def test_it_says_after_each_press_in_the_window_that_it_could_not_share(
    slack: Sandbox, precis: Precis, thread: str
) -> None:
    await opened(slack, precis, thread)
    for _ in range(2):
        slack.fail("chat.postMessage", error="restricted_action")
        await press_share(slack, precis)
        await settled(slack, precis)

    direct = [message["text"] for message in slack.person(BEN).sees(slack.person(BEN).dm())]
    assert direct == ["I may not post in that thread. Invite me to the channel, or copy the summary."] * 2


async def test_it_reads_no_more_for_somebody_who_has_left(slack: Sandbox, precis: Precis, workspace: Workspace) -> None:
    workspace.join(BEN, PRIVATE)
    secret = talk(workspace, PRIVATE)
    await opened(slack, precis, secret, PRIVATE)
    modal = slack.person(BEN).modal
    assert modal is not None
    workspace.leave(BEN, PRIVATE)
    await slack.person(BEN).press(view=modal["id"], action_id="tldr_longer")
    await precis.services.inbox.idle()

    assert "cannot find that message" in window(slack)
    assert len(await precis.services.store.calls()) == 1
