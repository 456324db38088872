"""Questions that nobody came back to, of the transcript and of the notes before it."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from adapters.offline_cues import THANKS, UNSURE
from adapters.offline_ranking import Turn
from adapters.offline_sentences import Sentence

FAR = 30
"""Messages after which nothing counts as an answer any more, unless it takes up most of the question's words."""


class Conversation:
    """The turns of a transcript; `threads` holds for each place the thread it belongs to."""

    def __init__(self, turns: Mapping[int, Turn], threads: Sequence[int]) -> None:
        self.turns = turns
        self.threads = threads
        self.places: defaultdict[int, list[int]] = defaultdict(list)
        for place, thread in enumerate(threads):
            self.places[thread].append(place)

    def unanswered(self, asked: Iterable[Sentence]) -> list[Sentence]:
        return [one for one in asked if not self.answered(one) and not (one.note and self.settled(one))]

    def answered(self, question: Sentence) -> bool:
        """The next thing that somebody else says decides, unless it stands too far off and speaks of other matters."""
        asker = question.message.author
        for step, turn in self.after(question):
            message = turn.sentences[0].message
            if asker and message.author == asker:
                if THANKS.search(message.text):
                    return True
            elif not turn.asks and ((asker and step <= 3) or takes_up(turn, question)):
                return not UNSURE.search(message.text)
        return False

    def after(self, question: Sentence) -> Iterator[tuple[int, Turn]]:
        """What follows in the same thread, or outside of any, and how many messages further on."""
        thread = self.thread(question)
        missed = 0 if thread else max(0, -1 - question.place)
        places = self.places[thread]
        start = bisect_right(places, question.place)
        for step, place in enumerate(islice(places, start, start + max(0, FAR - missed)), start=missed + 1):
            if place in self.turns:
                yield step, self.turns[place]

    def thread(self, question: Sentence) -> int:
        if question.note is None:
            return self.threads[question.place]
        return next((number for number in question.note.sources if number in self.places), 0)

    def settled(self, question: Sentence) -> bool:
        """Whether a statement anywhere takes up most of its words."""
        return any(
            not turn.asks
            and len(turn.words & question.words) >= 0.6 * len(question.words)
            and not UNSURE.search(turn.sentences[0].message.text)
            for turn in self.turns.values()
        )


def takes_up(turn: Turn, question: Sentence) -> bool:
    asker = question.message.author
    return not question.words.isdisjoint(turn.words) or (bool(asker) and asker in turn.sentences[0].message.text)
