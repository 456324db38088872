"""The gateway: it tries again, stands in, repairs, keeps to its time, and writes every attempt down."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters import errors
from adapters.base import Request
from bot.choices import Choice
from bot.limits import Policy
from bot.routes import Route, Routes, RoutingTable
from bot.settings import Settings
from tests.clocks import PATIENCE
from tests.gateways import HURRIED, ORIGIN, QUICK, Opened, at, opened, origin
from tests.vendors import Answer, ClaudeServer, OpenAIServer

SCHEMA = {
    "type": "object",
    "properties": {"headline": {"type": "string"}},
    "required": ["headline"],
    "additionalProperties": False,
}
REQUEST = Request("summarise", "Be brief.", "What happened?", "p1", 300, schema=SCHEMA)
GOOD = {"headline": "All is well."}
FALLBACK = Choice("openai", "gpt-4o-mini")


@pytest.fixture
async def claude() -> AsyncIterator[ClaudeServer]:
    async with ClaudeServer() as server:
        server.answer(GOOD)
        yield server


@pytest.fixture
async def openai() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as server:
        server.answer(GOOD)
        yield server


@pytest.fixture
async def alone(claude: ClaudeServer, tmp_path: Path) -> AsyncIterator[Opened]:
    """Claude without anybody who stands in."""
    async with opened(tmp_path, at(claude), policy=QUICK) as running:
        yield running


@pytest.fixture
async def paired(claude: ClaudeServer, openai: OpenAIServer, tmp_path: Path) -> AsyncIterator[Opened]:
    """Claude, with GPT-4o mini standing in."""
    async with opened(tmp_path, at(claude), at(openai), fallback=FALLBACK, policy=QUICK) as running:
        yield running


@pytest.fixture
async def hurried(claude: ClaudeServer, openai: OpenAIServer, tmp_path: Path) -> AsyncIterator[Opened]:
    """The same with little time."""
    async with opened(tmp_path, at(claude), at(openai), fallback=FALLBACK, policy=HURRIED) as running:
        yield running


async def log(running: Opened) -> list[tuple[int, str, str | None]]:
    return [(call.attempt, call.provider, call.error) for call in await running.calls()]


async def test_it_answers_and_writes_the_call_down(claude: ClaudeServer, alone: Opened) -> None:
    answer = await alone.gateway.ask(REQUEST, ORIGIN)

    [call] = await alone.calls()
    assert answer.reply.data == GOOD
    assert (answer.model, answer.instead_of) == ("Claude Haiku 4.5", None)
    assert (call.id, call.cost_usd, call.outcome) == (answer.call_id, answer.cost_usd, "ok")
    assert (call.workspace, call.channel, call.user, call.job) == ("T1", "C1", "U1", "job-1")


@pytest.mark.parametrize("problem", ["rate_limited", "overloaded", "server_error", "request_timeout"])
async def test_it_tries_again_what_may_pass(claude: ClaudeServer, alone: Opened, problem: str) -> None:
    claude.then(claude.problem(problem), claude.problem(problem))

    answer = await alone.gateway.ask(REQUEST, ORIGIN)

    assert answer.reply.data == GOOD
    assert [number for number, _, _ in await log(alone)] == [1, 2, 3]


async def test_it_gives_up_after_two_more_tries(claude: ClaudeServer, alone: Opened) -> None:
    claude.always(claude.problem("server_error"))

    with pytest.raises(errors.ServerError):
        await alone.gateway.ask(REQUEST, ORIGIN)

    assert await log(alone) == [(number, "claude", "server_error") for number in (1, 2, 3)]


@pytest.mark.parametrize(
    "problem", ["auth", "forbidden", "billing", "final_429", "not_found", "bad_request", "too_long"]
)
async def test_it_does_not_repeat_what_is_final(claude: ClaudeServer, alone: Opened, problem: str) -> None:
    claude.always(claude.problem(problem))

    with pytest.raises(errors.ProviderError):
        await alone.gateway.ask(REQUEST, ORIGIN)

    assert len(claude.received) == 1


async def test_it_waits_as_long_as_the_vendor_asks(claude: ClaudeServer, alone: Opened) -> None:
    claude.then(claude.problem("rate_limited", retry_after="0.4"))
    begun = time.monotonic()

    await alone.gateway.ask(REQUEST, ORIGIN)

    assert time.monotonic() - begun >= 0.4


async def test_it_does_not_wait_for_a_time_that_it_has_not(claude: ClaudeServer, alone: Opened) -> None:
    claude.always(claude.problem("rate_limited", retry_after="60"))

    with pytest.raises(errors.RateLimited) as caught:
        await alone.gateway.ask(REQUEST, ORIGIN)

    assert caught.value.retry_after == 60
    assert len(claude.received) == 1


async def test_it_goes_to_the_fallback_at_once_where_the_wait_does_not_fit(
    claude: ClaudeServer, paired: Opened
) -> None:
    claude.always(claude.problem("rate_limited", retry_after="60"))

    answer = await paired.gateway.ask(REQUEST, ORIGIN)

    assert (answer.model, answer.instead_of) == ("GPT-4o mini", "Claude")
    assert await log(paired) == [(1, "claude", "rate_limited"), (2, "openai", None)]
    assert [call.instead_of for call in await paired.calls()] == [None, "claude"]


@pytest.mark.parametrize("problem", ["auth", "billing", "not_found", "bad_request", "server_error"])
async def test_it_has_the_fallback_answer(claude: ClaudeServer, paired: Opened, problem: str) -> None:
    claude.always(claude.problem(problem))

    answer = await paired.gateway.ask(REQUEST, ORIGIN)

    assert answer.instead_of == "Claude"


async def test_it_leaves_time_for_the_fallback_where_a_provider_hangs(claude: ClaudeServer, hurried: Opened) -> None:
    claude.always(Answer(b"", pace="hang"))
    begun = time.monotonic()

    answer = await hurried.gateway.ask(REQUEST, ORIGIN)

    assert answer.instead_of == "Claude"
    assert time.monotonic() - begun < HURRIED.answer_seconds
    assert {error for _, provider, error in await log(hurried) if provider == "claude"} == {"timed_out"}


async def test_it_ends_within_the_time_of_one_answer_where_both_hang(
    claude: ClaudeServer, openai: OpenAIServer, hurried: Opened
) -> None:
    claude.always(Answer(b"", pace="hang"))
    openai.always(Answer(b"", pace="hang"))
    begun = time.monotonic()

    with pytest.raises(errors.TimedOut) as caught:
        await hurried.gateway.ask(REQUEST, ORIGIN)

    assert caught.value.provider == "claude"
    assert time.monotonic() - begun < HURRIED.answer_seconds + 1


async def test_it_tells_what_is_wrong_with_the_chosen_provider_where_both_fail(
    claude: ClaudeServer, openai: OpenAIServer, paired: Opened
) -> None:
    claude.always(claude.problem("auth"))
    openai.always(openai.problem("billing"))

    with pytest.raises(errors.Auth):
        await paired.gateway.ask(REQUEST, ORIGIN)

    assert await log(paired) == [(1, "claude", "auth"), (2, "openai", "quota_exhausted")]


async def test_it_hands_what_is_too_long_to_the_caller(
    claude: ClaudeServer, openai: OpenAIServer, paired: Opened
) -> None:
    claude.always(claude.problem("too_long"))

    with pytest.raises(errors.TooLong):
        await paired.gateway.ask(REQUEST, ORIGIN)

    assert openai.received == []


async def test_it_goes_past_a_model_that_a_budget_rules_out_because_nobody_can_price_it(
    claude: ClaudeServer, openai: OpenAIServer, tmp_path: Path
) -> None:
    unpriced, budget = replace(at(claude), model="claude-of-tomorrow"), Settings(daily_budget_usd=1)
    async with opened(tmp_path, unpriced, at(openai), fallback=FALLBACK, policy=QUICK, settings=budget) as running:
        answer = await running.gateway.ask(REQUEST, ORIGIN)

    assert answer.instead_of == "Claude"
    assert claude.received == []


async def test_it_tells_what_is_wrong_with_the_chosen_provider_where_nobody_can_price_the_fallback(
    claude: ClaudeServer, openai: OpenAIServer, tmp_path: Path
) -> None:
    claude.always(claude.problem("auth"))
    unpriced, budget = Choice("openai", "gpt-of-tomorrow"), Settings(daily_budget_usd=1)
    async with opened(tmp_path, at(claude), at(openai), fallback=unpriced, policy=QUICK, settings=budget) as running:
        with pytest.raises(errors.Auth):
            await running.gateway.ask(REQUEST, ORIGIN)

    assert openai.received == []


@pytest.mark.parametrize("useless", ["not JSON", '{"headline": 7}', "  "])
async def test_it_asks_once_more_for_an_answer_that_is_of_use(
    claude: ClaudeServer, alone: Opened, useless: str
) -> None:
    claude.then(claude.reply(useless))

    answer = await alone.gateway.ask(REQUEST, ORIGIN)

    first, second = await alone.calls()
    assert answer.reply.data == GOOD
    assert "could not be used" in claude.received[1].body["system"]
    assert claude.received[1].body["messages"] == claude.received[0].body["messages"]
    assert (first.prompt_version, second.prompt_version) == ("p1", "p1-repair")
    assert answer.cost_usd == (first.cost_usd or 0) + (second.cost_usd or 0)


async def test_it_repairs_once_only(claude: ClaudeServer, alone: Opened) -> None:
    claude.answer("never JSON")

    with pytest.raises(errors.BadOutput):
        await alone.gateway.ask(REQUEST, ORIGIN)

    assert len(claude.received) == 2


async def test_it_asks_the_fallback_the_question_as_it_was(
    claude: ClaudeServer, openai: OpenAIServer, paired: Opened
) -> None:
    claude.answer("never JSON")

    answer = await paired.gateway.ask(REQUEST, ORIGIN)

    assert answer.instead_of == "Claude"
    assert openai.received[0].body["messages"][0]["content"] == "Be brief."


async def test_it_leaves_a_provider_alone_that_fails_and_fails(claude: ClaudeServer, paired: Opened) -> None:
    claude.always(claude.problem("server_error"))
    for number in range(3):
        await paired.gateway.ask(REQUEST, origin(f"job-{number}"))

    assert len(claude.received) == QUICK.failures
    claude.answer(GOOD)
    await asyncio.sleep(QUICK.open_seconds)
    answer = await paired.gateway.ask(REQUEST, ORIGIN)
    assert answer.instead_of is None


async def test_it_says_at_once_that_a_provider_is_left_alone(claude: ClaudeServer, alone: Opened) -> None:
    claude.always(claude.problem("overloaded"))
    for _ in range(2):
        with pytest.raises(errors.Overloaded):
            await alone.gateway.ask(REQUEST, ORIGIN)
    before = len(claude.received)

    with pytest.raises(errors.Overloaded) as caught:
        await alone.gateway.ask(REQUEST, ORIGIN)

    assert len(claude.received) == before == QUICK.failures
    assert caught.value.detail == "circuit open"
    assert len(await alone.calls()) == before


async def test_it_cancels_the_call_of_whoever_is_cancelled(claude: ClaudeServer, alone: Opened) -> None:
    claude.always(Answer(b"", pace="hang"))
    asking = asyncio.create_task(alone.gateway.ask(REQUEST, ORIGIN))
    await claude.arrived.wait()

    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await asyncio.wait_for(claude.departed.wait(), PATIENCE)
    assert await log(alone) == [(1, "claude", "cancelled")]


async def test_it_bounds_the_calls_at_once(claude: ClaudeServer, tmp_path: Path) -> None:
    claude.latency = 0.05
    most = 0

    def watch(received: object) -> dict[str, str]:
        nonlocal most
        most = max(most, claude.connections)
        return GOOD

    claude.answer(watch)
    async with opened(tmp_path, at(claude), policy=QUICK, max_concurrent_calls=3) as running:
        asked = (running.gateway.ask(REQUEST, origin(f"{number}", f"U{number}")) for number in range(12))
        answers = await asyncio.gather(*asked)

    assert len(answers) == 12
    assert most == 3


class Switch(Routes):
    """Routes that a test changes."""

    def __init__(self, choice: Choice) -> None:
        self.route = Route(choice)

    async def table(self) -> RoutingTable:
        return RoutingTable(self.route)


async def gone(server: ClaudeServer) -> None:
    async with asyncio.timeout(PATIENCE):
        while server.connections:
            await asyncio.sleep(0.005)


async def test_it_closes_the_old_provider_when_its_last_call_ends(
    claude: ClaudeServer, openai: OpenAIServer, tmp_path: Path
) -> None:
    routes = Switch(at(claude).choice)
    async with opened(tmp_path, at(claude), at(openai), routes=routes, policy=Policy()) as running:
        claude.latency = 5.0
        slow = asyncio.create_task(running.gateway.ask(REQUEST, ORIGIN))
        await claude.arrived.wait()
        routes.route = Route(FALLBACK)
        switched = await running.gateway.ask(REQUEST, origin("job-2"))
        assert claude.connections == 1
        old = await slow
        await gone(claude)

    assert (old.model, switched.model) == ("Claude Haiku 4.5", "GPT-4o mini")


async def test_it_closes_the_old_provider_at_once_where_it_is_idle(
    claude: ClaudeServer, openai: OpenAIServer, tmp_path: Path
) -> None:
    routes = Switch(at(claude).choice)
    async with opened(tmp_path, at(claude), at(openai), routes=routes) as running:
        await running.gateway.ask(REQUEST, ORIGIN)
        routes.route = Route(FALLBACK)
        await running.gateway.ask(REQUEST, ORIGIN)
        await gone(claude)


async def test_it_names_the_key_that_is_missing(claude: ClaudeServer, tmp_path: Path) -> None:
    routes = Switch(at(claude).choice)
    async with opened(tmp_path, at(claude), routes=routes) as running:
        routes.route = Route(FALLBACK)
        with pytest.raises(errors.MissingKey, match="OPENAI_API_KEY"):
            await running.gateway.ask(REQUEST, ORIGIN)
        assert await running.calls() == []


async def test_it_goes_by_the_fallback_where_the_first_cannot_even_be_built(
    claude: ClaudeServer, tmp_path: Path
) -> None:
    routes = Switch(at(claude).choice)
    async with opened(tmp_path, at(claude), routes=routes) as running:
        routes.route = Route(FALLBACK, at(claude).choice)
        terms = await running.gateway.terms("summarise", "job-1")
        answer = await running.gateway.ask(REQUEST, ORIGIN)

    assert terms.row.id == "claude-haiku-4-5"
    assert (answer.model, answer.instead_of) == ("Claude Haiku 4.5", "OpenAI")
