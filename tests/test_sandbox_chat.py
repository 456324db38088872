"""Writing: what may be posted where, changed, deleted, whispered, and how Slack refuses the rest."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import Sandbox, Workspace

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "hi"}}


@pytest.fixture
def workspace():
    workspace = Workspace.blank()
    workspace.add_user("U1", "ana")
    workspace.add_user("U2", "ben")
    workspace.add_channel("C1", "general", members=["U1", workspace.bot_user_id])
    workspace.add_channel("C2", "open", members=["U1"])
    workspace.add_channel("C4", "old", archived=True, members=[workspace.bot_user_id])
    return workspace


@pytest.fixture
async def slack(workspace):
    async with Sandbox.start(workspace) as slack:
        yield slack


@pytest.fixture
def client(slack):
    return AsyncWebClient(slack.bot_token, base_url=slack.api_url)


async def error(call):
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def test_it_posts_as_the_app(client, workspace):
    posted = await client.chat_postMessage(channel="C1", text="hi", blocks=[SECTION])
    (shown,) = workspace.history("C1")
    assert (posted["ts"], posted["channel"]) == (shown["ts"], "C1")
    assert (shown["user"], shown["bot_id"], "subtype" in shown) == (workspace.bot_user_id, workspace.bot_id, False)
    assert shown["blocks"][0]["block_id"]


async def test_it_posts_by_name_and_into_direct_messages(client, workspace, slack):
    assert (await client.chat_postMessage(channel="#general", text="hi"))["channel"] == "C1"
    direct = (await client.chat_postMessage(channel="U1", text="psst"))["channel"]
    assert [one["text"] for one in slack.person("U1").sees(direct)] == ["psst"]
    assert slack.person("U2").sees(direct) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"channel": "C2", "text": "hi"}, "not_in_channel"),
        ({"channel": "C4", "text": "hi"}, "is_archived"),
        ({"channel": "U404", "text": "hi"}, "channel_not_found"),
        ({"channel": "C1", "text": " "}, "no_text"),
        ({"channel": "C1", "blocks": []}, "no_text"),
        ({"channel": "C1", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "C1", "markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"channel": "C1", "text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"channel": "C1", "text": "x", "thread_ts": "1.000000"}, "thread_not_found"),
        ({"channel": "C1", "text": "x", "thread_ts": "soon"}, "invalid_thread_ts"),
        ({"channel": "C1", "text": "x", "metadata": {"event_type": "job"}}, "invalid_metadata_format"),
        ({"channel": "C1", "text": "x", "metadata": {"event_type": "", "event_payload": 3}}, "invalid_metadata_format"),
        ({"channel": "C1", "text": "x", "attachments": [{}] * 101}, "too_many_attachments"),
        ({"text": "x"}, "invalid_arguments"),
    ],
)
async def test_it_refuses_what_slack_refuses(client, workspace, fields, expected):
    assert await error(client.api_call("chat.postMessage", json=fields)) == expected
    assert not any(channel.messages for channel in workspace.channels.values())


async def test_it_posts_into_unjoined_channels_only_with_the_scope_for_it(workspace):
    async with Sandbox.start(workspace, scopes={"chat:write", "chat:write.public"}) as slack:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        assert (await client.chat_postMessage(channel="C2", text="hi"))["ok"]


async def test_it_replies_and_broadcasts_in_threads(client, workspace):
    root = workspace.post("U1", "C1", "question")
    await client.chat_postMessage(channel="C1", text="answer", thread_ts=root)
    await client.chat_postMessage(channel="C1", text="to all", thread_ts=root, reply_broadcast=True)
    assert [one["text"] for one in workspace.thread("C1", root)] == ["question", "answer", "to all"]
    assert [one["text"] for one in workspace.history("C1")] == ["question", "to all"]


async def test_it_updates_its_own_message_and_no_other(client, workspace):
    theirs = workspace.post("U1", "C1", "mine")
    own = (await client.chat_postMessage(channel="C1", text="draft", blocks=[SECTION]))["ts"]
    await client.api_call("chat.update", json={"channel": "C1", "ts": own, "blocks": [{"type": "divider"}]})
    assert [(one["text"], one["blocks"][0]["type"]) for one in workspace.history("C1")[1:]] == [("draft", "divider")]
    await client.chat_update(channel="C1", ts=own, text="final")
    final = workspace.history("C1")[1]
    assert (final["text"], "blocks" in final, final["edited"]["user"]) == ("final", False, workspace.bot_user_id)
    assert await error(client.chat_update(channel="C1", ts=theirs, text="x")) == "cant_update_message"
    assert await error(client.chat_update(channel="C1", ts="1.000000", text="x")) == "message_not_found"
    assert await error(client.api_call("chat.update", json={"channel": "C1", "ts": own})) == "no_text"


async def test_it_keeps_metadata_through_an_update(client, workspace):
    metadata = {"event_type": "job", "event_payload": {"id": "1"}}
    ts = (await client.chat_postMessage(channel="C1", text="draft", metadata=metadata))["ts"]
    await client.chat_update(channel="C1", ts=ts, text="final")
    assert workspace.history("C1")[0]["metadata"] == metadata


async def test_it_deletes_its_own_message_and_no_other(client, workspace):
    theirs = workspace.post("U1", "C1", "mine")
    own = (await client.chat_postMessage(channel="C1", text="oops"))["ts"]
    await client.chat_delete(channel="C1", ts=own)
    assert [one["ts"] for one in workspace.history("C1")] == [theirs]
    assert await error(client.chat_delete(channel="C1", ts=own)) == "message_not_found"
    assert await error(client.chat_delete(channel="C1", ts=theirs)) == "cant_delete_message"


async def test_it_whispers_to_one_member_and_keeps_nothing(client, workspace, slack):
    workspace.join("U2", "C1")
    ts = (await client.chat_postEphemeral(channel="C1", user="U1", text="only you"))["message_ts"]
    assert [one["text"] for one in slack.person("U1").sees("C1")] == ["only you"]
    assert slack.person("U2").sees("C1") == workspace.history("C1") == []
    assert await error(client.chat_update(channel="C1", ts=ts, text="x")) == "message_not_found"


async def test_it_takes_less_for_a_change_than_for_a_post(client):
    ts = (await client.chat_postMessage(channel="C1", text="x" * 4_001))["ts"]
    assert await error(client.chat_update(channel="C1", ts=ts, text="é" * 2_001)) == "msg_too_long"
    assert (await client.chat_update(channel="C1", ts=ts, text="é" * 2_000))["ok"]


async def test_it_refuses_whispers_to_outsiders_and_long_ones(client):
    assert await error(client.chat_postEphemeral(channel="C1", user="U2", text="x")) == "user_not_in_channel"
    assert await error(client.chat_postEphemeral(channel="C1", user="U1", text="é" * 2001)) == "msg_too_long"
    assert (await client.chat_postEphemeral(channel="C1", user="U1", text="é" * 2000))["ok"]


async def test_it_shows_a_whisper_in_a_thread_only_once_there_is_one(client, workspace, slack):
    root = workspace.post("U1", "C1", "question")
    await client.chat_postEphemeral(channel="C1", user="U1", text="unseen", thread_ts=root)
    workspace.post("U1", "C1", "answer", thread_ts=root)
    await client.chat_postEphemeral(channel="C1", user="U1", text="seen", thread_ts=root)
    assert [one["text"] for one in slack.person("U1").sees("C1", root)] == ["question", "answer", "seen"]
    assert [one["text"] for one in slack.person("U1").sees("C1")] == ["question"]


async def test_it_reacts_once(client, workspace):
    ts = workspace.post("U1", "C1", "good news")
    await client.reactions_add(channel="C1", timestamp=ts, name="tada")
    assert workspace.history("C1")[0]["reactions"] == [{"name": "tada", "users": [workspace.bot_user_id], "count": 1}]
    assert await error(client.reactions_add(channel="C1", timestamp=ts, name="tada")) == "already_reacted"
    await client.reactions_remove(channel="C1", timestamp=ts, name="tada")
    assert workspace.history("C1")[0]["reactions"] == []
    assert await error(client.reactions_remove(channel="C1", timestamp=ts, name="tada")) == "no_reaction"
    assert await error(client.reactions_add(channel="C1", timestamp=ts, name="No Such")) == "invalid_name"
    assert await error(client.reactions_add(channel="C1", timestamp="1.0", name="tada")) == "message_not_found"
