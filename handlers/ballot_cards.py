"""How a blind vote looks: two answers side by side under no name, and at the end whose they were."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.ballots import tally
from bot.choices import named
from bot.store import Vote
from bot.summary import Draft, DraftEntry
from handlers.answers import CITATIONS, ENTRY_LENGTH, HEADINGS
from handlers.blocks import NAME_LENGTH, Content, actions, button, clip, context, fitted, packed, section
from handlers.mrkdwn import escape

LEFT, RIGHT, SAME = "ballot_left", "ballot_right", "ballot_same"
VERDICTS: Mapping[str, str] = {LEFT: "left", RIGHT: "right", SAME: "same"}

SIDE_LENGTH = 5_500
"""Ours, in characters: two answers fit a message beside everything else."""

AS_WRITTEN = "As the models wrote them, citations unchecked. Who wrote which is told after the last round."
NO_VOTES = "No vote was counted: the answers are not kept any more, or you may not see them any more."


def round(number: int, of: int, left: str, right: str, value: str) -> Content:
    """Two answers, and which of them is better."""
    head = f"Round {number} of {of}: which summary is better?"
    sides = [("Left", left), ("Right", right)]
    shown = [section(text) for side, answer in sides for text in packed(f"*{side}*", written(answer))]
    spoken = [line for side, answer in sides for line in (side, *written(answer))]
    buttons = [button(name, id, value) for name, id in (("Left", LEFT), ("Right", RIGHT), ("Same", SAME))]
    return fitted([head, *spoken], [section(f"*{head}*"), *shown, context(AS_WRITTEN), actions(*buttons)])


def written(answer: str) -> list[str]:
    """A summary in lines, cut where it would take more than its half of a message. Nothing in it comes alive."""
    lines: list[str] = []
    length = 0
    for line in lines_of(Draft.model_validate(json.loads(answer))):
        length += len(line) + 1
        if length > SIDE_LENGTH:
            return [*lines, "…"]
        lines.append(line)
    return lines


def lines_of(draft: Draft) -> Iterator[str]:
    yield escape(clip(draft.headline, ENTRY_LENGTH))
    for name, heading in {"points": "Points", **HEADINGS}.items():
        entries: Sequence[DraftEntry] = getattr(draft, name)
        if entries:
            yield f"_{heading}_"
            yield from map(line, entries)


def line(entry: DraftEntry) -> str:
    owner, due, by = (clip(part, NAME_LENGTH) for part in (entry.owner, entry.due, entry.by))
    before, until, whose = (f"{owner}: " if owner else ""), (f" (due {due})" if due else ""), (f" ({by})" if by else "")
    numbers = " ".join(f"[{number}]" for number in entry.sources[:CITATIONS])
    return escape(f"• {before}{clip(entry.text, ENTRY_LENGTH)}{until}{whose} {numbers}")


def result(votes: Sequence[Vote]) -> Content:
    """Whose answers they were, and how each model fared."""
    if not votes:
        return fitted([NO_VOTES], [section(NO_VOTES)])
    rounds = [f"• {outcome(vote)}" for vote in votes]
    scores = [f"• {named(each.model)}: {each.won} won, {each.same} the same, {each.lost} lost" for each in tally(votes)]
    head = "That was the last round. Thank you, your votes are kept."
    said: list[dict[str, Any]] = [
        section("\n".join(map(escape, [head, *rounds]))),
        section("\n".join(["*Score*", *map(escape, scores)])),
    ]
    return fitted(map(escape, [head, *rounds, *scores]), said)


def outcome(vote: Vote) -> str:
    left, right = named(vote.left_model), named(vote.right_model)
    if vote.verdict == "same":
        return f"{left} on the left and {right} on the right: the same to you"
    better, other = (left, right) if vote.verdict == "left" else (right, left)
    return f"You preferred {better} to {other}"
