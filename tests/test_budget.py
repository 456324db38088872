"""Budgets and quotas: no cap is passed, whoever asks at the same moment, and admins hear of it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters import errors
from adapters.base import Request
from bot.attempts import Attempt
from bot.budget import Exhausted, midnights
from bot.origin import Origin
from bot.pricing import Override, Prices
from bot.settings import Settings
from bot.store import Call
from tests.desk import locked
from tests.gateways import QUICK, Opened, at, opened, origin
from tests.vendors import Answer, OpenAIServer

REQUEST = Request("summarise", "Be brief.", "What happened?", "p1", 1_000)
PRICES = Prices({"openai/gpt-4o-mini": Override(input=0, output=100)}, "prices.toml")
"""A call may cost 10 cents at the most, and costs 0.34 cents."""


class Clock:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as server:
        yield server


def request(number: int, user: str = "U1") -> Origin:
    return origin(f"job-{number}", user)


async def spend(running: Opened, number: int = 1) -> float:
    return (await running.gateway.ask(REQUEST, request(number))).cost_usd or 0.0


async def held(running: Opened) -> int:
    [row] = await running.store.database.read("SELECT count(*) AS rows FROM reservations")
    return int(row["rows"] or 0)


async def test_it_spends_without_a_budget(server: OpenAIServer, tmp_path: Path) -> None:
    async with opened(tmp_path, at(server), prices=PRICES) as running:
        assert await spend(running) == pytest.approx(0.0034)


async def test_it_refuses_the_call_that_could_pass_the_cap(server: OpenAIServer, tmp_path: Path) -> None:
    async with opened(tmp_path, at(server), prices=PRICES, settings=Settings(daily_budget_usd=0.105)) as running:
        await spend(running, 1)
        await spend(running, 2)
        with pytest.raises(errors.OverBudget) as caught:
            await spend(running, 3)

        assert caught.value.detail == "daily"
        assert len(server.received) == len(await running.calls()) == 2
        assert await held(running) == 0
        [alarm] = running.alarms
        assert (alarm.period, alarm.usd) == ("daily", 0.105)


async def test_it_lets_no_two_at_once_pass_the_cap_together(server: OpenAIServer, tmp_path: Path) -> None:
    server.latency = 0.1
    settings = Settings(daily_budget_usd=0.35)
    async with opened(tmp_path, at(server), prices=PRICES, settings=settings) as running:
        asked = (running.gateway.ask(REQUEST, request(number)) for number in range(10))
        answers = await asyncio.gather(*asked, return_exceptions=True)

    assert sum(isinstance(answer, errors.OverBudget) for answer in answers) == 7
    assert len(server.received) == 3


async def test_it_counts_an_answer_of_a_model_that_nobody_can_price(server: OpenAIServer, tmp_path: Path) -> None:
    server.then(server.reply("pong", model="a-model-of-tomorrow"))
    async with opened(tmp_path, at(server), settings=Settings(daily_budget_usd=0.001)) as running:
        await spend(running, 1)
        with pytest.raises(errors.OverBudget):
            await spend(running, 2)

        [call] = await running.calls()

    assert (call.served_model, call.cost_usd) == ("a-model-of-tomorrow", None)
    assert call.reserved_usd == pytest.approx(0.0006, rel=0.1)


async def test_it_counts_an_answer_that_nobody_has_metered(server: OpenAIServer, tmp_path: Path) -> None:
    server.then(server.reply("pong", usage=None), Answer({"object": "something else"}))
    settings = Settings(daily_budget_usd=0.302)
    async with opened(tmp_path, at(server), prices=PRICES, settings=settings) as running:
        await spend(running, 1)
        await spend(running, 2)  # which takes two calls, because the first answer is of no use
        with pytest.raises(errors.OverBudget):
            await spend(running, 3)

        costs = [call.cost_usd for call in await running.calls()]
        reserved = [call.reserved_usd for call in await running.calls()]
        left = await running.gateway.attempts.budget.left()

    assert costs == [None, None, pytest.approx(0.0034)]
    assert reserved == [pytest.approx(0.1), pytest.approx(0.1), None]
    assert left.daily == pytest.approx(0.302 - 0.2034)


async def test_it_counts_what_may_have_been_billed(server: OpenAIServer, tmp_path: Path) -> None:
    server.then(Answer(b"", pace="hang"))
    policy = replace(QUICK, retries=0, attempt_seconds=0.1)
    settings = Settings(daily_budget_usd=0.15)
    async with opened(tmp_path, at(server), prices=PRICES, settings=settings, policy=policy) as running:
        with pytest.raises(errors.TimedOut):
            await spend(running, 1)
        with pytest.raises(errors.OverBudget):
            await spend(running, 2)

        [call] = await running.calls()
        assert call.cost_usd is None
        assert call.reserved_usd == pytest.approx(0.1)


@pytest.mark.parametrize(
    "odd",
    [
        {"choices": [{"finish_reason": "stop", "message": {"content": [{"type": "text", "text": "pong"}]}}]},
        {"choices": [{"message": {"content": [{"type": "text", "text": "pong"}]}}]},
        {"model": ["gpt-4o-mini"]},
        {"usage": {"prompt_tokens": "many"}},
    ],
)
async def test_it_counts_an_answer_that_nobody_could_read(
    server: OpenAIServer, tmp_path: Path, odd: dict[str, object]
) -> None:
    whole = server.reply("pong").body
    assert isinstance(whole, dict)
    server.always(Answer(whole | odd))
    async with opened(tmp_path, at(server), prices=PRICES, settings=Settings(daily_budget_usd=0.25)) as running:
        for number in range(2):
            with pytest.raises(errors.Unexpected):
                await spend(running, number)
        with pytest.raises(errors.OverBudget):
            await spend(running, 2)

        assert [call.error for call in await running.calls()] == ["unexpected"] * 2


async def test_it_counts_a_200_that_is_no_answer_of_the_api(server: OpenAIServer, tmp_path: Path) -> None:
    server.always(Answer(b"<html>"))
    async with opened(tmp_path, at(server), prices=PRICES, settings=Settings(daily_budget_usd=0.15)) as running:
        with pytest.raises(errors.NoApi):
            await spend(running, 1)
        with pytest.raises(errors.OverBudget):
            await spend(running, 2)


@pytest.mark.parametrize("problem", ["auth", "not_found", "bad_request", "rate_limited", "server_error", "overloaded"])
async def test_it_counts_nothing_where_the_vendor_has_refused_or_failed(
    server: OpenAIServer, tmp_path: Path, problem: str
) -> None:
    server.always(server.problem(problem))
    async with opened(tmp_path, at(server), prices=PRICES, settings=Settings(daily_budget_usd=0.15)) as running:
        with pytest.raises(errors.ProviderError):
            await spend(running)

        assert {(call.cost_usd, call.reserved_usd) for call in await running.calls()} == {(None, None)}


async def test_it_counts_nothing_where_nobody_listens(server: OpenAIServer, tmp_path: Path) -> None:
    gone = at(server)
    await server.runner.cleanup()
    async with opened(tmp_path, gone, prices=PRICES, settings=Settings(daily_budget_usd=0.15), policy=QUICK) as running:
        with pytest.raises(errors.Unreachable):
            await spend(running)

        assert [call.reserved_usd for call in await running.calls()] == [None] * 3


async def test_it_takes_no_count_of_tokens_below_none(server: OpenAIServer, tmp_path: Path) -> None:
    whole = server.reply("pong").body
    assert isinstance(whole, dict)
    server.always(Answer(whole | {"usage": {"prompt_tokens": -5_000_000, "completion_tokens": -3}}))
    async with opened(tmp_path, at(server), prices=PRICES, settings=Settings(daily_budget_usd=0.25)) as running:
        await running.gateway.ask(REQUEST, request(1))

        [call] = await running.calls()
        assert (call.input_tokens, call.output_tokens, call.cost_usd) == (0, 0, None)
        assert call.reserved_usd == pytest.approx(0.1)


async def test_it_keeps_a_paid_answer_whose_asker_is_gone_before_it_is_written_down(
    server: OpenAIServer, tmp_path: Path
) -> None:
    async with opened(tmp_path, at(server), prices=PRICES, settings=Settings(daily_budget_usd=1)) as running:
        [database] = tmp_path.glob("*.db")
        server.latency = 0.2
        asking = asyncio.create_task(spend(running))
        await server.arrived.wait()
        with locked(database):
            await asyncio.sleep(0.5)  # until it is answered
            asking.cancel()
            await asyncio.sleep(0.1)
        with pytest.raises(asyncio.CancelledError):
            await asking

        assert [call.error for call in await running.calls()] == [None]
        assert await held(running) == 0


async def test_it_counts_no_days_ahead_that_a_wrong_clock_has_written(server: OpenAIServer, tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 11, 8, 12, tzinfo=UTC))
    settings = Settings(daily_budget_usd=0.2, monthly_budget_usd=0.2, shadow_daily_usd=0.2)
    async with opened(tmp_path, at(server), prices=PRICES, settings=settings, now=clock) as running:
        await running.store.log_call(bought(2, datetime(2026, 11, 28, tzinfo=UTC)))
        await spend(running)
        left = await running.gateway.attempts.budget.left()

    assert left.daily == pytest.approx(0.1966)
    assert left.monthly == pytest.approx(0.1966)


async def test_it_begins_anew_at_midnight_where_the_workspace_is(server: OpenAIServer, tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 11, 28, 14, 59, tzinfo=UTC))
    settings = Settings(daily_budget_usd=0.1, timezone="Asia/Tokyo")
    async with opened(tmp_path, at(server), prices=PRICES, settings=settings, now=clock) as running:
        await running.store.log_call(bought(0.05, clock.moment))
        with pytest.raises(errors.OverBudget):
            await spend(running)
        clock.moment += timedelta(minutes=1)
        await spend(running)


async def test_it_keeps_the_budget_of_the_month(server: OpenAIServer, tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 11, 30, 12, tzinfo=UTC))
    settings = Settings(daily_budget_usd=1, monthly_budget_usd=5)
    async with opened(tmp_path, at(server), prices=PRICES, settings=settings, now=clock) as running:
        await running.store.log_call(bought(4.95, datetime(2026, 11, 3, tzinfo=UTC)))
        with pytest.raises(errors.OverBudget) as caught:
            await spend(running)
        assert caught.value.detail == "monthly"
        assert running.alarms == [Exhausted("monthly", "2026-11-01", 5)]
        clock.moment = datetime(2026, 12, 1, tzinfo=UTC)
        await spend(running)


async def test_it_counts_in_the_month_what_is_known_only_after_midnight(server: OpenAIServer, tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 11, 28, 0, 1, tzinfo=UTC))
    async with opened(
        tmp_path, at(server), prices=PRICES, settings=Settings(monthly_budget_usd=5), now=clock
    ) as running:
        await spend(running)
        await running.store.log_call(bought(4.95, datetime(2026, 11, 27, 23, 59, tzinfo=UTC)))
        clock.moment += timedelta(minutes=10)
        with pytest.raises(errors.OverBudget):
            await spend(running)


class Cancelling(Clock):
    """Cancels who asks for the time, once, at the look that a test says."""

    def __init__(self, look: int) -> None:
        super().__init__(datetime(2026, 11, 28, 12, tzinfo=UTC))
        self.left = look

    def __call__(self) -> datetime:
        self.left -= 1
        task = asyncio.current_task()
        if self.left == 0 and task is not None:
            task.cancel()
        return self.moment


async def test_it_holds_nothing_for_who_is_cancelled_while_it_reserves(server: OpenAIServer, tmp_path: Path) -> None:
    clock, cancelled = Cancelling(0), []
    async with opened(tmp_path, at(server), prices=PRICES, settings=Settings(daily_budget_usd=1), now=clock) as running:
        for look in range(1, 4):
            attempt = Attempt(at(server).choice, REQUEST, request(look), 1, 5.0, datetime.now(UTC))
            clock.left = look
            asking = asyncio.create_task(running.gateway.attempts.make(attempt, []))
            await asyncio.wait([asking])
            cancelled.append(asking.cancelled())
            assert await held(running) == 0

    assert any(cancelled)


def bought(usd: float, at: datetime, **changes: object) -> Call:
    """A row of the call log that cost so much at that time."""
    plain = Call(
        id=f"{at:%s}-{usd}",
        called_at=at.isoformat(),
        task="summarise",
        prompt_version="p1",
        provider="openai",
        requested_model="gpt-4o-mini",
        latency_ms=1,
        attempt=1,
        outcome="ok",
        workspace="T1",
        cost_usd=usd,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


async def test_it_refuses_a_model_without_a_price_where_there_is_a_budget(server: OpenAIServer, tmp_path: Path) -> None:
    unknown = replace(at(server), model="a-model-of-tomorrow")
    async with opened(tmp_path, unknown, settings=Settings(daily_budget_usd=1_000)) as running:
        with pytest.raises(errors.Unpriced) as caught:
            await spend(running)
    assert (caught.value.model, server.received) == ("a-model-of-tomorrow", [])


async def test_it_takes_a_price_of_nothing_for_a_price(server: OpenAIServer, tmp_path: Path) -> None:
    free = Prices({"openai/a-model-of-tomorrow": Override(input=0, output=0)}, "prices.toml")
    unknown = replace(at(server), model="a-model-of-tomorrow")
    server.then(server.reply("x", model="a-model-of-tomorrow"))
    async with opened(tmp_path, unknown, prices=free, settings=Settings(daily_budget_usd=0)) as running:
        assert await spend(running) == 0


@pytest.mark.parametrize("purpose", ["work", "shadow"])
async def test_it_refuses_no_free_model_where_a_budget_is_used_up(
    server: OpenAIServer, tmp_path: Path, purpose: str
) -> None:
    settings = Settings(daily_budget_usd=0.01, shadow_daily_usd=0.01)
    async with opened(tmp_path, at(server), settings=settings) as running:
        await running.store.log_call(bought(0.05, datetime.now(UTC), purpose=purpose))
        budget = running.gateway.attempts.budget
        with pytest.raises(errors.OverBudget):
            await budget.reserve("dear", "openai", 0.001, purpose)
        assert await budget.reserve("free", "openai", 0.0, purpose) is None


async def test_it_stops_everything_that_costs_money_at_a_budget_of_nothing(
    server: OpenAIServer, tmp_path: Path
) -> None:
    async with opened(tmp_path, at(server), prices=PRICES, settings=Settings(monthly_budget_usd=0)) as running:
        with pytest.raises(errors.OverBudget):
            await spend(running)
    assert server.received == []


async def test_it_does_not_count_what_a_dead_process_had_reserved(server: OpenAIServer, tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 11, 28, 12, tzinfo=UTC))
    settings = Settings(daily_budget_usd=0.1)
    async with opened(tmp_path, at(server), prices=PRICES, settings=settings, now=clock) as running:
        day, until, _ = midnights(clock.moment, "UTC")
        await running.store.reserve("dead", "T1", 0.1, clock.moment, day=day, until=until, since=day, most=1)
        with pytest.raises(errors.OverBudget):
            await spend(running)
        clock.moment += timedelta(minutes=11)
        await spend(running)


async def test_it_says_what_is_left(server: OpenAIServer, tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 11, 28, 12, tzinfo=UTC))
    settings = Settings(daily_budget_usd=1, monthly_budget_usd=5)
    async with opened(tmp_path, at(server), settings=settings, now=clock) as running:
        await running.store.log_call(bought(2, datetime(2026, 11, 3, tzinfo=UTC)))
        await running.store.log_call(bought(0.25, datetime(2026, 11, 28, tzinfo=UTC)))
        left = await running.gateway.attempts.budget.left()
    assert (left.daily, left.monthly) == (0.75, 2.75)


@pytest.mark.parametrize(
    ("now", "zone", "day", "tomorrow", "month"),
    [
        ("2026-11-28T23:30:00+00:00", "UTC", "2026-11-28T00", "2026-11-29T00", "2026-11-01T00"),
        ("2026-11-30T23:30:00+00:00", "Europe/Berlin", "2026-11-30T23", "2026-12-01T23", "2026-11-30T23"),
        ("2026-10-25T12:00:00+00:00", "Europe/Berlin", "2026-10-24T22", "2026-10-25T23", "2026-09-30T22"),
        ("2026-11-01T04:30:00+00:00", "America/New_York", "2026-11-01T04", "2026-11-02T05", "2026-11-01T04"),
    ],
)
def test_it_begins_days_and_months_at_midnight_there(now: str, zone: str, day: str, tomorrow: str, month: str) -> None:
    begun = midnights(datetime.fromisoformat(now), zone)

    assert [moment.isoformat() for moment in begun] == [f"{each}:00:00+00:00" for each in (day, tomorrow, month)]


async def test_it_lets_one_person_ask_so_often_in_an_hour(server: OpenAIServer, tmp_path: Path) -> None:
    clock = Clock(datetime.now(UTC))
    async with opened(tmp_path, at(server), settings=Settings(requests_per_user_hour=2), now=clock) as running:
        for number in (1, 1, 1, 2):
            await spend(running, number)
        with pytest.raises(errors.OverLimit):
            await spend(running, 3)
        await running.gateway.ask(REQUEST, request(4, user="U2"))
        await running.gateway.ask(REQUEST, request(1))
        clock.moment += timedelta(hours=1, seconds=1)
        await spend(running, 5)


async def test_it_lets_no_hundred_at_once_slip_through(server: OpenAIServer, tmp_path: Path) -> None:
    server.latency = 0.1
    async with opened(tmp_path, at(server), settings=Settings(requests_per_user_hour=3)) as running:
        asked = (running.gateway.ask(REQUEST, request(number)) for number in range(10))
        answers = await asyncio.gather(*asked, return_exceptions=True)

    assert sum(isinstance(answer, errors.OverLimit) for answer in answers) >= 7
    assert len(server.received) <= 3


async def test_it_counts_nobody_for_what_nobody_asked(server: OpenAIServer, tmp_path: Path) -> None:
    async with opened(tmp_path, at(server), settings=Settings(requests_per_user_hour=1)) as running:
        for number in range(3):
            await running.gateway.ask(replace(REQUEST, task="triage"), request(number, user=""))
        assert len(await running.calls()) == 3


async def test_it_bounds_what_one_person_causes_by_writing_and_editing(server: OpenAIServer, tmp_path: Path) -> None:
    triage = replace(REQUEST, task="triage")
    async with opened(tmp_path, at(server), settings=Settings(requests_per_user_hour=2)) as running:
        for _ in range(2):
            await running.gateway.ask(triage, request(1))
        with pytest.raises(errors.OverLimit):
            await running.gateway.ask(triage, request(1))
        await running.gateway.ask(triage, request(2, user="U2"))
        await running.gateway.ask(REQUEST, request(3))
    assert len(server.received) == 4
