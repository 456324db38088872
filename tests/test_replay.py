"""Logged prompts asked again: exactly as they were sent, each answer kept once, and nothing of it in anybody's way."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.base import Request
from adapters.errors import ProviderError
from bot.choices import Choice
from bot.comparison import ModelFigures
from bot.replay import Plan, Replay, Wanted
from bot.settings import Settings
from bot.store import Eval
from tests.gateways import OFFLINE, ORIGIN, QUICK, Opened, at, opened
from tests.test_end_to_end import SUMMARY
from tests.test_summariser import conversation
from tests.vendors import ClaudeServer, OpenAIServer, Received

CLAUDE, OPENAI, RULES = (
    Choice("claude", "claude-haiku-4-5"),
    Choice("openai", "gpt-4o-mini"),
    Choice("offline", "offline-rules-1"),
)
ADMIN = "U1ADMIN"


class Bench:
    """Two vendors and the rules, and a log with summaries that one of the vendors wrote."""

    def __init__(self, running: Opened, openai: OpenAIServer, claude: ClaudeServer) -> None:
        self.running, self.openai, self.claude = running, openai, claude
        self.gateway, self.store = running.gateway, running.store
        self.replay = Replay(running.gateway, running.store, ORIGIN.workspace, [CLAUDE, OPENAI, RULES], keep=True)

    async def ask(self, prompts: int, **changes: object) -> None:
        for number in range(prompts):
            text = conversation(3 + number).fenced()
            request = Request("summarise", "Be brief.", text, "summarise-9", 500, SCHEMA)
            await self.gateway.ask(replace(request, **changes), ORIGIN)  # type: ignore[arg-type]

    async def plan(self, most: int = 20) -> Plan:
        return await self.replay.plan(Wanted("summarise", most, datetime.now(UTC)))

    async def compare(self, most: int = 20) -> dict[Choice, ModelFigures]:
        plan = await self.plan(most)
        await self.replay.run(plan, ADMIN, unseen)
        return {each.choice: each for each in await self.replay.figures(plan)}

    async def evals(self) -> list[Eval]:
        plan = await self.plan()
        return list(plan.kept.values())


SCHEMA = {
    "type": "object",
    "properties": {name: {} for name in SUMMARY},
    "required": list(SUMMARY),
    "additionalProperties": False,
}


async def unseen(done: int, answers: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
async def bench(tmp_path: Path, stack: AsyncExitStack) -> Bench:
    return await made(tmp_path, stack)


async def made(folder: Path, stack: AsyncExitStack, settings: Settings | None = None) -> Bench:
    openai, claude = await stack.enter_async_context(OpenAIServer()), await stack.enter_async_context(ClaudeServer())
    openai.answer(SUMMARY)
    claude.answer(SUMMARY)
    providers = at(openai), at(claude), OFFLINE
    running = await stack.enter_async_context(opened(folder, *providers, policy=QUICK, settings=settings))
    return Bench(running, openai, claude)


def sent(received: Received) -> tuple[str, str]:
    """The instructions and the text of a call, whichever vendor it went to."""
    messages = received.body["messages"]
    if "system" in received.body:
        return str(received.body["system"]), str(messages[0]["content"])
    return str(messages[0]["content"]), str(messages[1]["content"])


async def test_it_asks_every_model_exactly_what_was_asked(bench: Bench) -> None:
    await bench.ask(3)
    asked = sorted(map(sent, bench.openai.received))

    await bench.compare()

    assert sorted(map(sent, bench.openai.received[3:])) == asked
    assert sorted(map(sent, bench.claude.received)) == asked
    assert asked[0][0] == "Be brief."
    assert {received.body["max_tokens"] for received in bench.claude.received} == {500}
    schemas = [received.body["output_config"]["format"]["schema"] for received in bench.claude.received]
    assert schemas == [SCHEMA] * 3


async def test_it_logs_each_attempt_apart_and_without_a_second_copy_of_the_text(bench: Bench) -> None:
    await bench.ask(2)

    await bench.compare()

    trials = [call for call in await bench.running.calls() if call.purpose == "compare"]
    assert len(trials) == 6
    assert {(call.user, call.workspace, call.channel) for call in trials} == {(ADMIN, "T1", "C1")}
    assert {(call.prompt, call.answer) for call in trials} == {(None, None)}
    answers = [json.loads(eval.answer or "") for eval in await bench.evals() if eval.model != RULES.model]
    assert answers == [SUMMARY] * 4


async def test_it_adds_up_just_what_stands_in_the_call_log(bench: Bench) -> None:
    bench.claude.then(bench.claude.problem("overloaded"), bench.claude.reply("no JSON"))
    await bench.ask(4)

    found = await bench.compare()

    for choice, figures in found.items():
        trials = [
            call
            for call in await bench.running.calls()
            if call.purpose == "compare" and (call.provider, call.requested_model) == (choice.provider, choice.model)
        ]
        assert figures.calls == len(trials)
        assert figures.cost_usd == pytest.approx(sum(call.cost_usd or 0 for call in trials))
        answered = sorted(call.latency_ms for call in trials if call.outcome == "ok")
        assert (figures.p50_ms, figures.p95_ms) == (answered[(len(answered) - 1) // 2], answered[-1])
    assert (found[CLAUDE].calls, found[CLAUDE].answered, found[CLAUDE].failed) == (5, 3, 1)
    assert found[RULES].cost_usd == 0
    assert found[OPENAI].in_use


async def test_it_counts_the_entries_that_cite_a_message_which_exists(bench: Bench) -> None:
    await bench.ask(1)

    found = await bench.compare()

    cited = found[CLAUDE].kept_entries
    assert (cited.hits, cited.of) == (2, 5)


async def test_it_pays_for_no_answer_twice(bench: Bench) -> None:
    await bench.ask(3)
    first = await bench.compare()

    second = await bench.compare()

    assert second == first
    assert len(bench.claude.received) == 3
    assert (await bench.plan()).missing == []


async def test_it_goes_on_where_it_was_broken_off(bench: Bench) -> None:
    await bench.ask(8)
    kept = asyncio.Event()

    async def watch(done: int, answers: int) -> None:
        if done == 12:
            kept.set()

    running = asyncio.create_task(bench.replay.run(await bench.plan(), ADMIN, watch))
    await kept.wait()
    running.cancel()
    await asyncio.wait([running])
    before = len(await bench.evals())

    found = await bench.compare()

    assert running.cancelled()
    assert 12 <= before < 24
    assert [figures.answered for figures in found.values()] == [8, 8, 8]
    assert len(bench.claude.received) + len(bench.openai.received[8:]) <= 16 + 4


async def test_it_asks_again_what_failed_for_the_moment_and_not_what_a_model_cannot_do(bench: Bench) -> None:
    await bench.ask(1)
    bench.claude.always(bench.claude.problem("auth"))
    bench.openai.answer("no JSON")
    await bench.compare()
    bench.claude.answer(SUMMARY)
    asked = len(bench.openai.received)

    found = await bench.compare()

    assert (found[CLAUDE].answered, found[CLAUDE].failed) == (1, 0)
    assert (found[OPENAI].answered, found[OPENAI].failed) == (0, 1)
    assert len(bench.openai.received) == asked


async def test_it_replays_a_repaired_prompt_as_it_was_asked_at_first(bench: Bench) -> None:
    bench.openai.then(bench.openai.reply("no JSON"))
    await bench.ask(1)

    await bench.compare()

    assert bench.openai.received[1] != bench.openai.received[0]
    assert sent(bench.claude.received[0]) == sent(bench.openai.received[0])


async def test_it_lets_nobody_stand_in_and_leaves_the_breakers_of_real_work_alone(bench: Bench) -> None:
    await bench.ask(6)
    bench.openai.always(bench.openai.problem("server_error"))

    found = await bench.compare()
    bench.openai.answer(SUMMARY)
    await bench.ask(1)

    assert (found[OPENAI].answered, found[OPENAI].failed) == (0, 6)
    assert found[CLAUDE].calls == 6
    assert (await bench.running.calls())[-1].outcome == "ok"


async def test_it_counts_for_nobodys_hour(tmp_path: Path, stack: AsyncExitStack) -> None:
    bench = await made(tmp_path, stack, Settings(requests_per_user_hour=1))
    await bench.ask(2)

    await bench.compare()
    await bench.gateway.ask(
        Request("summarise", "s", conversation(3).fenced(), "summarise-9", 500, SCHEMA), replace(ORIGIN, user=ADMIN)
    )

    assert len([call for call in await bench.running.calls() if call.user == ADMIN]) == 7


async def test_it_keeps_to_the_budget_and_goes_on_with_what_costs_nothing(
    tmp_path: Path, stack: AsyncExitStack
) -> None:
    bench = await made(tmp_path, stack)
    await bench.ask(2)
    await bench.running.settings.change("daily_budget_usd", 0.0001, by="operator")

    plan = await bench.plan()
    refused = await bench.replay.run(plan, ADMIN, unseen)

    found = {each.choice: each for each in await bench.replay.figures(plan)}
    assert refused == {CLAUDE, OPENAI}
    assert bench.claude.received == []
    assert (found[RULES].answered, found[CLAUDE].answered, found[CLAUDE].failed) == (2, 0, 0)


async def test_it_estimates_from_the_tokens_that_the_prompts_took(bench: Bench) -> None:
    await bench.ask(2)

    estimates = {each.choice: each for each in await bench.replay.estimates(await bench.plan())}

    # The loopback vendor reports 120 tokens in and 34 out, at 1.00 and 5.00 dollars a million for Claude Haiku 4.5.
    assert estimates[CLAUDE].usd == pytest.approx(2 * (120 * 1.0 + 34 * 5.0) / 1_000_000)
    assert (estimates[RULES].usd, estimates[RULES].missing) == (0, 2)


async def test_it_takes_the_last_prompts_and_tells_which_are_purged(bench: Bench) -> None:
    await bench.ask(5)
    [third] = [call for number, call in enumerate(await bench.running.calls()) if number == 2]
    await bench.store.forget_texts(datetime.fromisoformat(third.called_at))

    plan = await bench.plan(4)

    assert (len(plan.logged), plan.purged, len(plan.prompts), plan.unexplained) == (4, 1, 3, 0)


async def test_it_leaves_out_calls_of_a_version_that_kept_only_the_text(bench: Bench) -> None:
    await bench.ask(1)
    [call] = await bench.running.calls()
    await bench.store.log_call(replace(call, id="old", prompt_digest=None))

    plan = await bench.plan()

    assert (len(plan.prompts), plan.unexplained) == (1, 1)


async def test_it_compares_real_work_only(bench: Bench) -> None:
    await bench.ask(2)
    await bench.compare()
    bench.openai.always(bench.openai.problem("auth"))
    with pytest.raises(ProviderError):
        await bench.ask(1)

    assert len((await bench.plan()).logged) == 2


async def test_it_blanks_the_answers_with_the_prompts_they_belong_to(bench: Bench) -> None:
    await bench.ask(2)
    figures = await bench.compare()
    newest = (await bench.running.calls())[1].called_at

    await bench.store.forget_texts(datetime.fromisoformat(newest))

    assert sorted(eval.answer is None for eval in await bench.evals()) == [False] * 3 + [True] * 3
    assert await bench.compare() == figures
    await bench.store.forget_texts(datetime.now(UTC) + timedelta(seconds=1))
    assert {eval.answer for eval in await bench.evals()} == {None}


async def test_it_blanks_the_answers_about_a_message_that_is_deleted(bench: Bench) -> None:
    opened_at = datetime(2026, 11, 22, tzinfo=UTC)
    id = await bench.store.join_case(ORIGIN.workspace, "C1", "1790000000.000100", "U1", 60)
    await bench.store.open_case(id, "U1", quiet=False, at=opened_at)
    await bench.ask(1)
    request = Request("summarise", "Be brief.", conversation(4).fenced(), "summarise-9", 500, SCHEMA)
    await bench.gateway.ask(request, replace(ORIGIN, job=id))
    await bench.compare()
    case = await bench.store.case(id)
    assert case is not None

    await bench.store.remove_case(case)

    assert sorted(eval.answer is None for eval in await bench.evals()) == [False] * 3 + [True] * 3


async def test_it_keeps_what_goes_with_the_text_once(bench: Bench) -> None:
    await bench.ask(3)
    await bench.ask(1, system="Be brief!")

    calls = await bench.running.calls()
    digests = [call.prompt_digest for call in calls]
    kept = [await bench.store.prompt(digest or "") for digest in dict.fromkeys(digests)]
    assert len(set(digests)) == 2
    assert [each.system for each in kept if each] == ["Be brief.", "Be brief!"]
    assert {each.schema for each in kept if each} == {json.dumps(SCHEMA)}


async def test_it_has_at_most_four_calls_under_way(bench: Bench) -> None:
    await bench.ask(8)
    bench.openai.received.clear()
    bench.openai.latency = bench.claude.latency = 0.5

    running = asyncio.create_task(bench.compare())
    while len(bench.openai.received) + len(bench.claude.received) < 4:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    held = len(bench.openai.received) + len(bench.claude.received)
    bench.openai.latency = bench.claude.latency = 0.0
    await running

    assert held == 4
