"""The payloads of commands, shortcuts, buttons and modals, field for field as Slack sends them."""

from typing import Any

from bot.sandbox.channels import Channel, Message
from bot.sandbox.events import VERIFICATION_TOKEN
from bot.sandbox.users import User
from bot.sandbox.workspace import Workspace

_NAMES = {"private": "privategroup", "im": "directmessage"}


def command(workspace: Workspace, user: User, channel: Channel, command: str, text: str) -> dict[str, Any]:
    """A slash command; it never says which thread it was typed in, because it cannot be typed in one."""
    place = {"team_id": workspace.team_id, "team_domain": workspace.domain}
    place |= {"channel_id": channel.id, "channel_name": shown_name(channel)}
    who = {"user_id": user.id, "user_name": user.name}
    said = {"command": command, "text": text, "api_app_id": workspace.app_id, "is_enterprise_install": "false"}
    return {"token": VERIFICATION_TOKEN, **place, **who, **said}


def shortcut(workspace: Workspace, user: User, channel: Channel, callback_id: str, message: Message) -> dict[str, Any]:
    about = {"callback_id": callback_id, "message_ts": message["ts"], "action_ts": workspace.now()}
    place = {"id": channel.id, "name": shown_name(channel)}
    return {"type": "message_action", **_common(workspace, user), **about, "channel": place, "message": message}


def pressed(
    workspace: Workspace, user: User, channel: Channel, message: Message, action: dict[str, Any]
) -> dict[str, Any]:
    """A block action on a message; of an ephemeral one Slack sends the place but not the message."""
    hidden = bool(message.get("is_ephemeral"))
    container = {"type": "message", "message_ts": message["ts"], "channel_id": channel.id, "is_ephemeral": hidden}
    if "thread_ts" in message:
        container["thread_ts"] = message["thread_ts"]
    payload = {"type": "block_actions", **_common(workspace, user), "container": container}
    payload |= {"channel": {"id": channel.id, "name": shown_name(channel)}, "state": {"values": {}}}
    payload["actions"] = [action | {"action_ts": workspace.now()}]
    return payload if hidden else payload | {"message": message}


def pressed_in_view(workspace: Workspace, user: User, view: dict[str, Any], action: dict[str, Any]) -> dict[str, Any]:
    container = {"type": "view", "view_id": view["id"]}
    payload = {"type": "block_actions", **_common(workspace, user), "container": container, "view": view}
    return payload | {"actions": [action | {"action_ts": workspace.now()}]}


def submitted(workspace: Workspace, user: User, view: dict[str, Any]) -> dict[str, Any]:
    return {"type": "view_submission", **_common(workspace, user), "view": view, "response_urls": []}


def closed(workspace: Workspace, user: User, view: dict[str, Any]) -> dict[str, Any]:
    return {"type": "view_closed", **_common(workspace, user), "view": view, "is_cleared": False}


def shown_name(channel: Channel) -> str:
    """How payloads call a channel: private ones are not named."""
    return _NAMES.get(channel.kind, channel.name)


def _common(workspace: Workspace, user: User) -> dict[str, Any]:
    return {
        "token": VERIFICATION_TOKEN,
        "api_app_id": workspace.app_id,
        "team": {"id": workspace.team_id, "domain": workspace.domain},
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "enterprise": None,
        "is_enterprise_install": False,
    }
