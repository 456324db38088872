"""Trying a model: it is looked up, asked one tiny question, and the log has what that cost."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.choices import Choice
from bot.trials import Trial, tried
from tests.gateways import OFFLINE, ORIGIN, Opened, at, opened
from tests.vendors import Answer, OpenAIServer

MINI = Choice("openai", "gpt-4o-mini")


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as server:
        server.answer({"ready": True})
        yield server


@pytest.fixture
async def running(server: OpenAIServer, tmp_path: Path) -> AsyncIterator[Opened]:
    async with opened(tmp_path, OFFLINE, at(server)) as running:
        yield running


async def tried_out(running: Opened, choice: Choice = MINI) -> Trial:
    return await tried(running.gateway.attempts, choice, ORIGIN, seconds=0.5)


async def test_it_says_what_the_call_took_and_cost(running: Opened) -> None:
    trial = await tried_out(running)

    [call] = await running.calls()
    assert trial.error is None
    assert trial.cost_usd == call.cost_usd
    assert (call.purpose, call.outcome, call.requested_model) == ("check", "ok", "gpt-4o-mini")


async def test_it_tries_the_offline_rules_and_knows_no_others(running: Opened) -> None:
    right, wrong = [await tried_out(running, Choice("offline", name)) for name in ("offline-rules-1", "rules-2")]

    assert (right.error, right.cost_usd) == (None, 0.0)
    assert wrong.error is not None
    assert wrong.error.kind == "model_not_found"


@pytest.mark.parametrize(("problem", "kind"), [("not_found", "model_not_found"), ("auth", "auth")])
async def test_it_makes_no_call_where_the_vendor_does_not_let_it(
    running: Opened, server: OpenAIServer, problem: str, kind: str
) -> None:
    server.then(server.problem(problem))
    trial = await tried_out(running)

    assert trial.error is not None
    assert trial.error.kind == kind
    assert [received.method for received in server.received] == ["GET"]
    assert await running.calls() == []


async def test_it_says_that_the_model_cannot_fill_in_a_form(running: Opened, server: OpenAIServer) -> None:
    server.answer("I am ready!")
    trial = await tried_out(running)

    [call] = await running.calls()
    assert trial.error is not None
    assert trial.error.kind == call.error == "bad_output"
    assert call.cost_usd is not None


@pytest.mark.parametrize("steps", [0, 1])
async def test_it_waits_no_longer_than_it_may(running: Opened, server: OpenAIServer, steps: int) -> None:
    known = [Answer(server.described("gpt-4o-mini"))] * steps
    server.then(*known, Answer({}, pace="hang"))
    trial = await tried_out(running)

    assert trial.error is not None
    assert trial.error.kind == "timed_out"
    assert len(await running.calls()) == steps


async def test_it_leaves_the_breakers_of_real_work_alone(running: Opened, server: OpenAIServer) -> None:
    server.always(server.problem("auth"))
    for _ in range(6):
        await tried_out(running)

    assert running.gateway.breakers == {}
