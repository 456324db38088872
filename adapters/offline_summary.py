"""Extractive summaries: the sentences that carry the conversation's own vocabulary, sorted by what they do."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from adapters.offline_cues import COMMITMENTS, DECISIONS, DUE, GREETING, NOISE, REQUESTS, STOPWORDS, THANKS

LONGEST = 200
HEADLINE = 120

OPENING = re.compile(r"^<transcript\b(?P<mark>[^>\n]*)>$", re.MULTILINE)
LINE = re.compile(r"\[(\d+)\] \d{4}-\d\d-\d\d \d\d:\d\d (.*?):(?: (.*))?$")
WRAPPED = re.compile(r"(?<=[a-z,;])\n(?=[a-z(])")
CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
LINK = re.compile(r"<?https?://[^\s>|]+(?:\|([^>]*))?>?")
MARKUP = re.compile(r"<[@#!][^>]*>|(?<!\w)[*_~`]+|[*_~`]+(?!\w)|:[a-z][\w+-]*:")
END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")
ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|approx|dr|mr|ms|no|z\.b|ca|bzw|usw)\.$", re.IGNORECASE)
SCRIPTS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
UNSPACED = re.compile(f"[{SCRIPTS}]")
NAMED = re.compile(r"@[\w.-]+|\(link\)")
PARTICLE = re.compile(r"[\u3040-\u309f]+")
RUN = re.compile(rf"[{SCRIPTS}]+|[^\W_{SCRIPTS}][^\W{SCRIPTS}]+")
TAG = re.compile(r"[,.] (?:no|right|correct|yes|ok|okay|or|eh|huh)\s*\?\W*$", re.IGNORECASE)
ASKED = re.compile(r"[?？]\W*$|(?:ですか|ますか|でしょうか|かな)[。\s]*$")


@dataclass(frozen=True, slots=True)
class Message:
    number: int
    author: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Sentence:
    """One sentence with the words that carry meaning. `place` counts messages from 0; `rank` is how much it says."""

    message: Message
    place: int
    text: str
    words: frozenset[str]
    opens: bool
    rank: float = 0.0

    @property
    def asks(self) -> bool:
        return ASKED.search(self.text) is not None

    @property
    def substantial(self) -> bool:
        return len(self.words) >= 3 and len(self.text) >= 12


def summarise(text: str) -> Mapping[str, object]:
    """A summary of the fenced transcript in `text`. Raises `ValueError` where there is no fence."""
    messages = list(read(text))
    sentences = ranked([one for place, message in enumerate(messages) for one in split(place, message)], len(messages))
    useful = sorted((one for one in sentences if one.substantial), key=lambda one: -one.rank)
    authors = sorted({message.author for message in messages})
    decisions = best([one for one in useful if decides(one)], 5)
    actions = best([one for one in useful if acts(one) and one not in decisions], 5)
    questions = best(unanswered(sentences, actions), 5)
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


def read(text: str) -> Iterator[Message]:
    """The numbered messages between the fences; indented lines belong to the message above them."""
    opening = OPENING.search(text)
    end = text.rfind(f"\n</transcript{opening['mark']}>") if opening else -1
    if opening is None or end < 0:
        raise ValueError("no transcript")
    current: Message | None = None
    for line in text[opening.end() : end].split("\n"):
        start = LINE.match(line)
        if start is None and current is not None:
            current = replace(current, text=f"{current.text}\n{line[4:]}")
        if start is not None:
            if current is not None:
                yield current
            current = Message(int(start[1]), start[2], start[3] or "")
    if current is not None:
        yield current


def split(place: int, message: Message) -> Iterator[Sentence]:
    if NOISE.search(message.text):
        return
    pieces = [piece.strip() for piece in END.split(plain(message.text)) if piece and piece.strip()]
    for index, piece in enumerate(joined(pieces)):
        yield Sentence(message, place, piece, words(piece), opens=index == 0)


def plain(text: str) -> str:
    """Text without code blocks, quoted lines, link targets and markup."""
    text = CODE.sub(" ", text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    text = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith((">", "&gt;", "|")))
    text = LINK.sub(lambda link: link[1] or "(link)", WRAPPED.sub(" ", text))
    return re.sub(r"[ \t]+", " ", MARKUP.sub("", text))


def joined(pieces: Sequence[str]) -> Iterator[str]:
    """Put back together what was cut after an abbreviation."""
    held = ""
    for piece in pieces:
        held = f"{held} {piece}".strip()
        if not ABBREVIATION.search(held):
            yield held
            held = ""
    if held:
        yield held


def words(text: str) -> frozenset[str]:
    """The words that carry meaning; pairs of neighbouring characters in scripts that write no spaces."""
    found: set[str] = set()
    for run in RUN.findall(NAMED.sub(" ", text.lower())):
        if UNSPACED.match(run):
            found.update(pair for pair in map("".join, pairwise(run)) if not PARTICLE.fullmatch(pair))
        elif run not in STOPWORDS:
            found.add(run)
    return frozenset(found)


def ranked(sentences: Sequence[Sentence], messages: int) -> list[Sentence]:
    """Rank by the words a sentence shares with other messages: much used, but not in every message."""
    spread_of: Counter[str] = Counter()
    for group in by_place(sentences).values():
        spread_of.update(frozenset().union(*(one.words for one in group)))
    weight = {
        word: math.log1p(count) * math.log1p(messages / count) if count > 1 else 0.35
        for word, count in spread_of.items()
    }
    return [replace(one, rank=rank(one, weight)) for one in sentences]


def rank(one: Sentence, weight: Mapping[str, float]) -> float:
    """The mean weight of its words, with a lean towards full sentences and towards what opens the conversation."""
    size = len(one.words)
    total = sum(weight[word] for word in one.words) / math.pow(6 + size, 0.75)
    letters = sum(char.isalpha() or char == " " for char in one.text) / len(one.text)
    start = 1.5 if one.place == 0 else 1.1 if one.opens else 1.0
    return total * start * min(1.0, size / 6) * (1.0 if letters > 0.8 else letters * letters)


def by_place(sentences: Sequence[Sentence]) -> dict[int, list[Sentence]]:
    groups: dict[int, list[Sentence]] = {}
    for one in sentences:
        groups.setdefault(one.place, []).append(one)
    return groups


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


def unanswered(sentences: Sequence[Sentence], actions: Sequence[Sentence]) -> list[Sentence]:
    """Questions, newest first, that nobody came back to."""
    groups = by_place(sentences)
    asked = [one for one in reversed(sentences) if one.asks and one.substantial and one not in actions]
    return [one for one in asked if not TAG.search(one.text) and not answered(one, groups)]


def answered(question: Sentence, groups: Mapping[int, Sequence[Sentence]]) -> bool:
    return any(answers(groups.get(question.place + step, ()), question, step) for step in range(1, 31))


def answers(said: Sequence[Sentence], question: Sentence, distance: int) -> bool:
    """Whether a message that follows at this distance takes up the question, or its asker is content."""
    if not said:
        return False
    message = said[0].message
    if message.author == question.message.author:
        return THANKS.search(message.text) is not None
    if all(one.asks for one in said):
        return False
    shared = question.words & frozenset().union(*(one.words for one in said))
    return distance <= 3 or bool(shared) or question.message.author in message.text


def opening(sentences: Sequence[Sentence], useful: Sequence[Sentence], messages: int) -> Sentence | None:
    """What the conversation opened with, or its weightiest sentence where it runs on or opens with small talk."""
    first = [one for one in useful if one.place == 0] if messages <= 60 else []
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
    text = GREETING.sub("", text).strip(" ,;-–—") or text
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
