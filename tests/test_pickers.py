"""The card of `/tldr` alone: whatever threads are called, inside Slack's limits, and told apart by ear."""

from typing import Any

import pytest

from bot.sandbox.blocks import interactive, message_blocks
from handlers.pickers import picker
from handlers.spans import ThreadCard

HOSTILE = "<!channel> <@U1> <https://evil.example|bank> & <!date^1^{date}|x> 👩‍👩‍👧‍👦 "
INVOICES = ThreadCard("1700000000.000100", "Ada Moreau", "The export of invoices fails", 4, "1700000600.000200")
FONTS = ThreadCard("1700000100.000100", "Ben Castellan", "Who owns the fonts?", 1, "1700000500.000200")


def buttons(*threads: ThreadCard) -> list[dict[str, Any]]:
    """What can be pressed, once Slack's own rules have let the card pass."""
    return [element for _, element in interactive(message_blocks(list(picker(threads).blocks)))]


def texts(*threads: ThreadCard) -> list[str]:
    return [block["text"]["text"] for block in picker(threads).blocks if block["type"] == "section"]


def test_it_offers_each_thread_and_the_last_day() -> None:
    pressed = [(button["action_id"], button["value"]) for button in buttons(INVOICES, FONTS)]

    assert pressed == [("tldr_pick", INVOICES.ts), ("tldr_pick", FONTS.ts), ("tldr_day", "24h")]


def test_it_tells_who_wrote_what_and_when_it_was_last_answered() -> None:
    _, invoices, fonts = texts(INVOICES, FONTS)

    assert invoices == (
        "Ada Moreau: The export of invoices fails\n"
        "4 replies, the latest <!date^1700000600^{date_short_pretty} {time}|2023-11-14 22:23 UTC>"
    )
    assert fonts.startswith("Ben Castellan: Who owns the fonts?\n1 reply, the latest <!date^1700000500^")


def test_it_says_the_same_in_plain_text() -> None:
    said = picker([INVOICES, FONTS]).text

    assert said is not None
    assert all(text in said for text in texts(INVOICES, FONTS))
    assert "/tldr since monday" in said


def test_it_offers_the_last_day_where_there_is_no_thread() -> None:
    [day] = buttons()

    assert day["action_id"] == "tldr_day"
    assert texts() == ["No thread has been answered among the newest messages here."]


def test_it_tells_the_buttons_apart_by_ear() -> None:
    labels = [button["accessibility_label"] for button in buttons(INVOICES, INVOICES, FONTS)]

    assert labels[0] == "Summarise thread 1, Ada Moreau: The export of invoices fails"
    assert len(set(labels)) == 4


@pytest.mark.parametrize("words", [HOSTILE * 9, "漢" * 500, "&" * 500, "", "*" * 500])
def test_it_stays_inside_slacks_limits_and_mentions_nobody(words: str) -> None:
    threads = [ThreadCard(f"17000000{n:02}.000100", words, words, 12_345, "1700000600.000200") for n in range(10)]

    assert len(buttons(*threads)) == 11
    for text in texts(*threads)[1:]:
        assert text.count("<") == text.count("<!date^1700000600^") == 1


def test_it_names_a_thread_without_words() -> None:
    thread = ThreadCard("1700000000.000100", "Ada Moreau", " ", 2, "1700000600.000200")

    assert texts(thread)[1].startswith("Ada Moreau: (no words)\n")
