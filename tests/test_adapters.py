"""One contract suite over every provider: what an adapter answers, and which error each misfortune becomes."""

import asyncio
import gc
import logging
import traceback
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from adapters import build, errors
from adapters.base import Provider, Reply, Request, Usage
from tests.clocks import PATIENCE
from tests.vendors import (
    ANSWERED,
    KEY,
    SERVERS,
    Answer,
    ClaudeServer,
    CompatibleServer,
    GeminiLegacyServer,
    GeminiServer,
    OpenAIServer,
    VendorServer,
)

PROMPT = "THE-PROMPT-TEXT of a private thread"
SCHEMA = {
    "type": "object",
    "properties": {"headline": {"type": "string"}},
    "required": ["headline"],
    "additionalProperties": False,
}


ROWS = {
    "auth: 401": ["turns_a_status_into_its_error_without_retrying"],
    "forbidden: 403": ["turns_a_status_into_its_error_without_retrying"],
    "auth: Google's 400 for an invalid key": ["takes_an_invalid_key_for_auth_though_google_says_400"],
    "auth: 402 and a 429 that is final": [
        "turns_a_status_into_its_error_without_retrying",
        "takes_a_429_about_money_for_final",
    ],
    "rate limit: 429": ["turns_a_status_into_its_error_without_retrying"],
    "retry-after: header, or RetryInfo": [
        "says_when_to_come_back",
        "reads_the_delay_that_google_puts_into_the_details",
    ],
    "overload: 503, 529": ["turns_a_status_into_its_error_without_retrying"],
    "server: 500, 502, 504": ["turns_a_status_into_its_error_without_retrying"],
    "timeout": ["stops_at_the_callers_deadline_and_drops_the_call"],
    "connection": [
        "is_unreachable_where_nobody_listens",
        "is_unreachable_where_the_connection_breaks_before_an_answer",
        "is_unreachable_where_the_connection_breaks_in_the_body",
    ],
    "bad request: 400, 422": ["turns_a_status_into_its_error_without_retrying"],
    "bad request: 404, a retired model": [
        "turns_a_status_into_its_error_without_retrying",
        "fails_a_check_by_the_same_rules",
    ],
    "too long: 400 that says so, 413": ["turns_a_status_into_its_error_without_retrying"],
    "too long: Claude's window": ["is_too_long_where_the_window_ran_out_while_answering"],
    "truncated": ["turns_an_unhappy_ending_into_its_error_with_the_bill"],
    "refused: by its ending": [
        "turns_an_unhappy_ending_into_its_error_with_the_bill",
        "is_refused_for_every_filter_of_the_answer",
    ],
    "refused: OpenAI's message": ["is_refused_where_the_message_is_a_refusal"],
    "refused: Google's blocked prompt": ["is_refused_where_the_prompt_was_blocked"],
    "empty": ["is_empty_where_nothing_was_said", "is_empty_where_there_is_no_content_at_all"],
    "bad payload: no JSON": ["is_no_api_where_a_200_is_not_json"],
    "bad payload: {} and other shapes": [
        "is_bad_output_where_a_200_is_an_empty_object",
        "is_an_error_of_the_tree_where_a_200_has_another_shape",
    ],
    "redirection: 3xx": ["is_no_api_where_it_is_redirected_and_sends_nothing_there"],
    "stream ends early: no finish": ["is_bad_output_where_no_finish_is_named"],
}
"""What an SDK can do to us, and the tests of this file that show what becomes of it with every vendor that it concerns.
Nothing is streamed, so what befalls a stream alone is not here."""


def test_it_has_a_test_for_every_row():
    assert [name for names in ROWS.values() for name in names if f"test_it_{name}" not in globals()] == []


def ask(schema: object = None) -> Request:
    return Request("summarise", "SYSTEM-TEXT", PROMPT, "p1", 256, schema=SCHEMA if schema else None)


@pytest.fixture(params=SERVERS, ids=lambda server: server.name)
async def server(request: pytest.FixtureRequest) -> AsyncIterator[VendorServer]:
    async with request.param() as server:
        yield server


@pytest.fixture
async def provider(server: VendorServer) -> AsyncIterator[Provider]:
    provider = server.provider()
    yield provider
    await provider.close()


async def failing(provider: Provider, request: Request | None = None) -> errors.ProviderError:
    with pytest.raises(errors.ProviderError) as caught:
        await provider.complete(request or ask())
    return caught.value


async def failed(server: VendorServer, provider: Provider, answer: Answer) -> errors.ProviderError:
    server.then(answer)
    return await failing(provider)


# Answers


async def test_it_returns_the_text_without_the_thoughts(server, provider):
    server.answer("forty-two")
    reply = await provider.complete(ask())
    assert (reply.text, reply.data) == ("forty-two", None)


async def test_it_returns_data_that_fits_the_schema(server, provider):
    server.answer({"headline": "all is well"})
    reply = await provider.complete(ask(SCHEMA))
    assert reply.data == {"headline": "all is well"}


async def test_it_reports_what_was_billed(server, provider):
    usage = Usage(input_total=1000, cache_read=300, cache_write=0, output_total=50, thinking=20)
    server.then(server.reply("x", usage=usage))
    assert (await provider.complete(ask())).usage == usage


@pytest.mark.parametrize("server", [ClaudeServer, OpenAIServer, CompatibleServer], indirect=True)
async def test_it_counts_the_written_cache_as_input(server, provider):
    usage = Usage(input_total=1000, cache_read=300, cache_write=200, output_total=50)
    server.then(server.reply("x", usage=usage))
    assert (await provider.complete(ask())).usage == usage


@pytest.mark.parametrize("server", [GeminiServer], indirect=True)
async def test_it_counts_the_input_of_tools(server, provider):
    answer = server.reply("x", usage=ANSWERED)
    answer.body["usageMetadata"]["toolUsePromptTokenCount"] = 7
    server.then(answer)
    assert (await provider.complete(ask())).usage.input_total == ANSWERED.input_total + 7


async def test_it_reads_counts_that_are_null_or_absent_as_zero(server, provider):
    hollow = server.reply("x")
    key = "usageMetadata" if isinstance(server, GeminiServer) else "usage"
    hollow.body[key] = dict.fromkeys(hollow.body[key])
    server.then(hollow, server.reply("x", usage=None))
    assert (await provider.complete(ask())).usage == Usage()
    assert (await provider.complete(ask())).usage == Usage()


async def test_it_names_the_model_that_was_asked_and_the_one_that_answered(server, provider):
    server.then(server.reply("x", model="another-model-7"))
    reply = await provider.complete(ask())
    assert reply.requested_model == provider.model
    assert reply.served_model == "another-model-7"
    assert reply.finish_reason == server.endings["done"]


@pytest.mark.parametrize("server", [ClaudeServer, OpenAIServer, CompatibleServer], indirect=True)
async def test_it_keeps_the_request_id_of_the_header(server, provider):
    header = "request-id" if server.name == "claude" else "x-request-id"
    server.then(Answer(server.reply("x").body, headers={header: "req_7"}))
    assert (await provider.complete(ask())).request_id == "req_7"


@pytest.mark.parametrize("server", [GeminiServer], indirect=True)
async def test_it_keeps_the_response_id(server, provider):
    assert (await provider.complete(ask())).request_id == "resp_1"


async def test_it_sends_the_key_and_makes_one_call(server, provider):
    await provider.complete(ask())
    assert len(server.received) == 1
    assert KEY in " ".join(server.received[0].headers.values())


# Failures by status

KINDS = [
    ("auth", errors.Auth),
    ("forbidden", errors.Forbidden),
    ("billing", errors.QuotaExhausted),
    ("not_found", errors.ModelNotFound),
    ("bad_request", errors.BadRequest),
    ("unprocessable", errors.BadRequest),
    ("too_long", errors.TooLong),
    ("too_large", errors.TooLong),
    ("request_timeout", errors.TimedOut),
    ("conflict", errors.Overloaded),
    ("rate_limited", errors.RateLimited),
    ("server_error", errors.ServerError),
    ("bad_gateway", errors.ServerError),
    ("unavailable", errors.Overloaded),
    ("gateway_timeout", errors.ServerError),
    ("overloaded", errors.Overloaded),
]


@pytest.mark.parametrize(("problem", "error"), KINDS)
async def test_it_turns_a_status_into_its_error_without_retrying(server, provider, problem, error):
    server.always(server.problem(problem))
    caught = await failing(provider)
    assert (type(caught), caught.unbilled) == (error, error is not errors.TimedOut)
    assert str(server.problems[problem].status) in str(caught)
    assert len(server.received) == 1


@pytest.mark.parametrize(("problem", "error"), KINDS)
async def test_it_fails_a_check_by_the_same_rules(server, provider, problem, error):
    server.then(*[server.problem(problem)] * 2)  # a server of one's own may be asked for its list too
    with pytest.raises(errors.ProviderError) as caught:
        await provider.check()
    assert type(caught.value) is error


@pytest.mark.parametrize("server", [ClaudeServer, OpenAIServer, CompatibleServer], indirect=True)
async def test_it_takes_a_429_about_money_for_final(server, provider):
    assert type(await failed(server, provider, server.problem("final_429"))) is errors.QuotaExhausted


@pytest.mark.parametrize("server", [ClaudeServer], indirect=True)
@pytest.mark.parametrize(
    ("problem", "error"),
    [("contract_limit", errors.QuotaExhausted), ("ramp_limit", errors.RateLimited), ("on_hold", errors.Auth)],
)
async def test_it_knows_the_finer_codes_of_claude(server, provider, problem, error):
    assert type(await failed(server, provider, server.problem(problem))) is error


@pytest.mark.parametrize("server", [GeminiServer, GeminiLegacyServer], indirect=True)
async def test_it_takes_an_invalid_key_for_auth_though_google_says_400(server, provider):
    assert type(await failed(server, provider, server.problem("invalid_key"))) is errors.Auth


@pytest.mark.parametrize(
    ("header", "seconds"), [("13", 13.0), ("0.5", 0.5), (None, None), ("soon", None), ("-1", None), ("inf", None)]
)
@pytest.mark.parametrize("problem", ["rate_limited", "overloaded"])
async def test_it_says_when_to_come_back(server, provider, problem, header, seconds):
    caught = await failed(server, provider, server.problem(problem, retry_after=header))
    assert isinstance(caught, errors.Transient)
    assert caught.retry_after == seconds


@pytest.mark.parametrize("server", [GeminiServer, GeminiLegacyServer], indirect=True)
async def test_it_reads_the_delay_that_google_puts_into_the_details(server, provider):
    caught = await failed(server, provider, server.problem("rate_limited_by_detail"))
    assert isinstance(caught, errors.RateLimited)
    assert caught.retry_after == 13.0


ODD = [[], "no", {"error": "no"}, {"error": {"details": [1, {"reason": 2}]}}, b"<html>", b""]


@pytest.mark.parametrize("body", ODD)
async def test_it_survives_a_failure_told_in_another_form(server, provider, body):
    assert type(await failed(server, provider, Answer(body, status=500))) is errors.ServerError


# Answers that are no use


PAGE = b"<!doctype html><html>captive portal</html>"
HTML = {"content-type": "text/html; charset=utf-8"}


@pytest.mark.parametrize("headers", [HTML, {}], ids=["as HTML", "as JSON"])
@pytest.mark.parametrize("body", [PAGE, b"\xff\xfe"], ids=["page", "bytes"])
async def test_it_is_no_api_where_a_200_is_not_json(server, provider, body, headers):
    caught = await failed(server, provider, Answer(body, headers=headers))
    assert (type(caught), caught.unbilled) == (errors.NoApi, False)


async def test_it_is_no_answer_where_a_200_is_empty(server, provider):
    assert type(await failed(server, provider, Answer(b""))) in {errors.NoApi, errors.BadOutput}


async def test_it_is_no_api_where_the_check_is_answered_with_a_page(server, provider):
    server.then(Answer(PAGE, headers=HTML))
    with pytest.raises(errors.NoApi):
        await provider.check()


@pytest.mark.parametrize("status", [404, 405])
@pytest.mark.parametrize("body", [PAGE, b"404 page not found", {"detail": "Not Found"}, b""])
async def test_it_tells_a_path_that_is_not_there_from_a_model_that_is_not_there(server, provider, status, body):
    caught = await failed(server, provider, Answer(body, status=status, headers=HTML))
    assert (type(caught), caught.unbilled) == (errors.NoApi, True)
    assert caught.detail == str(status)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_it_is_no_api_where_it_is_redirected_and_sends_nothing_there(server, provider, status):
    async with type(server)() as elsewhere:
        caught = await failed(server, provider, Answer(b"", status, {"location": f"{elsewhere.url}/elsewhere"}))
    assert (type(caught), caught.unbilled) == (errors.NoApi, True)
    assert [len(server.received), len(elsewhere.received)] == [1, 0]


async def test_it_is_bad_output_where_a_200_is_an_empty_object(server, provider):
    caught = await failed(server, provider, Answer({}))
    assert type(caught) is errors.BadOutput
    assert caught.reply is not None
    assert caught.reply.usage == Usage()


@pytest.mark.parametrize("body", [[], "text", 7, {"content": "text", "choices": "text", "candidates": "text"}])
async def test_it_is_an_error_of_the_tree_where_a_200_has_another_shape(server, provider, body):
    caught = await failed(server, provider, Answer(body))
    assert type(caught) in {errors.BadOutput, errors.NoApi, errors.Unexpected}
    assert not caught.unbilled


ENDINGS = [("truncated", errors.Truncated), ("refused", errors.Refused), ("unknown", errors.BadOutput)]


@pytest.mark.parametrize(("ending", "error"), ENDINGS)
async def test_it_turns_an_unhappy_ending_into_its_error_with_the_bill(server, provider, ending, error):
    caught = await failed(server, provider, server.reply("half an ans", ending=ending))
    assert type(caught) is error
    assert caught.reply is not None
    assert caught.reply.usage == ANSWERED
    assert caught.detail == server.endings[ending]


@pytest.mark.parametrize("server", [GeminiServer], indirect=True)
async def test_it_does_not_let_the_sdk_go_on_by_itself(server, provider):
    answer = server.reply("half an ans")
    answer.body["candidates"][0] |= {"finishReason": "CONTINUATION", "continuationToken": "dG9rZW4="}
    assert type(await failed(server, provider, answer)) is errors.Truncated
    assert len(server.received) == 1


@pytest.mark.parametrize("server", [ClaudeServer], indirect=True)
async def test_it_is_too_long_where_the_window_ran_out_while_answering(server, provider):
    caught = await failed(server, provider, server.reply("half", ending="window"))
    assert type(caught) is errors.TooLong
    assert caught.reply is not None
    assert not caught.unbilled


async def test_it_is_bad_output_where_no_finish_is_named(server, provider):
    answer = server.reply("looks complete")
    if server.name == "claude":
        del answer.body["stop_reason"]
    elif isinstance(server, GeminiServer):
        del answer.body["candidates"][0]["finishReason"]
    else:
        del answer.body["choices"][0]["finish_reason"]
    caught = await failed(server, provider, answer)
    assert type(caught) is errors.BadOutput
    assert caught.reply is not None
    assert caught.reply.usage == ANSWERED


async def test_it_is_empty_where_nothing_was_said(server, provider):
    caught = await failed(server, provider, server.reply("  \n"))
    assert type(caught) is errors.Empty
    assert caught.reply is not None


async def test_it_is_empty_where_there_is_no_content_at_all(server, provider):
    answer = server.reply("")
    if server.name == "claude":
        answer.body["content"] = []
    elif isinstance(server, GeminiServer):
        del answer.body["candidates"][0]["content"]
    else:
        answer.body["choices"][0]["message"]["content"] = None
    assert type(await failed(server, provider, answer)) is errors.Empty


@pytest.mark.parametrize("server", [OpenAIServer, CompatibleServer], indirect=True)
async def test_it_is_refused_where_the_message_is_a_refusal(server, provider):
    answer = server.reply("")
    answer.body["choices"][0]["message"] |= {"content": None, "refusal": "I cannot help with that."}
    caught = await failed(server, provider, answer)
    assert type(caught) is errors.Refused
    assert "cannot help" not in str(caught)


@pytest.mark.parametrize("server", [GeminiServer], indirect=True)
@pytest.mark.parametrize("reason", ["SAFETY", "OTHER", "PROHIBITED_CONTENT", "A_NEW_ONE"])
async def test_it_is_refused_where_the_prompt_was_blocked(server, provider, reason):
    body = {"promptFeedback": {"blockReason": reason}, "usageMetadata": {"promptTokenCount": 9}}
    caught = await failed(server, provider, Answer(body))
    assert type(caught) is errors.Refused
    assert caught.reply is not None
    assert (caught.detail, caught.reply.usage) == (reason, Usage(input_total=9))


@pytest.mark.parametrize("server", [GeminiLegacyServer], indirect=True)
@pytest.mark.parametrize(
    ("number", "reason"),
    [(1, "SAFETY"), (2, "OTHER"), (3, "BLOCKLIST"), (4, "PROHIBITED_CONTENT"), (5, "IMAGE_SAFETY"), (77, "77")],
)
async def test_it_is_refused_where_the_prompt_was_blocked_by_number(server, provider, number, reason):
    body = {"promptFeedback": {"blockReason": number}, "usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9}}
    caught = await failed(server, provider, Answer(body))
    assert type(caught) is errors.Refused
    assert caught.reply is not None
    assert (caught.detail, caught.reply.usage) == (reason, Usage(input_total=9))


@pytest.mark.parametrize("server", [GeminiServer], indirect=True)
@pytest.mark.parametrize("reason", ["RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "ESCALATION", "LANGUAGE"])
async def test_it_is_refused_for_every_filter_of_the_answer(server, provider, reason):
    answer = server.reply("half")
    answer.body["candidates"][0]["finishReason"] = reason
    assert type(await failed(server, provider, answer)) is errors.Refused


@pytest.mark.parametrize("server", [GeminiLegacyServer], indirect=True)
@pytest.mark.parametrize("reason", [3, 4, 6, 7, 8, 9, 11, "RECITATION", "SPII"])
async def test_it_is_refused_for_every_filter_that_the_older_sdk_knows(server, provider, reason):
    answer = server.reply("half")
    answer.body["candidates"][0]["finishReason"] = reason
    assert type(await failed(server, provider, answer)) is errors.Refused


@pytest.mark.parametrize("text", ["not JSON", '{"headline": 7}', '{"other": "x"}', "[]", "null", '{"headline'])
async def test_it_is_bad_output_where_the_schema_is_broken(server, provider, text):
    server.then(server.reply(text))
    caught = await failing(provider, ask(SCHEMA))
    assert type(caught) is errors.BadOutput
    assert caught.reply is not None
    assert caught.reply.usage == ANSWERED
    assert caught.__context__ is None


async def test_it_is_bad_output_where_the_nesting_has_no_end(server, provider):
    server.then(server.reply("[" * 100_000))
    caught = await failing(provider, ask(SCHEMA))
    assert type(caught) is errors.BadOutput
    assert caught.reply is not None or server.name == "gemini"  # whose SDK fails on it before we see the bill


# The wire

AWAITED = [kind for kind in SERVERS if kind is not GeminiLegacyServer]
"""Those whose calls end with whoever waits for them; the other is in `test_gemini_legacy.py`."""


async def test_it_is_unreachable_where_the_connection_breaks_in_the_body(server, provider):
    broken = Answer(server.reply("x").body, pace="cut")
    caught = await failed(server, provider, broken)
    assert (type(caught), caught.unbilled) == (errors.Unreachable, False)


async def test_it_is_unreachable_where_the_connection_breaks_before_an_answer(server):
    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(leave, "127.0.0.1", 0) as rude:
        host, port = rude.sockets[0].getsockname()
        provider = build(server.name, key=KEY, model=server.asked, base_url=f"http://{host}:{port}")
        caught = await failing(provider)
        await provider.close()
    assert (type(caught), caught.unbilled) == (errors.Unreachable, False)


async def test_it_is_unreachable_where_nobody_listens(server):
    provider = server.provider()
    await server.runner.cleanup()
    caught = await failing(provider)
    assert (type(caught), caught.unbilled) == (errors.Unreachable, True)
    await provider.close()


@pytest.mark.parametrize("server", AWAITED, indirect=True)
@pytest.mark.parametrize("pace", ["drip", "hang"])
async def test_it_stops_at_the_callers_deadline_and_drops_the_call(server, provider, pace):
    server.then(Answer(server.reply("x" * 2000).body, pace=pace))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await provider.complete(ask())
    await asyncio.wait_for(server.departed.wait(), PATIENCE)


@pytest.mark.parametrize("server", AWAITED, indirect=True)
async def test_it_drops_the_call_when_it_is_cancelled(server, provider):
    server.latency = 30
    call = asyncio.create_task(provider.complete(ask()))
    await server.arrived.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await asyncio.wait_for(server.departed.wait(), PATIENCE)


async def test_it_leaves_no_connection_behind(server):
    provider = server.provider()
    await provider.complete(ask())
    assert server.connections == 1
    await provider.close()
    async with asyncio.timeout(PATIENCE):
        while server.connections:
            await asyncio.sleep(0.005)
    del provider
    gc.collect()


async def test_it_keeps_many_calls_open_at_once(server, provider):
    server.latency = 60
    calls = [asyncio.create_task(provider.complete(ask())) for _ in range(150)]
    async with asyncio.timeout(PATIENCE):
        while server.connections < 150:
            await asyncio.sleep(0.005)
    for call in calls:
        call.cancel()
    assert {type(one) for one in await asyncio.gather(*calls, return_exceptions=True)} == {asyncio.CancelledError}


# The baseline, as far as the contract concerns what asks nobody

THREAD = """<transcript>
[1] 2026-11-20 09:00 Ana: Please restart the export, the invoices are missing.
[2] 2026-11-20 09:05 Bo: We decided to restart the export server at noon.
</transcript>"""
NOTHING = {"type": "object", "properties": {}, "required": ["no such thing"]}


async def test_it_keeps_the_contract_without_a_vendor():
    provider = build("offline", key=None)
    await provider.check()
    reply = await provider.complete(replace(ask(), text=THREAD, schema={"type": "object"}))
    await provider.close()
    assert reply.data
    assert reply.requested_model == reply.served_model == provider.model == provider.row.id
    assert min(reply.usage.input_total, reply.usage.output_total) > 0
    assert (reply.usage.cache_read, reply.usage.thinking) == (0, 0)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"text": "no transcript"}, errors.BadRequest),
        ({"task": "poem"}, errors.BadRequest),
        ({"schema": NOTHING}, errors.BadOutput),
    ],
)
async def test_it_fails_by_the_same_tree_without_a_vendor(change, error):
    with pytest.raises(error) as caught:
        await build("offline", key=None).complete(replace(ask(), **{"text": THREAD} | change))
    assert type(caught.value) is error


# Secrets


def told(error: BaseException) -> Iterator[str]:
    """Everything an error says, also through the errors behind it."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield from (str(one), repr(one), repr(one.args), repr(vars(one)))
            waiting += [one.__cause__, one.__context__]
    yield "".join(traceback.format_exception(error))


@pytest.mark.parametrize("problem", [kind for kind, _ in KINDS])
async def test_it_keeps_prompt_and_key_out_of_errors(server, provider, problem):
    caught = await failed(server, provider, server.problem(problem))
    assert caught.__context__ is None
    text = "\n".join(told(caught))
    assert "THE-PROMPT-TEXT" not in text
    assert "THE-KEY" not in text
    assert "SYSTEM-TEXT" not in text


@pytest.mark.parametrize("pace", ["cut", "whole"])
async def test_it_keeps_prompt_and_key_out_of_errors_of_the_wire(server, provider, pace):
    caught = await failed(server, provider, Answer(f"<html>{PROMPT} {KEY}</html>".encode(), pace=pace))
    assert "THE-PROMPT-TEXT" not in "\n".join(told(caught))
    assert caught.__context__ is None


async def test_it_keeps_a_sentence_that_poses_as_a_code_out_of_errors(server, provider):
    sentence = f"you said {PROMPT}"
    body = {"type": "error", "error": {"type": sentence, "code": sentence, "status": sentence, "message": ""}}
    assert "THE-PROMPT-TEXT" not in str(await failed(server, provider, Answer(body, status=400)))


async def test_it_keeps_prompt_and_key_out_of_logs(server, caplog):
    caplog.set_level(logging.DEBUG)
    provider = server.provider()
    await provider.complete(ask())
    await failed(server, provider, server.problem("server_error"))
    await provider.close()
    assert "THE-PROMPT-TEXT" not in caplog.text
    assert "THE-KEY" not in caplog.text
    assert [one.name for one in caplog.records if one.name.startswith(("anthropic", "openai", "google"))] == []


async def test_it_keeps_the_key_out_of_its_repr(server, provider):
    assert KEY not in repr(provider) + str(provider)


def test_it_keeps_the_text_out_of_reprs():
    reply = Reply("A-PRIVATE-ANSWER", Usage(), "m", "m", "done", data={"a": "A-PRIVATE-ANSWER"})
    assert "PRIVATE" not in repr(reply)
    assert "TEXT" not in repr(ask(SCHEMA))


# Checking a model


async def test_it_checks_a_model_without_asking_it_anything(server, provider):
    await provider.check()
    assert [(call.method, call.path.rsplit("/", 1)[-1]) for call in server.received] == [("GET", provider.model)]


async def test_it_fails_the_check_where_the_answer_names_no_model(server, provider):
    server.then(Answer({}))
    with pytest.raises(errors.BadOutput):
        await provider.check()
