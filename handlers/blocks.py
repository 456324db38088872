"""Everything Precis shows in Slack, as pure functions: blocks, and the same words as plain text."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.llm import Answer
from bot.summary import Entry, Summary
from handlers.mrkdwn import escape, link

SECTION_LIMIT = 3_000
HEADER_LIMIT = 150
"""Slack's, in characters."""

BLOCKS_LIMIT = 13_000
BLOCK_COST = 60
"""Slack's for all blocks of a message together, undocumented: their characters, plus a price for each block. Beyond
about 13,260 it answers `msg_blocks_too_long` (measured in slackapi/bolt-js issues 2509 and 2867)."""

TEXT_LIMIT = 4_000
"""Slack's for an ephemeral, in bytes. A longer text is left out, and Slack then reads the blocks aloud itself."""

ENTRY_LENGTH = 500
NAME_LENGTH = 80
CITATIONS = 8
"""Ours: the longest entry and name, and the most citations shown behind an entry."""

SHOWN = ((CITATIONS, 50), (4, 50), (2, 50), (1, 50), (1, 25), (1, 12), (1, 6), (1, 3))
"""Citations behind an entry and entries under a heading, from rich to terse: the first that Slack takes is shown."""

UNTITLED = "Summary"

READING = "Reading the thread…"
READING_FOR_YOU = "Reading the thread. The summary comes in a few seconds, for your eyes only."
SENT_PRIVATELY = "Not everybody here can see that thread, so the summary went to you in a direct message."
CAUTION = "generated, so check the sources"

HEADINGS = {
    "points": "Points",
    "decisions": "Decisions",
    "actions": "Actions",
    "open_questions": "Open questions",
}


class Content(BaseModel):
    """What one message of Precis shows."""

    model_config = ConfigDict(frozen=True)

    text: str | None
    blocks: tuple[dict[str, Any], ...]


def notice(sentence: str) -> Content:
    """One plain sentence or more, shown to the letter."""
    return Content(text=escape(sentence), blocks=(section(escape(sentence)),))


def summary(made: Summary, answer: Answer, *, messages: int, address: Callable[[str], str]) -> Content:
    """A summary whose citations are links; `address` gives the permalink of a message."""
    title = clip(made.headline, ENTRY_LENGTH) or UNTITLED
    foot = escape(footer(answer, messages))
    sections: Sequence[tuple[str, Sequence[Entry]]] = [
        (heading, found) for name, heading in HEADINGS.items() if (found := getattr(made, name))
    ]
    spoken = [escape(title)]
    for heading, entries in sections:
        spoken += ["", heading, *map(numbered, entries)]
    blocks = [header(title), *shown(sections, address, HEADER_LIMIT + len(foot)), context(foot)]
    return fitted([*spoken, "", foot], blocks)


def shown(
    sections: Sequence[tuple[str, Sequence[Entry]]], address: Callable[[str], str], taken: int
) -> list[dict[str, Any]]:
    """The sections of a summary, with as many citations and entries as fit beside the `taken` characters."""
    blocks: list[dict[str, Any]] = []
    for citations, most in SHOWN:
        blocks = []
        for heading, entries in sections:
            lines = [linked(entry, address, citations) for entry in entries[:most]]
            if len(entries) > most:
                lines.append(f"_… and {len(entries) - most} more_")
            blocks += map(section, packed(f"*{heading}*", lines))
        size = sum(len(block["text"]["text"]) for block in blocks)
        if taken + size + BLOCK_COST * (len(blocks) + 2) <= BLOCKS_LIMIT:
            break
    return blocks


def help_card(bot: str) -> Content:
    """What a person can do with Precis."""
    lines = [
        f"`@{bot} tldr` inside a thread: the summary comes in that thread, for everyone there.",
        "`/tldr` and a message link: the summary comes here, for your eyes only.",
        "*Summarise thread* in a message's ⋮ menu (_More actions_): the same, without a link.",
        f"A message link sent to @{bot} as a direct message.",
    ]
    text = "I summarise Slack threads, with a link to the message behind every line.\n" + "\n".join(
        f"• {line}" for line in lines
    )
    return Content(
        text=text.replace("*Summarise thread*", "Summarise thread").replace("_More actions_", "More actions"),
        blocks=(section(text), context(how_to_copy())),
    )


def how_to_copy() -> str:
    return "To copy a message link, open the message's ⋮ menu (_More actions_) and choose _Copy link_."


def needs_link() -> Content:
    """The answer to a `/tldr` without anything."""
    text = "Which thread? Give me the link of any message in it: `/tldr https://…`"
    return Content(text=f"{text}\n{how_to_copy().replace('_', '')}", blocks=(section(text), context(how_to_copy())))


def welcome(bot: str) -> Content:
    """The one line on joining a channel."""
    return notice(
        f"Hello, I am Precis: @{bot} tldr in a thread posts its summary there, and /tldr with a message link gives one "
        "to the asker alone. I read a thread only when a member asks, and only the asker's own access counts."
    )


def linked(entry: Entry, address: Callable[[str], str], most: int) -> str:
    links = [link(address(citation.ts), f"[{citation.number}]") for citation in entry.citations[:most]]
    return f"• {escape(said(entry))} {' '.join(links)}"


def numbered(entry: Entry) -> str:
    numbers = " ".join(f"[{citation.number}]" for citation in entry.citations[:CITATIONS])
    return f"• {escape(said(entry))} {numbers}"


def said(entry: Entry) -> str:
    owner = f"{clip(entry.owner, NAME_LENGTH)}: " if entry.owner.strip() else ""
    due = f" (due {clip(entry.due, NAME_LENGTH)})" if entry.due.strip() else ""
    by = f" ({clip(entry.by, NAME_LENGTH)})" if entry.by.strip() else ""
    return f"{owner}{clip(entry.text, ENTRY_LENGTH)}{due}{by}"


def footer(answer: Answer, messages: int) -> str:
    count = "1 message" if messages == 1 else f"{messages:,} messages"
    return f"{answer.model} · {answer.seconds:.1f} s · {dollars(answer.cost_usd)} · {count} · {CAUTION}"


def dollars(cost: float | None) -> str:
    if cost is None:
        return "cost unknown"
    return "free" if cost == 0 else f"${cost:.4f}" if cost >= 0.0001 else "under $0.0001"


def clip(text: str, length: int) -> str:
    """A text on one line, cut where it is longer than Slack would count, which is after escaping.

    The cut falls between words unless that would lose much, as in languages that hardly use spaces.
    """
    words = " ".join(text.split())
    if len(escape(words)) <= length:
        return words
    room = bisect_right(list(accumulate(len(escape(char)) for char in words[:length])), length - 1)
    space = words.rfind(" ", 0, room + 1)
    return words[: space if space > room / 2 else room].rstrip() + "…"


def packed(heading: str, lines: Iterable[str]) -> Iterator[str]:
    """Lines under a heading, in as few texts as Slack's limit on a section allows."""
    text = heading
    for line in lines:
        if len(text) + 1 + len(line) > SECTION_LIMIT:
            yield text
            text = line
        else:
            text = f"{text}\n{line}"
    yield text


def fitted(spoken: Iterable[str], blocks: Iterable[dict[str, Any]]) -> Content:
    text = "\n".join(spoken)
    return Content(text=text if len(text.encode()) <= TEXT_LIMIT else None, blocks=tuple(blocks))


def header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": clip(text, HEADER_LIMIT), "emoji": False}}


def section(mrkdwn: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn, "verbatim": True}}


def context(mrkdwn: str) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": mrkdwn, "verbatim": True}]}
