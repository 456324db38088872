"""`/tldr`: what the asker sees, what Slack received, what the database holds."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.app import Precis
from bot.sandbox import Sandbox, Workspace
from bot.sandbox.interaction import Interaction
from bot.settings import Settings
from bot.store import Store
from handlers.reading import A_MINUTE, AT_ONCE
from tests.conftest import ADA, BEN, ELSEWHERE, GENERAL, GUEST, PRIVATE, STRANGER, Start, talk
from tests.support import settled


def link(slack: Sandbox, channel: str, ts: str) -> str:
    return f"{slack.url}archives/{channel}/p{ts.replace('.', '')}"


async def ask(slack: Sandbox, precis: Precis, text: str, *, user: str = ADA, channel: str = GENERAL) -> Interaction:
    asked = await slack.person(user).command("/tldr", text, channel=channel)
    await precis.services.inbox.idle()
    return asked


def reads(slack: Sandbox) -> list[str]:
    return [call.method for call in slack.calls if call.method in ("conversations.replies", "conversations.history")]


async def test_it_answers_a_link_with_a_cited_summary_for_the_asker_alone(
    slack: Sandbox, precis: Precis, thread: str
) -> None:
    asked = await ask(slack, precis, link(slack, GENERAL, thread))

    assert asked.ack is not None
    assert "for your eyes only" in asked.ack["text"]
    [answer] = asked.answers
    assert answer["response_type"] == "ephemeral"
    assert "roll back" in answer["text"]
    assert f"/archives/{GENERAL}/p" in str(answer["blocks"])
    assert slack.person(BEN).sees(GENERAL) == [slack.workspace.history(GENERAL)[0]]


async def test_it_logs_the_call_with_its_origin(slack: Sandbox, precis: Precis, thread: str) -> None:
    asked = await ask(slack, precis, link(slack, GENERAL, thread))

    [call] = await Store(precis.database).calls()
    assert (call.task, call.outcome, call.cost_usd) == ("summarise", "ok", 0.0)
    assert (call.workspace, call.channel, call.user) == (slack.workspace.team_id, GENERAL, ADA)
    assert call.job == asked.trigger_id
    assert call.prompt is not None
    assert "[5] " in call.prompt


async def test_it_blanks_the_job_when_it_is_done(slack: Sandbox, precis: Precis, thread: str) -> None:
    asked = await ask(slack, precis, link(slack, GENERAL, thread))

    [row] = await precis.database.read("SELECT * FROM inbox WHERE id = $1", asked.trigger_id)
    assert (row["due"], row["body"], row["answer"]) == (None, None, None)


async def test_it_reads_the_whole_thread_when_the_link_is_to_a_reply(
    slack: Sandbox, precis: Precis, workspace: Workspace, thread: str
) -> None:
    reply = workspace.thread(GENERAL, thread)[3]["ts"]

    bare = await ask(slack, precis, link(slack, GENERAL, reply))
    full = await ask(slack, precis, f"{link(slack, GENERAL, reply)}?thread_ts={thread}&cid={GENERAL}")

    assert "5 messages" in bare.answers[0]["text"]
    assert "5 messages" in full.answers[0]["text"]


async def test_it_needs_one_call_to_slack_besides_the_answer_once_it_is_warm(
    slack: Sandbox, precis: Precis, thread: str
) -> None:
    await ask(slack, precis, link(slack, GENERAL, thread), channel=ELSEWHERE)
    known = len(slack.calls)

    await ask(slack, precis, link(slack, GENERAL, thread), channel=ELSEWHERE)
    await ask(slack, precis, link(slack, GENERAL, thread))

    assert [call.method for call in slack.calls[known:]] == ["conversations.replies"] * 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("help", "I summarise Slack threads"),
        ("the big one please", "not a link to a Slack message"),
        ("https://elsewhere.slack.com/archives/C0GENERAL1/p1700000000000100", "another workspace"),
        ("https://example.com/archives/C0GENERAL1/p1700000000000100", "another workspace"),
    ],
)
async def test_it_answers_at_once_what_needs_no_reading(slack: Sandbox, precis: Precis, text: str, said: str) -> None:
    asked = await ask(slack, precis, text)

    assert asked.ack is not None
    assert said in asked.ack["text"]
    assert asked.answers == []
    assert reads(slack) == []


async def test_it_says_that_a_link_opens_a_channel(slack: Sandbox, precis: Precis) -> None:
    asked = await ask(slack, precis, f"{slack.url}archives/{GENERAL}")

    assert asked.ack is not None
    assert "opens a channel" in asked.ack["text"]


async def not_found(slack: Sandbox, precis: Precis) -> str:
    asked = await ask(slack, precis, link(slack, GENERAL, "1600000000.000100"))
    return str(asked.answers[0]["text"])


async def test_it_does_not_find_a_deleted_thread(slack: Sandbox, precis: Precis) -> None:
    assert "cannot find that message" in await not_found(slack, precis)


@pytest.mark.parametrize("user", [BEN, GUEST])
async def test_it_treats_a_private_channel_like_a_message_that_does_not_exist(
    slack: Sandbox, precis: Precis, workspace: Workspace, user: str
) -> None:
    workspace.join(user, GENERAL)
    secret = talk(workspace, PRIVATE)

    asked = await ask(slack, precis, link(slack, PRIVATE, secret), user=user)

    assert reads(slack) == []
    assert await Store(precis.database).calls() == []
    assert asked.answers[0]["text"] == await not_found(slack, precis)


@pytest.mark.parametrize("user", [GUEST, STRANGER])
async def test_it_refuses_a_guest_a_public_channel_they_are_not_in(
    slack: Sandbox, precis: Precis, workspace: Workspace, thread: str, user: str
) -> None:
    workspace.add_channel("C0LOBBY001", "lobby", members=[user])

    asked = await ask(slack, precis, link(slack, GENERAL, thread), user=user, channel="C0LOBBY001")

    assert reads(slack) == []
    assert "cannot find that message" in asked.answers[0]["text"]


async def test_it_lets_a_member_of_a_private_channel_ask_from_elsewhere(
    slack: Sandbox, precis: Precis, workspace: Workspace
) -> None:
    asked = await ask(slack, precis, link(slack, PRIVATE, talk(workspace, PRIVATE)), channel=GENERAL)

    assert "roll back" in asked.answers[0]["text"]


async def test_it_never_finds_other_peoples_direct_messages(
    slack: Sandbox, precis: Precis, workspace: Workspace
) -> None:
    direct = workspace.dm(BEN).id
    ts = workspace.post(BEN, direct, "Just between us.")

    asked = await ask(slack, precis, link(slack, direct, ts))

    assert reads(slack) == []
    assert "cannot find that message" in asked.answers[0]["text"]


async def test_it_asks_to_be_invited_to_a_public_channel(slack: Sandbox, precis: Precis, workspace: Workspace) -> None:
    asked = await ask(slack, precis, link(slack, ELSEWHERE, talk(workspace, ELSEWHERE)))

    assert "/invite @precis" in asked.answers[0]["text"]


async def test_it_says_that_a_single_short_message_needs_no_summary(
    slack: Sandbox, precis: Precis, workspace: Workspace
) -> None:
    alone = workspace.post(ADA, GENERAL, "Lunch?")

    asked = await ask(slack, precis, link(slack, GENERAL, alone))

    assert "one short message" in asked.answers[0]["text"]
    assert await Store(precis.database).calls() == []


async def test_it_summarises_a_single_long_message(slack: Sandbox, precis: Precis, workspace: Workspace) -> None:
    alone = workspace.post(ADA, GENERAL, "We decided to move the office to the harbour in May. " * 20)

    asked = await ask(slack, precis, link(slack, GENERAL, alone))

    assert "1 message" in asked.answers[0]["text"]


async def test_it_says_that_a_thread_of_notices_holds_nothing(
    slack: Sandbox, precis: Precis, workspace: Workspace
) -> None:
    joined = workspace.post(ADA, GENERAL, f"<@{ADA}> has joined", subtype="channel_join")

    asked = await ask(slack, precis, link(slack, GENERAL, joined))

    assert "nothing to summarise" in asked.answers[0]["text"]


async def test_it_sends_a_direct_message_where_the_response_url_is_spent(
    slack: Sandbox, precis: Precis, thread: str
) -> None:
    slack.fail("response_url", error="expired_url")

    asked = await ask(slack, precis, link(slack, GENERAL, thread))

    assert asked.answers == []
    [message] = slack.person(ADA).sees(slack.person(ADA).dm())
    assert "roll back" in message["text"]


async def test_it_sends_one_direct_message_though_slacks_answer_is_lost(
    slack: Sandbox, precis: Precis, thread: str
) -> None:
    slack.fail("response_url", error="expired_url", times=2)
    slack.fail("chat.postMessage", lost=True)

    await ask(slack, precis, link(slack, GENERAL, thread))
    await settled(slack, precis)

    [message] = slack.person(ADA).sees(slack.person(ADA).dm())
    assert "roll back" in message["text"]
    assert len(await precis.services.store.calls()) == 1


async def test_it_answers_once_though_slack_fails_at_first(slack: Sandbox, precis: Precis, thread: str) -> None:
    slack.fail("conversations.replies", status=500, times=2)

    asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
    await asked.answered()
    await precis.services.inbox.idle()

    assert len(asked.answers) == 1


async def test_it_pages_through_a_long_thread(slack: Sandbox, precis: Precis, workspace: Workspace) -> None:
    root = workspace.post(ADA, GENERAL, "What do we know about the outage?")
    for number in range(1100):
        workspace.post(BEN, GENERAL, f"Observation {number}: the queue on server {number % 7} is full.", thread_ts=root)

    asked = await ask(slack, precis, link(slack, GENERAL, root))

    assert "1,101 messages" in asked.answers[0]["text"]
    assert reads(slack) == ["conversations.replies"] * 2


async def test_it_says_so_when_the_request_cannot_be_written_down(
    slack: Sandbox, precis: Precis, thread: str, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "precis.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
        other.execute("ROLLBACK")

    assert asked.ack == {"text": "I could not take that, please try again."}


async def test_it_reads_nothing_for_who_has_used_up_the_hour(
    slack: Sandbox, start: Start, workspace: Workspace, thread: str
) -> None:
    other = talk(workspace)
    async with start(settings=Settings(requests_per_user_hour=1)) as precis:
        await slack.connected()
        first = await ask(slack, precis, link(slack, GENERAL, thread))
        read = len(reads(slack))
        refused = await ask(slack, precis, link(slack, GENERAL, other))
        read_for_refused = len(reads(slack)) - read
        kept = await ask(slack, precis, link(slack, GENERAL, thread))
        of_another = await ask(slack, precis, link(slack, GENERAL, other), user=BEN)
        shared = await ask(slack, precis, link(slack, GENERAL, other))

    assert "You have asked as often" in refused.answers[-1]["text"]
    assert read_for_refused == 0
    for answered in (first, kept, of_another, shared):
        assert "roll back" in answered.answers[-1]["text"]


async def test_it_leaves_something_of_what_slack_lets_it_read_to_others(
    slack: Sandbox, precis: Precis, workspace: Workspace, thread: str
) -> None:
    other = talk(workspace)
    await ask(slack, precis, link(slack, GENERAL, thread))
    for _ in range(A_MINUTE + 3):
        await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
    await precis.services.inbox.idle()
    of_another = await ask(slack, precis, link(slack, GENERAL, other), user=BEN)
    waiting = await precis.database.read("SELECT 1 FROM inbox WHERE queue = 'summary' AND put_off > 0")

    assert len(reads(slack)) == A_MINUTE + 1
    assert len(waiting) == 4
    assert "roll back" in of_another.answers[-1]["text"]


async def test_it_reads_only_so_many_conversations_at_a_time_for_one_person(
    slack: Sandbox, precis: Precis, workspace: Workspace, thread: str
) -> None:
    other = talk(workspace)
    turns = precis.services.reading.turns.setdefault(ADA, asyncio.Semaphore(AT_ONCE))
    for _ in range(AT_ONCE):
        await turns.acquire()

    waiting = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
    of_another = await slack.person(BEN).command("/tldr", link(slack, GENERAL, other), channel=GENERAL)
    await of_another.answered()
    read_meanwhile = [call.args["ts"] for call in slack.calls if call.method == "conversations.replies"]
    turns.release()
    await waiting.answered()

    assert read_meanwhile == [other]
    assert "roll back" in waiting.answers[-1]["text"]
