"""Never twice the cost: unchanged threads, new messages, edits, two askers at once, and what is asked beforehand."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from bot.app import Precis
from bot.providers import ProviderConfig
from bot.sandbox import Sandbox, Workspace
from tests.conftest import ADA, BEN, GENERAL, GUEST, Start
from tests.support import settled
from tests.test_app import SUMMARY
from tests.test_tldr import ask, link
from tests.vendors import KEY, OpenAIServer

ROOM = "C0ROOM0001"


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as running:
        running.answer(SUMMARY)
        yield running


@pytest.fixture
async def openai(slack: Sandbox, start: Start, server: OpenAIServer, thread: str) -> AsyncIterator[Precis]:
    provider = ProviderConfig("openai", "gpt-4o-mini", SecretStr(KEY), server.url)
    async with start(provider=provider) as precis:
        await slack.connected()
        yield precis


def transcript(server: OpenAIServer, call: int = -1) -> str:
    return str(server.received[call].body["messages"][1]["content"]).split("<transcript")[1]


async def test_it_makes_no_call_for_an_unchanged_thread(
    slack: Sandbox, openai: Precis, server: OpenAIServer, thread: str
) -> None:
    first = await ask(slack, openai, link(slack, GENERAL, thread))
    again = await ask(slack, openai, link(slack, GENERAL, thread), user=BEN)

    assert len(server.received) == 1
    assert "They roll back" in again.answers[0]["text"]
    assert "nothing new since" in again.answers[0]["text"]
    assert "nothing new" not in first.answers[0]["text"]


async def test_it_reads_only_new_messages(
    slack: Sandbox, openai: Precis, server: OpenAIServer, workspace: Workspace, thread: str
) -> None:
    await ask(slack, openai, link(slack, GENERAL, thread))
    for number in range(4):
        workspace.post(BEN, GENERAL, f"News number {number}", thread_ts=thread)
    asked = await ask(slack, openai, link(slack, GENERAL, thread))

    assert "updated with 4 new messages" in asked.answers[0]["text"]
    assert "[6] " in transcript(server)
    assert "[5] " not in transcript(server)


@pytest.mark.parametrize("change", ["edit", "delete"])
async def test_it_starts_afresh_after_an_edit_or_a_deletion(
    slack: Sandbox, openai: Precis, server: OpenAIServer, workspace: Workspace, thread: str, change: str
) -> None:
    ts = await slack.person(ADA).say(GENERAL, "The customers know.", thread_ts=thread)
    await ask(slack, openai, link(slack, GENERAL, thread))
    if change == "edit":
        await slack.person(ADA).edit(GENERAL, ts, "The customers do not know yet.")
    else:
        await slack.person(ADA).delete(GENERAL, ts)
    asked = await ask(slack, openai, link(slack, GENERAL, thread))

    assert len(server.received) == 2
    assert "[1] " in transcript(server)
    assert "updated with" not in asked.answers[0]["text"]


async def test_it_keeps_a_summary_for_each_focus(
    slack: Sandbox, openai: Precis, server: OpenAIServer, thread: str
) -> None:
    await ask(slack, openai, link(slack, GENERAL, thread))
    await ask(slack, openai, f"{link(slack, GENERAL, thread)} only the decisions")
    await ask(slack, openai, f"{link(slack, GENERAL, thread)} Only the Decisions", user=BEN)

    assert len(server.received) == 2


async def test_it_makes_one_call_for_two_who_ask_at_once(
    slack: Sandbox, openai: Precis, server: OpenAIServer, thread: str
) -> None:
    server.latency = 0.3
    both = await asyncio.gather(
        ask(slack, openai, link(slack, GENERAL, thread)), ask(slack, openai, link(slack, GENERAL, thread), user=BEN)
    )

    assert len(server.received) == 1
    assert all("They roll back" in asked.answers[0]["text"] for asked in both)


async def test_it_counts_a_summary_as_everybodys_who_asked_for_it(
    slack: Sandbox, openai: Precis, server: OpenAIServer, thread: str
) -> None:
    for user in (ADA, BEN, ADA):
        await ask(slack, openai, link(slack, GENERAL, thread), user=user)

    store, team = openai.services.store, slack.workspace.team_id
    [hers], [his] = [await store.last_summaries(team, user, 9) for user in (ADA, BEN)]
    assert hers == his
    assert await store.last_summaries(team, GUEST, 9) == []


async def test_it_shares_a_call_even_where_nothing_is_kept(
    slack: Sandbox, start: Start, server: OpenAIServer, thread: str
) -> None:
    server.latency = 0.3
    provider = ProviderConfig("openai", "gpt-4o-mini", SecretStr(KEY), server.url)
    async with start(provider=provider, content_retention_days=0) as precis:
        await slack.connected()
        await asyncio.gather(
            ask(slack, precis, link(slack, GENERAL, thread)), ask(slack, precis, link(slack, GENERAL, thread), user=BEN)
        )
        assert await precis.database.read("SELECT 1 FROM summaries") == []

    assert len(server.received) == 1


async def test_it_forgets_a_failure(slack: Sandbox, openai: Precis, server: OpenAIServer, thread: str) -> None:
    server.then(server.problem("bad_request"))
    failed = await ask(slack, openai, link(slack, GENERAL, thread))
    again = await ask(slack, openai, link(slack, GENERAL, thread))

    assert "refused the request" in failed.answers[0]["text"]
    assert "They roll back" in again.answers[0]["text"]


@pytest.fixture
async def thrifty(slack: Sandbox, start: Start, server: OpenAIServer, thread: str) -> AsyncIterator[Precis]:
    """May spend next to nothing without a question."""
    provider = ProviderConfig("openai", "gpt-4o-mini", SecretStr(KEY), server.url)
    async with start(provider=provider, max_usd_per_summary=0.000585) as precis:
        await slack.connected()
        yield precis


async def test_it_asks_before_it_spends_much(
    slack: Sandbox, thrifty: Precis, server: OpenAIServer, thread: str
) -> None:
    asked = await ask(slack, thrifty, link(slack, GENERAL, thread))

    assert server.received == []
    assert "would cost" in asked.answers[0]["text"]


@pytest.mark.parametrize(("action_id", "messages"), [("tldr_whole", "5 messages"), ("tldr_newest", "messages")])
async def test_it_spends_what_the_asker_chooses(
    slack: Sandbox, thrifty: Precis, server: OpenAIServer, thread: str, action_id: str, messages: str
) -> None:
    await ask(slack, thrifty, link(slack, GENERAL, thread))
    [question] = [each for each in slack.person(ADA).sees(GENERAL) if action_id in str(each)]
    pressed = await slack.person(ADA).press(channel=GENERAL, ts=question["ts"], action_id=action_id)
    await thrifty.services.inbox.idle()

    assert len(server.received) == 1
    assert "They roll back" in pressed.answers[-1]["text"]
    assert messages in pressed.answers[-1]["text"]


async def test_it_lets_only_the_asker_choose(
    slack: Sandbox, thrifty: Precis, server: OpenAIServer, thread: str
) -> None:
    await slack.person(ADA).say(GENERAL, f"<@{slack.workspace.bot_user_id}> tldr", thread_ts=thread)
    await slack.settled()
    await thrifty.services.inbox.idle()
    question = slack.workspace.thread(GENERAL, thread)[-1]
    stranger = await slack.person(BEN).press(channel=GENERAL, ts=question["ts"], action_id="tldr_whole")
    await stranger.answered()
    calls = len(server.received)
    await slack.person(ADA).press(channel=GENERAL, ts=question["ts"], action_id="tldr_whole")
    await thrifty.services.inbox.idle()

    assert "Only the person who asked" in stranger.answers[0]["text"]
    assert calls == 0
    own = [message for message in slack.workspace.thread(GENERAL, thread) if message.get("bot_id")]
    assert len(own) == 1
    assert "They roll back" in own[0]["text"]


async def test_it_answers_where_it_has_asked_though_everybody_might_see_the_answer_now(
    slack: Sandbox, thrifty: Precis, workspace: Workspace, thread: str
) -> None:
    workspace.add_channel(ROOM, "room", members=[ADA, BEN, GUEST, workspace.bot_user_id])
    await slack.person(ADA).say(ROOM, f"<@{workspace.bot_user_id}> tldr {link(slack, GENERAL, thread)}")
    await settled(slack, thrifty)
    direct = slack.person(ADA).dm()
    question = slack.workspace.history(direct)[-1]
    workspace.leave(GUEST, ROOM)
    thrifty.services.access.without_guests.clear()
    await slack.person(ADA).press(channel=direct, ts=question["ts"], action_id="tldr_whole")
    await settled(slack, thrifty)

    assert "would cost" in question["text"]
    assert ["They roll back" in message["text"] for message in slack.workspace.history(direct)] == [True]


async def test_it_asks_again_for_each_further_wish(
    slack: Sandbox, thrifty: Precis, server: OpenAIServer, thread: str
) -> None:
    await slack.person(ADA).shortcut("tldr_message", channel=GENERAL, ts=thread)
    await thrifty.services.inbox.idle()
    for action_id in ("tldr_whole", "tldr_longer"):
        modal = slack.person(ADA).modal
        assert modal is not None
        await slack.person(ADA).press(view=modal["id"], action_id=action_id)
        await thrifty.services.inbox.idle()

    assert len(server.received) == 1
    assert "would cost" in str(slack.person(ADA).modal)


async def test_it_keeps_the_whole_summary_beside_the_newest_part(
    slack: Sandbox, thrifty: Precis, server: OpenAIServer, thread: str
) -> None:
    await ask(slack, thrifty, link(slack, GENERAL, thread))
    [question] = [each for each in slack.person(ADA).sees(GENERAL) if "tldr_whole" in str(each)]
    for action_id in ("tldr_whole", "tldr_newest", "tldr_whole", "tldr_newest"):
        pressed = await slack.person(ADA).press(channel=GENERAL, ts=question["ts"], action_id=action_id)
        await thrifty.services.inbox.idle()

    assert len(server.received) == 2
    assert "only the newest" in pressed.answers[-1]["text"]
    assert "tldr_share" not in str(pressed.answers[-1]["blocks"])
