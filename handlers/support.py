"""Which messages are support messages: those that are sorted, and for every other the reason why it is not."""

from enum import StrEnum
from typing import Any

from bot.settings import Settings
from handlers.history import written
from handlers.mrkdwn import mentioned
from handlers.services import Workspace

SAID = (None, "file_share", "me_message", "bot_message")
"""The subtypes of a new message; a `thread_broadcast` is a reply, and all others are Slack's own notices."""

DIRECT = ("im", "mpim", "app_home")
EDITABLE = 600.0
"""Seconds in which the author's edit has a message sorted again."""


class Reason(StrEnum):
    """What becomes of a message event, in plain words."""

    PERSON = "sorted: a person wrote it"
    WORKFLOW = "sorted: a workflow posted it"
    LISTED_BOT = "sorted: a bot on the list posted it"
    EDITED = "sorted again: its author has edited it"
    DELETED = "its card goes: it was deleted"
    LEFT_BEHIND = "its card goes, if it has one: it was deleted, where no support channel is any more"

    DIRECT = "ignored: a direct conversation is no support channel"
    ELSEWHERE = "ignored: the channel is not one of the support channels"
    OWN = "ignored: Precis wrote it"
    LOOKS = "ignored: the words are the same, only their look has changed"
    LATE = "ignored: the edit came more than ten minutes after the message"
    FOREIGN_EDIT = "ignored: somebody else than the author edited it"
    NOTICE = "ignored: a notice of Slack's"
    HIDDEN = "ignored: Slack hides it"
    REPLY = "ignored: a reply in a thread"
    REQUEST = "ignored: it mentions Precis, so it is a request"
    UNLISTED_BOT = "ignored: a bot that is not on the list posted it"
    EMPTY = "ignored: it has no words"
    NAMELESS = "ignored: it says neither who wrote it nor when"


NEW = frozenset({Reason.PERSON, Reason.WORKFLOW, Reason.LISTED_BOT})
SORTED = NEW | {Reason.EDITED, Reason.DELETED}


def verdict(event: dict[str, Any], settings: Settings, workspace: Workspace) -> Reason:
    """What becomes of a `message` event. Whether an unlisted bot is a workflow Slack tells elsewhere, if at all."""
    channel = str(event.get("channel") or "")
    if event.get("channel_type") in DIRECT or channel.startswith("D"):
        return Reason.DIRECT
    change = altered(event, workspace)
    if listened(channel, settings):
        return change or said(event, settings, workspace)
    return Reason.LEFT_BEHIND if change is Reason.DELETED else Reason.ELSEWHERE


def listened(channel: str, settings: Settings) -> bool:
    """Whether it is a support channel."""
    return channel in (*settings.triage_channels, *settings.quiet_channels)


def altered(event: dict[str, Any], workspace: Workspace) -> Reason | None:
    """What becomes of an edit or a deletion; None for a new message."""
    previous = event.get("previous_message") or {}
    if event.get("subtype") == "message_changed":
        return changed(event.get("message") or {}, previous, workspace)
    if event.get("subtype") == "message_deleted":
        return deleted(previous, event.get("deleted_ts"), workspace)
    return None


def said(event: dict[str, Any], settings: Settings, workspace: Workspace) -> Reason:
    """What becomes of a new message in a support channel."""
    if is_own(event, workspace):
        return Reason.OWN
    if event.get("subtype") == "thread_broadcast" or is_reply(event):
        return Reason.REPLY
    if event.get("subtype") not in SAID:
        return Reason.NOTICE
    if event.get("hidden"):
        return Reason.HIDDEN
    if not event.get("ts") or not author(event):
        return Reason.NAMELESS
    words = written({**event, "files": []})
    if workspace.bot_user in mentioned(words):
        return Reason.REQUEST
    return Reason.EMPTY if not words.strip() else writer(event, settings)


def writer(event: dict[str, Any], settings: Settings) -> Reason:
    """Whether whoever wrote a message is listened to."""
    profile = event.get("bot_profile") or {}
    names = {event.get("bot_id"), event.get("app_id"), profile.get("app_id")}
    if names.intersection(settings.triage_bots):
        return Reason.LISTED_BOT
    if event.get("workflow_id") or profile.get("is_workflow_bot"):
        return Reason.WORKFLOW
    return Reason.UNLISTED_BOT if is_bot(event) else Reason.PERSON


def changed(message: dict[str, Any], previous: dict[str, Any], workspace: Workspace) -> Reason:
    """What becomes of a `message_changed`: an edit, a link that unfolds, or the deletion of a thread's root."""
    if is_own(message, workspace):
        return Reason.OWN
    if message.get("subtype") == "tombstone":
        return deleted(previous, written_at(message, previous), workspace)
    edit = message.get("edited") or {}
    if message.get("subtype") not in SAID or is_reply(message):
        return Reason.REPLY if is_reply(message) else Reason.NOTICE
    if not edit.get("ts") or message.get("text") == previous.get("text"):
        return Reason.LOOKS
    if edit.get("user") != message.get("user"):
        return Reason.FOREIGN_EDIT
    ts = written_at(message, previous)
    if not ts:
        return Reason.NAMELESS
    return Reason.EDITED if float(edit["ts"]) - float(ts) <= EDITABLE else Reason.LATE


def deleted(previous: dict[str, Any], ts: str | None, workspace: Workspace) -> Reason:
    if is_own(previous, workspace):
        return Reason.OWN
    if is_reply(previous):
        return Reason.REPLY
    return Reason.DELETED if ts else Reason.NAMELESS


def written_at(message: dict[str, Any], previous: dict[str, Any]) -> str:
    """The ts of a message that was changed."""
    return str(message.get("ts") or previous.get("ts") or "")


def is_own(message: dict[str, Any], workspace: Workspace) -> bool:
    return workspace.bot_id == message.get("bot_id") or workspace.bot_user == message.get("user")


def is_reply(message: dict[str, Any]) -> bool:
    return bool(message.get("thread_ts")) and message["thread_ts"] != message.get("ts")


def is_bot(message: dict[str, Any]) -> bool:
    return bool(message.get("bot_id") or message.get("subtype") == "bot_message")


def author(message: dict[str, Any]) -> str:
    """Who wrote a message: the id of a person, else of a bot."""
    return str(message.get("user") or message.get("bot_id") or message.get("username") or "")
