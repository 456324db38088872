"""Two hundred calls through a provider that fails in every way, hangs included: nothing is lost or miscounted."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.base import Request
from adapters.errors import ProviderError
from bot.choices import Choice
from bot.llm import Answer
from bot.store import Call
from tests.gateways import HURRIED, Opened, at, opened, origin
from tests.vendors import Answer as Sent
from tests.vendors import ClaudeServer, OpenAIServer, Received, VendorServer

CALLS = 200
AT_ONCE = 20
FAILING = 0.3
REQUEST = Request(
    "summarise",
    "Be brief.",
    "What happened?",
    "p1",
    300,
    schema={
        "type": "object",
        "properties": {"headline": {"type": "string"}},
        "required": ["headline"],
        "additionalProperties": False,
    },
)
POLICY = replace(HURRIED, attempt_seconds=1.0, open_seconds=0.1)
SLACK = 2.0
"""Seconds on top of an answer's time for a machine that is busy with other tests."""


def troubles(server: VendorServer) -> list[Sent]:
    """One of each: what passes, what is final, what is of no use, and what never ends."""
    kinds = ("rate_limited", "overloaded", "server_error", "bad_gateway", "request_timeout", "auth", "not_found")
    return [
        *(server.problem(kind) for kind in kinds),
        server.problem("rate_limited", retry_after="30"),
        server.reply("not JSON"),
        server.reply('{"headline": 7}'),
        server.reply(""),
        server.reply("half", ending="truncated"),
        server.reply("no", ending="refused"),
        Sent(b"<html>captive portal</html>"),
        Sent(server.reply({"headline": "x"}).body, pace="cut"),
        Sent(b"", pace="hang"),
    ]


def flaky(server: VendorServer, chance: random.Random) -> Callable[[Received], Sent]:
    choices = troubles(server)
    good = server.reply({"headline": "All is well."})
    return lambda received: chance.choice(choices) if chance.random() < FAILING else good


async def ask_all(running: Opened) -> list[tuple[Answer | ProviderError, float]]:
    """The outcome of every call, and the seconds that it took from its turn on."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> tuple[Answer | ProviderError, float]:
        async with turns:
            begun = time.monotonic()
            try:
                found: Answer | ProviderError = await running.gateway.ask(
                    REQUEST, origin(f"job-{number}", f"U{number % 9}")
                )
            except ProviderError as error:
                found = error
            return found, time.monotonic() - begun

    return await asyncio.gather(*map(one, range(CALLS)))


@pytest.fixture
def chance() -> random.Random:
    return random.Random(20261128)


async def test_it_ends_every_call_in_an_answer_or_an_error_in_time(tmp_path: Path, chance: random.Random) -> None:
    async with ClaudeServer() as claude, opened(tmp_path, at(claude), policy=POLICY) as running:
        claude.answer(flaky(claude, chance))
        outcomes = await ask_all(running)
        calls = await running.calls()

    assert len(outcomes) == CALLS
    assert max(seconds for _, seconds in outcomes) < POLICY.answer_seconds + SLACK
    assert_all_written_down(calls, len(claude.received))
    assert {call.error for call in calls} >= {None, "rate_limited", "server_error", "timed_out", "bad_output", "auth"}


async def test_it_answers_nearly_all_with_a_fallback_and_adds_up_exactly(tmp_path: Path, chance: random.Random) -> None:
    fallback = Choice("openai", "gpt-4o-mini")
    async with (
        ClaudeServer() as claude,
        OpenAIServer() as openai,
        opened(tmp_path, at(claude), at(openai), fallback=fallback, policy=POLICY) as running,
    ):
        claude.answer(flaky(claude, chance))
        openai.answer({"headline": "All is well."})
        outcomes = await ask_all(running)
        calls = await running.calls()

    answers = [found for found, _ in outcomes if isinstance(found, Answer)]
    assert len(answers) > 0.99 * CALLS
    assert max(seconds for _, seconds in outcomes) < POLICY.answer_seconds + SLACK
    assert {answer.instead_of for answer in answers} == {None, "Claude"}
    assert_all_written_down(calls, len(claude.received) + len(openai.received))
    numbers = Counter((call.job, call.attempt) for call in calls)
    assert set(numbers.values()) == {1}
    assert all((job, attempt - 1) in numbers for job, attempt in numbers if attempt > 1)
    billed = sum(call.cost_usd for call in calls if call.cost_usd is not None)
    assert billed == pytest.approx(sum(answer.cost_usd or 0 for answer in answers) + wasted(calls, answers))
    assert all((call.cost_usd is None) == (call.input_tokens is None) for call in calls)


def assert_all_written_down(calls: list[Call], received: int) -> None:
    """A call that was too late before it arrived is an attempt too; nothing else can be missing at the vendor's."""
    late = sum(call.error in ("timed_out", "unreachable") for call in calls)
    assert received <= len(calls) <= received + late


def wasted(calls: list[Call], answers: list[Answer]) -> float:
    """What was billed for questions that ended without an answer."""
    jobs = {call.job for call in calls if call.id in {answer.call_id for answer in answers}}
    return sum(call.cost_usd or 0 for call in calls if call.job not in jobs)


async def test_it_opens_the_circuit_and_closes_it_again(tmp_path: Path) -> None:
    async with ClaudeServer() as claude, opened(tmp_path, at(claude), policy=POLICY) as running:
        claude.always(claude.problem("server_error"))
        await ask_all(running)
        breaker = running.gateway.breaker(at(claude).choice)
        assert breaker.is_open
        assert len(claude.received) < CALLS

        claude.answer({"headline": "All is well."})
        await asyncio.sleep(POLICY.open_seconds)
        answer = await running.gateway.ask(REQUEST, origin("job-late"))
        assert answer.reply.data == {"headline": "All is well."}
        assert not breaker.is_open
