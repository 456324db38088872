"""The asker's own words, as they may be written down."""

from handlers.asks import FOCUS_LENGTH, steering

CARD = "4111 1111 1111 1111"


def test_it_leaves_ordinary_words_alone() -> None:
    assert steering("only the decisions, auf deutsch") == {"focus": "only the decisions, auf deutsch", "told": ""}


def test_it_hides_what_is_personal_without_a_number() -> None:
    assert steering("what did claire@shop.example say")["focus"] == "what did (hidden email) say"


def test_it_tells_two_hidden_wishes_apart() -> None:
    assert steering("about claire@shop.example")["told"] != steering("about bo@shop.example")["told"] != ""


def test_it_masks_before_it_cuts() -> None:
    focus = steering("x" * (FOCUS_LENGTH - 8) + f" {CARD}")["focus"]

    assert len(focus) <= FOCUS_LENGTH
    assert "4111" not in focus


def test_it_hides_what_stands_where_a_long_text_is_cut() -> None:
    for before in range(1_150, 1_200):
        assert "4111" not in steering("word " * (before // 5) + "x" * (before % 5) + CARD)["focus"]


def test_it_reads_no_further_than_what_it_keeps() -> None:
    long = "x " * FOCUS_LENGTH + "y " * 20_000

    assert steering(long + CARD) == steering(long)
