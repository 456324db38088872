"""Which messages are support messages, and why the others are not: on made events and on every real payload."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.settings import Settings
from handlers.services import Workspace
from handlers.support import Reason, verdict
from tests.test_payloads import bodies

US = Workspace(url="https://acme.example/", team="T1", bot_user="U0BOT", bot_id="B0BOT", bot_name="precis")
SETTINGS = Settings.model_construct(
    triage_channels=("C1",), quiet_channels=("C2",), triage_bots=("B0LISTED", "A0LISTED")
)
SAID: dict[str, Any] = {"type": "message", "channel": "C1", "channel_type": "channel", "user": "U1"}
SAID |= {"ts": "1700000000.000100", "text": "The export fails"}
BOT = {"bot_id": "B0OTHER", "app_id": "A0OTHER"}
FORM = {"subtype": "bot_message", "user": None, "bot_id": "B9"}
WAS = {"user": "U1", "ts": "1700000000.000100", "text": "The exprot fails"}


def edit(seconds: int = 60, **fields: object) -> dict[str, Any]:
    edited = {"user": "U1", "ts": f"{1_700_000_000 + seconds}.000100"}
    message = WAS | {"text": "The export fails", "edited": edited} | fields
    return {"subtype": "message_changed", "hidden": True, "message": message, "previous_message": WAS}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, Reason.PERSON),
        ({"channel": "C2"}, Reason.PERSON),
        ({"channel_type": "group"}, Reason.PERSON),
        ({"user": "W1", "user_team": "T9", "source_team": "T9"}, Reason.PERSON),
        ({"subtype": "file_share", "files": [{"id": "F1"}]}, Reason.PERSON),
        ({"subtype": "me_message"}, Reason.PERSON),
        ({"thread_ts": "1700000000.000100"}, Reason.PERSON),
        ({"text": "I wrote <@U2> about it"}, Reason.PERSON),
        ({"text": "", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "It fails"}}]}, Reason.PERSON),
        ({"bot_id": "B0LISTED"}, Reason.LISTED_BOT),
        ({"bot_id": "B0OTHER", "app_id": "A0LISTED"}, Reason.LISTED_BOT),
        ({"bot_id": "B0OTHER", "bot_profile": {"app_id": "A0LISTED"}}, Reason.LISTED_BOT),
        (FORM | {"workflow_id": "Wf1"}, Reason.WORKFLOW),
        (BOT | {"bot_profile": {"is_workflow_bot": True}}, Reason.WORKFLOW),
        (edit(), Reason.EDITED),
        (edit(600), Reason.EDITED),
        ({"subtype": "message_deleted", "deleted_ts": WAS["ts"], "previous_message": WAS}, Reason.DELETED),
        (edit(subtype="tombstone", hidden=True), Reason.DELETED),
        ({"channel": "C3"}, Reason.ELSEWHERE),
        (edit() | {"channel": "C3"}, Reason.ELSEWHERE),
        (
            {"channel": "C3", "subtype": "message_deleted", "deleted_ts": WAS["ts"], "previous_message": WAS},
            Reason.LEFT_BEHIND,
        ),
        (edit(subtype="tombstone", hidden=True) | {"channel": "C3"}, Reason.LEFT_BEHIND),
        ({"channel": "D1"}, Reason.DIRECT),
        ({"channel_type": "im"}, Reason.DIRECT),
        ({"channel_type": "mpim"}, Reason.DIRECT),
        ({"user": "U0BOT"}, Reason.OWN),
        ({"bot_id": "B0BOT"}, Reason.OWN),
        (edit(bot_id="B0BOT"), Reason.OWN),
        ({"thread_ts": "1600000000.000100"}, Reason.REPLY),
        ({"subtype": "thread_broadcast", "thread_ts": "1600000000.000100"}, Reason.REPLY),
        (edit(thread_ts="1600000000.000100"), Reason.REPLY),
        ({"subtype": "channel_join"}, Reason.NOTICE),
        ({"subtype": "pinned_item"}, Reason.NOTICE),
        ({"subtype": "bot_add"}, Reason.NOTICE),
        ({"subtype": "something_new"}, Reason.NOTICE),
        ({"hidden": True}, Reason.HIDDEN),
        ({"text": "<@U0BOT> tldr"}, Reason.REQUEST),
        ({"text": "could <@U0BOT|precis> do it?"}, Reason.REQUEST),
        (BOT, Reason.UNLISTED_BOT),
        (FORM, Reason.UNLISTED_BOT),
        ({"text": " "}, Reason.EMPTY),
        ({"text": "", "subtype": "file_share", "files": [{"id": "F1", "name": "a.png"}]}, Reason.EMPTY),
        ({"user": None}, Reason.NAMELESS),
        ({"ts": ""}, Reason.NAMELESS),
        (edit(text=WAS["text"]), Reason.LOOKS),
        (edit(edited=None), Reason.LOOKS),
        (edit(601), Reason.LATE),
        (edit(edited={"user": "U2", "ts": "1700000060.000100"}), Reason.FOREIGN_EDIT),
    ],
)
def test_it_says_what_becomes_of_a_message(fields: dict[str, Any], reason: Reason) -> None:
    assert verdict(SAID | fields, SETTINGS, US) is reason


STATED: dict[Reason, str] = {
    Reason.LOOKS: """
        events_assistant__channel_message_changed_event_body:0
    """,
    Reason.REPLY: """
        events_assistant__channel_user_message_event_body:0 message_thread_broadcast__event_payload:0
        event_MessageThreadBroadcast:0 modals__slack:3 modals__slack:6 slack:1 streaming__slack:1
        streaming__slack:5
    """,
    Reason.DIRECT: """
        events_assistant__message_changed_event_body:0 events_assistant__user_message_event_body:0
        events_assistant__user_message_event_body_with_action_token:0
        events_assistant__user_message_event_body_with_assistant_thread:0
        payload_utils__bot_im_thread_message_body:0 payload_utils__file_share_im_message_body:0
        slackevents_parsers__05:0 slackevents_parsers__06:0 slackevents_parsers__08:0 dm__slack-direct:0
        dm__slack-direct:1
    """,
    Reason.EDITED: """
        message_changed__event_payload:0
    """,
    Reason.PERSON: """
        message_file_share__event_payload:0 mock_socket_mode_server__socketmode_04:0
        slackevents_parsers__07:0 slackevents_parsers__09:0
    """,
    Reason.NAMELESS: """
        event_Message:0 event_MessageBot:0 event_MessageDeleted:0 event_MessageFileShare:0 event_MessageMe:0
        mock_web_api_handler__json_02:0 pins__00:0 reactions__00:0 reactions__03:0
    """,
    Reason.NOTICE: """
        event_MessageChanged:0 event_MessageChannelArchive:0 event_MessageChannelJoin:0
        event_MessageChannelPostingPermissions:0 event_MessageChannelTopic:0 event_MessageEkmAccessDenied:0
        event_MessageReplied:0
    """,
    Reason.REQUEST: """
        channel-mention__slack:0 slack:0 streaming__slack:0
    """,
    Reason.OWN: """
        streaming__slack:3
    """,
}
EXPECTED = {name: reason for reason, names in STATED.items() for name in names.split()}
"""The reason for each message event of the real payloads, by file and place in it."""


def test_it_has_a_reason_for_every_real_payload(data: Path) -> None:
    reasons = {}
    for path in sorted((data / "slack-payloads").rglob("*.json")):
        for number, body in enumerate(bodies(json.loads(path.read_text()))):
            if (body.get("event") or {}).get("type") == "message":
                reasons[f"{path.stem}:{number}"] = judged(body)

    for name, reason in reasons.items():
        print(f"{name:68} {reason}")  # noqa: T201
    wrong = {name: reason for name, reason in reasons.items() if reason is not EXPECTED.get(name)}
    assert wrong == {}
    assert len(reasons) == len(EXPECTED)


def judged(body: dict[str, Any]) -> Reason:
    """The verdict of a workspace in which the payload's channel is a support channel and its bot is Precis."""
    bot = next((each["user_id"] for each in body.get("authorizations") or [] if each.get("user_id")), US.bot_user)
    channel = str(body["event"].get("channel") or "")
    settings = Settings.model_construct(triage_channels=(channel,))
    return verdict(body["event"], settings, replace(US, bot_user=bot))
