"""The workspace in memory: messages by timestamp and thread, who sees what, and Slack's markup."""

import time

import pytest

from bot.sandbox import Workspace, markup, stamps
from bot.sandbox.errors import SlackError


@pytest.fixture
def workspace():
    workspace = Workspace.blank(team="T1", name="Acme Ltd")
    workspace.add_user("U1", "ana", tz="Europe/Berlin")
    workspace.add_user("U2", "ben", is_restricted=True)
    workspace.add_channel("C1", "general", members=["U1"])
    return workspace


def test_it_gives_every_message_its_own_timestamp_on_a_standing_clock(workspace):
    workspace.clock = lambda: 1_700_000_000.0
    stamped = [workspace.post("U1", "C1", "hi") for _ in range(3)]
    assert stamped == ["1700000000.000000", "1700000000.000001", "1700000000.000002"]


def test_it_keeps_replies_out_of_the_channel_and_counts_them_on_the_root(workspace):
    root = workspace.post("U1", "C1", "question")
    workspace.post("U2", "C1", "answer", thread_ts=root)
    last = workspace.post("U1", "C1", "thanks", thread_ts=root)
    (shown,) = workspace.history("C1")
    assert (shown["reply_count"], shown["reply_users"], shown["latest_reply"]) == (2, ["U2", "U1"], last)
    assert [one["text"] for one in workspace.thread("C1", last)] == ["question", "answer", "thanks"]
    assert workspace.thread("C1", root)[1]["parent_user_id"] == "U1"


def test_it_puts_a_reply_to_a_reply_into_the_same_thread(workspace):
    root = workspace.post("U1", "C1", "question")
    reply = workspace.post("U2", "C1", "answer", thread_ts=root)
    workspace.post("U1", "C1", "more", thread_ts=reply)
    assert [one.get("thread_ts") for one in workspace.thread("C1", root)] == [root, root, root]


def test_it_shows_a_broadcast_reply_in_the_channel_too(workspace):
    root = workspace.post("U1", "C1", "question")
    workspace.post("U1", "C1", "news", thread_ts=root, subtype="thread_broadcast")
    assert [one["text"] for one in workspace.history("C1")] == ["question", "news"]


def test_it_refuses_a_reply_to_nothing_and_to_a_join_message(workspace):
    joined = workspace.post("U1", "C1", "<@U1> has joined", subtype="channel_join")
    with pytest.raises(SlackError, match="thread_not_found"):
        workspace.post("U1", "C1", "hello?", thread_ts="1.000000")
    with pytest.raises(SlackError, match="cannot_reply_to_message"):
        workspace.post("U1", "C1", "welcome", thread_ts=joined)


def test_it_leaves_a_tombstone_where_a_root_with_replies_was(workspace):
    root = workspace.post("U1", "C1", "question")
    reply = workspace.post("U1", "C1", "answer", thread_ts=root)
    workspace.channels["C1"].remove(root)
    assert workspace.history("C1")[0]["subtype"] == "tombstone"
    workspace.channels["C1"].remove(reply)
    assert [one["ts"] for one in workspace.history("C1")] == [root]


def test_it_sorts_messages_that_arrive_out_of_order(workspace):
    for ts in ("1700000003.000000", "1700000001.000000", "1700000002.000000"):
        workspace.post("U1", "C1", ts, ts=ts)
    assert [one["text"] for one in workspace.history("C1")] == sorted(one["ts"] for one in workspace.history("C1"))


def test_it_shows_public_channels_to_full_members_and_the_rest_to_those_inside(workspace):
    workspace.add_user("U3", "cleo")
    workspace.add_user("U4", "dee", is_stranger=True)
    workspace.add_channel("C2", "plans", private=True, members=["U2"])
    sees = {
        user: [workspace.sees(user, workspace.channels[one]) for one in ("C1", "C2")]
        for user in ("U1", "U2", "U3", "U4")
    }
    assert sees == {"U1": [True, False], "U2": [False, True], "U3": [True, False], "U4": [False, False]}
    assert workspace.users["U4"].team_id != "T1"


def test_it_opens_a_direct_conversation_once(workspace):
    assert workspace.dm("U1") is workspace.dm("U1")
    assert workspace.dm("U1") is not workspace.dm("U1", "U2")
    assert workspace.dm("U1", "U2").name == "mpdm-precis--ana--ben-1"


def test_it_reads_and_writes_timestamps_exactly():
    assert stamps.stamp(stamps.micros("1700000000.000123")) == "1700000000.000123"
    assert stamps.expand(stamps.compact("1700000000.123456")) == "1700000000.123456"
    assert [stamps.expand(bad) for bad in ("1700000000123456", "p17", "p٣٣٣٣٣٣٣", "pabc")] == [None] * 4


def test_it_wraps_bare_links_as_the_client_does_and_leaves_markup_alone():
    assert markup.linked("see https://a.b/c?d=1&e=2 ok") == "see <https://a.b/c?d=1&amp;e=2> ok"
    assert markup.linked("<https://a.b|here> and <@U1>") == "<https://a.b|here> and <@U1>"


def test_it_turns_names_and_links_of_an_escaped_command_into_ids(workspace):
    workspace.add_channel("C2", "plans", private=True)
    typed = "@ana in #general or #plans: https://a.b/?c=1&d=2 <now> @nobody"
    assert workspace.escape(typed) == (
        "<@U1> in <#C1|general> or <#C2|>: <https://a.b/?c=1&amp;d=2> &lt;now&gt; @nobody"
    )


def test_it_describes_typed_text_as_rich_text():
    (block,) = markup.rich_text("<@U1> see <https://a.b|this> &amp; go <!here>")
    assert block["elements"][0]["elements"] == [
        {"type": "user", "user_id": "U1"},
        {"type": "text", "text": " see "},
        {"type": "link", "url": "https://a.b", "text": "this"},
        {"type": "text", "text": " & go "},
        {"type": "broadcast", "range": "here"},
    ]


def test_it_reads_a_long_thread_without_scanning_the_history(workspace):
    roots = [workspace.post("U1", "C1", "root") for _ in range(20_000)]
    for _ in range(100):
        workspace.post("U1", "C1", "reply", thread_ts=roots[7])
    began = time.perf_counter()
    for _ in range(200):
        workspace.thread("C1", roots[7])
    assert time.perf_counter() - began < 2.0
