"""What Precis shows: inside every limit of Slack's, whatever a model writes, and complete as plain text."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.blocks import message_blocks
from bot.summaries import Summarised
from bot.summary import Citation, Entry, Summary
from handlers import answers, blocks, cards
from handlers.answers import Look
from handlers.blocks import Content, fitted
from handlers.links import Link, find, permalink
from handlers.mrkdwn import escape

HOME = "https://lanternworks-international.slack.com/"
CHANNEL, ROOT = "C0123456789", "1700000001.000100"
TOOK = Summarised(
    id="summary-1",
    summary=Summary(headline=""),
    messages=5,
    model="Offline rules",
    call="call-1",
    made_at=datetime(2026, 11, 23, 10, 30, tzinfo=UTC),
    calls=1,
    seconds=2.34,
    cost_usd=0.00105,
    added=None,
)
HOSTILE = "<!channel> <@U1> <https://evil.example|your bank> & <!date^1^{date}|x> `*_~"
JAPANESE = "リリースは金曜日の午後三時に行われます。"
FAMILY = "👩‍👩‍👧‍👦"


def address(ts: str) -> str:
    return permalink(HOME, CHANNEL, ts, ROOT)


def entry(text: str = "The release moves to Friday", *, citations: int = 1, **names: str) -> Entry:
    found = tuple(Citation(number=n, ts=f"17{n:08}.000100") for n in range(1, citations + 1))
    return Entry(text=text, citations=found, **names)


def shown(made: Summary, took: Summarised = TOOK, **look: Any) -> Content:
    return answers.summary(replace(took, summary=made), Look(address, **look))


def words(content: Content) -> list[str]:
    """Every text that Slack parses as its markup."""
    return [text for kind, text in texts(content) if kind == "mrkdwn"] + [content.text]


def texts(content: Content) -> Iterator[tuple[str, str]]:
    for block in content.blocks:
        if block["type"] != "actions":
            for text in block.get("elements", [block.get("text")]):
                yield text["type"], text["text"]


def accepted(content: Content) -> list[dict[str, Any]]:
    """The blocks, once Slack's own rules have let them pass."""
    return message_blocks(list(content.blocks))


WORST = tuple(entry(HOSTILE * 99, owner=HOSTILE, due=HOSTILE, by=HOSTILE, citations=50) for _ in range(40))
FULL = Summary(
    headline="The release moves to Friday",
    points=(entry("Fonts are missing", citations=2), entry("Customers see a blank page")),
    decisions=(entry("Roll back to 4.1", by="Ada Moreau"),),
    actions=(entry("Write to the customers", owner="Ben", due="Friday"), entry("Restart", owner="Ada")),
    open_questions=(entry("Who owns the fonts?"),),
)


def test_it_shows_a_summary_in_sections_under_its_headline() -> None:
    made = shown(FULL)

    kinds = [block["type"] for block in accepted(made)]
    assert kinds == ["header", "section", "section", "section", "section", "context", "actions"]
    assert [text.splitlines()[0] for _, text in texts(made)] == [
        "The release moves to Friday",
        "*Points*",
        "*Decisions*",
        "*Actions*",
        "*Open questions*",
        f"Offline rules · 2.3 s · $0.0010 · 5 messages · {answers.CAUTION}",
    ]


def test_it_says_the_same_in_plain_text() -> None:
    assert shown(FULL).text == (
        "The release moves to Friday\n"
        "\n"
        "Points\n"
        "• Fonts are missing [1] [2]\n"
        "• Customers see a blank page [1]\n"
        "\n"
        "Decisions\n"
        "• Roll back to 4.1 (Ada Moreau) [1]\n"
        "\n"
        "Actions\n"
        "• Ben: Write to the customers (due Friday) [1]\n"
        "• Ada: Restart [1]\n"
        "\n"
        "Open questions\n"
        "• Who owns the fonts? [1]\n"
        "\n"
        f"Offline rules · 2.3 s · $0.0010 · 5 messages · {answers.CAUTION}"
    )


def test_it_links_every_citation_to_its_message() -> None:
    [line] = [text for _, text in texts(shown(FULL)) if "Fonts are missing" in text]

    found = re.findall(r"<([^|>]+)\|\[(\d+)\]>", line)
    assert [number for _, number in found] == ["1", "2", "1"]
    for url, number in found:
        assert find(url, HOME, "T1") == Link(CHANNEL, f"17{int(number):08}.000100", link_root(int(number)))


def link_root(number: int) -> str | None:
    return None if f"17{number:08}.000100" == ROOT else ROOT


def test_it_leaves_out_sections_that_hold_nothing() -> None:
    made = shown(Summary(headline="Quiet", decisions=(entry(),)))

    assert [block["type"] for block in accepted(made)] == ["header", "section", "context", "actions"]
    assert "Points" not in str(made)


@pytest.mark.parametrize(("headline", "title"), [("", "Summary"), ("\r\n", "Summary"), ("Nothing", "Nothing")])
def test_it_shows_an_empty_summary(headline: str, title: str) -> None:
    made = shown(Summary(headline=headline))

    assert [block["type"] for block in accepted(made)] == ["header", "section", "context", "actions"]
    assert made.blocks[0]["text"]["text"] == title
    assert str(made.text).startswith(f"{title}\n")


@pytest.mark.parametrize(
    "made",
    [
        Summary(headline="h" * 5_000),
        Summary(headline="h " * 5_000),
        Summary(headline="&" * 400),
        Summary(headline="x", points=(entry("p" * 20_000),)),
        Summary(headline="x", points=(entry("&" * 500, citations=8),)),
        Summary(headline="x", points=(entry("<" * 500, owner="<" * 80, due=">" * 80, by="&" * 80, citations=8),)),
        Summary(headline="x", points=tuple(entry("word " * 30, citations=4) for _ in range(25))),
        Summary(headline="x", points=(entry(citations=100),)),
        Summary(headline="x", points=tuple(entry(citations=100) for _ in range(100))),
        Summary(headline="x", points=tuple(entry("a") for _ in range(3_000))),
        Summary(headline=JAPANESE * 50, actions=tuple(entry(JAPANESE * 40, owner=JAPANESE * 9) for _ in range(30))),
        Summary(headline=FAMILY * 99, open_questions=tuple(entry(FAMILY * 300, by=FAMILY * 99) for _ in range(30))),
        Summary(headline="x", points=tuple(entry("a", topic=f"t{n}") for n in range(60))),
        Summary(headline=HOSTILE * 9, points=WORST, decisions=WORST, actions=WORST, open_questions=WORST),
    ],
    ids=lambda made: f"{made.headline[:6]}-{len(made.points)}-{len(made.actions)}",
)
def test_it_stays_inside_slacks_limits(made: Summary) -> None:
    content = shown(made)

    assert accepted(content)
    assert 0 < len(content.text) <= 40_000
    assert content.whispered is None or len(content.whispered.encode()) <= 4_000
    assert_limits_by_hand(content)


def assert_limits_by_hand(content: Content) -> None:
    assert 1 <= len(content.blocks) <= 50
    for block in content.blocks:
        for text in [] if block["type"] == "actions" else block.get("elements", [block.get("text")]):
            assert 1 <= len(text["text"].strip()) <= (150 if block["type"] == "header" else 3_000)


TEXTS = st.text(st.sampled_from("<>&|@#! aé日👍*_`~\n") | st.characters(codec="utf-8"), max_size=60).flatmap(
    lambda text: st.integers(1, 12).map(text.__mul__)
)
ENTRIES = st.lists(
    st.builds(entry, TEXTS, citations=st.integers(1, 20), owner=TEXTS, due=TEXTS, by=TEXTS), max_size=6
).map(tuple)


@settings(deadline=None, max_examples=60)
@given(st.builds(Summary, headline=TEXTS, points=ENTRIES, actions=ENTRIES))
def test_it_lets_nothing_of_a_models_text_come_alive(made: Summary) -> None:
    content = shown(made)

    for text in words(content):
        assert "<" not in re.sub(
            r"<https://lanternworks-international\.slack\.com/archives/[^<>|]+\|\[\d+\]>", "", text
        )
        assert not re.search(r"&(?!(amp|lt|gt);)", text)
    assert_limits_by_hand(content)
    assert all(block["text"]["verbatim"] for block in content.blocks if block["type"] == "section")


def test_it_escapes_a_hostile_headline_in_the_plain_text_too() -> None:
    content = shown(Summary(headline=HOSTILE), replace(TOOK, model="<!here>"))

    assert content.text.startswith("&lt;!channel&gt; &lt;@U1&gt; ")
    assert "<" not in content.text


def test_it_shows_eight_citations_at_most() -> None:
    [_, section, *_] = shown(Summary(headline="x", points=(entry(citations=100),))).blocks

    assert re.findall(r"\|\[(\d+)\]", section["text"]["text"]) == [str(number) for number in range(1, 9)]


def test_it_gives_up_citations_before_entries() -> None:
    content = shown(Summary(headline="x", points=tuple(entry(f"Point {n}.", citations=8) for n in range(25))))

    seen = "\n".join(words(content))
    assert all(f"Point {n}." in seen for n in range(25))
    assert "more" not in seen


def test_it_says_how_many_entries_it_leaves_out() -> None:
    content = shown(Summary(headline="x", points=tuple(entry(f"Point {n}. " + "word " * 90) for n in range(40))))

    seen = "\n".join(text for _, text in texts(content))
    left = sum(f"Point {n}." in seen for n in range(40))
    assert 0 < left < 40
    assert f"… and {40 - left} more" in seen


def test_it_leaves_the_text_of_an_ephemeral_to_slack_where_it_would_be_cut() -> None:
    fits = shown(Summary(headline="x", points=tuple(entry("word " * 20) for _ in range(20))))
    too_long = shown(Summary(headline="x", points=tuple(entry("word " * 20) for _ in range(50))))

    assert fits.whispered == fits.text
    assert (fits.text.count("• word"), too_long.text.count("• word")) == (20, 50)
    assert too_long.whispered is None


def test_it_shows_what_an_earlier_version_has_kept_without_a_text() -> None:
    assert Content.model_validate({"text": None, "blocks": []}).text == ""


@pytest.mark.parametrize("line", ["word " * 20, "é" * 3_000, "x" * 9_000])
def test_it_changes_a_message_to_as_many_lines_as_slack_takes(line: str) -> None:
    content = fitted([line] * 50, [])

    assert 0 < len(content.changed.encode()) <= 4_000
    assert content.text.startswith(content.changed)


def test_it_says_that_there_are_more_topics_than_fit() -> None:
    points = tuple(entry("a", topic=f"t{n}") for n in range(60))

    content = shown(Summary(headline="x", points=points))

    assert "more topics than fit" in str(content.blocks[-3:])
    assert "t59" in content.text


@pytest.mark.parametrize("text", [JAPANESE, "Größe, naïve — déjà vu", f"{FAMILY} 👍🏽", "שלום עולם", "<3 & more"])
def test_it_shows_other_scripts_and_emoji_to_the_letter(text: str) -> None:
    content = shown(Summary(headline=text, points=(entry(text),)))

    assert content.blocks[0]["text"]["text"] == text
    assert escape(text) in content.blocks[1]["text"]["text"]
    accepted(content)


def test_it_cuts_a_long_headline_between_words() -> None:
    header = shown(Summary(headline="headline " * 50)).blocks[0]

    assert header["text"]["text"] == "headline " * 15 + "headline…"


@pytest.mark.parametrize(
    ("text", "length", "left"),
    [
        ("short", 10, "short"),
        ("exactly 10", 10, "exactly 10"),
        ("one two three", 12, "one two…"),
        ("one two three", 8, "one two…"),
        ("a" * 20, 10, "aaaaaaaaa…"),
        ("はい " + "あ" * 20, 15, "はい " + "あ" * 11 + "…"),
        ("a\n b\t c", 10, "a b c"),
        ("&&&&", 10, "&…"),
        ("", 10, ""),
        (" \n ", 10, ""),
    ],
)
def test_it_cuts_a_text_where_it_is_too_long(text: str, length: int, left: str) -> None:
    assert blocks.clip(text, length) == left


@pytest.mark.parametrize(
    ("cost", "said"),
    [(None, "cost unknown"), (0.0, "free"), (0.00001, "under $0.0001"), (0.0001, "$0.0001"), (1.23456, "$1.2346")],
)
def test_it_never_shows_an_unknown_cost_as_none(cost: float | None, said: str) -> None:
    [_, _, foot, _] = shown(Summary(headline="x"), replace(TOOK, cost_usd=cost)).blocks

    assert f" · {said} · " in foot["elements"][0]["text"]


@pytest.mark.parametrize(
    ("messages", "said"), [(1, "· 1 message ·"), (2, "· 2 messages ·"), (1234, "· 1,234 messages ·")]
)
def test_it_counts_the_messages_it_read(messages: int, said: str) -> None:
    assert said in str(shown(FULL, replace(TOOK, messages=messages)).text)


@pytest.mark.parametrize(
    "content",
    [
        cards.help_card("precis_dev"),
        cards.needs_link(),
        cards.welcome("precis_dev"),
        blocks.notice(blocks.READING),
        blocks.notice("Use <!here> & wait"),
    ],
    ids=["help", "needs_link", "welcome", "reading", "hostile"],
)
def test_it_has_cards_that_slack_takes_and_that_notify_nobody(content: Content) -> None:
    accepted(content)

    assert content.text
    assert not any("<" in text for text in words(content))


def test_it_keeps_the_bots_name_in_plain_text() -> None:
    content = cards.help_card("precis_dev")

    assert content.text
    assert content.text.count("@precis_dev") == 2
    assert "_More" not in content.text
    assert "*" not in content.text


def test_it_groups_points_by_topic_and_lets_no_topic_pose_as_a_heading() -> None:
    points = (entry("one", topic="Fonts"), entry("two", topic="decisions"), entry("three", topic="Fonts"))

    seen = [text for kind, text in texts(shown(Summary(headline="x", points=points))) if kind == "mrkdwn"]

    assert [text.splitlines()[0] for text in seen[:2]] == ["*Fonts*", "*Points*"]
    assert "one" in seen[0]
    assert "three" in seen[0]
