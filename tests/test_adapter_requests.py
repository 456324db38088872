"""What each SDK really sends, held against the SDK's own typed parameters, closed to unknown fields."""

import copy
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any, get_args

import pytest
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
from google.ai.generativelanguage import GenerateContentRequest
from google.genai import types as google
from google.protobuf import json_format  # type: ignore[import-untyped]
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import get_type_hints, is_typeddict

from adapters import PROVIDERS
from adapters.base import Request
from adapters.models import MODELS, Model
from tests.vendors import KEY, SERVERS, Received, VendorServer

SCHEMA = {
    "type": "object",
    "properties": {"headline": {"type": "string"}, "sources": {"type": "array", "items": {"type": "integer"}}},
    "required": ["headline", "sources"],
    "additionalProperties": False,
}
ANSWER = {"headline": "x", "sources": [1]}
PLAIN = Request("summarise", "Be brief.", "What happened?", "p1", 300, temperature=0.2)
FORMED = Request("summarise", "Be brief.", "What happened?", "p1", 300, temperature=0.2, schema=SCHEMA)

BY_NAME = {server.name: server for server in SERVERS}
CLOSED = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


@pytest.fixture(params=SERVERS, ids=lambda server: server.name)
async def server(request: pytest.FixtureRequest) -> AsyncIterator[VendorServer]:
    async with request.param() as server:
        server.answer(ANSWER)
        yield server


async def sent(server: VendorServer, request: Request, model: str | None = None) -> Received:
    provider = server.provider(model=model)
    try:
        await provider.complete(request)
    finally:
        await provider.close()
    return server.received[-1]


# Validators made of what the SDKs ship


@cache
def closed(kind: Any) -> TypeAdapter[Any]:
    """A validator of a TypedDict that forbids unknown keys at every depth."""
    for nested in typed_dicts(kind, set()):
        nested.__pydantic_config__ = CLOSED
    return TypeAdapter(kind)


def typed_dicts(kind: Any, seen: set[Any]) -> set[Any]:
    if is_typeddict(kind) and kind not in seen:
        seen.add(kind)
        for hint in get_type_hints(kind, include_extras=True).values():
            typed_dicts(hint, seen)
    for argument in get_args(kind):
        typed_dicts(argument, seen)
    return seen


def drained(value: Any) -> Any:
    """Iterables are validated only as they are read."""
    if isinstance(value, dict):
        return {key: drained(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [drained(item) for item in value]
    return value


def check_claude(body: dict[str, Any]) -> None:
    drained(closed(MessageCreateParamsNonStreaming).validate_python(body))


def check_openai(body: dict[str, Any]) -> None:
    drained(closed(CompletionCreateParamsNonStreaming).validate_python(body))


def check_gemini(body: dict[str, Any]) -> None:
    """Google's own pydantic types, which forbid unknown fields by themselves."""
    assert set(body) <= {"contents", "systemInstruction", "generationConfig"}, "unknown field"
    for content in [*body["contents"], body["systemInstruction"]]:
        google.Content.model_validate(content)
    google.GenerationConfig.model_validate(body["generationConfig"])


def check_gemini_legacy(body: dict[str, Any]) -> None:
    """The SDK's own message types, which know no other field; enum values come as numbers."""
    json_format.ParseDict(body, GenerateContentRequest.pb(GenerateContentRequest()), ignore_unknown_fields=False)


def check_compatible(body: dict[str, Any]) -> None:
    """What every server of this kind knows, and nothing of OpenAI's alone."""
    assert set(body) <= {"model", "messages", "max_tokens", "response_format", "temperature"}, "unknown field"
    check_openai(body)


CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {
    "claude": check_claude,
    "openai": check_openai,
    "gemini": check_gemini,
    "gemini-legacy": check_gemini_legacy,
    "compatible": check_compatible,
}


def rows(name: str) -> list[Model]:
    """The models that a provider may be asked for."""
    return [row for row in MODELS.values() if row.provider == name.removesuffix("-legacy")]


@pytest.mark.parametrize("request_", [PLAIN, FORMED], ids=["plain", "schema"])
async def test_it_sends_what_the_sdk_itself_declares(server, request_):
    for model in [None, *(row.id for row in rows(server.name)), "a-model-of-tomorrow"]:
        received = await sent(server, request_, model)
        CHECKS[server.name](dict(received.body))


def schema_of(body: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = body["generationConfig"]["responseSchema"]
    return schema


MUTATIONS = [
    ("claude", "unknown field", lambda body: body.update(frobnicate=1)),
    ("claude", "temperature", lambda body: body.update(temperature=0.2)),
    ("claude", "no max_tokens", lambda body: body.pop("max_tokens")),
    ("claude", "unknown role", lambda body: body["messages"][0].update(role="system-ish")),
    ("claude", "misspelt nested field", lambda body: body["output_config"].update(fromat={})),
    ("claude", "unknown effort", lambda body: body["output_config"].update(effort="none")),
    ("claude", "unknown thinking", lambda body: body.update(thinking={"type": "off"})),
    ("openai", "unknown field", lambda body: body.update(frobnicate=1)),
    ("openai", "no messages", lambda body: body.pop("messages")),
    ("openai", "unknown role", lambda body: body["messages"][0].update(role="boss")),
    ("openai", "schema without a name", lambda body: body["response_format"]["json_schema"].pop("name")),
    ("openai", "unknown effort", lambda body: body.update(reasoning_effort="off")),
    ("gemini", "unknown field", lambda body: body.update(frobnicate=1)),
    ("gemini", "unknown setting", lambda body: body["generationConfig"].update(frobnicate=1)),
    ("gemini", "limit in words", lambda body: body["generationConfig"].update(maxOutputTokens="many")),
    ("gemini", "misspelt nested field", lambda body: body["generationConfig"]["thinkingConfig"].update(level="LOW")),
    ("gemini-legacy", "unknown field", lambda body: body.update(frobnicate=1)),
    ("gemini-legacy", "unknown setting", lambda body: body["generationConfig"].update(frobnicate=1)),
    ("gemini-legacy", "thinking", lambda body: body["generationConfig"].update(thinkingConfig={})),
    ("gemini-legacy", "closed object", lambda body: schema_of(body).update(additionalProperties=False)),
    ("gemini-legacy", "unknown type", lambda body: schema_of(body).update(type="objekt")),
    ("compatible", "newer limit", lambda body: body.update(max_completion_tokens=1)),
    ("compatible", "store", lambda body: body.update(store=False)),
    ("compatible", "unknown role", lambda body: body["messages"][0].update(role="boss")),
    ("gemini", "unknown part", lambda body: body["contents"][0]["parts"][0].update(words="x")),
]


@pytest.mark.parametrize(
    ("server", "change"),
    [pytest.param(BY_NAME[name], change, id=f"{name}-{what.replace(' ', '-')}") for name, what, change in MUTATIONS],
    indirect=["server"],
)
async def test_its_validator_catches(server, change):
    body = copy.deepcopy(dict((await sent(server, FORMED)).body))
    CHECKS[server.name](body)
    change(body)
    with pytest.raises((ValidationError, AssertionError, json_format.ParseError)):
        CHECKS[server.name](body)


# What exactly goes out


@pytest.mark.parametrize("server", [SERVERS[0]], indirect=True)
async def test_it_sends_claude_no_optional_knob(server):
    received = await sent(server, FORMED)
    assert received.path == "/v1/messages"
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.body == {
        "model": "claude-haiku-4-5",
        "max_tokens": 300,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "What happened?"}],
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
    }


@pytest.mark.parametrize("server", [SERVERS[0]], indirect=True)
async def test_it_switches_the_thinking_of_claude_5_off(server):
    received = await sent(server, PLAIN, "claude-haiku-5-5")
    assert received.body["thinking"] == {"type": "disabled"}
    assert "output_config" not in received.body


@pytest.mark.parametrize("server", [SERVERS[1]], indirect=True)
async def test_it_sends_openai_a_strict_schema_and_stores_nothing(server):
    received = await sent(server, FORMED)
    assert received.path == "/v1/chat/completions"
    assert received.body == {
        "model": "gpt-4o-mini",
        "max_completion_tokens": 300,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What happened?"},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
        },
        "store": False,
        "temperature": 0.2,
    }


@pytest.mark.parametrize("server", [SERVERS[1]], indirect=True)
@pytest.mark.parametrize(
    ("model", "temperature", "effort"),
    [("gpt-4o-mini-2024-07-18", 0.2, None), ("gpt-6-luna", None, "none"), ("a-model-of-tomorrow", None, None)],
)
async def test_it_sends_openai_only_the_knobs_that_the_model_takes(server, model, temperature, effort):
    body = (await sent(server, PLAIN, model)).body
    assert (body.get("temperature"), body.get("reasoning_effort")) == (temperature, effort)


@pytest.mark.parametrize("server", [SERVERS[2]], indirect=True)
async def test_it_sends_gemini_the_schema_as_it_is(server):
    received = await sent(server, FORMED)
    assert received.path == "/v1beta/models/gemini-3.5-flash:generateContent"
    assert received.headers["x-goog-api-key"] == KEY
    assert KEY not in received.path
    assert received.body == {
        "contents": [{"parts": [{"text": "What happened?"}], "role": "user"}],
        "systemInstruction": {"parts": [{"text": "Be brief."}], "role": "user"},
        "generationConfig": {
            "maxOutputTokens": 300 + MODELS["gemini-3.5-flash"].thinking_tokens,
            "responseMimeType": "application/json",
            "responseJsonSchema": SCHEMA,
            "thinkingConfig": {"thinking_level": "MINIMAL"},
        },
    }


@pytest.mark.parametrize("server", [SERVERS[2]], indirect=True)
@pytest.mark.parametrize(
    ("model", "level"),
    [("gemini-3.6-flash", "MINIMAL"), ("gemini-3.8-flash", "LOW"), ("a-model-of-tomorrow", None)],
)
async def test_it_asks_gemini_for_the_least_thinking_that_the_model_allows(server, model, level):
    settings = (await sent(server, PLAIN, model)).body["generationConfig"]
    assert settings.get("thinkingConfig") == ({"thinking_level": level} if level else None)
    assert "temperature" not in settings


@pytest.mark.parametrize("server", [SERVERS[3]], indirect=True)
async def test_it_sends_the_older_gemini_sdk_a_schema_in_its_own_words(server):
    received = await sent(server, FORMED)
    assert received.path == "/v1beta/models/gemini-3.5-flash:generateContent"
    assert received.headers["x-goog-api-key"] == KEY
    limit = received.body["generationConfig"].pop("maxOutputTokens")
    assert limit > FORMED.max_output_tokens
    assert received.body == {
        "contents": [{"parts": [{"text": "What happened?"}], "role": "user"}],
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "generationConfig": {
            "responseMimeType": "application/json",
            "responseSchema": {
                "type": 6,
                "properties": {"headline": {"type": 1}, "sources": {"type": 5, "items": {"type": 3}}},
                "required": ["headline", "sources"],
            },
        },
    }


@pytest.mark.parametrize("server", [SERVERS[3]], indirect=True)
async def test_it_translates_what_a_schema_may_hold(server):
    schema = {
        "type": "object",
        "properties": {
            "owner": {"type": ["string", "null"], "description": "who"},
            "urgency": {"type": "string", "enum": ["p1", "p2"]},
            "sure": {"type": "boolean"},
            "confidence": {"type": "number"},
        },
        "required": ["owner", "urgency", "sure", "confidence"],
        "additionalProperties": False,
    }
    server.answer({"owner": None, "urgency": "p1", "sure": True, "confidence": 0.5})
    received = await sent(server, replace(FORMED, schema=schema))
    assert schema_of(dict(received.body))["properties"] == {
        "owner": {"type": 1, "description": "who", "nullable": True},
        "urgency": {"type": 1, "format": "enum", "enum": ["p1", "p2"]},
        "sure": {"type": 4},
        "confidence": {"type": 2},
    }


@pytest.mark.parametrize("server", [SERVERS[4]], indirect=True)
async def test_it_sends_a_server_of_ones_own_what_all_of_them_know(server):
    received = await sent(server, FORMED)
    assert received.path == "/v1/chat/completions"
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.body == {
        "model": "llama-3.1-8b",
        "max_tokens": 300,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What happened?"},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
        },
        "temperature": 0.2,
    }


@pytest.mark.parametrize("server", [SERVERS[4]], indirect=True)
async def test_it_sends_no_temperature_that_nobody_asked_for(server):
    assert "temperature" not in (await sent(server, replace(PLAIN, temperature=None))).body


MINIMAL = {"thinkingConfig": {"thinking_level": "MINIMAL"}}
LOW = {"thinkingConfig": {"thinking_level": "LOW"}}
KNOBS: dict[str, dict[str, Any]] = {
    "claude-haiku-4-5": {},
    "claude-haiku-5-5": {"thinking": {"type": "disabled"}},
    "gpt-4o-mini": {"temperature": 0.2},
    "gpt-6-luna": {"reasoning_effort": "none"},
    "gpt-5.6-luna": {},
    "gemini-3.5-flash": MINIMAL,
    "gemini-3.6-flash": MINIMAL,
    "gemini-3.7-flash": LOW,
    "gemini-3.8-flash": LOW,
    "gemini-3.5-flash-lite": {},
}
"""All that each model is sent beside text, limit and schema where a temperature is asked for: what it rejects is not
there, and where it lets us, it thinks as little as it can."""
CORE = {"model", "messages", "max_tokens", "max_completion_tokens", "system", "store", "contents", "systemInstruction"}


@pytest.mark.parametrize(
    ("server", "model"),
    [
        pytest.param(BY_NAME[name], model, id=f"{name}-{model}")
        for name in ("claude", "openai", "gemini", "gemini-legacy")
        for model in (row.id for row in rows(name))
    ],
    indirect=["server"],
)
async def test_it_sends_each_model_only_the_knobs_that_it_takes(server, model):
    body = dict((await sent(server, PLAIN, model)).body)
    settings = body.pop("generationConfig", {})
    assert settings.pop("maxOutputTokens", 1) <= MODELS[model].max_output
    knobs = {key: value for key, value in (body | settings).items() if key not in CORE}
    assert knobs == ({} if server.name == "gemini-legacy" else KNOBS[model])


def test_it_knows_the_knobs_of_every_model():
    assert set(KNOBS) == {row.id for row in MODELS.values() if row.provider != "offline"}


async def test_it_ignores_the_sdks_own_variables(server, monkeypatch):
    """The configuration decides: a variable that is lying about must not send the text elsewhere."""
    before = await sent(server, PLAIN)
    for name in ("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, "sk-of-somebody-else")
    for name in ("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("ANTHROPIC_LOG", "debug")
    received = await sent(server, PLAIN)
    assert (received.path, received.body) == (before.path, before.body)
    assert "somebody" not in repr(received)
    assert KEY in repr(received.headers)


async def test_it_names_the_default_model_where_none_is_given(server):
    received = await sent(server, PLAIN)
    named = received.body.get("model") or received.path.rpartition("/")[2].partition(":")[0]
    assert named == (PROVIDERS[server.name].default_model or server.asked)
