"""What messages and notes say, sentence by sentence, with the words of each that carry meaning."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from adapters.offline_cues import GREETING, NOISE, STOPWORDS
from adapters.offline_notes import Note
from adapters.offline_transcript import Message

READ = 8_000
"""Characters of one message that are looked at."""

WRAPPED = re.compile(r"(?<=[a-z,;])\n(?=[a-z(])")
CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
LINK = re.compile(r"<https?://[^\s>|]+(?:\|([^>]*))?>?|https?://(?:\([^\s()>|]*\)|[^\s()>|])*(?<![.,;:!?'\"])")
MARKUP = re.compile(r"<[@#!][^>]{,80}>|(?<!\w)[*_~`]{1,3}|[*_~`]{1,3}(?!\w)|:[a-z][\w+-]{,40}:")
END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")
ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|approx|dr|mr|ms|no|z\.b|ca|bzw|usw)\.$", re.IGNORECASE)
SCRIPTS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
UNSPACED = re.compile(f"[{SCRIPTS}]")
NAMED = re.compile(r"@[\w.-]+|\(link\)")
PARTICLE = re.compile(r"[\u3040-\u309f]+")
RUN = re.compile(rf"[{SCRIPTS}]+|[^\W_{SCRIPTS}][^\W{SCRIPTS}]+")
AT = re.compile(r"(?<!\w)@(?=\w)")
ASKED = re.compile(r"[?？]\W{,9}$|(?:ですか|ますか|でしょうか|かな)[。\s]*$")


@dataclass(frozen=True, slots=True, eq=False)
class Sentence:
    """One sentence with the words that carry meaning, or a whole entry of the notes.

    `place` counts messages from 0, and backwards for what notes tell; `rank` is how much it says.
    """

    message: Message
    place: int
    text: str
    words: frozenset[str]
    opens: bool
    asks: bool
    rank: float = 0.0
    note: Note | None = None

    @property
    def substantial(self) -> bool:
        return len(self.words) >= 3 and len(self.text) >= 12


def split(place: int, message: Message) -> Iterator[Sentence]:
    if NOISE.search(message.text):
        return
    pieces = [piece.strip() for piece in END.split(plain(message.text[:READ])) if piece and piece.strip()]
    before = ""
    for piece in joined(pieces):
        asks = ASKED.search(piece) is not None
        whole = f"{before} {piece}".strip() if asks and len(words(piece)) < 3 else piece
        yield Sentence(message, place, whole, words(whole), not before, asks)
        before = piece


def recalled(notes: Iterable[Note], first: int, authors: Iterable[str]) -> list[Sentence]:
    """Entries of notes as if somebody had said them, in the message they cite last; `first` is the transcript's."""
    found = []
    for note in notes:
        author = next((name for name in authors if name and note.text.startswith(f"{name}: ")), "")
        text = note.text.removeprefix(f"{author}: ") or note.text
        message = Message(max(note.sources), author, text)
        meant = words(text) or frozenset([text])
        found.append(Sentence(message, message.number - first, text, meant, opens=False, asks=False, note=note))
    return found


def plain(text: str) -> str:
    """Text without code blocks, quoted lines, link targets and markup."""
    text = CODE.sub(" ", text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    text = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith((">", "&gt;", "|")))
    text = LINK.sub(lambda link: link[1] or "(link)", WRAPPED.sub(" ", text)).replace("((link))", "(link)")
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


def tidy(text: str) -> str:
    text = AT.sub("", GREETING.sub("", text)).strip(" ,;-–—") or text
    return text[:1].upper() + text[1:]


def cut(text: str, longest: int) -> str:
    """At most this many characters, ending at a word where the script has words."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    return (head[: head.rfind(" ")] if " " in head[longest // 2 :] else head).rstrip(" ,;:") + "…"
