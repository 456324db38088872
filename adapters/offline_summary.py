"""Extractive summaries: sentences of the transcript and entries of the notes, sorted by what they do."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from adapters.offline_cues import COMMITMENTS, DECISIONS, DUE, REQUESTS
from adapters.offline_notes import Notes, collected
from adapters.offline_questions import Conversation
from adapters.offline_ranking import Scale, Turn, best, repeats, spread, turns_of
from adapters.offline_sentences import Sentence, cut, recalled, split, tidy, words
from adapters.offline_topics import Topics
from adapters.offline_transcript import Message, given, read, threads

POINTS = 6
"""Points of a summary of the usual length."""

ENTRIES = 5
"""Decisions, actions and open questions, of each."""

FEW = 3
"""So few points are asked for by people who want it short."""

LONGEST = 200
SHORT = 120
"""Characters of an entry, and of one where people want it short."""

HEADLINE = 120
"""Characters of a headline, besides the count behind it."""

TAG = re.compile(r"[,.] (?:no|right|correct|yes|ok|okay|or|eh|huh)\s*\?\W{,9}$", re.IGNORECASE)
COUNT = re.compile(r" \(\d+ messages?(?:, \d+ (?:people|person))?\)$")


@dataclass(frozen=True, slots=True)
class Recalled:
    """The entries of the notes, ranked beside what the transcript says."""

    points: Sequence[Sentence] = ()
    decisions: Sequence[Sentence] = ()
    actions: Sequence[Sentence] = ()
    questions: Sequence[Sentence] = ()


def summarise(text: str, *, points: int = POINTS, topics: bool = False) -> Mapping[str, object]:
    """A summary of the fenced transcript in `text` and of the notes before it, with at most this many points.

    With `topics`, each point says which matter it belongs to. Raises `ValueError` where there is no transcript.
    """
    source = given(text)
    messages, notes = list(read(source.transcript)), collected(source.notes)
    authors = sorted({message.author for message in messages})
    said = [tuple(split(place, message)) for place, message in enumerate(messages)]
    scale, noted = weighed(said, notes, messages[0].number if messages else 0, authors, words(source.wish))
    turns = turns_of(said, scale)
    conversation = Conversation(turns, threads(messages))
    sentences = [one for turn in turns.values() for one in turn.sentences]
    useful = sorted((one for one in sentences if one.substantial), key=lambda one: -one.rank)

    decided = best([one for one in useful if decides(one)], ENTRIES)
    acting = best([one for one in useful if acts(one) and one not in decided], ENTRIES)
    asked = best(conversation.unanswered(questions(turns, acting)), ENTRIES)
    decisions, actions = joined(noted.decisions, decided), joined(noted.actions, acting)
    open_questions = joined(conversation.unanswered(noted.questions), asked)

    topic = latest(useful) if notes else opening(sentences, useful, messages)
    settled = [*decisions, *actions, *open_questions]
    taken = {*decided, *acting, *asked, topic}
    earlier = [one for one in noted.points if not any(repeats(one, other) for other in settled)]
    chosen = telling([one for one in useful if one not in taken], earlier, scale, points)
    longest = SHORT if points <= FEW else LONGEST
    named = Topics(messages, turns, conversation.threads, noted.points) if topics else None
    return {
        "headline": carried(topic, notes, messages) if notes else headline(topic, len(messages), len(authors)),
        "points": [entry(one, quoted(one), longest) | ({"topic": named.of(one)} if named else {}) for one in chosen],
        "decisions": [
            entry(one, tidy(one.text), longest) | {"by": one.note.by if one.note else one.message.author}
            for one in decisions
        ],
        "actions": [entry(one, tidy(one.text), longest) | task(one, authors) for one in actions],
        "open_questions": [entry(one, quoted(one), longest) for one in open_questions],
    }


def weighed(
    said: Sequence[Sequence[Sentence]], notes: Notes, first: int, authors: Sequence[str], focus: frozenset[str]
) -> tuple[Scale, Recalled]:
    """The vocabulary of the transcript and the notes together, and the notes ranked by it."""
    sections = [
        recalled(section, first, authors)
        for section in (notes.points, notes.decisions, notes.actions, notes.open_questions)
    ]
    scale = Scale.of([*said, *((one,) for section in sections for one in section)], focus)
    return scale, Recalled(*map(scale.ranked, sections))


def joined(earlier: Sequence[Sentence], newer: Sequence[Sentence]) -> list[Sentence]:
    """Both without repetitions, of which the newest stay, as they do where there are too many."""
    return best([*newer, *reversed(earlier)], ENTRIES)


def telling(useful: Sequence[Sentence], earlier: Sequence[Sentence], scale: Scale, limit: int) -> list[Sentence]:
    """The points: what the asker looks for first, then the best from all over; places left go to the notes."""
    pool = sorted([*useful, *earlier], key=lambda one: -one.rank)
    wanted = [one for one in pool if not one.asks and not scale.focus.isdisjoint(one.words)]
    rest = [one for one in pool if one.note]
    return best([*wanted, *spread(pool, limit), *rest], limit)


def decides(one: Sentence) -> bool:
    return not one.asks and DECISIONS.search(one.text) is not None


def acts(one: Sentence) -> bool:
    return bool(REQUESTS.search(one.text) or (not one.asks and COMMITMENTS.search(one.text)))


def questions(turns: Mapping[int, Turn], actions: Sequence[Sentence]) -> list[Sentence]:
    """What was asked in the transcript, newest first."""
    asked = [one for turn in turns.values() for one in turn.sentences if one.asks and one.substantial]
    return [one for one in reversed(asked) if one not in actions and not TAG.search(one.text)]


def opening(sentences: Sequence[Sentence], useful: Sequence[Sentence], messages: Sequence[Message]) -> Sentence | None:
    """What the conversation opened with, or its weightiest sentence where it runs on or opens with small talk."""
    first = [one for one in sentences if one.message.number == 1 and one.substantial] if len(messages) <= 100 else []
    return next(iter(first or useful or sentences), None)


def latest(useful: Iterable[Sentence]) -> Sentence | None:
    """The weightiest statement of the messages since the notes."""
    return next((one for one in useful if not one.asks), None)


def headline(topic: Sentence | None, messages: int, people: int) -> str:
    if topic is None:
        return "Nothing was said."
    count = f"{messages} message{'s'[: messages > 1]}, {people} {'people' if people > 1 else 'person'}"
    return f"{cut(tidy(topic.text), HEADLINE)} ({count})"


def carried(topic: Sentence | None, notes: Notes, messages: Sequence[Message]) -> str:
    """A headline over notes and transcript: how many people have spoken in all is not known any more."""
    if topic is None and not notes.headlines:
        return "Nothing was said."
    text = tidy(topic.text) if topic else notes.headlines[-1]
    if messages:
        return f"{cut(COUNT.sub('', text), HEADLINE)} ({messages[-1].number} messages)"
    return cut(text if len(notes.headlines) == 1 else COUNT.sub("", text), LONGEST)


def entry(one: Sentence, text: str, longest: int) -> dict[str, object]:
    if one.note:
        return {"text": cut(one.note.text, longest), "sources": list(one.note.sources)}
    return {"text": cut(text, longest), "sources": [one.message.number]}


def quoted(one: Sentence) -> str:
    return f"{one.message.author}: {tidy(one.text)}" if one.message.author else tidy(one.text)


def task(one: Sentence, authors: Sequence[str]) -> dict[str, object]:
    if one.note:
        return {"owner": one.note.owner, "due": one.note.due}
    return {"owner": owner(one, authors), "due": due(one.text)}


def owner(one: Sentence, authors: Sequence[str]) -> str:
    """Who is to do it: the speaker who undertakes it, or the one person the request names."""
    if not REQUESTS.search(one.text):
        return one.message.author
    named = [name for name in authors if name and name != one.message.author and name in one.message.text]
    return named[0] if len(named) == 1 else ""


def due(text: str) -> str:
    found = DUE.search(text)
    return found[0].strip() if found else ""
