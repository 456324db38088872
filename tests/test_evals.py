"""Scores of labels: the figures that published examples and arithmetic by hand give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evals import Labelled, Proportion, score


def cases(*pairs: str) -> list[Labelled]:
    """Each pair is written `right given`."""
    return [Labelled(*pair.split()) for pair in pairs]


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_it_gives_the_published_intervals(hits: int, of: int, low: float, high: float) -> None:
    """The four examples of R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    assert Proportion(hits, of).interval == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 2000), st.data())
def test_it_keeps_the_interval_around_the_share(of: int, data: st.DataObject) -> None:
    share = Proportion(data.draw(st.integers(0, of)), of)

    assert share.interval is not None
    low, high = share.interval
    assert share.value is not None
    assert 0 <= low <= share.value + 1e-12
    assert share.value - 1e-12 <= high <= 1


def test_it_has_no_share_of_nothing() -> None:
    assert (Proportion(0, 0).value, Proportion(0, 0).interval) == (None, None)
    assert score([]).macro_f1 is None


def test_it_counts_outcomes() -> None:
    assert Proportion.counted([True, False, True]) == Proportion(2, 3)


def test_it_scores_each_category() -> None:
    found = score(cases("bug bug", "bug bug", "bug how-to", "how-to how-to", "other bug", "other other"))

    assert found.accuracy == Proportion(4, 6)
    assert [(one.category, one.precision, one.recall) for one in found.categories] == [
        ("bug", Proportion(2, 3), Proportion(2, 3)),
        ("how-to", Proportion(1, 2), Proportion(1, 1)),
        ("other", Proportion(1, 1), Proportion(1, 2)),
    ]
    assert found.confusion == {
        ("bug", "bug"): 2,
        ("bug", "how-to"): 1,
        ("how-to", "how-to"): 1,
        ("other", "bug"): 1,
        ("other", "other"): 1,
    }


def test_it_weighs_rare_categories_like_common_ones() -> None:
    found = score(cases(*["other other"] * 98, "bug other", "bug other"))

    assert found.accuracy.value == 0.98
    assert found.macro_f1 == pytest.approx((2 * 98 / 198 + 0) / 2)


def test_it_counts_a_category_that_was_never_right() -> None:
    found = score(cases("bug bug", "bug billing"))

    assert [(one.category, one.f1) for one in found.categories] == [("billing", 0.0), ("bug", pytest.approx(2 / 3))]
    assert found.macro_f1 == pytest.approx(1 / 3)
