"""Which bot scope each Web API method and each event needs, by kind of conversation."""

from collections.abc import Collection, Mapping

from bot.sandbox.errors import SlackError

_READ = {"public": "channels:read", "private": "groups:read", "im": "im:read", "mpim": "mpim:read"}
_HISTORY = {"public": "channels:history", "private": "groups:history", "im": "im:history", "mpim": "mpim:history"}
_OPEN = {"im": "im:write", "mpim": "mpim:write"}
_WRITE, _REACT = {"*": "chat:write"}, {"*": "reactions:write"}

METHODS: Mapping[str, Mapping[str, str]] = {
    "conversations.info": _READ,
    "conversations.members": _READ,
    "conversations.list": _READ,
    "users.conversations": _READ,
    "conversations.history": _HISTORY,
    "conversations.replies": _HISTORY,
    "conversations.open": _OPEN,
    "users.info": {"*": "users:read"},
    "users.list": {"*": "users:read"},
    "chat.postMessage": _WRITE,
    "chat.postEphemeral": _WRITE,
    "chat.update": _WRITE,
    "chat.delete": _WRITE,
    "reactions.add": _REACT,
    "reactions.remove": _REACT,
}
EVENTS: Mapping[str, Mapping[str, str]] = {
    "message": _HISTORY,
    "app_home_opened": {},
    "app_mention": {"*": "app_mentions:read"},
    "reaction_added": {"*": "reactions:read"},
    "reaction_removed": {"*": "reactions:read"},
    "member_joined_channel": _READ,
    "member_left_channel": _READ,
    "app_uninstalled": {},
    "tokens_revoked": {},
}


class Grants:
    """The scopes the app was installed with; None stands for all but `chat:write.public`, which must be named."""

    def __init__(self, scopes: Collection[str] | None) -> None:
        every = {scope for table in (METHODS, EVENTS) for row in table.values() for scope in row.values()}
        self.held = frozenset(every | {"commands", "users:read.email"} if scopes is None else scopes)

    def __contains__(self, scope: str) -> bool:
        return scope in self.held

    def call(self, method: str, kind: str | None = None) -> None:
        """Refuse a call whose scope is missing; without a kind, one scope of the method's set is enough."""
        row = METHODS.get(method)
        if row is None:
            return
        needed = [row[kind]] if kind and kind in row else list(dict.fromkeys(row.values()))
        if not self.held.intersection(needed):
            raise SlackError("missing_scope", needed=",".join(needed), provided=",".join(sorted(self.held)))

    def event(self, name: str, kind: str) -> bool:
        row = EVENTS.get(name, {})
        return not row or row.get(kind, row.get("*")) in self.held
