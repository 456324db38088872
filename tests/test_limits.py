"""Deadlines and windows: more time for long inputs, no call for what cannot fit."""

import pytest

from adapters.base import Request
from adapters.models import MODELS, rules
from bot.limits import Policy, fits
from bot.transcript import BYTES_PER_TOKEN

OUTPUT = 3_000


def request(tokens: int, system: str = "") -> Request:
    """A request whose text is estimated at that many tokens."""
    return Request("summarise", system, "a" * int(tokens * BYTES_PER_TOKEN), "v", OUTPUT)


def test_it_gives_a_short_text_the_ordinary_time() -> None:
    assert Policy().attempt(request(0)) == 20
    assert Policy().attempt(request(400)) == pytest.approx(20.1)


def test_it_gives_a_long_text_more_time() -> None:
    assert Policy().attempt(request(40_000)) == pytest.approx(30)


@pytest.mark.parametrize("tokens", [160_000, 200_000, 1_000_000])
def test_it_never_gives_more_than_the_whole_answer_has(tokens: int) -> None:
    assert Policy().attempt(request(tokens)) == Policy().answer_seconds == 60


@pytest.mark.parametrize(
    ("model_id", "tokens", "fit"),
    [
        ("gpt-4o-mini", 0, True),
        ("gpt-4o-mini", 118_750, True),
        ("gpt-4o-mini", 118_760, False),
        ("gpt-4o-mini-2024-07-18", 118_760, False),
        ("claude-haiku-4-5", 187_150, True),
        ("claude-haiku-4-5", 187_160, False),
        ("claude-haiku-5-5", 728_500, True),
        ("claude-haiku-5-5", 728_600, False),
        ("a-model-nobody-described", 2_000_000, True),
    ],
)
def test_it_fills_a_window_to_95_percent_with_room_for_the_answer(model_id: str, tokens: int, fit: bool) -> None:
    assert fits(request(tokens), rules(model_id)) is fit


def test_it_counts_the_instructions_too() -> None:
    assert fits(request(118_000), rules("gpt-4o-mini"))
    assert not fits(request(118_000, system="b" * 5_000), rules("gpt-4o-mini"))


def test_it_has_a_window_larger_than_an_answer_for_every_model() -> None:
    assert all(row.window > OUTPUT for row in MODELS.values())
