"""The contract every provider keeps: a Request goes in, a Reply comes out, an error of `adapters.errors` is raised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from typing import Protocol

from jsonschema import Draft202012Validator

from adapters.errors import BadOutput, Empty, Refused, TooLong, Truncated, Unexpected, parsed, word
from adapters.models import Model

SOCKET_SECONDS = 60.0
"""A net under the deadline that the caller sets: how long a socket may stay silent. It never ends a slow drip."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model.

    `schema` is a JSON schema that all vendors accept: an object at the root, every property required,
    `additionalProperties` false, no minimum, maximum, pattern or format. With a schema, `Reply.data` is set.
    `temperature` is dropped where the model forbids it.
    """

    task: str
    system: str = field(repr=False)
    text: str = field(repr=False)
    prompt_version: str
    max_output_tokens: int
    schema: Mapping[str, object] | None = field(default=None, repr=False)
    temperature: float | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Billed tokens. `input_total` includes both caches; `output_total` includes thinking."""

    input_total: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output_total: int = 0
    thinking: int = 0

    def __post_init__(self) -> None:
        """A count below 0, which only a broken server sends, is none: nothing may lower what was spent."""
        for count in fields(self):
            object.__setattr__(self, count.name, max(getattr(self, count.name), 0))


class Finish(Enum):
    """Why the model stopped, in the words all vendors share. `OTHER`: it never said, or for a reason nobody expects."""

    DONE = "done"
    LENGTH = "length"
    WINDOW = "window"
    REFUSED = "refused"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer. `finish_reason` and `request_id` are the vendor's own words, for the log and for support."""

    text: str = field(repr=False)
    usage: Usage
    requested_model: str
    served_model: str
    finish_reason: str
    request_id: str | None = None
    data: Mapping[str, object] | None = field(default=None, repr=False)


class Provider(Protocol):
    """One vendor and one model. Built by the table in `adapters`, closed by whoever built it."""

    name: str
    model: str
    row: Model
    """What the model can do: its window, its output limit and the knobs that it takes."""

    async def complete(self, request: Request) -> Reply:
        """Ask once, without retries. Raises `ProviderError`; cancelling it cancels the call."""

    async def check(self) -> None:
        """Ask the vendor, without cost, whether it knows the model for this key. Raises `ProviderError`."""

    async def close(self) -> None:
        """Give the connections back."""


def finished(provider: str, request: Request, finish: Finish, reply: Reply) -> Reply:
    """The last step of every adapter: turn an answer that is not good into its error, else fill in `data`.

    Raises `Refused`, `Truncated`, `TooLong`, `Empty` or `BadOutput`, each carrying the reply, because it was billed;
    `Unexpected` without it where a server sends something else than words, which no SDK checks.
    """
    if not all(isinstance(said, str) for said in (reply.text, reply.served_model, reply.finish_reason)):
        raise Unexpected(provider, "not text")
    detail = word(reply.finish_reason)
    if finish is Finish.REFUSED:
        raise Refused(provider, detail, reply=reply)
    if finish is Finish.LENGTH:
        raise Truncated(provider, detail, reply=reply)
    if finish is Finish.WINDOW:
        raise TooLong(provider, detail, reply=reply)
    if finish is Finish.OTHER:
        raise BadOutput(provider, detail or "no finish reason", reply=reply)
    if not reply.text.strip():
        raise Empty(provider, detail, reply=reply)
    if request.schema is None:
        return reply
    data = parsed(reply.text)
    if data is None:
        raise BadOutput(provider, "not JSON", reply=reply)
    if not isinstance(data, dict) or not Draft202012Validator(request.schema).is_valid(data):
        raise BadOutput(provider, "not the schema", reply=reply)
    return replace(reply, data=data)
