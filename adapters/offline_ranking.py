"""Which sentences say most: those that carry the conversation's own vocabulary, or what the asker looks for."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from adapters.offline_sentences import Sentence


@dataclass(frozen=True, slots=True)
class Turn:
    """What one message contributes: its sentences and all their words; `asks` where it is nothing but questions."""

    sentences: tuple[Sentence, ...]
    words: frozenset[str]
    asks: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """What each word weighs; the words of the asker's wish, `focus`, weigh more."""

    weights: Mapping[str, float]
    focus: frozenset[str]

    @classmethod
    def of(cls, said: Collection[Iterable[Sentence]], focus: frozenset[str]) -> "Scale":
        """Words weigh most that messages share, though not every one of them."""
        counts = Counter(word for one in said for word in vocabulary(one))
        weights = {
            word: math.log1p(count) * math.log1p(len(said) / count) if count > 1 else 0.35
            for word, count in counts.items()
        }
        return cls(weights, focus)

    def ranked(self, sentences: Iterable[Sentence]) -> list[Sentence]:
        return [replace(one, rank=self.rank(one)) for one in sentences]

    def rank(self, one: Sentence) -> float:
        """The mean weight of its words, with a lean towards full sentences and towards what opens the conversation.

        The sum is exact: the order of a set, and with it the error of a plain sum, changes from run to run.
        """
        size = len(one.words)
        total = math.fsum(self.weights[word] for word in one.words) / math.pow(6 + size, 0.75)
        letters = sum(char.isalpha() or char == " " for char in one.text) / len(one.text)
        start = 1.5 if one.message.number == 1 else 1.1 if one.opens else 1.0
        wanted = 2.0 ** min(len(one.words & self.focus), 3)
        return total * start * min(1.0, size / 6) * (1.0 if letters > 0.8 else letters * letters) * wanted


def vocabulary(sentences: Iterable[Sentence]) -> frozenset[str]:
    return frozenset[str]().union(*(one.words for one in sentences))


def turns_of(said: Sequence[Sequence[Sentence]], scale: Scale) -> dict[int, Turn]:
    """The turns by place, their sentences ranked."""
    return {
        place: Turn(tuple(scale.ranked(sentences)), vocabulary(sentences), all(one.asks for one in sentences))
        for place, sentences in enumerate(said)
        if sentences
    }


def best(candidates: Iterable[Sentence], limit: int) -> list[Sentence]:
    """The first of the candidates that do not repeat one another, in the order of the conversation."""
    kept: list[Sentence] = []
    for one in candidates:
        if len(kept) == limit:
            break
        if not any(repeats(one, other) for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.place)


def repeats(one: Sentence, other: Sentence) -> bool:
    return len(one.words & other.words) >= 0.6 * min(len(one.words), len(other.words))


def spread(useful: Sequence[Sentence], limit: int) -> list[Sentence]:
    """Points from all over a conversation: the best of each stretch of it where it is long, else simply the best."""
    statements = [one for one in useful if not one.asks]
    places = [one.place for one in statements]
    first = min([0, *places])
    length = max([0, *places]) - first + 1
    if length >= 8:
        statements = list({one.message: one for one in reversed(statements)}.values())[::-1]
    if length <= 5 * limit:
        return best(statements, limit)
    stretches: list[list[Sentence]] = [[] for _ in range(limit)]
    for one in statements:
        stretches[(one.place - first) * limit // length].append(one)
    return best([max(stretch, key=lambda one: one.rank) for stretch in stretches if stretch], limit)
