"""Real conversations through the whole path: chat on Slack and IRC, in English and Japanese, short and very long."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.providers import ProviderConfig
from bot.sandbox import Sandbox, Workspace
from tests.conftest import GENERAL, Start
from tests.test_summariser import numbers, text
from tests.test_tldr import ask, link
from tests.threads import conversations, place
from tests.vendors import KEY, OpenAIServer, Received

SETS = [
    "slack-threads-mifos/threads.jsonl",
    "slack-export-hyperledger/threads.jsonl",
    "irc-ubuntu/threads.jsonl",
    "slack-chat-haskell-jp/conversations.jsonl",
]
CITED = re.compile(r"/archives/(\w+)/p(\d{10})(\d{6})[^|>]*\|\[(\d+)\]>")
FACTS = {0.1: "PLANTED-FACT-EARLY", 0.5: "PLANTED-FACT-MIDDLE", 0.9: "PLANTED-FACT-LATE"}


@pytest.mark.parametrize("name", SETS)
async def test_it_cites_only_messages_that_exist(
    slack: Sandbox, workspace: Workspace, start: Start, data: Path, name: str
) -> None:
    chosen = [each for each in conversations(data / name) if 3 <= len(each["messages"]) <= 60][:12]
    citations = 0
    async with start() as precis:
        await slack.connected()
        for number, conversation in enumerate(chosen):
            root = place(workspace, GENERAL, conversation, 1_700_000_000 + number * 10_000)
            asked = await ask(slack, precis, link(slack, GENERAL, root))

            [answer] = asked.answers
            cited = CITED.findall(str(answer["blocks"]))
            assert all(f"{at}.{rest}" in workspace.channels[GENERAL].messages for _, at, rest, _ in cited)
            citations += len(cited)

    assert len(chosen) > 3
    assert citations > len(chosen)


@pytest.fixture
async def longest(workspace: Workspace, data: Path) -> str:
    """A conversation of 8,000 messages with three facts planted in it."""
    [conversation] = list(conversations(data / "slack-export-hyperledger" / "long_8000.jsonl"))[:1]
    messages = [dict(message) for message in conversation["messages"]]
    for place_in, fact in FACTS.items():
        messages[int(len(messages) * place_in)]["text"] += f" {fact}"
    return place(workspace, GENERAL, {"messages": messages})


def noting(received: Received) -> Mapping[str, object]:
    """A model that reports every planted fact it reads, with the number of its message."""
    lines = re.findall(r"^\[(\d+)\] .*?(PLANTED-FACT-\w+)", text(received), re.MULTILINE)
    noted = re.findall(r'"text":\s*"(PLANTED-FACT-\w+)"[^}]*?"sources":\s*\[(\d+)\]', text(received))
    found = dict([(fact, number) for number, fact in lines] + noted)
    points = [{"text": fact, "sources": [int(number)]} for fact, number in found.items()]
    return {"headline": "h", "points": points, "decisions": [], "actions": [], "open_questions": []}


async def test_it_reads_eight_thousand_messages_once_and_keeps_what_matters(
    slack: Sandbox, workspace: Workspace, start: Start, longest: str
) -> None:
    async with (
        OpenAIServer() as server,
        start(
            provider=ProviderConfig("openai", "gpt-4o-mini", SecretStr(KEY), server.url), max_usd_per_summary=None
        ) as precis,
    ):
        server.answer(noting)
        await slack.connected()
        asked = await slack.person("U0ADA00001").command("/tldr", link(slack, GENERAL, longest), channel=GENERAL)
        await asked.answered()
        await precis.services.inbox.idle()
        calls = len(server.received)
        again = await ask(slack, precis, link(slack, GENERAL, longest))
        thread = (await precis.services.history.thread(GENERAL, longest)).transcript

    read = sorted(number for call in server.received for number in numbers(call))
    sent = sum(len(str(call.body["messages"]).encode()) for call in server.received)
    assert read == list(range(1, len(thread) + 1))
    assert numbers(server.received[-1])[-1] == len(thread)
    assert sent <= 1.15 * len(str([thread.text]).encode())
    assert all(fact in asked.answers[0]["text"] for fact in FACTS.values())
    assert len(server.received) == calls
    assert "nothing new since" in again.answers[0]["text"]


async def test_it_shows_how_far_it_has_come(slack: Sandbox, workspace: Workspace, start: Start, longest: str) -> None:
    async with (
        OpenAIServer() as server,
        start(
            provider=ProviderConfig("openai", "gpt-4o-mini", SecretStr(KEY), server.url), max_usd_per_summary=None
        ) as precis,
    ):
        server.answer(noting)
        await slack.connected()
        await slack.person("U0ADA00001").say(GENERAL, f"<@{workspace.bot_user_id}> tldr", thread_ts=longest)
        await slack.settled()
        await precis.services.inbox.idle()

    said = [call.args["text"] for call in slack.calls if call.method == "chat.update"]
    assert re.fullmatch(r"Reading… \d+ of \d+ parts\.", said[0])
    assert "PLANTED-FACT-EARLY" in said[-1]
