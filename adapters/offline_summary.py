"""Extractive summaries: the sentences that carry the conversation's own vocabulary, sorted by what they do."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from adapters.offline_cues import COMMITMENTS, DECISIONS, DUE, GREETING, REQUESTS, THANKS, UNSURE
from adapters.offline_sentences import Sentence, read, split

LONGEST = 200
"""Characters of an entry."""

HEADLINE = 120
"""Characters of a headline, besides the count behind it."""

TAG = re.compile(r"[,.] (?:no|right|correct|yes|ok|okay|or|eh|huh)\s*\?\W{,9}$", re.IGNORECASE)
AT = re.compile(r"(?<!\w)@(?=\w)")


@dataclass(frozen=True, slots=True)
class Turn:
    """What one message contributes: its sentences and all their words; `asks` where it is nothing but questions."""

    sentences: tuple[Sentence, ...]
    words: frozenset[str]
    asks: bool


def summarise(text: str) -> Mapping[str, object]:
    """A summary of the fenced transcript in `text`. Raises `ValueError` where there is no fence."""
    messages = list(read(text))
    turns = ranked([tuple(split(place, message)) for place, message in enumerate(messages)])
    sentences = [one for turn in turns.values() for one in turn.sentences]
    useful = sorted((one for one in sentences if one.substantial), key=lambda one: -one.rank)
    authors = sorted({message.author for message in messages})
    decisions = best([one for one in useful if decides(one)], 5)
    actions = best([one for one in useful if acts(one) and one not in decisions], 5)
    questions = best(unanswered(turns, actions), 5)
    topic = opening(sentences, useful, len(messages))
    taken = {*decisions, *actions, *questions, topic}
    return {
        "headline": headline(topic, len(messages), len(authors)),
        "points": [entry(one, quoted(one)) for one in spread([one for one in useful if one not in taken])],
        "decisions": [entry(one, tidy(one.text)) | {"by": one.message.author} for one in decisions],
        "actions": [
            entry(one, tidy(one.text)) | {"owner": owner(one, authors), "due": due(one.text)} for one in actions
        ],
        "open_questions": [entry(one, quoted(one)) for one in questions],
    }


def ranked(said: Sequence[tuple[Sentence, ...]]) -> dict[int, Turn]:
    """The turns by place, their sentences ranked by words they share with other messages, though not with every one."""
    vocabularies = [frozenset[str]().union(*(one.words for one in sentences)) for sentences in said]
    counts = Counter(word for vocabulary in vocabularies for word in vocabulary)
    weight = {
        word: math.log1p(count) * math.log1p(len(said) / count) if count > 1 else 0.35 for word, count in counts.items()
    }
    return {
        place: Turn(
            tuple(replace(one, rank=rank(one, weight)) for one in sentences),
            vocabularies[place],
            all(one.asks for one in sentences),
        )
        for place, sentences in enumerate(said)
        if sentences
    }


def rank(one: Sentence, weight: Mapping[str, float]) -> float:
    """The mean weight of its words, with a lean towards full sentences and towards what opens the conversation."""
    size = len(one.words)
    total = sum(weight[word] for word in one.words) / math.pow(6 + size, 0.75)
    letters = sum(char.isalpha() or char == " " for char in one.text) / len(one.text)
    start = 1.5 if one.place == 0 else 1.1 if one.opens else 1.0
    return total * start * min(1.0, size / 6) * (1.0 if letters > 0.8 else letters * letters)


def best(candidates: Sequence[Sentence], limit: int) -> list[Sentence]:
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


def spread(useful: Sequence[Sentence]) -> list[Sentence]:
    """Points from all over a conversation: the best of each sixth where it is long, else simply the best."""
    statements = [one for one in useful if not one.asks]
    length = max((one.place for one in statements), default=0) + 1
    if length >= 8:
        statements = list({one.place: one for one in reversed(statements)}.values())[::-1]
    if length <= 30:
        return best(statements, 6)
    sixths = [[one for one in statements if one.place * 6 // length == part] for part in range(6)]
    return best([max(part, key=lambda one: one.rank) for part in sixths if part], 6)


def decides(one: Sentence) -> bool:
    return not one.asks and DECISIONS.search(one.text) is not None


def acts(one: Sentence) -> bool:
    return bool(REQUESTS.search(one.text) or (not one.asks and COMMITMENTS.search(one.text)))


def unanswered(turns: Mapping[int, Turn], actions: Sequence[Sentence]) -> list[Sentence]:
    """Questions, newest first, that nobody came back to."""
    asked = [one for turn in turns.values() for one in turn.sentences if one.asks and one.substantial]
    asked = [one for one in reversed(asked) if one not in actions and not TAG.search(one.text)]
    return [one for one in asked if not answered(one, turns)]


def answered(question: Sentence, turns: Mapping[int, Turn]) -> bool:
    """The next thing that somebody else says decides, unless it stands too far off and speaks of other matters."""
    for step in range(1, 31):
        turn = turns.get(question.place + step)
        if turn is None:
            continue
        message = turn.sentences[0].message
        if message.author == question.message.author:
            if THANKS.search(message.text):
                return True
        elif not turn.asks and (step <= 3 or takes_up(turn, question)):
            return not UNSURE.search(message.text)
    return False


def takes_up(turn: Turn, question: Sentence) -> bool:
    return not question.words.isdisjoint(turn.words) or question.message.author in turn.sentences[0].message.text


def opening(sentences: Sequence[Sentence], useful: Sequence[Sentence], messages: int) -> Sentence | None:
    """What the conversation opened with, or its weightiest sentence where it runs on or opens with small talk."""
    first = [one for one in sentences if one.place == 0 and one.substantial] if messages <= 100 else []
    return next(iter(first or useful or sentences), None)


def headline(topic: Sentence | None, messages: int, people: int) -> str:
    if topic is None:
        return "Nothing was said."
    count = f"{messages} message{'s'[: messages > 1]}, {people} {'people' if people > 1 else 'person'}"
    return f"{cut(tidy(topic.text), HEADLINE)} ({count})"


def entry(one: Sentence, text: str) -> dict[str, object]:
    return {"text": cut(text, LONGEST), "sources": [one.message.number]}


def quoted(one: Sentence) -> str:
    return f"{one.message.author}: {tidy(one.text)}"


def tidy(text: str) -> str:
    text = AT.sub("", GREETING.sub("", text)).strip(" ,;-–—") or text
    return text[:1].upper() + text[1:]


def cut(text: str, longest: int) -> str:
    """At most this many characters, ending at a word where the script has words."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    return (head[: head.rfind(" ")] if " " in head[longest // 2 :] else head).rstrip(" ,;:") + "…"


def owner(one: Sentence, authors: Sequence[str]) -> str:
    """Who is to do it: the speaker who undertakes it, or the one person the request names."""
    if not REQUESTS.search(one.text):
        return one.message.author
    named = [name for name in authors if name != one.message.author and name in one.message.text]
    return named[0] if len(named) == 1 else ""


def due(text: str) -> str:
    found = DUE.search(text)
    return found[0].strip() if found else ""
