"""The Slack side of the sandbox in one place: state, permissions, and the way to the app."""

import re
from dataclasses import dataclass
from typing import Any

from bot.sandbox import stamps
from bot.sandbox.args import Args
from bot.sandbox.channels import Channel, Message
from bot.sandbox.delivery import Delivery
from bot.sandbox.errors import SlackError
from bot.sandbox.events import Events
from bot.sandbox.modals import Views
from bot.sandbox.responses import ResponseUrls
from bot.sandbox.scopes import Grants
from bot.sandbox.socket import Sockets
from bot.sandbox.triggers import Triggers
from bot.sandbox.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Platform:
    workspace: Workspace
    grants: Grants
    delivery: Delivery
    events: Events
    sockets: Sockets
    triggers: Triggers
    views: Views
    urls: ResponseUrls
    escaped: frozenset[str]
    url: str

    @property
    def bot(self) -> str:
        return self.workspace.bot_user_id

    def conversation(self, args: Args, method: str, *, member: bool = False) -> Channel:
        """The conversation a call names, if the app may know of it, and may use this method on its kind."""
        channel = self.workspace.channels.get(args.needed("channel"))
        if channel is None or not self.visible(channel):
            raise SlackError("channel_not_found")
        self.grants.call(method, channel.kind)
        if member and self.bot not in channel.members:
            raise SlackError("not_in_channel")
        return channel

    def direct(self, person: str) -> Channel | None:
        """The app's conversation with a person, whose own id stands for it where the app posts."""
        user = self.workspace.users.get(person)
        return self.workspace.dm(person) if user and person != self.bot and not user.deleted else None

    def visible(self, channel: Channel) -> bool:
        return channel.kind == "public" or self.bot in channel.members

    def own(self, channel: Channel, args: Args, refusal: str) -> Message:
        """The app's own message that a call wants to alter."""
        message = channel.messages.get(args.needed("ts"))
        if message is None or message.get("subtype") == "tombstone":
            raise SlackError("message_not_found")
        if message.get("user") != self.bot:
            raise SlackError(refusal)
        return message

    def permalink(self, channel: Channel, ts: str) -> str:
        root = channel.root(ts)
        query = f"?thread_ts={root}&cid={channel.id}" if root != ts else ""
        return f"{self.url}archives/{channel.id}/{stamps.compact(ts)}{query}"

    def publish(self, channel: Channel, message: Message) -> Message:
        """Put a new message into the channel and tell those who listen."""
        channel.put(message)
        shown = channel.shown(message["ts"])
        self.events.message(channel, shown)
        return shown

    def alter(self, channel: Channel, ts: str, message: Message) -> Message:
        """Replace a message's content and tell those who listen."""
        previous = channel.shown(ts)
        channel.put(message)
        shown = channel.shown(ts)
        self.events.changed(channel, shown, previous)
        return shown

    def remove(self, channel: Channel, ts: str) -> None:
        previous = channel.remove(ts)
        if ts in channel.messages:
            self.events.changed(channel, channel.shown(ts), previous)
        else:
            self.events.deleted(channel, previous)

    def react(self, channel: Channel, ts: str, user: str, name: str, *, add: bool) -> None:
        """Add or take back a reaction; refuses doubles, and what was never there."""
        if not re.fullmatch(r"[a-z0-9_'+-]+(::skin-tone-[2-6])?", name):
            raise SlackError("invalid_name")
        if ts not in channel.messages:
            raise SlackError("message_not_found")
        message = channel.messages[ts]
        people = {one["name"]: list(one["users"]) for one in message.get("reactions", ())}
        if add == (user in people.get(name, ())):
            raise SlackError("already_reacted" if add else "no_reaction")
        people[name] = [*people.get(name, ()), user] if add else [one for one in people[name] if one != user]
        reactions: list[dict[str, Any]] = [
            {"name": one, "users": users, "count": len(users)} for one, users in people.items() if users
        ]
        channel.put(message | {"reactions": reactions})
        self.events.reaction(channel, message, user, name, added=add)
