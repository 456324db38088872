"""A conversation and its messages, indexed by timestamp and by thread so that no read scans the whole history."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.sandbox import stamps

Kind = Literal["public", "private", "im", "mpim"]
Message = dict[str, Any]

CHANNEL_TYPES = {"public": "channel", "private": "group", "im": "im", "mpim": "mpim"}
JOINING = frozenset(
    f"{kind}_{what}" for kind in ("channel", "group") for what in ("join", "leave", "topic", "purpose", "name")
)


@dataclass(slots=True)
class Channel:
    id: str
    name: str
    kind: Kind = "public"
    created: int = 0
    creator: str = ""
    topic: str = ""
    purpose: str = ""
    archived: bool = False
    shared: bool = False
    members: dict[str, None] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    top: list[str] = field(default_factory=list)
    threads: dict[str, list[str]] = field(default_factory=dict)
    whispers: dict[str, dict[str, Message]] = field(default_factory=dict)
    """Ephemeral messages: by reader, then by timestamp."""

    def put(self, message: Message) -> None:
        """Add a message; a reply goes to its thread, and to the channel as well when it was broadcast."""
        ts, root = message["ts"], message.get("thread_ts")
        known = ts in self.messages
        self.messages[ts] = message
        if known:
            return
        if root and root != ts:
            _insert(self.threads.setdefault(root, []), ts)
        if not root or root == ts or message.get("subtype") == "thread_broadcast":
            _insert(self.top, ts)

    def remove(self, ts: str) -> Message:
        """Take a message out; a root that still has replies leaves a tombstone in its place."""
        gone = self.shown(ts)
        if self.threads.get(ts):
            self.messages[ts] = tombstone(ts, self.messages[ts].get("team"))
            return gone
        root = self.messages.pop(ts).get("thread_ts")
        for index in (self.top, self.threads.get(root or "", [])):
            if ts in index[(at := bisect_left(index, stamps.micros(ts), key=stamps.micros)) : at + 1]:
                del index[at]
        return gone

    def root(self, ts: str) -> str:
        """The timestamp of the thread a message belongs to: its own where it is no reply."""
        return str(self.messages[ts].get("thread_ts") or ts)

    def shown(self, ts: str) -> Message:
        """The message as Slack shows it now: a root counts its replies, a reply names whom it answers."""
        message = dict(self.messages[ts])
        replies, root = self.threads.get(ts), message.get("thread_ts")
        if replies:
            writers = list(dict.fromkeys(_writer(self.messages[one]) for one in replies))
            message |= {"thread_ts": ts, "reply_count": len(replies), "reply_users_count": len(writers)}
            message |= {
                "latest_reply": replies[-1],
                "reply_users": writers[:5],
                "is_locked": False,
                "subscribed": False,
            }
        elif root and root != ts and root in self.messages and "user" in self.messages[root]:
            message["parent_user_id"] = self.messages[root]["user"]
        return message

    def thread(self, root: str) -> list[str]:
        """The timestamps of a thread, root first."""
        return [root, *self.threads.get(root, [])]

    def whisper(self, user: str, message: Message) -> None:
        self.whispers.setdefault(user, {})[message["ts"]] = message

    def shown_top(self) -> Iterator[Message]:
        return (self.shown(ts) for ts in self.top)

    def json(self, bot: str) -> dict[str, Any]:
        """The conversation object of `conversations.info`; `bot` is the member whose view it is."""
        shown: dict[str, Any] = {"id": self.id, "created": self.created, "is_archived": self.archived}
        if self.kind == "im":
            others = [member for member in self.members if member != bot]
            return shown | {"is_im": True, "is_org_shared": False, "user": others[0] if others else bot}
        shown |= {"name": self.name, "name_normalized": self.name, "creator": self.creator, "unlinked": 0}
        shown |= {"is_channel": self.kind == "public", "is_group": self.kind != "public", "is_im": False}
        shown |= {"is_mpim": self.kind == "mpim", "is_private": self.kind != "public", "is_general": False}
        shown |= {"is_member": bot in self.members, "is_shared": self.shared, "is_ext_shared": self.shared}
        shown |= {"is_org_shared": False, "is_pending_ext_shared": False, "pending_shared": [], "previous_names": []}
        shown["topic"] = {"value": self.topic, "creator": self.creator, "last_set": self.created}
        return shown | {"purpose": {"value": self.purpose, "creator": self.creator, "last_set": self.created}}


def tombstone(ts: str, team: str | None = None) -> Message:
    """What stands where a thread's first message was deleted."""
    shown: Message = {
        "type": "message",
        "subtype": "tombstone",
        "text": "This message was deleted.",
        "user": "USLACKBOT",
    }
    shown |= {"hidden": True, "ts": ts, "thread_ts": ts}
    return shown | ({"team": team} if team else {})


def _writer(message: Message) -> str:
    return str(message.get("user") or message.get("bot_id") or "")


def _insert(index: list[str], ts: str) -> None:
    if not index or stamps.micros(index[-1]) < stamps.micros(ts):
        index.append(ts)
    else:
        insort(index, ts, key=stamps.micros)
