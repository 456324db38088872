"""`/tldr` without a link: the picker, spans of a channel, and what they say of themselves."""

import re
from html import unescape

import pytest

from bot.app import Precis
from bot.sandbox import Sandbox, Workspace
from handlers.links import permalink
from tests.conftest import ADA, BEN, ELSEWHERE, GENERAL, talk
from tests.test_tldr import ask


async def test_it_offers_the_threads_of_the_channel(slack: Sandbox, precis: Precis, thread: str) -> None:
    asked = await ask(slack, precis, "")

    [answer] = asked.answers
    assert answer["response_type"] == "ephemeral"
    assert "Ada Moreau" in answer["text"]
    assert "4 replies" in answer["text"]
    assert "Last 24 h here" in str(answer["blocks"])


async def test_it_summarises_the_thread_that_was_picked(slack: Sandbox, precis: Precis, thread: str) -> None:
    await ask(slack, precis, "")
    [card] = [message for message in slack.person(ADA).sees(GENERAL) if "tldr_day" in str(message)]
    pressed = await slack.person(ADA).press(channel=GENERAL, ts=card["ts"], action_id="tldr_pick", value=thread)
    await precis.services.inbox.idle()

    assert "roll back" in pressed.answers[-1]["text"]
    assert "5 messages" in pressed.answers[-1]["text"]


@pytest.mark.parametrize("text", ["24h", "3d", "200", "since yesterday", "today"])
async def test_it_summarises_a_span_of_the_channel_with_its_threads(
    slack: Sandbox, precis: Precis, workspace: Workspace, thread: str, text: str
) -> None:
    workspace.post(BEN, GENERAL, "By the way, the office is closed on Friday because of the move.")

    asked = await ask(slack, precis, text)

    [answer] = asked.answers
    assert "6 messages" in answer["text"]
    assert "threads begun before" in answer["text"]
    [call] = await precis.services.store.calls()
    assert call.prompt is not None
    assert "(reply to 1)" in call.prompt


async def test_it_cites_a_reply_in_its_thread_also_where_the_summary_was_kept(
    slack: Sandbox, precis: Precis, workspace: Workspace, thread: str
) -> None:
    alone = workspace.post(BEN, GENERAL, "We decided that the office is closed on Friday.")
    sent = {permalink(slack.url, GENERAL, reply["ts"], thread) for reply in workspace.thread(GENERAL, thread)}
    sent.add(permalink(slack.url, GENERAL, alone, None))

    asked = [await ask(slack, precis, "24h") for _ in range(2)]

    shown = [unescape(str(each.answers[0]["blocks"])) for each in asked]
    first, again = (set(re.findall(r"<([^|>]+)\|\[\d+\]>", each)) for each in shown)
    assert first <= sent
    assert len([address for address in first if "thread_ts" in address]) > 1
    assert again == first
    assert len(await precis.services.store.calls()) == 1


async def test_it_steers_a_summary_by_the_words_behind_it(slack: Sandbox, precis: Precis, thread: str) -> None:
    await ask(slack, precis, "24h only the decisions")

    [call] = await precis.services.store.calls()
    assert call.prompt is not None
    assert "only the decisions" in call.prompt.split("<transcript")[0]


async def test_it_asks_for_a_link_in_a_direct_message(slack: Sandbox, precis: Precis) -> None:
    asked = await ask(slack, precis, "", channel=slack.person(ADA).dm())

    assert asked.ack is not None
    assert "Which thread?" in asked.ack["text"]


async def test_it_asks_to_be_invited_to_the_channel(slack: Sandbox, precis: Precis, workspace: Workspace) -> None:
    talk(workspace, ELSEWHERE)

    asked = await ask(slack, precis, "24h", channel=ELSEWHERE)

    assert "/invite @precis" in asked.answers[0]["text"]


@pytest.mark.parametrize("text", ["", "24h", "last 5"])
async def test_it_asks_to_be_invited_to_the_private_channel_that_somebody_asks_in(
    slack: Sandbox, precis: Precis, workspace: Workspace, text: str
) -> None:
    workspace.add_channel("G0HIDDEN01", "hidden", private=True, members=[ADA, BEN])
    talk(workspace, "G0HIDDEN01")

    asked = await ask(slack, precis, text, channel="G0HIDDEN01")

    assert "/invite @precis" in asked.answers[0]["text"]


async def test_it_says_that_it_cannot_be_invited_to_direct_messages(
    slack: Sandbox, precis: Precis, workspace: Workspace
) -> None:
    direct = workspace.add_channel("D0PEOPLE01", im=True, members=[ADA, BEN]).id

    asked = await ask(slack, precis, "24h", channel=direct)

    assert "Only the two of you can read these messages" in asked.answers[0]["text"]


async def test_it_says_that_a_quiet_day_holds_nothing(slack: Sandbox, precis: Precis, workspace: Workspace) -> None:
    workspace.add_channel("C0QUIET001", "quiet", members=[ADA, workspace.bot_user_id])

    asked = await ask(slack, precis, "24h", channel="C0QUIET001")

    assert "Nobody has said anything here in that time" in asked.answers[0]["text"]


async def test_it_lets_the_asker_press_last_day(slack: Sandbox, precis: Precis, thread: str) -> None:
    await ask(slack, precis, "")
    [card] = [message for message in slack.person(ADA).sees(GENERAL) if "tldr_day" in str(message)]
    pressed = await slack.person(ADA).press(channel=GENERAL, ts=card["ts"], action_id="tldr_day")
    await precis.services.inbox.idle()

    assert "5 messages" in pressed.answers[-1]["text"]
