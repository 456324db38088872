"""Events API bodies, and the rule for who gets them: the app must be subscribed, be a member, and hold the scope."""

import secrets
import uuid
from collections.abc import Callable, Collection, Sequence
from typing import Any

from bot.sandbox import markup
from bot.sandbox.channels import CHANNEL_TYPES, Channel, Message
from bot.sandbox.scopes import Grants
from bot.sandbox.workspace import Workspace

VERIFICATION_TOKEN = "sandbox-verification-token"
_CHANNEL_LETTERS = {"public": "C", "private": "G", "im": "D", "mpim": "G"}
_MESSAGE_EVENTS = {
    "public": "message.channels",
    "private": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}


class Events:
    def __init__(
        self,
        workspace: Workspace,
        grants: Grants,
        subscribed: Collection[str] | None,
        send: Callable[[dict[str, Any]], None],
    ) -> None:
        self._workspace, self._grants, self._send = workspace, grants, send
        self._subscribed = None if subscribed is None else frozenset(subscribed)

    def message(self, channel: Channel, message: Message) -> None:
        """A new message; where it mentions the bot outside a DM, a second event says so."""
        event = _public(message) | self._connect(message) | {"channel": channel.id, "event_ts": message["ts"]}
        self._emit(event | {"channel_type": CHANNEL_TYPES[channel.kind]}, channel)
        human = message.get("user") != self._workspace.bot_user_id
        if channel.kind != "im" and human and markup.mentions(message.get("text", ""), self._workspace.bot_user_id):
            self._emit(event | {"type": "app_mention"}, channel)

    def changed(self, channel: Channel, message: Message, previous: Message) -> None:
        event = {"message": _public(message), "previous_message": _public(previous)}
        self._alteration("message_changed", event, channel)

    def deleted(self, channel: Channel, previous: Message) -> None:
        event = {"previous_message": _public(previous), "deleted_ts": previous["ts"]}
        self._alteration("message_deleted", event, channel)

    def joined(self, channel: Channel, user: str, inviter: str) -> None:
        event = {"type": "member_joined_channel", "user": user, "channel": channel.id, "inviter": inviter}
        event |= {"channel_type": _CHANNEL_LETTERS[channel.kind], "team": self._workspace.team_id}
        self._emit(event | {"event_ts": self._workspace.now()}, channel)

    def reaction(self, channel: Channel, message: Message, user: str, name: str, *, added: bool) -> None:
        item = {"type": "message", "channel": channel.id, "ts": message["ts"]}
        event = {
            "type": "reaction_added" if added else "reaction_removed",
            "user": user,
            "reaction": name,
            "item": item,
        }
        event |= {"item_user": message["user"]} if "user" in message else {}
        self._emit(event | {"event_ts": self._workspace.now()}, channel)

    def home(self, user: str, tab: str, view: dict[str, Any] | None) -> None:
        channel = self._workspace.dm(user)
        event: dict[str, Any] = {"type": "app_home_opened", "user": user, "channel": channel.id, "tab": tab}
        event |= {"view": view} if view and tab == "home" else {}
        self._emit(event | {"event_ts": self._workspace.now()}, channel)

    def uninstalled(self) -> None:
        self._tell({"type": "app_uninstalled"})

    def revoked(self, *, users: Sequence[str] = (), bots: Sequence[str] = ()) -> None:
        """Tokens that hold no longer, by whom they stood for."""
        self._tell({"type": "tokens_revoked", "tokens": {"oauth": list(users), "bot": list(bots)}})

    def _alteration(self, subtype: str, parts: dict[str, Any], channel: Channel) -> None:
        now = self._workspace.now()
        event = {"type": "message", "subtype": subtype, **parts, "channel": channel.id, "hidden": True}
        self._emit(event | {"ts": now, "event_ts": now, "channel_type": CHANNEL_TYPES[channel.kind]}, channel)

    def _connect(self, message: Message) -> dict[str, Any]:
        """What Slack adds where the author is from another organisation."""
        author = self._workspace.users.get(message.get("user", ""))
        if author is None or not author.is_stranger:
            return {}
        return {"user_team": author.team_id, "source_team": author.team_id, "user_profile": {"name": author.name}}

    def _emit(self, event: dict[str, Any], channel: Channel) -> None:
        kind = event["type"]
        subscription = _MESSAGE_EVENTS[channel.kind] if kind == "message" else kind
        wanted = self._subscribed is None or subscription in self._subscribed
        if wanted and self._workspace.bot_user_id in channel.members and self._grants.event(kind, channel.kind):
            self._send(self._body(event, channel))

    def _tell(self, event: dict[str, Any]) -> None:
        """Send what concerns the app itself and no channel."""
        if self._subscribed is None or event["type"] in self._subscribed:
            self._send(self._body(event))

    def _body(self, event: dict[str, Any], channel: Channel | None = None) -> dict[str, Any]:
        workspace = self._workspace
        installed: dict[str, Any] = {
            "enterprise_id": None,
            "team_id": workspace.team_id,
            "user_id": workspace.bot_user_id,
        }
        body: dict[str, Any] = {
            "token": VERIFICATION_TOKEN,
            "team_id": workspace.team_id,
            "api_app_id": workspace.app_id,
        }
        body |= {"context_team_id": workspace.team_id, "context_enterprise_id": None}
        body |= {"event": event, "type": "event_callback", "event_id": "Ev0" + secrets.token_hex(5).upper()}
        body |= {"event_time": int(workspace.clock()), "event_context": f"4-{uuid.uuid4().hex}"}
        body["authorizations"] = [installed | {"is_bot": True, "is_enterprise_install": False}]
        return body | {"is_ext_shared_channel": channel is not None and channel.shared}


def _public(message: Message) -> Message:
    """A message without its metadata, which Slack sends only to those who ask for it."""
    return {key: value for key, value in message.items() if key != "metadata"}
