"""What an answer of each task is measured by, from the prompt and the answer alone."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bot.summariser import TASK as SUMMARISE
from bot.summary import SECTIONS, Draft, DraftEntry

TRIAGE = "triage"
NOISE = "noise"
"""The label of what nobody has to do anything about, beside the workspace's categories."""

FENCED = re.compile(r"^<(transcript|notes) ([0-9a-f]{16})>\n(.*?)\n</\1 \2>$", re.MULTILINE | re.DOTALL)
NUMBERED = re.compile(r"^\[(\d{1,6})\] ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Measured:
    """How good an answer is on its face: of a summary, how many of its entries cite a message that was there; of a
    triage, what it was sorted into."""

    entries: int | None = None
    kept_entries: int | None = None
    label: str | None = None


def summary(text: str, data: Mapping[str, object]) -> Measured:
    draft = Draft.model_validate(data)
    known = frozenset(numbers(text))
    found = list(entries(draft))
    kept = [entry for entry in found if entry.text.strip() and not known.isdisjoint(entry.sources)]
    return Measured(entries=len(found), kept_entries=len(kept))


def triage(text: str, data: Mapping[str, object]) -> Measured:
    return Measured(label=NOISE if data["noise"] else str(data["category"]))


def entries(draft: Draft) -> Iterator[DraftEntry]:
    for name in SECTIONS:
        yield from getattr(draft, name)


def numbers(text: str) -> Iterator[int]:
    """The messages that a prompt lets a model cite: those of its transcript, and what its notes cite."""
    for name, _, inside in FENCED.findall(text):
        if name == "transcript":
            yield from map(int, NUMBERED.findall(inside))
        else:
            for entry in entries(Draft.model_validate_json(inside)):
                yield from entry.sources


MEASURES: Mapping[str, Callable[[str, Mapping[str, object]], Measured]] = {SUMMARISE: summary, TRIAGE: triage}
"""The tasks whose models can be compared."""
