"""Servers of one's own: what they refuse is asked otherwise, and what they wrap around an answer is taken off."""

import json
from collections.abc import AsyncIterator

import pytest

from adapters import build, errors
from adapters.base import Provider, Request, Usage
from tests.vendors import Answer, CompatibleServer

SCHEMA = {
    "type": "object",
    "properties": {"headline": {"type": "string"}},
    "required": ["headline"],
    "additionalProperties": False,
}
ASK = Request("summarise", "Be brief.", "What happened?", "p1", 256, schema=SCHEMA)
PLAIN = Request("summarise", "Be brief.", "What happened?", "p1", 256)
SAID = {"headline": "all is well"}


@pytest.fixture
async def server() -> AsyncIterator[CompatibleServer]:
    async with CompatibleServer() as server:
        server.answer(SAID)
        yield server


@pytest.fixture
async def provider(server: CompatibleServer) -> AsyncIterator[Provider]:
    provider = server.provider()
    yield provider
    await provider.close()


def forms(server: CompatibleServer) -> list[str]:
    return [call.body["response_format"]["type"] for call in server.received]


# JSON by schema, or else by request


async def test_it_asks_for_a_schema_where_the_server_takes_one(server, provider):
    assert (await provider.complete(ASK)).data == SAID
    assert forms(server) == ["json_schema"]


@pytest.mark.parametrize("status", [400, 422, 501])
async def test_it_asks_for_an_object_where_the_server_refuses_a_schema(server, provider, status):
    server.then(Answer({"detail": "no"}, status))
    assert (await provider.complete(ASK)).data == SAID
    assert forms(server) == ["json_schema", "json_object"]
    system = server.received[1].body["messages"][0]["content"]
    assert system.startswith("Be brief.")
    assert json.dumps(SCHEMA) in system
    assert server.received[1].body["messages"][1] == server.received[0].body["messages"][1]


async def test_it_remembers_that_the_server_takes_no_schema(server, provider):
    server.takes_schemas = False
    await provider.complete(ASK)
    await provider.complete(ASK)
    assert forms(server) == ["json_schema", "json_object", "json_object"]


async def test_it_does_not_take_a_bad_request_for_a_refused_schema(server, provider):
    server.then(*[server.problem("bad_request")] * 2)
    with pytest.raises(errors.BadRequest):
        await provider.complete(ASK)
    await provider.complete(ASK)
    assert forms(server) == ["json_schema", "json_object", "json_schema"]


@pytest.mark.parametrize("problem", ["too_long", "auth", "rate_limited", "server_error", "not_found", "unavailable"])
async def test_it_asks_once_where_something_else_is_wrong(server, provider, problem):
    server.always(server.problem(problem))
    with pytest.raises(errors.ProviderError):
        await provider.complete(ASK)
    assert forms(server) == ["json_schema"]


async def test_it_validates_an_object_that_was_not_held_to_the_schema(server, provider):
    server.takes_schemas = False
    server.answer({"title": "all is well"})
    with pytest.raises(errors.BadOutput, match="not the schema"):
        await provider.complete(ASK)


# What stands around an answer


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "<think>Hm.\n```json\n{{}}\n```</think>\n\n{}",
        "```json\n{}\n```",
        "```\n{}\n```\n",
        " \n```JSON\n{}```",
        "<think></think>```json\n{}\n```",
        "\n<think>\nHm.\n</think>\n\n```json\n\n{}\n\n```\n",
    ],
)
async def test_it_takes_off_thoughts_and_a_fence(server, provider, around):
    server.answer(around.replace("{}", json.dumps(SAID)).replace("{{}}", "{}"))
    assert (await provider.complete(ASK)).data == SAID


@pytest.mark.parametrize(
    "said", ["Here it is:\n```json\n{}\n```", "```json\n{}", "{} </think>", "<think>{}", "``````", "```"]
)
async def test_it_is_bad_output_where_more_is_wrong(server, provider, said):
    server.answer(said.replace("{}", json.dumps(SAID)))
    with pytest.raises(errors.BadOutput):
        await provider.complete(ASK)


async def test_it_keeps_a_fence_that_was_not_to_be_json(server, provider):
    server.answer("<think>Code, then.</think>```python\nprint()\n```")
    assert (await provider.complete(PLAIN)).text == "```python\nprint()\n```"


async def test_it_is_empty_where_there_are_only_thoughts(server, provider):
    server.answer("<think>Hm.</think>\n")
    with pytest.raises(errors.Empty):
        await provider.complete(ASK)


# What they tell


@pytest.mark.parametrize("word", ["stop", "eos", "eos_token"])
async def test_it_knows_their_words_for_the_end(server, provider, word):
    answer = server.reply(SAID)
    answer.body["choices"][0]["finish_reason"] = word
    server.then(answer)
    assert (await provider.complete(ASK)).finish_reason == word


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": 0}, {"total_tokens": 7}])
async def test_it_estimates_no_counts(server, provider, usage):
    answer = server.reply(SAID)
    answer.body["usage"] = usage
    server.then(answer)
    assert (await provider.complete(ASK)).usage == Usage()


def said(message: str, **more: object) -> dict[str, object]:
    return {"error": {"message": message, **more}}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (
            400,
            said("This model's maximum context length is 8192 tokens.", type="BadRequestError", code=400),
            errors.TooLong,
        ),
        (400, said("request (9 tokens) is too big", type="exceed_context_size_error", code=400), errors.TooLong),
        (400, said("Invalid model name passed in model=x", type="None", code="400"), errors.ModelNotFound),
        (404, said("The model `x` does not exist.", type="NotFoundError", code=404), errors.ModelNotFound),
        (404, {"object": "error", "message": "The model `x` does not exist.", "code": 404}, errors.ModelNotFound),
        (404, said('model "x" not found, try pulling it first', type="api_error", code=None), errors.ModelNotFound),
        (404, {"error": "model 'x' not found"}, errors.ModelNotFound),
        (404, said("File Not Found", type="not_found_error", code=404), errors.NoApi),
        (404, {"detail": "Not Found"}, errors.NoApi),
        (404, b"404 page not found", errors.NoApi),
        (405, b"<html>Method Not Allowed</html>", errors.NoApi),
    ],
)
async def test_it_knows_how_they_say_what_is_wrong(server, provider, status, body, error):
    server.then(*[Answer(body, status)] * 2)
    with pytest.raises(error) as caught:
        await provider.complete(ASK)
    assert type(caught.value) is error
    assert caught.value.__context__ is None


# Keys, addresses, windows


@pytest.mark.parametrize("key", [None, "", " "])
async def test_it_sends_a_word_that_is_no_secret_where_there_is_no_key(server, key):
    provider = server.provider(key=key)
    await provider.complete(ASK)
    await provider.close()
    assert server.received[0].headers["authorization"] == "Bearer none"


async def test_it_sends_nothing_that_is_meant_for_openai(server, monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "sk-of-somebody-else")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "x-gateway-key: sk-of-somebody-else")
    provider = server.provider(key=None)
    await provider.complete(ASK)
    await provider.close()
    assert "somebody" not in repr(server.received)


@pytest.mark.parametrize("address", [None, ""])
def test_it_asks_nobody_where_no_address_is_set(monkeypatch, address):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(errors.NoApi, match="no address is set"):
        build("compatible", key=None, model="x", base_url=address)


def test_it_supposes_a_small_window_unless_it_is_told():
    rows = [
        build("compatible", key=None, model="x", base_url="http://127.0.0.1:9/v1", window=window).row
        for window in (None, 8_000, 128_000)
    ]
    assert [row.window for row in rows] == [32_768, 8_000, 128_000]
    assert all(row.max_output <= row.window for row in rows)
    assert {(row.id, row.provider, row.label, row.thinking) for row in rows} == {("x", "compatible", "x", None)}


# Checking a model


async def test_it_asks_for_the_list_where_the_server_tells_of_no_single_model():
    async with CompatibleServer(lists_only=True) as server:
        provider = server.provider()
        await provider.check()
        await provider.close()
    assert [call.path for call in server.received] == ["/v1/models/llama-3.1-8b", "/v1/models"]


async def test_it_does_not_find_a_model_that_is_not_listed():
    async with CompatibleServer(lists_only=True) as server:
        provider = server.provider(model="llama-3.1-80b")
        with pytest.raises(errors.ModelNotFound) as caught:
            await provider.check()
        await provider.close()
    assert caught.value.__context__ is None


@pytest.mark.parametrize("body", [b"<html></html>", {"detail": "Not Found"}])
async def test_it_finds_no_api_where_there_is_no_list_either(server, provider, body):
    server.then(*[Answer(body, 404)] * 2)
    with pytest.raises(errors.NoApi):
        await provider.check()


async def test_it_finds_no_api_where_the_list_is_a_page(server, provider):
    page = Answer(b"<html></html>", headers={"content-type": "text/html"})
    server.then(Answer({"detail": "Not Found"}, 404), page)
    with pytest.raises(errors.NoApi):
        await provider.check()
