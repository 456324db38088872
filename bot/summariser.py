"""The summary task: a transcript goes in, a summary whose every citation exists comes out."""

from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from adapters.base import Request
from bot.llm import Answer, Gateway, Origin
from bot.prompts import SUMMARISE
from bot.transcript import Transcript, one_line

MAX_OUTPUT_TOKENS = 3_000
"""Room for about 25 entries, and for the little thinking that some models cannot switch off."""

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


SCHEMA = closed(
    headline=TEXT,
    points=entries(),
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


class DraftEntry(Frozen):
    """An entry as the model wrote it, with message numbers that may not exist."""

    text: str
    by: str = ""
    owner: str = ""
    due: str = ""
    sources: tuple[int, ...]


class Draft(Frozen):
    """A summary as the model wrote it."""

    headline: str
    points: tuple[DraftEntry, ...]
    decisions: tuple[DraftEntry, ...]
    actions: tuple[DraftEntry, ...]
    open_questions: tuple[DraftEntry, ...]


class Entry(Frozen):
    """One line of a summary. `by`, `owner` and `due` are empty where they do not apply or nobody said."""

    text: str
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


async def summarise(gateway: Gateway, transcript: Transcript, origin: Origin) -> tuple[Summary, Answer]:
    """Summarise a conversation with one call. Raises `ProviderError`, `TooLong` without a call where it cannot fit."""
    answer = await gateway.ask(
        Request(
            task="summarise",
            system=SUMMARISE.system,
            text=transcript.fenced(),
            schema=SCHEMA,
            max_output_tokens=MAX_OUTPUT_TOKENS,
            prompt_version=SUMMARISE.version,
        ),
        origin,
    )
    summary = checked(Draft.model_validate(answer.reply.data), transcript)
    if summary.dropped:
        await gateway.note_dropped(answer, summary.dropped)
    return summary, answer


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
        text, by, owner, due = map(one_line, (draft.text, draft.by, draft.owner, draft.due))
        if citations and text:
            yield Entry(text=text, by=by, owner=owner, due=due, citations=citations)
