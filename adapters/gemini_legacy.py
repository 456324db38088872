"""Gemini through google-generativeai, the SDK that is no longer maintained: synchronous, so each call has a thread."""

import asyncio
import json
import logging
import threading
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from enum import Enum
from typing import Any, TypeVar

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its farewell is the line that is logged below
    from google.ai.generativelanguage import GenerativeServiceClient, ModelServiceClient
    from google.generativeai import GenerativeModel  # type: ignore[attr-defined]
from google.api_core.exceptions import GoogleAPICallError, from_http_status
from google.auth.api_key import Credentials
from google.protobuf.json_format import ParseError  # type: ignore[import-untyped]
from requests import ConnectionError as NotConnected
from requests import Response, Timeout
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError

from adapters import errors
from adapters.base import SOCKET_SECONDS, Finish, Provider, Reply, Request, Usage, finished
from adapters.gemini_words import FINISHES, from_google
from adapters.models import rules

log = logging.getLogger("precis.adapters")
log.warning("Support for google-generativeai ended on 2025-11-30: the provider gemini asks the same models.")

THOUGHTS = 8_192
"""Tokens of room for thoughts, which count as output and which this SDK cannot turn down. Our allowance, no vendor's
figure."""

CONNECTIONS = 256
"""How many idle connections are kept; each call beyond that opens one of its own."""

ONCE: Any = {"retry": None, "timeout": SOCKET_SECONDS}
"""Options of a call: without `retry` the SDK asks again by itself, for minutes."""

T = TypeVar("T")


class GeminiLegacy(Provider):
    """A caller that is cancelled stops waiting; its call runs on until the vendor answers or falls silent, unheard."""

    name = "gemini-legacy"

    def __init__(self, key: str, model: str, base_url: str | None = None) -> None:
        logging.getLogger("google").setLevel(logging.WARNING)  # its DEBUG lines quote the prompt
        warnings.filterwarnings("ignore", category=UserWarning, module=r"proto\.marshal")  # new finish reasons
        self.model = model
        self.row = replace(rules(model), thinking=None, thinking_tokens=THOUGHTS)
        # Clients of its own: the SDK's `configure` sets one key and one address for the whole process.
        address = {"api_endpoint": base_url and base_url.rstrip("/")}
        options: dict[str, Any] = {"transport": "rest", "client_options": address}
        options["credentials"] = Credentials(key)  # type: ignore[no-untyped-call]
        self.client = watched(GenerativeServiceClient(**options))
        self.models = watched(ModelServiceClient(**options))

    async def complete(self, request: Request) -> Reply:
        with errors.mapped(self.name, failure):
            response = await in_thread(lambda: self.generate(request))
            finish, reason = stop(response)
            return finished(self.name, request, finish, reply(response, self.model, reason))

    def generate(self, request: Request) -> Any:
        model = GenerativeModel(self.model, system_instruction=request.system)
        model._client = self.client
        config: Any = {"max_output_tokens": self.row.output_limit(request.max_output_tokens)}
        if request.schema:
            config |= {"response_mime_type": "application/json", "response_schema": dialect(request.schema)}
        return model.generate_content(request.text, generation_config=config, request_options=ONCE)

    async def check(self) -> None:
        with errors.mapped(self.name, failure):
            found = await in_thread(lambda: self.models.get_model(name=f"models/{self.model}", **ONCE))
        if not found.name:
            raise errors.BadOutput(self.name, "no model")

    async def close(self) -> None:
        self.client.transport.close()
        self.models.transport.close()


async def in_thread(call: Callable[[], T]) -> T:
    """Run a call in a thread of its own, a daemon: one that hangs takes no worker from others and holds up no exit."""
    outcome = Future[T]()
    threading.Thread(target=run, args=(call, outcome), name="gemini-legacy", daemon=True).start()
    return await asyncio.wrap_future(outcome)


def run(call: Callable[[], T], outcome: Future[T]) -> None:
    if not outcome.set_running_or_notify_cancel():
        return
    try:
        outcome.set_result(call())
    except BaseException as error:
        outcome.set_exception(error)


def watched(client: Any) -> Any:
    """The client with room for many calls, and with `seen` before the SDK looks at an answer."""
    session = client.transport._session
    session.hooks["response"].append(seen)
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))
    return client


def seen(response: Response, **_: object) -> None:
    """Read the whole answer and stop at whatever is none. The SDK would ask three times on a 401, carry the key along
    to wherever a redirection leads, and stumble over an error that is told in another form than Google's."""
    body = response.content
    if response.status_code >= 300:
        raise from_http_status(response.status_code, "", response=response)  # type: ignore[no-untyped-call]
    json.loads(body)


def dialect(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema in the words that this SDK knows, a part of OpenAPI's; the rest is checked on our side."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    known = {key: schema[key] for key in ("description", "enum", "required") if key in schema}
    if "enum" in schema:
        known["format"] = "enum"
    if "properties" in schema:
        known["properties"] = {name: dialect(inner) for name, inner in schema["properties"].items()}
    if "items" in schema:
        known["items"] = dialect(schema["items"])
    return {**known, "type": next(kind for kind in kinds if kind != "null"), "nullable": "null" in kinds}


def stop(response: Any) -> tuple[Finish, str]:
    """Why the answer ended, in our word and the vendor's. A blocked prompt has no answer at all."""
    if not response.candidates and response.prompt_feedback.block_reason:
        return Finish.REFUSED, named(response.prompt_feedback.block_reason)
    reason = named(response.candidates[0].finish_reason) if response.candidates else ""
    return FINISHES.get(reason, Finish.OTHER), reason


def named(reason: int) -> str:
    """A reason's name, its number where it is newer than the SDK, nothing where there is none."""
    return (reason.name if isinstance(reason, Enum) else str(reason)) if reason else ""


def reply(response: Any, requested: str, reason: str) -> Reply:
    parts = response.candidates[0].content.parts if response.candidates else []
    return Reply(
        text="".join(part.text for part in parts),
        usage=usage(response.usage_metadata),
        requested_model=requested,
        served_model=response.model_version or requested,
        finish_reason=reason,
    )


def usage(billed: Any) -> Usage:
    """Thoughts are not counted by name: they are what the total has beyond prompt and answer."""
    thinking = max(0, billed.total_token_count - billed.prompt_token_count - billed.candidates_token_count)
    return Usage(
        input_total=billed.prompt_token_count,
        cache_read=billed.cached_content_token_count,
        output_total=billed.candidates_token_count + thinking,
        thinking=thinking,
    )


def failure(error: Exception) -> errors.ProviderError | None:
    if isinstance(error, Timeout):
        return errors.TimedOut("gemini-legacy", type(error).__name__)
    if isinstance(error, NotConnected):
        unsent = isinstance(getattr(next(iter(error.args), None), "reason", None), NewConnectionError)
        return errors.Unreachable("gemini-legacy", type(error).__name__, unbilled=unsent)
    if isinstance(error, ParseError):
        return errors.BadOutput("gemini-legacy", "a 200 that is no answer")
    if not isinstance(error, GoogleAPICallError):
        return None
    response = error.response
    return from_google("gemini-legacy", response.status_code, errors.parsed(response.content), response.headers)
