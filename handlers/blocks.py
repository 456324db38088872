"""Everything Precis shows in Slack, as pure functions: blocks, and the same words as plain text."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.llm import Answer
from bot.summariser import Entry, Summary
from handlers.mrkdwn import escape, link

SECTION_LIMIT = 3_000
HEADER_LIMIT = 150
"""Slack's, in characters."""

TEXT_LIMIT = 4_000
"""Slack's for an ephemeral, in bytes. A longer text is left out, and Slack then reads the blocks aloud itself."""

ENTRY_LENGTH = 500
NAME_LENGTH = 80
CITATIONS = 8
"""Ours: the longest entry and name, and the most citations shown behind an entry."""

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
    foot = footer(answer, messages)
    blocks = [header(made.headline)]
    spoken = [clip(made.headline, ENTRY_LENGTH)]
    for name, heading in HEADINGS.items():
        entries: Sequence[Entry] = getattr(made, name)
        if entries:
            blocks += map(section, packed(f"*{heading}*", [linked(entry, address) for entry in entries]))
            spoken += ["", heading, *map(numbered, entries)]
    return fitted([*spoken, "", foot], [*blocks, context(escape(foot))])


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
        text=text.replace("*", "").replace("_", ""),
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


def linked(entry: Entry, address: Callable[[str], str]) -> str:
    links = [link(address(citation.ts), f"[{citation.number}]") for citation in entry.citations[:CITATIONS]]
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
    """A text on one line, cut between words where it is too long."""
    words = " ".join(text.split())
    if len(words) <= length:
        return words
    return words[: length - 1].rsplit(" ", 1)[0] + "…"


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
