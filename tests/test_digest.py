"""The figures of a generated month against plain Python over the same rows, and the queries that anybody can run."""

import json
import math
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.database import Database
from bot.digest import figures
from bot.figures import Figures, ModelFigures, as_json
from bot.pricing import Prices
from bot.settings import Settings
from bot.store import Call, Store
from bot.week import Week
from tests import month as plain
from tests.month import BERLIN, Month, generated, within, written

WEEKS = ("2026-W42", "2026-W43", "2026-W44", "2026-W45", "2026-W46")
"""The month, in whose second week clocks go back, and in whose last there are two days."""

SETTINGS = Settings(timezone="Europe/Berlin", daily_budget_usd=0.5, monthly_budget_usd=4.0)
NOW = datetime(2026, 11, 23, 9, tzinfo=BERLIN)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    yield Store(database)
    await database.close()


async def of(store: Store, week: str, settings: Settings = SETTINGS) -> Figures:
    return await figures(store, Week.parse(week), settings=settings, workspace="T1", prices=Prices(), now=NOW)


def told(model: ModelFigures) -> dict[str, Any]:
    """A model's figures in the form of those in plain Python."""
    line = model.line
    votes = model.votes
    return {
        "calls": line.calls,
        "failed": line.failed,
        "input_tokens": line.input_tokens,
        "cached_tokens": line.cached_tokens,
        "cache_write_tokens": model.cache_write_tokens,
        "output_tokens": line.output_tokens,
        "thinking_tokens": model.thinking_tokens,
        "cost_usd": None if line.cost_usd is None else round(line.cost_usd, 9),
        "unpriced": line.unpriced,
        "priced": model.priced,
        "per_100_usd": None if model.per_100_usd is None else round(model.per_100_usd, 9),
        "p50_ms": line.p50_ms,
        "p95_ms": line.p95_ms,
        "tasks": dict(model.tasks),
        "stood_in": model.stood_in,
        "thumbs": (model.thumbs.hits, model.thumbs.of),
        "labels": (model.labels.hits, model.labels.of),
        "votes": (votes.won, votes.same, votes.votes) if votes else (0, 0, 0),
    }


def span(week: str) -> tuple[datetime, datetime]:
    found = Week.parse(week)
    return found.begins(BERLIN), found.ends(BERLIN)


def spent(rows: Month, since: datetime, until: datetime) -> float:
    """What counts towards the budget: all calls but those in the shadow, which have one of their own."""
    counted = (call for call in rows.calls if call.purpose != "shadow" and within(call.called_at, since, until))
    return math.fsum(call.cost_usd or 0.0 for call in counted)


async def test_it_agrees_with_plain_python_over_the_raw_rows(store: Store) -> None:
    rows = generated()
    await written(rows, store)

    for week in WEEKS:
        found = await of(store, week)

        expected = plain.computed(rows, *span(week))
        assert {(each.model, each.line.purpose): told(each) for each in [*found.models, *found.trials]} == expected
        assert {each.line.purpose for each in found.models} == {"work"}
        work = [figures for (_, purpose), figures in expected.items() if purpose == "work"]
        assert found.total.calls == sum(each["calls"] for each in work)
        assert found.total.cost_usd == pytest.approx(sum(each["cost_usd"] or 0 for each in work))
        assert found.total.unpriced == sum(each["unpriced"] for each in work) > 0
    assert sum(each["labels"][1] for each in expected.values()) > 5


async def test_it_learns_nothing_from_what_authors_correct_in_their_own_cases(store: Store) -> None:
    rows = generated()
    await written(rows, store)
    own = "UPDATE corrections SET corrected_by = (SELECT author FROM triage WHERE id = corrections.triage)"
    await store.database.write(own)
    rows.handled -= {str(case["id"]) for case in rows.cases if plain.labelled(rows, case)}

    found = await store.labels(*span("2026-W43"))

    expected = {each.model: plain.labels(rows, each.model, *span("2026-W43")) for each in found}
    assert {each.model: (each.hits, each.of) for each in found} == expected
    assert sum(of for _, of in expected.values()) > 5


async def test_it_counts_a_case_once_for_each_model_by_the_newest_answer(store: Store) -> None:
    month = generated()
    case = next(case for case in month.cases if case["id"] in month.handled)
    call = next(call for call in month.calls if call.id == case["call"])
    await written(Month([call], cases=[case], handled={case["id"]}), store)
    begun, right = datetime.fromisoformat(call.called_at), {"category": case["category"], "noise": case["noise"]}
    wrong = right | {"noise": not case["noise"]}
    counts = []

    for number, (purpose, given) in enumerate([("shadow", wrong), ("compare", right), ("shadow", wrong)]):
        at = (begun + timedelta(hours=number)).isoformat()
        trial = replace(call, id=f"trial-{number}", called_at=at, requested_model="m", answer=json.dumps(given))
        if purpose == "compare":
            await repeated(store, call, replace(trial, purpose=purpose))
        else:
            await store.log_call(replace(trial, purpose=purpose))
        found = {each.model: each for each in await store.labels(begun, begun + timedelta(days=1))}
        counts.append((found[f"{call.provider}/m"].hits, found[f"{call.provider}/m"].of))

    assert counts == [(0, 1), (1, 1), (0, 1)]


async def test_it_counts_what_sorted_a_case_whatever_that_model_says_when_it_is_asked_again(store: Store) -> None:
    month = generated()
    case = next(case for case in month.cases if case["id"] in month.handled)
    call = next(call for call in month.calls if call.id == case["call"])
    await written(Month([call], cases=[case], handled={case["id"]}), store)
    begun = datetime.fromisoformat(call.called_at)
    before = await store.labels(begun, begun + timedelta(days=1))

    again = {"category": case["model_category"], "noise": not case["model_noise"]}
    await repeated(store, call, replace(call, id="again", purpose="compare", answer=json.dumps(again)))

    assert await store.labels(begun, begun + timedelta(days=1)) == before
    assert [each.of for each in before] == [1]


async def test_it_compares_with_the_week_before(store: Store) -> None:
    rows = generated()
    await written(rows, store)

    second, first = await of(store, "2026-W43"), await of(store, "2026-W42")

    assert second.before == first.total
    assert first.before.calls == 0


async def test_it_knows_whether_a_week_is_over(store: Store) -> None:
    assert [(await of(store, week)).complete for week in ("2026-W47", "2026-W48")] == [True, False]


async def test_it_names_the_three_channels_that_cost_most(store: Store) -> None:
    rows = generated()
    await written(rows, store)

    found = await of(store, "2026-W43")

    costs: dict[str, float] = {}
    for call in rows.calls:
        if within(call.called_at, *span("2026-W43")) and call.purpose == "work":
            costs[call.channel or ""] = costs.get(call.channel or "", 0.0) + (call.cost_usd or 0.0)
    dearest = sorted(costs, key=lambda channel: costs[channel], reverse=True)[:3]
    assert [each.channel for each in found.channels] == dearest
    assert [each.cost_usd for each in found.channels] == pytest.approx([costs[channel] for channel in dearest])


async def test_it_tells_how_much_of_each_budget_is_used(store: Store) -> None:
    rows = generated()
    await written(rows, store)

    daily, monthly = (await of(store, "2026-W45")).budgets

    monday = datetime(2026, 11, 2, tzinfo=BERLIN)
    days = [monday + timedelta(days=number) for number in range(7)]
    sums = [spent(rows, day, day + timedelta(days=1)) for day in days]
    assert daily.used_usd == pytest.approx(max(sums))
    assert daily.begun == days[sums.index(max(sums))].date().isoformat()
    assert (daily.cap_usd, monthly.cap_usd, monthly.begun) == (0.5, 4.0, "2026-11-01")
    assert monthly.used_usd == pytest.approx(spent(rows, datetime(2026, 11, 1, tzinfo=BERLIN), days[-1] + timedelta(1)))


async def test_it_warns_of_what_happens_to_the_models_of_the_week(store: Store) -> None:
    await written(generated(), store)

    found = await of(store, "2026-W43")

    assert any(sentence.startswith("gpt-4o-mini shuts down on 2027-01-14") for sentence in found.warnings)


async def test_it_shows_nothing_for_a_week_without_calls(store: Store) -> None:
    await written(generated(), store)

    found = await of(store, "2026-W20")

    assert found.empty
    assert found.elsewhere is None
    assert found.total.cost_usd is None


async def test_it_writes_every_figure_as_json(store: Store) -> None:
    await written(generated(), store)

    found = await of(store, "2026-W43")
    read = json.loads(json.dumps(as_json(found)))

    assert read["week"] == "2026-W43"
    assert (read["first_day"], read["last_day"], read["timezone"]) == ("2026-10-19", "2026-10-25", "Europe/Berlin")
    assert read["change"]["calls"] == pytest.approx(found.total.calls / found.before.calls - 1)
    [dearest, *_] = read["models"]
    assert dearest["model"] == found.models[0].model
    assert dearest["labels"]["interval"] == pytest.approx(found.models[0].labels.interval)
    assert {candidate["model"] for candidate in read["elsewhere"]["candidates"]} >= {"openai/gpt-6-luna"}


async def test_it_measures_tokenizers_on_prompts_that_two_models_have_read(store: Store) -> None:
    call = next(call for call in generated().calls if call.purpose == "work" and call.outcome == "ok")
    asked = replace(call, provider="openai", requested_model="gpt-4o-mini", called_at="2026-10-20T10:00:00+00:00")
    read = replace(asked, task="summarise")
    for number in range(25):
        one = replace(read, id=f"a{number}", job=f"j{number}", prompt=f"p{number}", input_tokens=1_000 + number)
        other = replace(one, id=f"b{number}", requested_model="gpt-6-luna", purpose="shadow", input_tokens=1_200)
        unlike = replace(other, id=f"c{number}", prompt="another prompt", input_tokens=9)
        for each in (one, other, unlike):
            await store.log_call(each)

    [back, there] = sorted(await store.pairs(*span("2026-W43")), key=lambda pair: pair.ratio)

    assert (there.model, there.other, there.pairs) == ("openai/gpt-4o-mini", "openai/gpt-6-luna", 25)
    assert there.ratio == pytest.approx(1_200 / 1_012)
    assert back.ratio == pytest.approx(1 / there.ratio)
    found = (await of(store, "2026-W43")).elsewhere
    assert found is not None
    assert {each.model for each in found.candidates if each.measured} == {"openai/gpt-4o-mini", "openai/gpt-6-luna"}


async def test_it_measures_tokenizers_on_prompts_that_a_comparison_has_repeated(store: Store) -> None:
    call = next(call for call in generated().calls if call.outcome == "ok" and call.input_tokens)
    first = replace(call, provider="openai", requested_model="gpt-4o-mini", called_at="2026-10-20T10:00:00+00:00")
    for number in range(25):
        source = replace(first, id=f"a{number}", job="one job", prompt=None, input_tokens=1_000 + number)
        replay = replace(source, requested_model="gpt-6-luna", purpose="compare", input_tokens=1_200 + 2 * number)
        await store.log_call(source)
        await repeated(store, source, replace(replay, id=f"b{number}"))

    found = {(each.model, each.other): each for each in await store.pairs(*span("2026-W43"))}

    there = found["openai/gpt-4o-mini", "openai/gpt-6-luna"]
    assert there.pairs == 25
    assert there.ratio == pytest.approx(1_224 / 1_012)
    assert len(found) == 2


async def test_it_measures_no_tokenizer_where_a_repaired_call_was_repeated_as_it_was_at_first(store: Store) -> None:
    call = next(call for call in generated().calls if call.outcome == "ok" and call.input_tokens)
    source = replace(call, provider="openai", requested_model="gpt-4o-mini", prompt_digest="repaired")
    await store.log_call(source)
    for model in ("gpt-6-luna", "gpt-6-sol"):
        replay = replace(source, id=model, requested_model=model, purpose="compare", prompt_digest="at first")
        await repeated(store, source, replay)

    found = await store.pairs(plain.BEGINS, NOW)

    assert {(each.model, each.other, each.pairs) for each in found} == {
        ("openai/gpt-6-luna", "openai/gpt-6-sol", 1),
        ("openai/gpt-6-sol", "openai/gpt-6-luna", 1),
    }


async def repeated(store: Store, source: Call, replay: Call) -> None:
    """What a comparison has logged and kept of a call that it has repeated with another model."""
    eval = plain.replayed(source, replay)
    await store.log_call(replace(replay, job=eval.id, prompt=None, answer=None))
    await store.keep_eval(eval)


async def test_it_finds_the_pairs_that_plain_python_finds(store: Store) -> None:
    rows = generated()
    await written(rows, store)

    found = await store.pairs(plain.BEGINS, NOW)

    expected = plain.pairs(rows)
    assert {(each.model, each.other): each.pairs for each in found} == {
        key: count for key, (count, _) in expected.items()
    }
    assert [each.ratio for each in found] == pytest.approx([expected[each.model, each.other][1] for each in found])


QUERIES = {
    "cost of each model": """
        SELECT provider || '/' || requested_model AS model, COUNT(*) AS calls, SUM(cost_usd) AS usd FROM calls
        WHERE purpose = 'work' AND called_at >= '2026-10-18T22:00' AND called_at < '2026-10-25T23:00' GROUP BY model""",
    "thumbs up": """
        SELECT provider || '/' || requested_model AS model, SUM(verdict = 'up') AS up, COUNT(*) AS thumbs
        FROM feedback JOIN calls ON calls.id = feedback.call
        WHERE given_at >= '2026-10-18T22:00' AND given_at < '2026-10-25T23:00' GROUP BY model""",
    "dearest channels": """
        SELECT channel, SUM(cost_usd) AS usd FROM calls
        WHERE purpose = 'work' AND called_at >= '2026-10-18T22:00' AND called_at < '2026-10-25T23:00'
        GROUP BY channel ORDER BY usd DESC LIMIT 3""",
}
"""Those of the README, for a week of this month."""


async def test_it_equals_the_queries_that_anybody_can_run(store: Store, tmp_path: Path) -> None:
    await written(generated(), store)

    found = await of(store, "2026-W43")
    with closing(sqlite3.connect(tmp_path / "precis.db")) as database:
        rows = {name: database.execute(sql).fetchall() for name, sql in QUERIES.items()}

    costs = {model: (calls, usd) for model, calls, usd in rows["cost of each model"]}
    assert costs.keys() == {each.model for each in found.models}
    for each in found.models:
        assert costs[each.model] == (each.line.calls, pytest.approx(each.line.cost_usd))
    thumbs = {model: (up, of) for model, up, of in rows["thumbs up"]}
    assert {each.model: (each.thumbs.hits, each.thumbs.of) for each in found.models if each.thumbs.of} == {
        model: count for model, count in thumbs.items() if model in costs
    }
    assert [channel or "" for channel, _ in rows["dearest channels"]] == [each.channel for each in found.channels]
