"""Slack's markup: what people wrote as they see it, what a model wrote without any effect."""

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.mrkdwn import escape, link, linkified, mentioned, plain

NAMES = {"U024BE7LR": "Ada Moreau", "W024BE7LR": "Ben Castellan"}
LIVE = (
    "<@U024BE7LR>",
    "<@W024BE7LR|ben>",
    "<#C024BE7LR>",
    "<#C024BE7LR|general>",
    "<!subteam^S024BE7LR>",
    "<!subteam^S024BE7LR|@ops>",
    "<!here>",
    "<!channel>",
    "<!everyone>",
    "<!here|here>",
    "<!date^1700000000^{date}|14 November>",
    "<https://evil.example|your bank>",
    "<https://evil.example>",
    "<mailto:ada@acme.example|write>",
    "<tel:+15550100>",
)


def read(text: str) -> str:
    return plain(text, lambda user: NAMES.get(user, "unknown"))


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("", ""),
        ("plain words", "plain words"),
        ("<@U024BE7LR> agrees", "@Ada Moreau agrees"),
        ("<@U024BE7LR|ada>, <@W024BE7LR>", "@Ada Moreau, @Ben Castellan"),
        ("<@U0NOBODY1>", "@unknown"),
        ("<#C024BE7LR|general>", "#general"),
        ("<#C024BE7LR|>", "#private-channel"),
        ("<#C024BE7LR>", "#private-channel"),
        ("<!here> <!channel> <!everyone>", "@here @channel @everyone"),
        ("<!subteam^S024BE7LR|@ops>", "@ops"),
        ("<!subteam^S024BE7LR>", "@group"),
        ("<!date^1700000000^{date_short}|14 November>", "14 November"),
        ("<https://acme.example/a?b=1&amp;c=2>", "https://acme.example/a?b=1&c=2"),
        ("<https://acme.example|the page>", "the page (https://acme.example)"),
        ("<https://acme.example|https://acme.example>", "https://acme.example"),
        ("<http://acme.example|acme.example>", "acme.example (http://acme.example)"),
        ("<mailto:ada@acme.example|ada@acme.example>", "ada@acme.example"),
        ("<mailto:ada@acme.example>", "ada@acme.example"),
        ("<tel:+15550100|+1 555 0100>", "+1 555 0100 (+15550100)"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&lt;@U024BE7LR&gt;", "<@U024BE7LR>"),
        ("&amp;lt;", "&lt;"),
        ("a < b", "a < b"),
        ("<>", "<>"),
        ("<|x>", "<|x>"),
    ],
)
def test_it_shows_a_text_as_people_see_it(text: str, seen: str) -> None:
    assert read(text) == seen


def test_it_collects_the_people_whom_a_text_mentions() -> None:
    text = "<@U024BE7LR> and <@W024BE7LR|ben>, not &lt;@U0ESCAPED&gt; nor <#C024BE7LR> nor <!here>"

    assert mentioned(text) == {"U024BE7LR", "W024BE7LR"}


@pytest.mark.parametrize("live", LIVE)
def test_it_makes_every_live_syntax_inert(live: str) -> None:
    made = escape(f"before {live} after")

    assert not set("<>") & set(made)
    assert read(made) == f"before {live} after"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ("&lt;", "&amp;lt;"),
        ("\"'`*_~", "\"'`*_~"),
        ("日本 👍", "日本 👍"),
    ],
)
def test_it_escapes_three_characters_and_no_others(text: str, escaped: str) -> None:
    assert escape(text) == escaped


SAID = st.text(st.sampled_from("<>&|@#!^;amp lt gt U1") | st.characters(codec="utf-8"), max_size=40)


@settings(deadline=None)
@given(SAID)
def test_it_is_read_back_to_the_letter_whatever_is_escaped(text: str) -> None:
    made = escape(text)

    assert not set("<>") & set(made)
    assert re.sub("&(amp|lt|gt);", "", made).count("&") == 0
    assert read(made) == unescape(made) == text


@settings(deadline=None)
@given(SAID)
def test_it_reads_any_text_without_failing(text: str) -> None:
    assert isinstance(read(text), str)


@settings(deadline=None)
@given(label=SAID)
def test_it_writes_a_link_that_its_label_cannot_leave(label: str) -> None:
    made = link("https://acme.example/?a=1&b=2", label)

    assert made.startswith("<https://acme.example/?a=1&amp;b=2|")
    assert made.count("<") == made.count(">") == 1
    assert made.endswith(">")


def test_it_links_no_stump_of_a_link() -> None:
    assert linkified("see https://a.example/long…") == "see https://a.example/long…"
    assert linkified("see https://a.example/x.") == "see <https://a.example/x|https://a.example/x>."
