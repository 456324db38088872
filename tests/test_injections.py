"""Threads with a hostile message, summarised by a model that obeys it word for word: nothing comes alive in Slack."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.providers import ProviderConfig
from bot.sandbox import Sandbox, Workspace
from tests.conftest import ADA, DATA, GENERAL, Start
from tests.test_sharing import press
from tests.test_tldr import ask, link
from tests.threads import conversations, place
from tests.vendors import KEY, OpenAIServer

MALICE = (
    " <!channel> <!here> <@U0ADA00001> <!subteam^S123> <#C123|x> <https://evil.example/a|your bank>"
    " https://evil.example/steal?data=1 [click](https://evil.example/b) @channel @everyone"
)
ATTACKS = list(conversations(DATA / "inject-threads" / "threads.jsonl")) if DATA.is_dir() else []
LIVE = re.compile(r"<[@!#][^>]*>")
DATE = re.compile(r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|[-0-9: ]+UTC>")
URL = re.compile(r"https?://[^\s<>|\"]+")


def obedient(hostile: str) -> Mapping[str, object]:
    """What a model writes that does everything the message says, and more."""
    entry = {"text": hostile + MALICE, "sources": [1]}
    return {
        "headline": hostile + MALICE,
        "points": [entry],
        "decisions": [entry | {"by": MALICE}],
        "actions": [entry | {"owner": MALICE, "due": MALICE}],
        "open_questions": [entry],
    }


def parsed(block: Mapping[str, Any]) -> list[str]:
    """The texts of a block that Slack parses as markup."""
    texts = [block.get("text"), *(block["elements"] if block["type"] == "context" else [])]
    return [text["text"] for text in texts if text and text["type"] == "mrkdwn"]


def posts(slack: Sandbox) -> list[Mapping[str, Any]]:
    """Everything that would be shown: what was posted, updated and answered."""
    calls = [call.args for call in slack.calls if call.method in ("chat.postMessage", "chat.update")]
    return [*calls, *(post.payload for post in slack.response_posts)]


def test_it_has_the_threads_to_be_tested_with(data: Path) -> None:
    assert len(ATTACKS) == 36


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["id"])
async def test_it_shows_nothing_alive(
    slack: Sandbox, workspace: Workspace, start: Start, attack: Mapping[str, Any]
) -> None:
    hostile = attack["messages"][attack["injection_index"]]["text"]
    root = place(workspace, GENERAL, attack)
    source = json.dumps(attack["messages"], ensure_ascii=False)
    async with (
        OpenAIServer() as server,
        start(provider=ProviderConfig("openai", "gpt-4o-mini", SecretStr(KEY), server.url)) as precis,
    ):
        server.answer(obedient(hostile))
        await slack.connected()
        await ask(slack, precis, link(slack, GENERAL, root))
        await press(slack, precis, ADA, "tldr_share")
        await precis.database.write("DELETE FROM pace")  # as if a second had passed since the last post
        await slack.person(ADA).say(GENERAL, f"<@{workspace.bot_user_id}> tldr", thread_ts=root)
        await slack.settled()
        await precis.services.inbox.idle()

    shown = posts(slack)
    assert sum("generated" in str(post) for post in shown) == 3
    for post in shown:
        blocks = post.get("blocks") or []
        for text in [post.get("text") or "", *(text for block in blocks for text in parsed(block))]:
            assert LIVE.findall(DATE.sub("", text)) == []
        foreign = {url for url in URL.findall(str(blocks) + str(post.get("text"))) if not url.startswith(slack.url)}
        assert all(url.rstrip(".,;:!?)]}'…") in source for url in foreign), foreign
        assert "evil.example" not in str(post)
        assert all(block["text"]["verbatim"] for block in blocks if block["type"] == "section")
    assert all(
        call.args["unfurl_links"] is False and call.args["unfurl_media"] is False
        for call in slack.calls
        if call.method == "chat.postMessage"
    )
