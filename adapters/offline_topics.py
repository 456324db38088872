"""What the points of a channel are about: a few words of the thread or stretch of talk that each belongs to."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from adapters.offline_cues import STOPWORDS
from adapters.offline_ranking import Turn
from adapters.offline_sentences import NAMED, PARTICLE, SCRIPTS, UNSPACED, Sentence, cut, tidy, words
from adapters.offline_transcript import Message

LONGEST = 40
"""Characters of a topic."""

TERMS = 4
PAUSE = timedelta(minutes=30)
"""A silence after which talk outside of threads is about something else."""

TERM = re.compile(rf"[{SCRIPTS}]+|[^\W_{SCRIPTS}]+(?:['-][^\W_{SCRIPTS}]+)*")


class Topics:
    """The topic of each message by place; that of a thread which the notes have named already stays."""

    def __init__(
        self, messages: Sequence[Message], turns: Mapping[int, Turn], threads: Sequence[int], noted: Iterable[Sentence]
    ) -> None:
        self.turns = turns
        self.groups = list(grouped(messages, threads))
        self.members: defaultdict[int, list[int]] = defaultdict(list)
        for place, group in enumerate(self.groups):
            self.members[group].append(place)
        self.counts = Counter(word for turn in turns.values() for word in turn.words)
        notes = [one.note for one in noted if one.note and one.note.topic]
        self.names = {number: cut(note.topic, LONGEST) for note in notes for number in note.sources}

    def of(self, one: Sentence) -> str:
        if one.note:
            return cut(one.note.topic, LONGEST) or self.label([one], Counter())
        group = self.groups[one.place]
        if group not in self.names:
            self.names[group] = self.name(group)
        return self.names[group]

    def name(self, group: int) -> str:
        """Words of a thread's root, where it is given and says something; else of all that belongs together."""
        turns = [self.turns[place] for place in self.members[group] if place in self.turns]
        said = Counter(word for turn in turns for word in turn.words)
        root = turns[0].sentences if turns and turns[0].sentences[0].message.number == group else ()
        named = self.label(root, said)
        return named if " " in named else self.label([one for turn in turns for one in turn.sentences], said) or named

    def label(self, sentences: Sequence[Sentence], said: Mapping[str, int]) -> str:
        """The words that this says most often and others seldom, in the order they come in."""
        told: dict[str, str] = {}
        for term in (term for one in sentences for term in terms(tidy(one.text))):
            told.setdefault(term.lower(), term)
        weight = {term: self.weight(term, said) for term in told}
        heaviest = set(sorted(told, key=lambda term: -weight[term])[:TERMS])
        text = " ".join(shown for term, shown in told.items() if term in heaviest)
        return cut(text[:1].upper() + text[1:], LONGEST)

    def weight(self, term: str, said: Mapping[str, int]) -> float:
        """The mean over what the ranking takes for its words: characters in pairs where a script writes no spaces."""
        weights = [
            max(said.get(word, 0), 1) * math.log1p(len(self.turns) / max(self.counts[word], 1)) for word in words(term)
        ]
        return math.fsum(weights) / len(weights) if weights else 0.0


def grouped(messages: Sequence[Message], threads: Sequence[int]) -> Iterator[int]:
    """For each message the number of its thread; outside of threads a negative one for each stretch of talk."""
    stretch, before = 0, ""
    for message, thread in zip(messages, threads, strict=True):
        if thread:
            yield thread
            continue
        if not stretch or paused(before, message.at):
            stretch -= 1
        before = message.at or before
        yield stretch


def paused(before: str, now: str) -> bool:
    return bool(before and now) and datetime.fromisoformat(now) - datetime.fromisoformat(before) > PAUSE


def terms(text: str) -> Iterator[str]:
    for term in TERM.findall(NAMED.sub(" ", text)):
        if UNSPACED.match(term):
            yield from (piece for piece in PARTICLE.split(term) if len(piece) > 1)
        elif len(term) > 2 and not term.isdigit() and term.lower() not in STOPWORDS:
            yield term.removesuffix("'s")
