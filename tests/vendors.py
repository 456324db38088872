"""Loopback servers that speak each vendor's wire format and behave, or misbehave, as a test tells them to.

async with ClaudeServer() as server:
    server.answer({"headline": "..."})              # from now on; a function of the request works too
    server.then(server.problem("rate_limited"))     # the next call only; several are used up in turn
    provider = server.provider()
    ...
    assert server.received[-1].body["model"] == "claude-haiku-4-5"
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from aiohttp import web

from adapters import build
from adapters.base import Provider, Usage

KEY = "sk-test-THE-KEY-0123456789"

ANSWERED = Usage(input_total=120, cache_read=20, cache_write=0, output_total=34, thinking=4)


@dataclass(frozen=True)
class Received:
    """One call as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """What is sent back. `pace`: "whole", "drip" (a byte at a time), "cut" (broken off in the body) or "hang"."""

    body: object
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    pace: str = "whole"

    @property
    def bytes(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Data = Mapping[str, object] | str
Script = Answer | Callable[[Received], Data | Answer]


@dataclass(frozen=True)
class Problem:
    """An HTTP failure: its status and the vendor's word for it; `reason` is the finer word in the details of some."""

    status: int
    code: str | None = None
    reason: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = "no"


class VendorServer:
    """The part that all vendors share. `latency` is in seconds; `departed` is set when a caller gives up waiting."""

    name: str
    model: str
    prefix = ""
    asked: str | None = None
    """The model to ask for where the provider has no default."""
    problems: Mapping[str, Problem]
    endings: Mapping[str, str]
    """Vendor's words for: done, truncated, refused, window (where there is one), unknown."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.latency = 0.0
        self.default: Script = lambda received: "pong"
        self.queue: deque[Answer] = deque()
        self.arrived = asyncio.Event()
        self.departed = asyncio.Event()

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/{path:.*}", self.handle)
        self.runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.5)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.runner.cleanup()

    @property
    def url(self) -> str:
        host, port = self.runner.addresses[0][:2]
        return f"http://{host}:{port}{self.prefix}"

    def provider(self, key: str | None = KEY, model: str | None = None) -> Provider:
        """The adapter under test, pointed here."""
        return build(self.name, key=key, model=model or self.asked, base_url=self.url)

    @property
    def connections(self) -> int:
        """How many sockets clients hold open at the moment."""
        assert self.runner.server is not None
        return len(self.runner.server.connections)

    def answer(self, data: Data | Callable[[Received], Data | Answer]) -> None:
        """From now on, answer with this text, this JSON, or what the function makes of the call."""
        self.default = data if callable(data) else lambda received: data

    def then(self, *answers: Answer) -> None:
        """Use these first, one call each."""
        self.queue.extend(answers)

    def always(self, answer: Answer) -> None:
        self.default = answer

    def reply(
        self, data: Data = "pong", *, ending: str = "done", usage: Usage | None = ANSWERED, model: str | None = None
    ) -> Answer:
        """A successful answer in the vendor's form; `usage` None leaves the counts out."""
        text = data if isinstance(data, str) else json.dumps(data)
        return Answer(self.wire(text, self.endings[ending], usage, model or self.model))

    def problem(self, kind: str, *, retry_after: str | None = None) -> Answer:
        """A failure by its common name, in the vendor's form. The message quotes the prompt and the key, as some do."""
        problem = self.problems[kind]
        headers = {**problem.headers, **({"retry-after": retry_after} if retry_after else {})}
        return Answer(problem, problem.status, headers)

    def wire(self, text: str, ending: str, usage: Usage | None, model: str) -> dict[str, object]:
        raise NotImplementedError

    def failure(self, problem: Problem, message: str) -> dict[str, object]:
        raise NotImplementedError

    def described(self, model: str) -> dict[str, object]:
        raise NotImplementedError

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        received = Received(request.method, request.path, request.headers.copy(), json.loads(raw) if raw else {})
        self.received.append(received)
        self.arrived.set()
        try:
            await asyncio.sleep(self.latency)
            return await self.send(request, self.scripted(received))
        except (asyncio.CancelledError, ConnectionResetError):
            self.departed.set()
            raise

    def scripted(self, received: Received) -> Answer:
        if self.queue:
            answer = self.queue.popleft()
        elif received.method == "GET":
            answer = Answer(self.described(received.path.rsplit("/", 1)[-1]))
        else:
            said = self.default if isinstance(self.default, Answer) else self.default(received)
            answer = said if isinstance(said, Answer) else self.reply(said)
        if isinstance(answer.body, Problem):
            quote = f"{answer.body.message}: {json.dumps(received.body)} {json.dumps(dict(received.headers))}"
            return replace(answer, body=self.failure(answer.body, quote))
        return answer

    async def send(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        if answer.pace == "hang":
            await asyncio.Event().wait()
        if answer.pace == "whole":
            return web.Response(
                body=answer.bytes, status=answer.status, headers={"content-type": "application/json", **answer.headers}
            )
        response = web.StreamResponse(headers={"content-type": "application/json"})
        response.content_length = len(answer.bytes)
        await response.prepare(request)
        if answer.pace == "cut":
            await response.write(answer.bytes[:10])
            assert request.transport is not None
            request.transport.close()
            return response
        for byte in answer.bytes:
            await response.write(bytes([byte]))
            await asyncio.sleep(0.05)
        return response


class ClaudeServer(VendorServer):
    name = "claude"
    model = "claude-haiku-4-5-20251001"
    endings = {
        "done": "end_turn",
        "truncated": "max_tokens",
        "refused": "refusal",
        "window": "model_context_window_exceeded",
        "unknown": "pause_turn",
    }
    problems = {
        "auth": Problem(401, "authentication_error"),
        "forbidden": Problem(403, "permission_error"),
        "billing": Problem(402, "billing_error"),
        "final_429": Problem(429, "rate_limit_error", "enforced_spend_limit_reached"),
        "contract_limit": Problem(429, "rate_limit_error", "contract_spend_limit_reached"),
        "ramp_limit": Problem(429, "rate_limit_error", "ramp_limit_exceeded"),
        "on_hold": Problem(400, "invalid_request_error", "organization_on_hold"),
        "not_found": Problem(404, "not_found_error"),
        "bad_request": Problem(400, "invalid_request_error"),
        "unprocessable": Problem(422, "invalid_request_error"),
        "too_long": Problem(400, "invalid_request_error", message="prompt is too long: 210000 tokens > 200000 maximum"),
        "too_large": Problem(413, "request_too_large"),
        "request_timeout": Problem(408, "timeout_error"),
        "conflict": Problem(409, "conflict_error"),
        "rate_limited": Problem(429, "rate_limit_error"),
        "server_error": Problem(500, "api_error"),
        "bad_gateway": Problem(502),
        "unavailable": Problem(503, "overloaded_error"),
        "gateway_timeout": Problem(504, "timeout_error"),
        "overloaded": Problem(529, "overloaded_error"),
    }

    def wire(self, text: str, ending: str, usage: Usage | None, model: str) -> dict[str, object]:
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": text}],
            "stop_reason": ending,
            "stop_sequence": None,
            "usage": usage
            and {
                "input_tokens": usage.input_total - usage.cache_read - usage.cache_write,
                "cache_read_input_tokens": usage.cache_read,
                "cache_creation_input_tokens": usage.cache_write,
                "output_tokens": usage.output_total,
                "output_tokens_details": {"thinking_tokens": usage.thinking},
            },
        }

    def failure(self, problem: Problem, message: str) -> dict[str, object]:
        details = {"details": {"error_code": problem.reason}} if problem.reason else {}
        return {"type": "error", "error": {"type": problem.code, "message": message, **details}, "request_id": "req_1"}

    def described(self, model: str) -> dict[str, object]:
        return {"type": "model", "id": model, "display_name": model, "created_at": "2025-10-15T00:00:00Z"}


class OpenAIServer(VendorServer):
    name = "openai"
    model = "gpt-4o-mini-2024-07-18"
    prefix = "/v1"
    endings = {"done": "stop", "truncated": "length", "refused": "content_filter", "unknown": "tool_calls"}
    problems = {
        "auth": Problem(401, "invalid_api_key"),
        "forbidden": Problem(403, "unsupported_country_region_territory"),
        "billing": Problem(402, "billing_not_active"),
        "final_429": Problem(429, "insufficient_quota"),
        "not_found": Problem(404, "model_not_found"),
        "bad_request": Problem(400, "invalid_value"),
        "unprocessable": Problem(422, "invalid_value"),
        "too_long": Problem(400, "context_length_exceeded"),
        "too_large": Problem(413, "request_too_large"),
        "request_timeout": Problem(408),
        "conflict": Problem(409),
        "rate_limited": Problem(429, "rate_limit_exceeded"),
        "server_error": Problem(500, "server_error"),
        "bad_gateway": Problem(502),
        "unavailable": Problem(503),
        "gateway_timeout": Problem(504),
        "overloaded": Problem(529),
    }

    def wire(self, text: str, ending: str, usage: Usage | None, model: str) -> dict[str, object]:
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_790_000_000,
            "model": model,
            "choices": [
                {
                    "index": 0,
                    "finish_reason": ending,
                    "message": {"role": "assistant", "content": text, "refusal": None},
                }
            ],
            "usage": usage
            and {
                "prompt_tokens": usage.input_total,
                "completion_tokens": usage.output_total,
                "total_tokens": usage.input_total + usage.output_total,
                "prompt_tokens_details": {"cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write},
                "completion_tokens_details": {"reasoning_tokens": usage.thinking},
            },
        }

    def failure(self, problem: Problem, message: str) -> dict[str, object]:
        return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": problem.code}}

    def described(self, model: str) -> dict[str, object]:
        return {"id": model, "object": "model", "created": 1_790_000_000, "owned_by": "system"}


class GeminiServer(VendorServer):
    name = "gemini"
    model = "gemini-3.6-flash"
    endings = {"done": "STOP", "truncated": "MAX_TOKENS", "refused": "SAFETY", "unknown": "SOMETHING_NEW"}
    problems = {
        "auth": Problem(401, "UNAUTHENTICATED"),
        "invalid_key": Problem(400, "INVALID_ARGUMENT", "API_KEY_INVALID"),
        "forbidden": Problem(403, "PERMISSION_DENIED"),
        "billing": Problem(402, "FAILED_PRECONDITION"),
        "not_found": Problem(404, "NOT_FOUND"),
        "bad_request": Problem(400, "INVALID_ARGUMENT"),
        "unprocessable": Problem(422, "INVALID_ARGUMENT"),
        "too_long": Problem(400, "INVALID_ARGUMENT", message="The input token count (2000000) exceeds the maximum"),
        "too_large": Problem(413, "INVALID_ARGUMENT"),
        "request_timeout": Problem(408, "DEADLINE_EXCEEDED"),
        "conflict": Problem(409, "ABORTED"),
        "rate_limited": Problem(429, "RESOURCE_EXHAUSTED"),
        "rate_limited_by_detail": Problem(429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED"),
        "server_error": Problem(500, "INTERNAL"),
        "bad_gateway": Problem(502, "UNAVAILABLE"),
        "unavailable": Problem(503, "UNAVAILABLE"),
        "gateway_timeout": Problem(504, "DEADLINE_EXCEEDED"),
        "overloaded": Problem(529, "UNAVAILABLE"),
    }

    def wire(self, text: str, ending: str, usage: Usage | None, model: str) -> dict[str, object]:
        return {
            "responseId": "resp_1",
            "modelVersion": model,
            "candidates": [
                {
                    "index": 0,
                    "finishReason": ending,
                    "content": {"role": "model", "parts": [{"text": "hm", "thought": True}, {"text": text}]},
                }
            ],
            "usageMetadata": usage
            and {
                "promptTokenCount": usage.input_total,
                "cachedContentTokenCount": usage.cache_read,
                "candidatesTokenCount": usage.output_total - usage.thinking,
                "thoughtsTokenCount": usage.thinking,
                "totalTokenCount": usage.input_total + usage.output_total,
            },
        }

    def failure(self, problem: Problem, message: str) -> dict[str, object]:
        google = "type.googleapis.com/google.rpc."
        details: list[object] = [{"@type": f"{google}Help", "links": []}]
        if problem.reason:
            details.append({"@type": f"{google}ErrorInfo", "reason": problem.reason})
        if problem.reason == "RATE_LIMIT_EXCEEDED":
            details.append({"@type": f"{google}RetryInfo", "retryDelay": "13s"})
        return {"error": {"code": problem.status, "message": message, "status": problem.code, "details": details}}

    def described(self, model: str) -> dict[str, object]:
        return {"name": f"models/{model}", "version": "1", "displayName": model}


class GeminiLegacyServer(GeminiServer):
    """Google's API as the older SDK asks for it: enum values are numbers, and newer fields are left out."""

    name = "gemini-legacy"
    endings = GeminiServer.endings | {"unknown": "99"}
    numbers = {"STOP": 1, "MAX_TOKENS": 2, "SAFETY": 3, "99": 99}

    def wire(self, text: str, ending: str, usage: Usage | None, model: str) -> dict[str, object]:
        content = {"role": "model", "parts": [{"text": text}]}
        return {
            "modelVersion": model,
            "candidates": [{"index": 0, "finishReason": self.numbers[ending], "content": content}],
            "usageMetadata": usage
            and {
                "promptTokenCount": usage.input_total,
                "cachedContentTokenCount": usage.cache_read,
                "candidatesTokenCount": usage.output_total - usage.thinking,
                "totalTokenCount": usage.input_total + usage.output_total,
            },
        }


class CompatibleServer(OpenAIServer):
    """A server of one's own. It may take no JSON schemas, and may answer to no single model but list them."""

    name = "compatible"
    model = "llama-3.1-8b-instruct-q4"
    asked = "llama-3.1-8b"

    def __init__(self, *, takes_schemas: bool = True, lists_only: bool = False) -> None:
        super().__init__()
        self.takes_schemas = takes_schemas
        self.lists_only = lists_only

    def scripted(self, received: Received) -> Answer:
        if self.queue:
            return super().scripted(received)
        form = received.body.get("response_format", {})
        if form.get("type") == "json_schema" and not self.takes_schemas:
            return Answer({"detail": "response_format"}, 400)
        if received.method == "GET" and received.path.endswith("/models"):
            return Answer({"object": "list", "data": [self.described(str(self.asked))]})
        if received.method == "GET" and self.lists_only:
            return Answer({"detail": "Not Found"}, 404)
        return super().scripted(received)


SERVERS: tuple[type[VendorServer], ...] = (
    ClaudeServer,
    OpenAIServer,
    GeminiServer,
    GeminiLegacyServer,
    CompatibleServer,
)
