"""Secrets and personal data on their way: none in what leaves for a model or is written down, back before the asker."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.app import Precis
from bot.providers import ProviderConfig
from bot.sandbox import Sandbox, Workspace
from tests.conftest import ADA, BEN, GENERAL, Start
from tests.test_sharing import press
from tests.test_tldr import ask, link
from tests.vendors import KEY, OpenAIServer, Received

MAIL = "claire.dupont@shop.example"
TOKEN = "xoxb-" + "123456789012-" + "abcdefABCDEF123456789012"
CARD = "4111 1111 1111 1111"
PRIVATE = (MAIL, TOKEN, CARD)


def quoting(received: Received) -> Mapping[str, object]:
    """A model that repeats the last message word for word."""
    said = str(received.body["messages"][1]["content"]).rsplit(": ", 1)[1].split("\n</transcript")[0]
    point = {"text": said, "sources": [2]}
    return {"headline": "Contact", "points": [point], "decisions": [], "actions": [], "open_questions": []}


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as running:
        running.answer(quoting)
        yield running


@pytest.fixture
async def openai(slack: Sandbox, start: Start, server: OpenAIServer) -> AsyncIterator[Precis]:
    async with start(provider=ProviderConfig("openai", "gpt-4o-mini", SecretStr(KEY), server.url)) as precis:
        await slack.connected()
        yield precis


@pytest.fixture
def secrets(workspace: Workspace) -> str:
    root = workspace.post(ADA, GENERAL, "How do we reach the customer, and with what?")
    workspace.post(BEN, GENERAL, f"Write to {MAIL} with token {TOKEN} and card {CARD}", thread_ts=root)
    return root


async def test_it_sends_and_stores_only_masked_text(
    slack: Sandbox, openai: Precis, server: OpenAIServer, secrets: str, tmp_path: Path
) -> None:
    await ask(slack, openai, f"{link(slack, GENERAL, secrets)} what did {MAIL} say")
    sent = str([received.body for received in server.received])
    rows = str([await openai.database.read(f"SELECT * FROM {table}") for table in ("calls", "summaries", "inbox")])

    assert "[email 1]" in sent
    assert not any(value in sent for value in PRIVATE)
    assert not any(value in rows for value in PRIVATE)


async def test_it_shows_the_asker_addresses_and_never_secrets(slack: Sandbox, openai: Precis, secrets: str) -> None:
    asked = await ask(slack, openai, link(slack, GENERAL, secrets))

    assert MAIL in asked.answers[0]["text"]
    assert "[secret 1]" in asked.answers[0]["text"]
    assert "[card 1]" in asked.answers[0]["text"]
    assert TOKEN not in str(asked.answers)


async def test_it_shows_them_again_from_a_kept_summary(slack: Sandbox, openai: Precis, secrets: str) -> None:
    await ask(slack, openai, link(slack, GENERAL, secrets))
    again = await ask(slack, openai, link(slack, GENERAL, secrets), user=BEN)

    assert "nothing new since" in again.answers[0]["text"]
    assert MAIL in again.answers[0]["text"]


async def test_it_keeps_them_masked_in_what_is_shared(slack: Sandbox, openai: Precis, secrets: str) -> None:
    await ask(slack, openai, link(slack, GENERAL, secrets))
    await press(slack, openai, ADA, "tldr_share")

    shared = slack.workspace.thread(GENERAL, secrets)[-1]
    assert "[email 1]" in shared["text"]
    assert MAIL not in str(shared)


async def test_it_leaves_no_trace_in_the_file_when_it_is_closed(
    slack: Sandbox, start: Start, server: OpenAIServer, secrets: str, tmp_path: Path
) -> None:
    async with start(provider=ProviderConfig("openai", "gpt-4o-mini", SecretStr(KEY), server.url)) as precis:
        await slack.connected()
        await ask(slack, precis, link(slack, GENERAL, secrets))

    stored = b"".join(path.read_bytes() for path in tmp_path.glob("precis.db*"))
    assert b"email 1" in stored
    assert not any(value.encode() in stored for value in PRIVATE)
