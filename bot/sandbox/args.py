"""The arguments of a Web API call, wherever they arrived: query, form or JSON body."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.sandbox import stamps
from bot.sandbox.errors import SlackError, problems

_JSON = frozenset({"blocks", "attachments", "metadata", "view"})


class Args(Mapping[str, Any]):
    """Read by kind, because a form sends `"1"` where JSON sends `true`."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {key: _decoded(key, value) for key, value in values.items() if value is not None}

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def text(self, key: str) -> str:
        """The argument as text; empty where it is absent."""
        value = self._values.get(key, "")
        if isinstance(value, dict | list):
            raise problems("invalid_arguments", [f"must be a string [json-pointer:/{key}]"])
        return str(value)

    def needed(self, key: str) -> str:
        value = self.text(key)
        if not value:
            raise problems("invalid_arguments", [f"missing required field: {key}"])
        return value

    def flag(self, key: str) -> bool:
        return self.text(key).lower() in {"1", "true"}

    def limit(self, default: int, most: int) -> int:
        value = self.text("limit") or str(default)
        if not value.isascii() or not value.isdigit() or not int(value):
            raise SlackError("invalid_limit")
        return min(int(value), most)

    def time(self, key: str) -> int | None:
        """A point in time in microseconds, or None where none was given."""
        value = self.text(key)
        if not value or value == "now":
            return None
        if not stamps.valid(value):
            raise SlackError(f"invalid_ts_{key}")
        return stamps.micros(value)


async def read(request: web.Request, *, json_too: bool) -> Args:
    """Collect the arguments of a request; a method that takes no JSON does not see a JSON body."""
    values: dict[str, Any] = dict(request.query)
    if request.method == "POST":
        if request.content_type == "application/json":
            body = _object(await request.text()) if json_too else {}
        else:
            body = dict(await request.post())
        values |= body
    return Args(values)


def _object(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise SlackError("invalid_json") from error
    if not isinstance(body, dict):
        raise SlackError("json_not_object")
    return body


def _decoded(key: str, value: Any) -> Any:
    """Blocks and views may come as JSON in a string; what is no JSON stays a string and is refused later."""
    if key in _JSON and isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
