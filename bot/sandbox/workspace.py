"""A Slack workspace in memory: users, conversations, messages, and the app that is installed in it."""

import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self

from bot.sandbox import export, markup, stamps
from bot.sandbox.channels import JOINING, Channel, Kind, Message
from bot.sandbox.errors import SlackError
from bot.sandbox.users import User


class Workspace:
    """Everything Slack would remember. What is put in directly, as a setting of the scene, causes no events."""

    def __init__(self, team_id: str, name: str, *, bot_name: str = "precis") -> None:
        self.team_id, self.name = team_id, name
        self.domain = "".join(letter for letter in name.lower() if letter.isalnum()) or "sandbox"
        self.bot_user_id, self.bot_id, self.app_id = "U0SANDBOXBOT", "B0SANDBOXBOT", "A0SANDBOXAPP"
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.clock: Callable[[], float] = time.time
        self._latest = 0
        self._made = 0
        self.add_user(self.bot_user_id, bot_name, is_bot=True)

    @classmethod
    def blank(cls, team: str = "T0SANDBOX", name: str = "Sandbox", *, bot_name: str = "precis") -> Self:
        return cls(team, name, bot_name=bot_name)

    @classmethod
    def from_export(cls, path: str | Path, *, bot_name: str = "precis") -> Self:
        """The workspace an administrator exported: the unpacked folder with `users.json` and `channels.json`."""
        found = export.read(Path(path))
        workspace = cls(found.team_id, found.name, bot_name=bot_name)
        workspace.users.update({user.id: user for user in found.users})
        workspace.channels.update({channel.id: channel for channel in found.channels})
        return workspace

    @property
    def bot(self) -> User:
        return self.users[self.bot_user_id]

    def add_user(self, id: str, name: str, *, team_id: str | None = None, **fields: Any) -> User:
        """A person or bot; `fields` are those of `User` (tz, is_admin, is_restricted, is_stranger, deleted, ...)."""
        home = team_id or ("T0ELSEWHERE" if fields.get("is_stranger") else self.team_id)
        self.users[id] = User(id, name, home, **fields)
        return self.users[id]

    def add_channel(
        self,
        id: str,
        name: str = "",
        *,
        private: bool = False,
        im: bool = False,
        mpim: bool = False,
        shared: bool = False,
        archived: bool = False,
        creator: str = "",
        members: Iterable[str] = (),
    ) -> Channel:
        kind: Kind = "im" if im else "mpim" if mpim else "private" if private else "public"
        channel = Channel(id, name, kind, int(self.clock()), creator, archived=archived, shared=shared)
        channel.members.update(dict.fromkeys(members))
        self.channels[id] = channel
        return channel

    def join(self, user: str, channel: str) -> None:
        self.channels[channel].members[user] = None

    def leave(self, user: str, channel: str) -> None:
        self.channels[channel].members.pop(user, None)

    def post(
        self, user: str, channel: str, text: str, thread_ts: str | None = None, ts: str | None = None, **fields: Any
    ) -> str:
        """Put a message in place and return its timestamp; a `thread_ts` must be that of an existing message."""
        message = self.author(user) | {"type": "message", "text": text, "ts": ts or self.now()} | fields
        if thread_ts:
            message["thread_ts"] = self.root(channel, thread_ts)
        self.channels[channel].put(message)
        return str(message["ts"])

    def root(self, channel: str, thread_ts: str) -> str:
        """The first message of the thread that `thread_ts` is in; system messages cannot have one."""
        room = self.channels[channel]
        if thread_ts not in room.messages:
            raise SlackError("thread_not_found")
        if room.messages[thread_ts].get("subtype") in JOINING:
            raise SlackError("cannot_reply_to_message")
        return room.root(thread_ts)

    def thread(self, channel: str, ts: str) -> list[Message]:
        """A thread as anybody in the channel sees it, first message first."""
        room = self.channels[channel]
        return [room.shown(one) for one in room.thread(room.root(ts))]

    def history(self, channel: str) -> list[Message]:
        """The channel without its replies, oldest first."""
        return list(self.channels[channel].shown_top())

    def author(self, user: str) -> Message:
        """The fields that say who wrote a message: the app's own carry its identity, a person's a client id."""
        if user != self.bot_user_id:
            home = self.users[user].team_id if user in self.users else self.team_id
            return {"user": user, "team": home, "client_msg_id": str(uuid.uuid4())}
        profile = {"id": self.bot_id, "app_id": self.app_id, "user_id": user, "name": self.bot.name, "deleted": False}
        profile |= {"icons": {}, "updated": 0, "team_id": self.team_id}
        return {
            "user": user,
            "bot_id": self.bot_id,
            "app_id": self.app_id,
            "team": self.team_id,
            "bot_profile": profile,
        }

    def dm(self, *people: str) -> Channel:
        """The direct conversation between the app and these people, opened where there is none yet."""
        wanted = {self.bot_user_id, *people}
        direct: Kind = "im" if len(people) == 1 else "mpim"
        for channel in self.channels.values():
            if channel.kind == direct and channel.members.keys() == wanted:
                return channel
        name = "" if direct == "im" else "mpdm-" + "--".join(self.users[one].name for one in sorted(wanted)) + "-1"
        prefix = "D" if direct == "im" else "G"
        return self.add_channel(
            self.new_id(prefix), name, im=direct == "im", mpim=direct == "mpim", members=sorted(wanted)
        )

    def sees(self, user: str, channel: Channel) -> bool:
        """Whether Slack would show this conversation to this user: members, and full members where it is public."""
        if user in channel.members:
            return True
        return channel.kind == "public" and user in self.users and not self.users[user].is_guest

    def now(self) -> str:
        """A timestamp no other message has, however coarse the clock."""
        self._latest = max(int(self.clock() * 1_000_000), self._latest + 1)
        return stamps.stamp(self._latest)

    def new_id(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}0SANDBOX{self._made:05d}"

    def named(self, name: str) -> Channel | None:
        return next((one for one in self.channels.values() if one.name == name.lstrip("#") and one.name), None)

    def escape(self, text: str) -> str:
        """A command's text with its mentions and links as ids and `<url>`."""
        people = {user.name: user.id for user in self.users.values()} if "@" in text else {}

        def user(name: str) -> str | None:
            return f"@{people[name]}" if name in people else None

        def channel(name: str) -> str | None:
            found = self.named(name)
            return f"#{found.id}|{'' if found.kind != 'public' else found.name}" if found else None

        return markup.escaped(text, user, channel)
