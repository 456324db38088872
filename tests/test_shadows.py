"""Shadow calls: the same prompt for a candidate, behind everybody's back and from a purse of its own."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.base import Request
from bot.choices import Choice
from bot.pricing import Override, Prices
from bot.routes import Route
from bot.settings import Settings
from bot.store import Call
from tests.clocks import PATIENCE
from tests.gateways import ORIGIN, QUICK, Opened, at, opened, origin
from tests.vendors import Answer, ClaudeServer, OpenAIServer

REQUEST = Request("summarise", "Be brief.", "What happened?", "p1", 1_000)
CANDIDATE = Choice("openai", "gpt-4o-mini")
ROUTE = Route(Choice("claude", "claude-haiku-4-5"), shadow=CANDIDATE)
PRICES = Prices(
    {"openai/gpt-4o-mini": Override(input=0, output=100), "claude/claude-haiku-4-5": Override(input=0, output=100)},
    "prices.toml",
)
"""A call may cost 10 cents at the most, and costs 0.34 cents."""


@pytest.fixture
async def claude() -> AsyncIterator[ClaudeServer]:
    async with ClaudeServer() as server:
        yield server


@pytest.fixture
async def openai() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as server:
        yield server


async def shadows(running: Opened) -> list[Call]:
    """The rows of shadow calls, once none is under way."""
    await asyncio.gather(*running.gateway.shadows.asking)
    return [call for call in await running.calls() if call.purpose == "shadow"]


async def test_it_asks_the_candidate_the_same_and_returns_the_first_answer(
    claude: ClaudeServer, openai: OpenAIServer, tmp_path: Path
) -> None:
    claude.answer("from Claude")
    openai.answer("from OpenAI")
    async with opened(tmp_path, at(claude), at(openai), policy=QUICK) as running:
        answer = await running.gateway.ask(REQUEST, ORIGIN, route=ROUTE)
        [shadow] = await shadows(running)

    assert answer.reply.text == "from Claude"
    assert (shadow.provider, shadow.answer, shadow.job) == ("openai", "from OpenAI", ORIGIN.job)
    assert shadow.prompt == REQUEST.text


async def test_it_keeps_nobody_waiting(claude: ClaudeServer, openai: OpenAIServer, tmp_path: Path) -> None:
    openai.always(Answer({}, pace="hang"))
    async with opened(tmp_path, at(claude), at(openai), policy=QUICK) as running:
        began = time.monotonic()
        for number in range(12):
            await running.gateway.ask(REQUEST, origin(f"job-{number}"), route=ROUTE)
        took, under_way = time.monotonic() - began, len(running.gateway.shadows.asking)
        await openai.arrived.wait()

    assert took < QUICK.attempt_seconds / 2
    assert under_way == 4
    assert len(claude.received) == 12


async def test_it_breaks_off_what_is_under_way_at_the_end(
    claude: ClaudeServer, openai: OpenAIServer, tmp_path: Path
) -> None:
    openai.always(Answer({}, pace="hang"))
    async with opened(tmp_path, at(claude), at(openai), policy=QUICK) as running:
        await running.gateway.ask(REQUEST, ORIGIN, route=ROUTE)
        await openai.arrived.wait()
    await asyncio.wait_for(openai.departed.wait(), PATIENCE)
    async with opened(tmp_path, at(claude)) as later:
        work, shadow = await later.calls()

    assert (work.purpose, work.error) == ("work", None)
    assert (shadow.purpose, shadow.error) == ("shadow", "cancelled")


async def test_it_writes_a_failure_down_and_leaves_the_breakers_alone(
    claude: ClaudeServer, openai: OpenAIServer, tmp_path: Path
) -> None:
    openai.always(openai.problem("auth"))
    async with opened(tmp_path, at(claude), at(openai), policy=QUICK) as running:
        for number in range(8):
            await running.gateway.ask(REQUEST, origin(f"job-{number}"), route=ROUTE)
            failed = await shadows(running)
        answer = await running.gateway.ask(REQUEST, ORIGIN, route=Route(CANDIDATE, ROUTE.first))

    assert {call.error for call in failed} == {"auth"}
    assert len(failed) == 8
    assert answer.instead_of == "OpenAI"
    assert running.gateway.left_alone == {}


async def test_it_spends_from_a_budget_of_its_own(claude: ClaudeServer, openai: OpenAIServer, tmp_path: Path) -> None:
    settings = Settings(daily_budget_usd=0.21, shadow_daily_usd=0.105)
    async with opened(tmp_path, at(claude), at(openai), prices=PRICES, settings=settings) as running:
        for number in range(10):
            await running.gateway.ask(REQUEST, origin(f"job-{number}"), route=ROUTE)
            await shadows(running)
        left = await running.gateway.attempts.budget.left()

    assert len(claude.received) == 10
    assert len(openai.received) == 2
    assert left.daily == pytest.approx(0.21 - 10 * 0.0034)
    assert left.shadow == pytest.approx(0.105 - 2 * 0.0034)
    assert running.alarms == []


async def test_it_asks_no_candidate_of_unknown_price(
    claude: ClaudeServer, openai: OpenAIServer, tmp_path: Path
) -> None:
    route = Route(ROUTE.first, shadow=Choice("openai", "gpt-unpriced"))
    async with opened(tmp_path, at(claude), at(openai), policy=QUICK) as running:
        await running.gateway.ask(REQUEST, ORIGIN, route=route)
        await shadows(running)

    assert openai.received == []


async def test_it_asks_no_candidate_where_nobody_was_answered(
    claude: ClaudeServer, openai: OpenAIServer, tmp_path: Path
) -> None:
    claude.always(claude.problem("auth"))
    async with opened(tmp_path, at(claude), at(openai), policy=QUICK) as running:
        with pytest.raises(Exception, match="auth"):
            await running.gateway.ask(REQUEST, ORIGIN, route=ROUTE)
        await shadows(running)

    assert openai.received == []
