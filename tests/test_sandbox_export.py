"""Reading a Slack export: small hand-made folders, and two real ones where they are present."""

import json

import pytest

from bot.sandbox import BadExport, Workspace


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return tmp_path

    return write


def test_it_reads_conversations_of_every_kind(write):
    write("users.json", [{"id": "U1", "name": "ana", "team_id": "T9", "is_admin": True}, {"id": "U2", "name": "ben"}])
    write("channels.json", [{"id": "C1", "name": "general", "members": ["U1"], "topic": {"value": "all"}}])
    write("groups.json", [{"id": "G1", "name": "secret", "members": ["U2"], "is_archived": True}])
    write("dms.json", [{"id": "D1", "members": ["U1", "U2"]}])
    folder = write("mpims.json", [{"id": "G2", "name": "mpdm-ana--ben-1", "members": ["U1", "U2"]}])
    write("D1/2024-01-02.json", [{"type": "message", "user": "U1", "text": "psst", "ts": "1704200000.000100"}])
    workspace = Workspace.from_export(folder)
    assert {id: channel.kind for id, channel in workspace.channels.items()} == {
        "C1": "public",
        "G1": "private",
        "D1": "im",
        "G2": "mpim",
    }
    assert (workspace.team_id, workspace.users["U1"].is_admin, workspace.channels["G1"].archived) == ("T9", True, True)
    assert workspace.channels["C1"].topic == "all"
    assert [one["text"] for one in workspace.history("D1")] == ["psst"]


def test_it_rebuilds_threads_from_either_side_and_counts_what_is_there(write):
    write("users.json", [{"id": "U1", "name": "ana"}])
    write("channels.json", [{"id": "C1", "name": "general"}])
    root = {"user": "U1", "text": "root", "ts": "1.000001", "thread_ts": "1.000001", "reply_count": 9}
    root["replies"] = [{"user": "U1", "ts": "1.000002"}]
    replies = [
        {"user": "U1", "text": "old", "ts": "1.000002"},
        {"user": "U1", "ts": "1.000003", "thread_ts": "1.000001"},
    ]
    orphan = {"user": "U1", "text": "lost", "ts": "1.000005", "thread_ts": "1.000004"}
    folder = write("general/2017-01-01.json", [root, *replies, orphan, {"text": "no timestamp"}])
    first, gone = Workspace.from_export(folder).history("C1")
    assert (first["reply_count"], "replies" in first) == (2, False)
    assert (gone["subtype"], gone["reply_count"]) == ("tombstone", 1)


def test_it_takes_a_folder_nobody_listed_for_a_public_channel(write):
    write("users.json", [])
    folder = write("old-times/2015-01-01.json", [{"user": "U1", "text": "hi", "ts": "1.000001"}])
    (channel,) = Workspace.from_export(folder).channels.values()
    assert (channel.name, channel.kind, len(channel.messages)) == ("old-times", "public", 1)


@pytest.mark.parametrize(("name", "content"), [("users.json", "{"), ("users.json", "{}"), ("other.json", "[]")])
def test_it_names_the_file_that_is_wrong(write, name, content):
    folder = write(name, content)
    with pytest.raises(BadExport, match=r"users\.json"):
        Workspace.from_export(folder)


def test_it_reads_a_whole_real_workspace_of_the_time_before_threads(data):
    workspace = Workspace.from_export(data / "slack-export-houstondatavis" / "export")
    named = {channel.name: channel for channel in workspace.channels.values()}
    assert sum(len(channel.messages) for channel in named.values()) == 1382
    assert named["meetup"].id != named["meetup-"].id
    assert min(len(named["meetup"].messages), len(named["meetup-"].messages)) > 0
    subtypes = {message.get("subtype") for channel in named.values() for message in channel.messages.values()}
    assert {"file_share", "file_comment", "channel_join", "bot_add", None} <= subtypes
    assert not any(channel.threads for channel in named.values())


def test_it_reads_the_threads_of_a_real_workspace(data):
    workspace = Workspace.from_export(data / "slack-export-hyperledger" / "export")
    threads = [(channel, root) for channel in workspace.channels.values() for root in channel.threads]
    assert sum(len(channel.messages) for channel in workspace.channels.values()) >= 4920
    assert threads
    for channel, root in threads:
        shown = workspace.thread(channel.id, root)
        assert shown[0]["reply_count"] == len(shown) - 1
