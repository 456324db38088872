"""*Summarise thread* in a message's menu."""

from bot.app import Precis
from bot.sandbox import Sandbox, Workspace
from tests.conftest import BEN, ELSEWHERE, GENERAL, talk


async def test_it_answers_the_asker_alone_after_a_placeholder(slack: Sandbox, precis: Precis, thread: str) -> None:
    asked = await slack.person(BEN).shortcut("tldr_message", channel=GENERAL, ts=thread)
    await precis.services.inbox.idle()

    placeholder, answer = asked.answers
    assert asked.ok
    assert placeholder["text"] == "Reading the thread…"
    assert "roll back" in answer["text"]
    assert answer["response_type"] == "ephemeral"


async def test_it_summarises_the_thread_of_a_reply(slack: Sandbox, precis: Precis, thread: str) -> None:
    reply = slack.workspace.thread(GENERAL, thread)[2]["ts"]

    asked = await slack.person(BEN).shortcut("tldr_message", channel=GENERAL, ts=reply)
    await precis.services.inbox.idle()

    assert "5 messages" in asked.answers[-1]["text"]


async def test_it_asks_to_be_invited_where_it_cannot_read(slack: Sandbox, precis: Precis, workspace: Workspace) -> None:
    asked = await slack.person(BEN).shortcut("tldr_message", channel=ELSEWHERE, ts=talk(workspace, ELSEWHERE))
    await precis.services.inbox.idle()

    assert "/invite @precis" in asked.answers[-1]["text"]
