"""What must not leave the workspace is masked here: secrets, card numbers, IBANs, e-mail addresses, phone numbers.

Only the shape of a text decides, never a model, and names of people stay.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from operator import itemgetter

from bot.finders import NUMBER, cards, emails, ibans, phones, secrets

KINDS = ("secret", "card", "iban", "email", "phone")
"""From the gravest: where two overlap, the graver one covers both."""

FINDERS = (cards, ibans, emails, phones)
SECRET = 0
NEVER_BACK = frozenset({"secret", "card"})

PLACEHOLDER = re.compile(rf"\[({'|'.join(KINDS)}) [1-9]\d{{0,8}}\]")
RUN = re.compile(rf"(?:\[(?:{'|'.join(KINDS)}) [1-9]\d{{0,8}}\]|\S)+")
ADDRESS = re.compile(r"://|\w\.\w{2,24}[/?#]")
WORD = re.compile(r"[^\s\"'`<>,;()]*[^\s\"'`<>,;():.?!\]]")
REPEATED = re.compile(r"(?=.*\d)[^\s\"'`<>,;():.?!\]]{6,200}")
"""What is worth masking elsewhere too, where nothing says what it is: the password in the next message."""

PLAIN = (
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys([0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], 0x20)
    | dict.fromkeys([*range(0x2010, 0x2016), 0x2212, 0xFE63], 0x2D)
)
"""Wide characters, spaces and dashes, one for one."""

FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
UNSEEN = re.compile(
    r"[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ud800-\udfff\U000e0000-\U000e01ef]+"
)
WRAP = re.compile(
    r"(?<=[\w+/=-]{8})\r?\n[ \t]*"
    r"(?=(?:[\w+/=.-]{0,80}\d|[A-Za-z]{0,80}[a-z][A-Z])[\w+/=.-]{0,200}[\"'`,;)]{0,3}(?:\s|$))"
)
"""A line break before something that looks more like the rest of a key than like a word."""

ROUNDS = 8

BEYOND = 1000
"""Characters that are read beyond what is wanted of a text: the longest that a half secret can pass for plain words."""


@dataclass(frozen=True, slots=True)
class Shadow:
    """A text as the finders read it; `places[i]` is where its character `i` stands in the original."""

    text: str
    places: Sequence[int]

    @classmethod
    def of(cls, text: str) -> "Shadow":
        """Wide and foreign digits become plain ones, unseen characters go."""
        flat = text
        if not text.isascii():
            flat = FOREIGN_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), text.translate(PLAIN))
        return cls(flat, range(len(flat))).without(UNSEEN)

    def without(self, pattern: re.Pattern[str]) -> "Shadow":
        gaps = [found.span() for found in pattern.finditer(self.text)]
        if not gaps:
            return self
        kept = list(zip([0, *(end for _, end in gaps)], [*(start for start, _ in gaps), len(self.text)], strict=True))
        places = [place for start, end in kept for place in self.places[start:end]]
        return Shadow("".join(self.text[start:end] for start, end in kept), places)

    def original(self, start: int, end: int) -> tuple[int, int]:
        return self.places[start], self.places[end - 1] + 1


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """Something to mask, by its place in the original text; `rank` is the place of its kind in `KINDS`."""

    start: int
    end: int
    rank: int


class Masker:
    """Masks the texts of one request: the same texts in the same order get the same numbers.

    A placeholder that a person wrote stays what it is: its number is not given to anything else. Where that number was
    given before, to something in an earlier text, it is taken for that; it can bring up nothing that the request does
    not hold anyway, and never a secret or a card.
    """

    def __init__(self) -> None:
        self.issued: dict[tuple[str, str], str] = {}
        self.values: dict[str, str] = {}
        self.written: set[str] = set()
        self.numbers = {kind: count(1) for kind in KINDS}
        self.addresses: set[str] = set()
        self.known: dict[str, int] = {}

    def mask(self, text: str) -> str:
        """The text with placeholders for all that must not leave. What is masked already stays as it is.

        Secrets go first, so that nothing else cuts into them, and again until nothing more shows.
        """
        typed = frozenset(found[0] for found in PLACEHOLDER.finditer(text))
        for _ in range(ROUNDS):
            masked = self.once(text, self.secrets)
            if masked == text:
                masked = self.once(text, self.others)
            if masked == text:
                break
            text = masked
        else:
            text = self.once(self.once(text, self.secrets), self.others)
        if "[" in text:
            self.addresses.update(run[0] for run in RUN.finditer(text) if self.is_own_address(run[0], typed))
        return text

    def mask_start(self, text: str, length: int) -> str:
        """At most `length` characters from the start of a text, masked: work that does not grow with the text.

        Where reading stops, what was read last is left out, because a secret that is cut in two need not look like one.
        """
        read = text[: length + BEYOND]
        masked = self.mask(read)
        return (masked if len(read) == len(text) else masked[:-BEYOND])[:length]

    def is_own_address(self, run: str, typed: frozenset[str]) -> bool:
        """A web address that was masked here, and not one that somebody wrote around a placeholder."""
        placeholders = {found[0] for found in PLACEHOLDER.finditer(run)}
        return bool(placeholders) and placeholders.isdisjoint(typed) and ADDRESS.search(run) is not None

    def once(self, text: str, find: Callable[[Shadow], Iterable[Found]]) -> str:
        shadow = Shadow.of(text)
        standing = list(PLACEHOLDER.finditer(shadow.text))
        self.written.update(each[0] for each in standing)
        own = [shadow.original(*each.span()) for each in standing]
        return self.replaced(text, merged(each for found in find(shadow) for each in around(own, found)))

    def secrets(self, shadow: Shadow) -> Iterator[Found]:
        joined = shadow.without(WRAP)
        for read in (shadow,) if joined is shadow else (shadow, joined):
            for span in secrets(read.text):
                yield Found(*read.original(*span), SECRET)

    def others(self, shadow: Shadow) -> Iterator[Found]:
        for rank, finder in enumerate(FINDERS, start=SECRET + 1):
            for span in finder(shadow.text):
                yield Found(*shadow.original(*span), rank)
        if self.known:
            for found in chain(WORD.finditer(shadow.text), NUMBER.finditer(shadow.text)):
                if found[0] in self.known:
                    yield Found(*shadow.original(*found.span()), self.known[found[0]])

    def replaced(self, text: str, found: list[Found]) -> str:
        parts, done = [], 0
        for each in found:
            parts += [text[done : each.start], self.placeholder(each.rank, text[each.start : each.end])]
            done = each.end
        return "".join([*parts, text[done:]])

    def placeholder(self, rank: int, value: str) -> str:
        kind = KINDS[rank]
        if (kind, value) not in self.issued:
            made = next(made for number in self.numbers[kind] if (made := f"[{kind} {number}]") not in self.written)
            self.issued[kind, value] = made
            if kind not in NEVER_BACK:
                self.values[made] = UNSEEN.sub("", value)
            if REPEATED.fullmatch(value) or kind == "phone":
                self.known[value] = rank
        return self.issued[kind, value]

    def restore(self, text: str) -> str:
        """A text for the asker's eyes: e-mail addresses, phone numbers and IBANs are put back, once and nothing else.

        Inside a web address they are put back only where that very address was masked, so that no model can build one
        that carries them away.
        """
        return RUN.sub(lambda run: self.put_back(run[0]), text)

    def put_back(self, run: str) -> str:
        if ADDRESS.search(run) and run not in self.addresses:
            return run
        return PLACEHOLDER.sub(lambda found: self.values.get(found[0], found[0]), run)


def around(own: list[tuple[int, int]], found: Found) -> Iterator[Found]:
    """What is left of a find when the placeholders inside it are taken out."""
    start = found.start
    for place in range(bisect_right(own, start, key=itemgetter(1)), len(own)):
        first, last = own[place]
        if first >= found.end:
            break
        if start < first:
            yield Found(start, first, found.rank)
        start = last
    if start < found.end:
        yield Found(start, found.end, found.rank)


def merged(found: Iterable[Found]) -> list[Found]:
    """In order and without overlaps: two that overlap become one, of the graver kind."""
    kept: list[Found] = []
    for each in sorted(found):
        if kept and each.start < kept[-1].end:
            last = kept.pop()
            each = Found(last.start, max(last.end, each.end), min(last.rank, each.rank))
        kept.append(each)
    return kept
