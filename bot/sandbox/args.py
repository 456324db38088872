"""The arguments of a Web API call, wherever they arrived: query, form or JSON body."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

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

    def __iter__(self) -> Iterator[str]:
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
        if not re.fullmatch(r"0{0,9}[1-9][0-9]{0,8}", value):
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
    if request.method != "POST":
        return Args(values)
    if request.content_type == "multipart/form-data":
        values |= await _multipart(request)
    else:
        text = (await request.read()).decode("utf-8", "replace")
        if request.content_type == "application/json":
            values |= _object(text) if json_too else {}
        else:
            values |= dict(parse_qsl(text, keep_blank_values=True))
    return Args(values)


def parse_object(text: str) -> dict[str, Any] | None:
    """A JSON object, or None for anything else."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _object(text: str) -> dict[str, Any]:
    body = parse_object(text or "{}")
    if body is None:
        raise SlackError("invalid_json")
    return body


async def _multipart(request: web.Request) -> dict[str, Any]:
    try:
        form = await request.post()
    except (ValueError, LookupError) as error:
        raise SlackError("invalid_form_data") from error
    return {key: value for key, value in form.items() if isinstance(value, str)}


def _decoded(key: str, value: Any) -> Any:
    """Blocks and views may come as JSON in a string; what is no JSON stays a string and is refused later."""
    if key in _JSON and isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
