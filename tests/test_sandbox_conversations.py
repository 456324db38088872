"""Reading conversations: membership, paging, threads, and what the app must never learn."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import Sandbox, Workspace


@pytest.fixture
def workspace():
    workspace = Workspace.blank()
    workspace.add_user("U1", "ana")
    workspace.add_user("U2", "ben", deleted=True)
    workspace.add_channel("C1", "general", members=["U1", workspace.bot_user_id])
    workspace.add_channel("C2", "open", members=["U1"])
    workspace.add_channel("C3", "secret", private=True, members=["U1"])
    workspace.add_channel("D1", im=True, members=["U1", "U2"])
    workspace.add_channel("C4", "old", archived=True)
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


async def pages(method, key="messages", **arguments):
    found, cursor = [], ""
    while True:
        answer = await method(**arguments, cursor=cursor)
        found.append(answer[key])
        cursor = answer.get("response_metadata", {}).get("next_cursor", "")
        assert bool(cursor) == answer.get("has_more", bool(cursor))
        if not cursor:
            return found


async def test_it_reads_only_where_the_app_is_a_member(client, workspace):
    ts = workspace.post("U1", "C2", "hi")
    assert await error(client.conversations_history(channel="C2")) == "not_in_channel"
    assert await error(client.conversations_replies(channel="C2", ts=ts)) == "not_in_channel"
    assert (await client.conversations_info(channel="C2"))["channel"]["is_member"] is False


@pytest.mark.parametrize("channel", ["C3", "D1", "C404"])
async def test_it_says_the_same_of_hidden_and_unknown_conversations(client, workspace, channel):
    ts = workspace.post("U1", "C3", "hi")
    calls = [
        client.conversations_info(channel=channel),
        client.conversations_members(channel=channel),
        client.conversations_history(channel=channel),
        client.conversations_replies(channel=channel, ts=ts),
        client.chat_postMessage(channel=channel, text="hi"),
        client.chat_postEphemeral(channel=channel, user="U1", text="hi"),
        client.chat_getPermalink(channel=channel, message_ts=ts),
        client.reactions_add(channel=channel, timestamp=ts, name="eyes"),
    ]
    assert {await error(call) for call in calls} == {"channel_not_found"}


async def test_it_pages_through_a_channel_newest_first(client, workspace):
    posted = [workspace.post("U1", "C1", str(n)) for n in range(7)]
    found = await pages(client.conversations_history, channel="C1", limit=3)
    assert [[one["ts"] for one in page] for page in found] == [posted[6:3:-1], posted[3:0:-1], posted[:1]]


async def test_it_pages_through_a_thread_root_first_and_once(client, workspace):
    root = workspace.post("U1", "C1", "root")
    replies = [workspace.post("U1", "C1", str(n), thread_ts=root) for n in range(4)]
    found = await pages(client.conversations_replies, channel="C1", ts=root, limit=2)
    assert [[one["ts"] for one in page] for page in found] == [[root, replies[0]], replies[1:3], replies[3:]]
    assert found[0][0]["reply_count"] == 4


async def test_it_finds_a_reply_alone_by_its_own_timestamp(client, workspace):
    root = workspace.post("U1", "C1", "root")
    reply = workspace.post("U1", "C1", "reply", thread_ts=root)
    (alone,) = (await client.conversations_replies(channel="C1", ts=reply))["messages"]
    assert (alone["ts"], alone["thread_ts"]) == (reply, root)


async def test_it_returns_a_message_without_replies_alone_and_nothing_for_no_message(client, workspace):
    ts = workspace.post("U1", "C1", "lonely")
    assert len((await client.conversations_replies(channel="C1", ts=ts))["messages"]) == 1
    assert await error(client.conversations_replies(channel="C1", ts="1.000000")) == "thread_not_found"


async def test_it_cuts_a_period_with_or_without_its_ends(client, workspace):
    posted = [workspace.post("U1", "C1", str(n)) for n in range(4)]
    period = {"channel": "C1", "oldest": posted[1], "latest": posted[3]}
    open_ended = (await client.conversations_history(**period))["messages"]
    closed = (await client.conversations_history(**period, inclusive=True))["messages"]
    assert [one["text"] for one in open_ended] == ["2"]
    assert [one["text"] for one in closed] == ["3", "2", "1"]
    assert await error(client.conversations_history(channel="C1", oldest="yesterday")) == "invalid_ts_oldest"


async def test_it_keeps_the_root_when_only_new_replies_are_asked_for(client, workspace):
    root = workspace.post("U1", "C1", "root")
    first = workspace.post("U1", "C1", "first", thread_ts=root)
    workspace.post("U1", "C1", "second", thread_ts=root)
    found = (await client.conversations_replies(channel="C1", ts=root, oldest=first))["messages"]
    assert [one["text"] for one in found] == ["root", "second"]


async def test_it_shows_metadata_only_on_request(client, workspace):
    metadata = {"event_type": "job", "event_payload": {"id": "1"}}
    ts = (await client.chat_postMessage(channel="C1", text="hi", metadata=metadata))["ts"]
    (bare,) = (await client.conversations_replies(channel="C1", ts=ts))["messages"]
    (full,) = (await client.conversations_replies(channel="C1", ts=ts, include_all_metadata=True))["messages"]
    assert ("metadata" in bare, full["metadata"]) == (False, metadata)


@pytest.mark.parametrize("cursor", ["nonsense", "bmV4dDp4", "w7w=", "bmV4dDo5OTk5"])
async def test_it_refuses_a_cursor_it_did_not_give(client, cursor):
    assert await error(client.conversations_members(channel="C1", cursor=cursor)) == "invalid_cursor"


async def test_it_pages_through_members(client, workspace):
    for n in range(5):
        workspace.join(workspace.add_user(f"U5{n}", f"user{n}").id, "C1")
    found = await pages(client.conversations_members, "members", channel="C1", limit=3)
    assert [len(page) for page in found] == [3, 3, 1]
    assert await error(client.conversations_members(channel="C1", limit=0)) == "invalid_limit"


async def test_it_lists_what_the_app_may_know_of(client):
    async def names(method, **arguments):
        return [one.get("name") for one in (await method(**arguments))["channels"]]

    every = "public_channel,private_channel,im,mpim"
    assert await names(client.conversations_list, types=every) == ["general", "open", "old"]
    assert await names(client.conversations_list, exclude_archived=True) == ["general", "open"]
    assert await names(client.users_conversations, types=every) == ["general"]
    assert await names(client.users_conversations, user="U1", types=every) == ["general", "open"]
    assert await error(client.conversations_list(types="dm")) == "invalid_types"


async def test_it_opens_direct_messages(client):
    first = (await client.conversations_open(users="U1"))["channel"]["id"]
    again = (await client.conversations_open(users="U1", return_im=True))["channel"]
    assert (again["id"], again["is_im"], again["user"]) == (first, True, "U1")
    assert "name" not in again
    assert await error(client.conversations_open(users="U404")) == "user_not_found"
    assert await error(client.conversations_open(users="U2")) == "user_disabled"


async def test_it_lists_users_and_finds_none_that_is_not_there(client, workspace):
    found = await pages(client.users_list, "members", limit=2)
    assert [len(page) for page in found] == [2, 1]
    ana = (await client.users_info(user="U1"))["user"]
    assert (ana["tz"], ana["is_admin"], ana["is_restricted"]) == ("Europe/London", False, False)
    assert await error(client.users_info(user="U404")) == "user_not_found"
