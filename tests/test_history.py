"""Slack's history as a transcript: who said what, with Slack's own noise left out."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox import Sandbox, Workspace
from handlers.client import client, session
from handlers.history import History
from handlers.people import People, person
from handlers.refusals import InviteMe, NotFound
from tests.conftest import ADA, BEN, ELSEWHERE, GENERAL, PRIVATE, talk


@pytest.fixture
async def history(slack: Sandbox) -> AsyncIterator[History]:
    async with session() as connections:
        web = client(slack.bot_token, slack.api_url, connections)
        people = People(web, slack.workspace.team_id)
        yield History(web, people, bot_user=slack.workspace.bot_user_id, bot_id=slack.workspace.bot_id)


async def lines(history: History, *messages: dict[str, Any]) -> list[tuple[str, str]]:
    numbered = [{"ts": f"17000000{number:02d}.000100"} | message for number, message in enumerate(messages)]
    transcript = await history.transcribe(numbered)
    return [(message.author, message.text) for message in transcript.messages]


async def test_it_names_people_and_those_they_mention(history: History) -> None:
    said = await lines(history, {"user": ADA, "text": f"<@{BEN}> and <@{BEN}|benny>, look at <#C1|ops>"})

    assert said == [("Ada Moreau", "@Ben Castellan and @Ben Castellan, look at #ops")]


async def test_it_looks_each_person_up_once(slack: Sandbox, history: History, workspace: Workspace) -> None:
    await history.thread(GENERAL, talk(workspace))
    await history.thread(GENERAL, talk(workspace))

    assert [call.args["user"] for call in slack.calls if call.method == "users.info"] == [ADA, BEN]


async def test_it_calls_people_unknown_whom_slack_does_not_show(history: History) -> None:
    assert await lines(history, {"user": "U0NOBODY01", "text": "hello"}) == [("unknown", "hello")]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"text": "see <https://a.example/x?a=1&amp;b=2|the plan>"}, "see the plan (https://a.example/x?a=1&b=2)"),
        ({"text": "1 &lt; 2 &amp; 3"}, "1 < 2 & 3"),
        ({"text": "<!here> <!subteam^S1|@ops> <!date^1700000000^{date}|14 Nov>"}, "@here @ops 14 Nov"),
        ({"text": "", "files": [{"name": "plan.pdf"}]}, "[file: plan.pdf]"),
        ({"text": "", "subtype": "file_share", "files": [{"title": "The plan", "name": "x"}]}, "[file: The plan]"),
        ({"text": "I wave", "subtype": "me_message"}, "I wave"),
        ({"text": "", "attachments": [{"fallback": "build failed"}]}, "build failed"),
        (
            {"text": None, "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "in a block"}}]},
            "in a block",
        ),
    ],
)
async def test_it_reads_what_a_person_would_see(history: History, message: dict[str, Any], text: str) -> None:
    assert await lines(history, {"user": ADA} | message) == [("Ada Moreau", text)]


async def test_it_keeps_bots_that_say_something(history: History) -> None:
    builder = {"bot_id": "B1", "subtype": "bot_message", "username": "builder", "text": "Build 7 failed"}
    modern = {"bot_id": "B2", "bot_profile": {"name": "Alerts"}, "text": "", "attachments": [{"title": "Disk full"}]}

    assert await lines(history, builder, modern) == [("builder", "Build 7 failed"), ("Alerts", "Disk full")]


@pytest.mark.parametrize(
    "noise",
    [
        {"user": ADA, "subtype": "channel_join", "text": "joined"},
        {"user": ADA, "subtype": "channel_topic", "text": "set the topic"},
        {"user": "USLACKBOT", "subtype": "tombstone", "text": "This message was deleted.", "hidden": True},
        {"user": ADA, "text": "   "},
        {"user": ADA},
        {"bot_id": "B1", "subtype": "bot_message"},
    ],
)
async def test_it_leaves_notices_and_empty_messages_out(history: History, noise: dict[str, Any]) -> None:
    assert await lines(history, noise, {"user": ADA, "text": "hello"}) == [("Ada Moreau", "hello")]


async def test_it_leaves_its_own_posts_and_requests_to_it_out(slack: Sandbox, history: History) -> None:
    own = {"user": slack.workspace.bot_user_id, "bot_id": slack.workspace.bot_id, "text": "Reading the thread…"}
    request = {"user": ADA, "text": f"<@{slack.workspace.bot_user_id}> tldr"}

    assert await lines(history, own, request) == []


@pytest.mark.parametrize(("channel", "refusal"), [(ELSEWHERE, InviteMe), ("C0NOSUCH01", NotFound)])
async def test_it_cannot_read_where_the_bot_is_not(
    history: History, workspace: Workspace, channel: str, refusal: type[Exception]
) -> None:
    ts = talk(workspace, ELSEWHERE)

    with pytest.raises(refusal):
        await history.thread(channel, ts)


async def test_it_does_not_tell_a_private_channel_from_none(history: History, workspace: Workspace) -> None:
    ts = talk(workspace, PRIVATE)
    workspace.leave(workspace.bot_user_id, PRIVATE)

    with pytest.raises(NotFound):
        await history.thread(PRIVATE, ts)


async def test_it_reads_every_message_of_a_real_export(history: History, data: Path) -> None:
    kept = 0
    for day in sorted((data / "slack-export-hyperledger" / "export" / "fabric-pr-review").glob("*.json")):
        transcript = await history.transcribe(json.loads(day.read_text()))
        assert all(message.text.strip() and message.author for message in transcript.messages)
        kept += len(transcript)

    assert kept > 100


async def test_it_looks_up_no_more_names_than_a_thread_needs(slack: Sandbox, history: History) -> None:
    crowd = " ".join(f"<@U0CROWD{number:04d}>" for number in range(500))

    await lines(history, {"user": ADA, "text": crowd}, {"user": BEN, "text": "who are they?"})

    assert len([call for call in slack.calls if call.method == "users.info"]) == 52


async def test_it_reads_a_thread_though_a_name_cannot_be_had(slack: Sandbox, history: History) -> None:
    slack.fail("users.info", error="user_disabled")

    assert await lines(history, {"user": ADA, "text": "hello"}) == [("unknown", "hello")]


@pytest.mark.parametrize(
    ("user", "full_member"),
    [
        ({"team_id": "T1"}, True),
        ({}, False),
        ({"team_id": "T2"}, False),
        ({"team_id": "T2", "enterprise_user": {"enterprise_id": "E9", "teams": ["T2"]}}, False),
        ({"team_id": "T2", "enterprise_user": {"enterprise_id": "E1", "teams": ["T1", "T2"]}}, True),
        ({"team_id": "T1", "is_stranger": True}, False),
        ({"team_id": "T1", "is_restricted": True}, False),
        ({"team_id": "T1", "is_ultra_restricted": True}, False),
        ({"team_id": "T1", "is_bot": True}, False),
        ({"team_id": "T1", "deleted": True}, False),
    ],
)
def test_it_takes_nobody_for_a_full_member_without_evidence(user: dict[str, Any], full_member: bool) -> None:
    assert person({"id": "U1"} | user, "T1").full_member is full_member
