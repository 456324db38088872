"""A summary: the form a model fills in, and what is left of it when every citation has been checked."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from bot.transcript import Transcript, one_line

TEXT = {"type": "string"}
NUMBERS = {"type": "array", "items": {"type": "integer"}}


def closed(**properties: object) -> dict[str, object]:
    """An object with just these properties, all required: the shape that every vendor's schema mode accepts."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def entries(**fields: object) -> dict[str, object]:
    return {"type": "array", "items": closed(text=TEXT, **fields, sources=NUMBERS)}


def schema(*, topics: bool = False) -> dict[str, object]:
    """The JSON schema of a summary; with `topics`, each point says which matter it belongs to."""
    return closed(
        headline=TEXT,
        points=entries(topic=TEXT) if topics else entries(),
        decisions=entries(by=TEXT),
        actions=entries(owner=TEXT, due=TEXT),
        open_questions=entries(),
    )


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Citation(Frozen):
    """A message that shows what an entry says: its number in the transcript and its Slack id."""

    number: int
    ts: str


def source(number: object) -> int:
    """A message number, 0 for what cannot be one: a model may write 1e19, which is an integer to JSON."""
    return int(number) if isinstance(number, int | float) and 0 < number < 1e9 else 0


Source = Annotated[int, BeforeValidator(source)]


class DraftEntry(Frozen):
    """An entry as the model wrote it, with message numbers that may not exist."""

    text: str
    topic: str = ""
    by: str = ""
    owner: str = ""
    due: str = ""
    sources: tuple[Source, ...]


class Draft(Frozen):
    """A summary as the model wrote it."""

    headline: str
    points: tuple[DraftEntry, ...]
    decisions: tuple[DraftEntry, ...]
    actions: tuple[DraftEntry, ...]
    open_questions: tuple[DraftEntry, ...]

    def written(self) -> str:
        """The JSON that a model reads when this is joined with others or brought up to date."""
        return self.model_dump_json(exclude_defaults=True)


class Entry(Frozen):
    """One line of a summary. `topic`, `by`, `owner` and `due` are empty where they do not apply or nobody said."""

    text: str
    topic: str = ""
    by: str = ""
    owner: str = ""
    due: str = ""
    citations: tuple[Citation, ...]


class Summary(Frozen):
    """A checked summary. `dropped` counts the entries left out because none of their citations exists."""

    headline: str
    points: tuple[Entry, ...] = ()
    decisions: tuple[Entry, ...] = ()
    actions: tuple[Entry, ...] = ()
    open_questions: tuple[Entry, ...] = ()
    dropped: int = 0


def checked(draft: Draft, transcript: Transcript) -> Summary:
    """Keep what the transcript can show: numbers that do not exist go, and so does an entry left with none."""
    sections = {name: getattr(draft, name) for name in ("points", "decisions", "actions", "open_questions")}
    kept = {name: tuple(cited(entries, transcript)) for name, entries in sections.items()}
    dropped = sum(map(len, sections.values())) - sum(map(len, kept.values()))
    return Summary(headline=one_line(draft.headline), dropped=dropped, **kept)


def cited(drafts: Sequence[DraftEntry], transcript: Transcript) -> Iterator[Entry]:
    for draft in drafts:
        citations = tuple(
            Citation(number=number, ts=ts)
            for number in sorted(set(draft.sources))
            if (ts := transcript.ts(number)) is not None
        )
        text, topic, by, owner, due = map(one_line, (draft.text, draft.topic, draft.by, draft.owner, draft.due))
        if citations and text:
            yield Entry(text=text, topic=topic, by=by, owner=owner, due=due, citations=citations)
