"""The notes that precede a transcript: summaries of earlier messages, of which only what is sound is taken."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from adapters.errors import parsed


@dataclass(frozen=True, slots=True)
class Note:
    """One entry of an earlier summary."""

    text: str
    sources: tuple[int, ...]
    topic: str = ""
    by: str = ""
    owner: str = ""
    due: str = ""


@dataclass(frozen=True, slots=True)
class Notes:
    """What the earlier summaries say, oldest first; `headlines` are those that say something."""

    headlines: tuple[str, ...] = ()
    points: tuple[Note, ...] = ()
    decisions: tuple[Note, ...] = ()
    actions: tuple[Note, ...] = ()
    open_questions: tuple[Note, ...] = ()

    def __bool__(self) -> bool:
        return any((self.headlines, self.points, self.decisions, self.actions, self.open_questions))


def collected(texts: Iterable[str]) -> Notes:
    summaries = [value for value in map(parsed, texts) if isinstance(value, dict)]

    def section(name: str) -> tuple[Note, ...]:
        return tuple(note for summary in summaries for note in entries(summary.get(name)))

    return Notes(
        headlines=tuple(filter(None, (string(summary.get("headline")) for summary in summaries))),
        points=section("points"),
        decisions=section("decisions"),
        actions=section("actions"),
        open_questions=section("open_questions"),
    )


def entries(section: object) -> Iterator[Note]:
    for one in section if isinstance(section, list) else ():
        if isinstance(one, dict):
            text, sources = string(one.get("text")), numbers(one.get("sources"))
            topic, by, owner, due = (string(one.get(field)) for field in ("topic", "by", "owner", "due"))
            if text and sources:
                yield Note(text, sources, topic, by, owner, due)


def string(value: object) -> str:
    """Text on one line, without halves of surrogate pairs."""
    return " ".join(value.encode(errors="replace").decode().split()) if isinstance(value, str) else ""


def numbers(value: object) -> tuple[int, ...]:
    found = value if isinstance(value, list) else []
    return tuple(one for one in found if type(one) is int and 0 < one < 1e9)
