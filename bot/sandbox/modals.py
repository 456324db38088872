"""The views Slack holds for an app: open modals, stacked up to three deep, and each person's Home tab."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.errors import SlackError
from bot.sandbox.workspace import Workspace

DEEPEST = 3
_KEPT = (
    "type",
    "title",
    "blocks",
    "private_metadata",
    "callback_id",
    "clear_on_close",
    "notify_on_close",
    "close",
    "submit",
)


@dataclass(slots=True)
class View:
    id: str
    user: str
    root_id: str
    previous_id: str | None
    body: dict[str, Any]
    hash: str = ""
    values: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def external_id(self) -> str:
        return str(self.body.get("external_id") or "")


class Views:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._by_id: dict[str, View] = {}
        self._by_external: dict[str, View] = {}
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}

    def open(self, user: str, body: dict[str, Any]) -> View:
        """Show a new modal; one that was open for this person gives way to it."""
        self._free(body, None)
        self.clear(user)
        return self._push(user, body)

    def push(self, user: str, body: dict[str, Any]) -> View:
        stack = self._stacks.get(user) or []
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= DEEPEST:
            raise SlackError("push_limit_reached")
        self._free(body, None)
        return self._push(user, body)

    def update(self, view: View, body: dict[str, Any], hash: str | None = None) -> View:
        if hash and hash != view.hash:
            raise SlackError("hash_conflict")
        self._free(body, view)
        self._by_external.pop(view.external_id, None)
        view.body, view.hash = body, self._hash()
        self._index(view)
        return view

    def publish(self, user: str, body: dict[str, Any], hash: str | None = None) -> View:
        """Set what a person finds in the app's Home tab."""
        home = self._homes.get(user)
        if home:
            return self.update(home, body, hash)
        self._free(body, None)
        self._homes[user] = home = self._new(user, body, None)
        return home

    def find(self, key: str, *, external: bool = False) -> View:
        """By id or by the app's own id; a modal that was closed is not found."""
        view = (self._by_external if external else self._by_id).get(key)
        if view is None:
            raise SlackError("not_found")
        return view

    def top(self, user: str) -> View | None:
        stack = self._stacks.get(user)
        return stack[-1] if stack else None

    def home(self, user: str) -> View | None:
        return self._homes.get(user)

    def close(self, view: View) -> None:
        """Close one modal; the one below it shows again."""
        stack = self._stacks.get(view.user, [])
        if view in stack:
            stack.remove(view)
            self._forget(view)

    def clear(self, user: str) -> None:
        for view in self._stacks.pop(user, []):
            self._forget(view)

    def json(self, view: View) -> dict[str, Any]:
        """The view object of `views.*` answers and interaction payloads."""
        workspace = self._workspace
        shown: dict[str, Any] = {"id": view.id, "team_id": workspace.team_id, "private_metadata": "", "callback_id": ""}
        shown |= {"clear_on_close": False, "notify_on_close": False, "close": None, "submit": None}
        shown |= {key: view.body[key] for key in _KEPT if key in view.body}
        shown |= {"state": {"values": view.values}, "hash": view.hash, "external_id": view.external_id}
        shown |= {"previous_view_id": view.previous_id, "root_view_id": view.root_id, "app_id": workspace.app_id}
        return shown | {"app_installed_team_id": workspace.team_id, "bot_id": workspace.bot_id}

    def _push(self, user: str, body: dict[str, Any]) -> View:
        below = self.top(user)
        view = self._new(user, body, below)
        self._stacks.setdefault(user, []).append(view)
        return view

    def _new(self, user: str, body: dict[str, Any], below: View | None) -> View:
        id = self._workspace.new_id("V")
        view = View(id, user, below.root_id if below else id, below.id if below else None, body, self._hash())
        self._by_id[id] = view
        self._index(view)
        return view

    def _index(self, view: View) -> None:
        if view.external_id:
            self._by_external[view.external_id] = view

    def _free(self, body: dict[str, Any], holder: View | None) -> None:
        taken = self._by_external.get(str(body.get("external_id") or ""))
        if taken and taken is not holder:
            raise SlackError("duplicate_external_id")

    def _forget(self, view: View) -> None:
        self._by_id.pop(view.id, None)
        self._by_external.pop(view.external_id, None)

    def _hash(self) -> str:
        return f"{int(self._workspace.clock())}.{secrets.token_hex(4)}"
