"""A summary: the form a model fills in, and what is left of it when every citation has been checked."""

import re
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


LINK = re.compile(r"[a-z][a-z0-9+.-]{,30}://[^\s<>|\"'`]*[^\s<>|\"'`.,;:!?)\]}…]", re.IGNORECASE)
REMOVED = "(link removed)"

SECTIONS = ("points", "decisions", "actions", "open_questions")


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

    def draft(self) -> Draft:
        """The form that a model reads, to bring this up to date."""
        return Draft(
            headline=self.headline,
            **{name: tuple(map(redrafted, getattr(self, name))) for name in SECTIONS},
        )


def checked(draft: Draft, transcript: Transcript) -> Summary:
    """Keep what the transcript can show: numbers and links that are not in it go, and so does an entry without any."""
    posted = links(transcript)
    sections = {name: getattr(draft, name) for name in SECTIONS}
    kept = {name: tuple(cited(entries, transcript, posted)) for name, entries in sections.items()}
    dropped = sum(map(len, sections.values())) - sum(map(len, kept.values()))
    return Summary(headline=clean(draft.headline, posted), dropped=dropped, **kept)


def links(transcript: Transcript) -> frozenset[str]:
    """The links that somebody has posted."""
    return frozenset(link for message in transcript.messages for link in LINK.findall(message.text))


def cited(drafts: Sequence[DraftEntry], transcript: Transcript, posted: frozenset[str]) -> Iterator[Entry]:
    for draft in drafts:
        citations = tuple(
            Citation(number=number, ts=ts)
            for number in sorted(set(draft.sources))
            if (ts := transcript.ts(number)) is not None
        )
        said = (draft.text, draft.topic, draft.by, draft.owner, draft.due)
        text, topic, by, owner, due = (clean(part, posted) for part in said)
        if citations and text:
            yield Entry(text=text, topic=topic, by=by, owner=owner, due=due, citations=citations)


def clean(text: str, posted: frozenset[str]) -> str:
    """Model text on one line, without links that nobody has posted."""
    return LINK.sub(lambda link: link[0] if link[0] in posted else REMOVED, one_line(text))


def redrafted(entry: Entry) -> DraftEntry:
    return DraftEntry(
        text=entry.text,
        topic=entry.topic,
        by=entry.by,
        owner=entry.owner,
        due=entry.due,
        sources=tuple(citation.number for citation in entry.citations),
    )
