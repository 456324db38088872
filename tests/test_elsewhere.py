"""The same traffic elsewhere: prices by hand, tokenizers, and who may be named the cheapest that will do."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.models import MODELS
from bot.elsewhere import LABELS, Elsewhere, Traffic, elsewhere
from bot.evals import Proportion
from bot.pricing import Override, Prices
from bot.store import Pair

NOW = datetime(2026, 11, 23, tzinfo=UTC)
MINI, LUNA, HAIKU = "openai/gpt-4o-mini", "openai/gpt-6-luna", "claude/claude-haiku-4-5"
FIVE = "claude/claude-haiku-5-5"
DEAR = Override(input=100.0, output=100.0)
PRICES = Prices(
    {
        **{f"{row.provider}/{row.id}": DEAR for row in MODELS.values()},
        MINI: Override(input=1.0, output=4.0, cache_read=0.5),
        LUNA: Override(input=0.5, output=2.0, cache_read=0.25),
        HAIKU: Override(input=0.8, output=3.0),
    },
    "prices.toml",
)
TRAFFIC = Traffic(
    model=MINI,
    calls=100,
    input_tokens=1_000_000,
    cached_tokens=200_000,
    cache_write_tokens=0,
    output_tokens=100_000,
    cost_usd=1.3,
)
MANY = Proportion(90, 100)


def found(labels: dict[str, Proportion] | None = None, pairs: tuple[Pair, ...] = (), **changes: Any) -> Elsewhere:
    return elsewhere([replace(TRAFFIC, **changes)], MINI, labels or {}, pairs, PRICES, NOW)


def usd(result: Elsewhere, model: str) -> float | None:
    return next(each.usd for each in result.candidates if each.model == model)


def test_it_prices_the_weeks_own_tokens() -> None:
    result = found()

    assert usd(result, MINI) == pytest.approx(0.8 * 1.0 + 0.2 * 0.5 + 0.1 * 4.0)
    assert usd(result, LUNA) == pytest.approx(0.8 * 0.5 + 0.2 * 0.25 + 0.1 * 2.0)
    assert [each.model for each in result.candidates[:2]] == [LUNA, HAIKU]


def test_it_corrects_by_what_is_known_of_the_tokenizer_and_calls_that_an_estimate() -> None:
    result = found()

    five = next(each for each in result.candidates if each.model == FIVE)
    assert five.usd == pytest.approx(1.3 * (1.0 + 0.1) * 100)
    assert not five.measured


def test_it_corrects_by_what_was_measured_on_twenty_prompts_or_more() -> None:
    enough = Pair(model=MINI, other=LUNA, pairs=20, ratio=1.5)
    few = Pair(model=MINI, other=HAIKU, pairs=19, ratio=1.5)

    result = found(pairs=(enough, few))

    assert usd(result, LUNA) == pytest.approx(1.5 * 0.65)
    assert {each.model for each in result.candidates if each.measured} == {MINI, LUNA}
    assert usd(result, HAIKU) == usd(found(), HAIKU)


def test_it_offers_no_model_that_is_free_gone_or_answered_by_another() -> None:
    names = {each.model for each in found().candidates}

    assert not names & {"offline/offline-rules-1", "gemini/gemini-3.5-flash"}
    after = elsewhere([TRAFFIC], MINI, {}, (), PRICES, datetime(2027, 2, 1, tzinfo=UTC))
    assert MINI in names
    assert MINI not in {each.model for each in after.candidates}


def test_it_names_the_cheapest_whose_interval_overlaps() -> None:
    result = found({MINI: MANY, LUNA: Proportion(85, 100), HAIKU: MANY})

    assert (result.outcome, result.pick and result.pick.model) == ("as_good", LUNA)


def test_it_passes_over_a_cheaper_one_that_is_measurably_worse() -> None:
    result = found({MINI: MANY, LUNA: Proportion(50, 100), HAIKU: MANY})

    assert (result.outcome, result.pick and result.pick.model) == ("as_good", HAIKU)


def test_it_says_that_all_cheaper_ones_are_worse() -> None:
    result = found({MINI: MANY, LUNA: Proportion(50, 100), HAIKU: Proportion(40, 100)})

    assert (result.outcome, result.pick and result.pick.model) == ("worse", LUNA)


@pytest.mark.parametrize(
    ("labels", "needed"),
    [
        ({}, LABELS),
        ({MINI: MANY}, LABELS),
        ({MINI: MANY, LUNA: Proportion(12, 12)}, LABELS - 12),
        ({MINI: Proportion(30, 40), LUNA: MANY, HAIKU: MANY}, LABELS - 40),
    ],
)
def test_it_says_how_many_labels_are_missing(labels: dict[str, Proportion], needed: int) -> None:
    result = found(labels)

    assert (result.outcome, result.needed) == ("too_few", needed)
    assert result.pick is not None


def test_it_needs_as_many_labels_as_make_an_interval_of_ten_points_either_way() -> None:
    def half(of: int) -> float:
        low, high = Proportion(of // 2, of).interval or (0.0, 1.0)
        return (high - low) / 2

    assert half(LABELS + 1) <= 0.1 < half(LABELS - 3)


def test_it_says_when_nothing_is_cheaper() -> None:
    result = found(cost_usd=0.1)

    assert (result.outcome, result.pick) == ("dearer", None)


def test_it_calls_nothing_cheaper_than_an_unknown_cost() -> None:
    result = found(cost_usd=None)

    assert (result.outcome, result.actual_usd) == ("unknown", None)
