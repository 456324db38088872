"""What is said about a model before it goes away, is replaced, or costs something else."""

from datetime import date, timedelta

import pytest

from bot.choices import Choice
from bot.lifecycle import Warning, current, warnings
from bot.pricing import Override, Prices

TODAY = date(2026, 11, 22)
SHUTDOWN = date(2027, 1, 14)
MINI = Choice("openai", "gpt-4o-mini")
LUNA = Choice("openai", "gpt-6-luna")
HAIKU = Choice("claude", "claude-haiku-4-5")
ROUTED = Choice("gemini", "gemini-3.5-flash")
FLASH = Choice("gemini", "gemini-3.6-flash")


def said(*choices: Choice, today: date = TODAY, prices: Prices | None = None) -> list[str]:
    return [warning.sentence for warning in warnings(choices, today, prices or Prices())]


def kinds(choice: Choice, today: date) -> list[str]:
    return [warning.kind for warning in warnings([choice], today, Prices())]


def test_it_names_the_day_the_days_left_and_the_successor_with_its_price() -> None:
    assert warnings([MINI], TODAY, Prices()) == [
        Warning(
            MINI,
            "shutdown",
            "gpt-4o-mini shuts down on 2027-01-14, 53 days; successor gpt-6-luna at $0.10/$0.50.",
            "gpt-6-luna",
        )
    ]


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (60, "shuts down on 2027-01-14, 60 days;"),
        (1, "shuts down on 2027-01-14, 1 day;"),
        (0, "was shut down on 2027-01-14;"),
        (-400, "was shut down on 2027-01-14;"),
    ],
)
def test_it_counts_the_days_to_a_shutdown(left: int, words: str) -> None:
    [sentence] = said(MINI, today=SHUTDOWN - timedelta(days=left))

    assert words in sentence


def test_it_says_nothing_of_a_shutdown_that_is_more_than_60_days_away() -> None:
    assert said(MINI, today=SHUTDOWN - timedelta(days=61)) == []


def test_it_says_nothing_of_a_model_to_which_nothing_happens() -> None:
    assert said(HAIKU, LUNA) == []
    assert said(Choice("openai", "a-model-of-tomorrow"), Choice("offline", "offline-rules-1")) == []


def test_it_warns_of_a_dated_snapshot_as_of_its_model() -> None:
    [sentence] = said(Choice("openai", "gpt-4o-mini-2024-07-18"))

    assert sentence.startswith("gpt-4o-mini-2024-07-18 shuts down on 2027-01-14, 53 days;")


def test_it_says_which_model_answers_in_place_of_another_and_when_that_becomes_dearer() -> None:
    assert said(ROUTED) == [
        "gemini-3.5-flash is answered by gemini-3.6-flash at $0.75/$3.75.",
        "gemini-3.6-flash costs $1.50/$7.50 from 2027-01-01, $0.75/$3.75 until then.",
    ]


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 1), []),
        (date(2026, 11, 2), ["price"]),
        (date(2026, 12, 31), ["price"]),
        (date(2027, 1, 1), []),
    ],
)
def test_it_warns_60_days_before_a_price_changes(today: date, expected: list[str]) -> None:
    assert kinds(FLASH, today) == expected


def test_it_says_each_thing_once() -> None:
    assert said(FLASH, ROUTED, FLASH) == [*said(FLASH), *said(ROUTED)[:1]]


def test_it_says_for_60_days_that_a_default_was_replaced() -> None:
    assert said(LUNA, today=SHUTDOWN - timedelta(days=1)) == []
    for day in (SHUTDOWN, SHUTDOWN + timedelta(days=60)):
        assert said(LUNA, today=day) == ["gpt-4o-mini was shut down on 2027-01-14; gpt-6-luna answers in its place."]
    assert said(LUNA, today=SHUTDOWN + timedelta(days=61)) == []


def test_it_takes_an_operators_price_for_what_it_is() -> None:
    prices = Prices({"openai/gpt-6-luna": Override(input=0.00005, output=2)}, "prices.toml 01234567")

    [sentence] = said(MINI, prices=prices)

    assert sentence.endswith("; successor gpt-6-luna at $0.00005/$2.00.")


def test_it_says_that_a_successors_price_is_unknown() -> None:
    [sentence] = said(Choice("claude", "gpt-4o-mini"))

    assert sentence.endswith("; successor gpt-6-luna (price unknown).")


def test_it_keeps_a_default_until_the_day_of_its_shutdown() -> None:
    assert current("gpt-4o-mini", SHUTDOWN - timedelta(days=1)) == "gpt-4o-mini"
    assert current("gpt-4o-mini", SHUTDOWN) == "gpt-6-luna"
