"""The older Gemini SDK: what its threads do, what its import says, and what it needs that others do not."""

import asyncio
import re
import subprocess
import sys
import threading
from collections.abc import AsyncIterator

import pytest

from adapters import build, errors
from adapters.base import Provider, Request, Usage
from adapters.models import MODELS
from tests.clocks import PATIENCE
from tests.conftest import ROOT
from tests.vendors import KEY, Answer, GeminiLegacyServer

ASK = Request("summarise", "SYSTEM", "What happened?", "p1", 256)


@pytest.fixture
async def server() -> AsyncIterator[GeminiLegacyServer]:
    async with GeminiLegacyServer() as server:
        yield server


@pytest.fixture
async def provider(server: GeminiLegacyServer) -> AsyncIterator[Provider]:
    provider = server.provider()
    yield provider
    await provider.close()


def waiting() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "gemini-legacy"]


async def ended() -> None:
    async with asyncio.timeout(PATIENCE):
        while waiting():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("pace", ["drip", "hang"])
async def test_it_stops_waiting_at_the_callers_deadline(server, provider, pace):
    server.then(Answer(server.reply("x" * 2000).body, pace=pace))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await provider.complete(ASK)
    assert [thread.daemon for thread in waiting()] == [True]


async def test_it_discards_an_answer_that_nobody_waits_for(server, provider, caplog):
    server.latency = 0.3
    call = asyncio.create_task(provider.complete(ASK))
    await server.arrived.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert not server.departed.is_set()
    assert len(waiting()) == 1
    await ended()
    assert [record.getMessage() for record in caplog.records if record.levelname != "DEBUG"] == []


async def test_it_discards_a_failure_that_nobody_waits_for(server, provider, caplog):
    server.latency = 0.3
    server.then(server.problem("server_error"))
    call = asyncio.create_task(provider.complete(ASK))
    await server.arrived.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await ended()
    assert [record.getMessage() for record in caplog.records if record.levelname != "DEBUG"] == []


async def test_it_is_closed_while_a_call_is_running(server, provider):
    server.latency = 0.2
    call = asyncio.create_task(provider.complete(ASK))
    await server.arrived.wait()
    await provider.close()
    assert (await call).text == "pong"


async def test_it_leaves_the_loop_to_others_while_it_waits(server, provider):
    server.latency = 0.3
    calls = [asyncio.create_task(provider.complete(ASK)) for _ in range(20)]
    async with asyncio.timeout(PATIENCE):
        assert {reply.text for reply in await asyncio.gather(*calls)} == {"pong"}
    assert len(server.received) == 20


async def test_it_keeps_two_providers_apart(server, provider):
    async with GeminiLegacyServer() as elsewhere:
        other = elsewhere.provider(key="another-key", model="gemini-3.8-flash")
        await asyncio.gather(provider.complete(ASK), other.complete(ASK))
        await other.close()
    assert [call.headers["x-goog-api-key"] for call in server.received] == [KEY]
    assert [call.headers["x-goog-api-key"] for call in elsewhere.received] == ["another-key"]
    assert elsewhere.received[0].path == "/v1beta/models/gemini-3.8-flash:generateContent"


async def test_it_takes_the_key_nowhere_else(server, provider):
    async with GeminiLegacyServer() as elsewhere:
        server.then(Answer({}, status=307, headers={"location": f"{elsewhere.url}/v1beta/"}))
        with pytest.raises(errors.NoApi):
            await provider.complete(ASK)
    assert elsewhere.received == []


async def test_it_counts_as_thinking_what_the_total_has_beyond_prompt_and_answer(server, provider):
    answer = server.reply("x")
    answer.body["usageMetadata"] = {"promptTokenCount": 20, "candidatesTokenCount": 13, "totalTokenCount": 40}
    server.then(answer)
    assert (await provider.complete(ASK)).usage == Usage(input_total=20, output_total=20, thinking=7)


async def test_it_counts_no_thinking_where_the_total_is_missing(server, provider):
    answer = server.reply("x")
    answer.body["usageMetadata"] = {"promptTokenCount": 20, "candidatesTokenCount": 13}
    server.then(answer)
    assert (await provider.complete(ASK)).usage == Usage(input_total=20, output_total=13)


async def test_it_reads_an_ending_in_words_too(server, provider):
    answer = server.reply("x")
    answer.body["candidates"][0]["finishReason"] = "STOP"
    server.then(answer)
    assert (await provider.complete(ASK)).finish_reason == "STOP"


async def test_it_leaves_more_room_for_thoughts_than_where_they_can_be_turned_down(server, provider):
    await provider.complete(ASK)
    room = server.received[0].body["generationConfig"]["maxOutputTokens"]
    assert room > ASK.max_output_tokens + 2 * max(row.thinking_tokens for row in MODELS.values())
    assert provider.row.window == MODELS["gemini-3.5-flash"].window


def fresh(script: str) -> subprocess.CompletedProcess[str]:
    """A new interpreter in which every warning is an error."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_it_says_once_that_its_sdk_has_no_support_any_more():
    script = """
import logging
from adapters import build
logging.basicConfig(format="%(name)s %(levelname)s %(message)s")
build("gemini-legacy", key="k")
build("gemini-legacy", key="k")
"""
    done = fresh(script)
    assert done.returncode == 0, done.stderr
    [line] = done.stderr.splitlines()
    assert line.startswith("precis.adapters WARNING ")
    assert "2025-11-30" in line
    assert "provider gemini " in line


@pytest.mark.parametrize("scope", ["", "google"])
def test_it_keeps_prompt_and_key_out_of_the_logs_that_its_sdk_sets_up_by_itself(scope):
    script = f"""
import asyncio, logging, os
os.environ["GOOGLE_SDK_PYTHON_LOGGING_SCOPE"] = {scope!r}
logging.basicConfig(level=logging.DEBUG)
from adapters import build, errors
from adapters.base import Request
async def main():
    provider = build("gemini-legacy", key="THE-KEY", base_url="http://127.0.0.1:9")
    try:
        await provider.complete(Request("summarise", "SYSTEM-TEXT", "THE-PROMPT", "p1", 9))
    except errors.Unreachable:
        print("tried")
asyncio.run(main())
"""
    done = fresh(script)
    assert done.stdout == "tried\n", done.stderr
    assert not {"THE-KEY", "THE-PROMPT", "SYSTEM-TEXT"} & set(re.findall(r"[A-Z]+-[A-Z]+", done.stderr))


@pytest.mark.parametrize("package", ["google.generativeai", "google.ai", "requests"])
def test_it_is_not_installed_where_its_extra_is_missing(package):
    script = f"""
import sys
sys.modules[{package!r}] = None
from adapters import build, errors
try:
    build("gemini-legacy", key="k")
except errors.NotInstalled as error:
    print(error, error.__cause__)
"""
    done = fresh(script)
    assert done.stdout.startswith(f"gemini-legacy: not_installed ({package}"), done.stderr
    assert done.stdout.endswith(" None\n")


def test_it_holds_up_no_exit_while_a_call_hangs():
    script = """
import asyncio, socket
from adapters import build
from adapters.base import Request
from tests.clocks import PATIENCE
listener = socket.create_server(("127.0.0.1", 0))
async def main():
    provider = build("gemini-legacy", key="k", base_url=f"http://127.0.0.1:{listener.getsockname()[1]}")
    try:
        async with asyncio.timeout(0.2):
            await provider.complete(Request("summarise", "SYSTEM", "x", "p1", 9))
    except TimeoutError:
        print("waited enough")
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "waited enough\n"


def test_it_needs_a_key():
    with pytest.raises(errors.MissingKey, match="GEMINI_API_KEY"):
        build("gemini-legacy", key=None)
