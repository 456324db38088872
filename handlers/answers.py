"""A summary as it looks in Slack: sources as links, what it took in the footer, what one can do with it as buttons."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bot.amounts import cost, plural
from bot.summaries import Summarised
from bot.summary import Entry, Summary
from bot.transcript import one_line
from handlers.blocks import (
    HEADER_LIMIT,
    NAME_LENGTH,
    Content,
    actions,
    button,
    clip,
    context,
    fitted,
    header,
    packed,
    section,
)
from handlers.mrkdwn import date, escape, link, linkified

BLOCKS_LIMIT = 13_000
BLOCK_COST = 60
"""Slack's for all blocks of a message together, undocumented: their characters, plus a price for each block. Beyond
about 13,260 it answers `msg_blocks_too_long` (measured in slackapi/bolt-js issues 2509 and 2867)."""

ENTRY_LENGTH = 500
CITATIONS = 8
"""Ours: the longest entry, and the most citations shown behind one."""

SHOWN = ((CITATIONS, 50), (4, 50), (2, 50), (1, 50), (1, 25), (1, 12), (1, 6), (1, 3))
"""Citations behind an entry and entries under a heading, from rich to terse: the first that Slack takes is shown."""

MOST_BLOCKS = 46
"""Of the 50 that a message can have, beside its headline, its footer and its buttons."""

LEFT_OUT = "_… and more topics than fit into one message_"
UNTITLED = "Summary"
NOTHING_MORE = "There is nothing to report beyond that."

CAUTION = "generated, so check the sources"

HEADINGS = {"decisions": "Decisions", "actions": "Actions", "open_questions": "Open questions"}

SHARE, UP, DOWN = "tldr_share", "tldr_up", "tldr_down"


@dataclass(frozen=True, slots=True)
class Look:
    """How a summary is shown: `address` gives a message's permalink, `restore` puts masked values back.

    `remark` says what was not read; `by` is who shared it, shown instead of the buttons.
    """

    address: Callable[[str], str]
    restore: Callable[[str], str] = str
    remark: str = ""
    by: str = ""
    shareable: bool = False


def summary(found: Summarised, look: Look) -> Content:
    """A summary inside Slack's limits."""
    title = clip(look.restore(found.summary.headline), ENTRY_LENGTH) or UNTITLED
    sections = list(headed(found.summary))
    foot = footer(found, look)
    found_nothing = [] if sections else [section(NOTHING_MORE)]
    blocks = [header(title), *found_nothing, *shown(sections, look, HEADER_LIMIT + len(foot)), context(foot)]
    if not look.by:
        blocks.append(buttons(found, shareable=look.shareable))
    spoken = [escape(title)]
    for heading, entries in sections:
        spoken += ["", escape(heading), *(numbered(entry, look) for entry in entries)]
    return fitted([*spoken, *([] if sections else [NOTHING_MORE]), "", foot], blocks)


def headed(made: Summary) -> Iterator[tuple[str, Sequence[Entry]]]:
    """The entries under their headings: points by topic where they have one."""
    for topic, points in groupby(sorted(made.points, key=placed(made.points)), key=lambda point: point.topic):
        yield titled(topic), list(points)
    for name, heading in HEADINGS.items():
        if getattr(made, name):
            yield heading, getattr(made, name)


def titled(topic: str) -> str:
    """A topic as a heading, which cannot pass for one of ours."""
    name = topic.replace("*", "").strip()
    return name if name and name.casefold() not in {heading.casefold() for heading in HEADINGS.values()} else "Points"


def placed(points: Sequence[Entry]) -> Callable[[Entry], int]:
    """Sorts points of one topic together, topics by their first point."""
    first: dict[str, int] = {}
    for place, point in enumerate(points):
        first.setdefault(point.topic, place)
    return lambda point: first[point.topic]


def shown(sections: Sequence[tuple[str, Sequence[Entry]]], look: Look, taken: int) -> list[dict[str, Any]]:
    """The sections of a summary, with as many citations and entries as fit beside the `taken` characters."""
    blocks: list[dict[str, Any]] = []
    for citations, most in SHOWN:
        blocks = []
        for heading, entries in sections:
            lines = [linked(entry, look, citations) for entry in entries[:most]]
            if len(entries) > most:
                lines.append(f"_… and {len(entries) - most} more_")
            blocks += map(section, packed(f"*{escape(clip(heading, NAME_LENGTH))}*", lines))
        size = sum(len(block["text"]["text"]) for block in blocks)
        if len(blocks) <= MOST_BLOCKS and taken + size + BLOCK_COST * (len(blocks) + 3) <= BLOCKS_LIMIT:
            break
    return blocks if len(blocks) <= MOST_BLOCKS else [*blocks[: MOST_BLOCKS - 1], section(LEFT_OUT)]


def linked(entry: Entry, look: Look, citations: int) -> str:
    sources = entry.citations[:citations]
    links = [link(look.address(citation.ts), f"[{citation.number}]") for citation in sources]
    return f"• {linkified(said(entry, look))} {' '.join(links)}"


def numbered(entry: Entry, look: Look) -> str:
    numbers = " ".join(f"[{citation.number}]" for citation in entry.citations[:CITATIONS])
    return f"• {escape(said(entry, look))} {numbers}"


def said(entry: Entry, look: Look) -> str:
    text, owner, due, by = map(look.restore, (entry.text, entry.owner, entry.due, entry.by))
    before = f"{clip(owner, NAME_LENGTH)}: " if owner.strip() else ""
    until = f" (due {clip(due, NAME_LENGTH)})" if due.strip() else ""
    whose = f" ({clip(by, NAME_LENGTH)})" if by.strip() else ""
    return f"{before}{clip(text, ENTRY_LENGTH)}{until}{whose}"


def footer(found: Summarised, look: Look) -> str:
    """What the summary took, in markup: model, calls, seconds, cost, messages, and how fresh it is."""
    parts = [f"shared by {clip(one_line(look.by), NAME_LENGTH)}"] if look.by else []
    parts += [answered_by(found), *took(found), plural(found.messages, "message")]
    words = [escape(part) for part in parts]
    if found.calls == 0 and not look.by:
        words.append(f"nothing new since {date(found.made_at)}")
    if found.added is not None:
        words.append(f"updated with {plural(found.added, 'new message')}")
    return " · ".join([*words, *([escape(look.remark)] if look.remark else []), CAUTION])


def answered_by(found: Summarised) -> str:
    """The model's name; where it stood in for another, that is said."""
    return f"answered by {found.model}, {found.instead_of} was unavailable" if found.instead_of else found.model


def took(found: Summarised) -> list[str]:
    if found.calls == 0:
        return []
    calls = [plural(found.calls, "call")] if found.calls > 1 else []
    return [*calls, f"{found.seconds:.1f} s", cost(found.cost_usd)]


def buttons(found: Summarised, *, shareable: bool) -> dict[str, Any]:
    """Thumbs for the call that wrote it; sharing where the summary is kept and was not posted for all anyway."""
    elements = [
        button("👍", UP, found.call, label="This summary is good"),
        button("👎", DOWN, found.call, label="This summary is not good"),
    ]
    if shareable and found.id is not None:
        elements.append(button("Share in thread", SHARE, found.id))
    return actions(*elements)
