"""Messages as the numbered transcript that models read and cite."""

import math
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, cached_property

from bot.privacy import Masker

BYTES_PER_TOKEN = 2.5
"""A cautious average: measured 3.9 for English chat, 2.0 for JSON logs, 1.4 at the very worst (base64)."""

FORGERY = re.compile("[:\\[\\]\uff1a\uff3b\uff3d]")
"""What a display name could use to look like the beginning of somebody else's message."""

NAME_LENGTH = 60
INDENT = "    "

CONTROL = r"\x00-\x08\x0a-\x1f\x7f-\x9f"
HALVES = r"\ud800-\udfff"
"""Of surrogate pairs, which no vendor, database or JSON takes."""

BIDI = r"\u202a-\u202e\u2066-\u2069"
TAGS = r"\U000e0000-\U000e01ef"
BLANKS = r"\u00ad\u061c\u115f\u200b\u200e\u200f\u2060-\u2064\u3164\ufeff"
"""Characters that people cannot see and models can read; joiners stay, which scripts and emoji need."""

UNREADABLE = re.compile(f"[{CONTROL}{HALVES}{BIDI}{TAGS}{BLANKS}]")


ORDINARY = 100
"""Characters of an ordinary message."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message as a person would read it. `ts` is Slack's id of it: epoch seconds with six decimals.

    In a channel's transcript, `reply_to` is the number of the message that began the thread.
    """

    ts: str
    author: str
    text: str
    reply_to: int | None = None


@dataclass(frozen=True)
class Transcript:
    """Messages in order of time; the number of a message is its place, from 1.

    `said` is what people wrote. Whatever leaves for a model or is written down comes from `messages`, where secrets and
    personal data are masked; that is done once, when it is first needed, and takes a while for thousands of messages.
    With `longest`, that holds no more than so many characters of each message.
    """

    said: Sequence[Message]
    longest: int | None = None

    def __len__(self) -> int:
        return len(self.said)

    @cached_property
    def size(self) -> int:
        """How many ordinary messages it amounts to, to tell whether masking it takes long."""
        return max(len(self.said), sum(len(message.text) for message in self.said) // ORDINARY)

    def without(self, first: int) -> "Transcript":
        """What is left when the first messages are left out, numbered from 1 again."""
        return Transcript(
            [
                replace(message, reply_to=message.reply_to - first)
                if message.reply_to and message.reply_to > first
                else replace(message, reply_to=None)
                for message in self.said[first:]
            ],
            self.longest,
        )

    @cached_property
    def messages(self) -> list[Message]:
        name = cache(self.masker.mask)
        return [replace(message, author=name(message.author), text=self.masked(message.text)) for message in self.said]

    def masked(self, text: str) -> str:
        return self.masker.mask(text) if self.longest is None else self.masker.mask_start(text, self.longest)

    @cached_property
    def masker(self) -> Masker:
        return Masker()

    def restore(self, text: str) -> str:
        """Put back, for people who may read the messages, what may be put back."""
        return self.masker.restore(text) if "[" in text and self.messages else text

    def ts(self, number: int) -> str | None:
        """The id of the message with this number, None where there is none."""
        return self.said[number - 1].ts if 1 <= number <= len(self.said) else None

    @cached_property
    def lines(self) -> list[str]:
        return [line(number, message) for number, message in enumerate(self.messages, start=1)]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def fenced(self) -> str:
        return fenced("transcript", self.text)


def fenced(name: str, text: str) -> str:
    """A text between marks that nothing in it can contain, because nobody can know them beforehand."""
    mark = secrets.token_hex(8)
    return f"<{name} {mark}>\n{text}\n</{name} {mark}>"


def line(number: int, message: Message) -> str:
    """One numbered message; further lines of it are indented, so that none can pass for a message of its own."""
    at = datetime.fromtimestamp(float(message.ts), UTC)
    body = f"\n{INDENT}".join(readable(part) for part in message.text.splitlines())
    name = one_line(FORGERY.sub(" ", message.author))[:NAME_LENGTH]
    reply = f" (reply to {message.reply_to})" if message.reply_to else ""
    return f"[{number}] {at:%Y-%m-%d %H:%M} {name}{reply}: {body}"


def one_line(text: str) -> str:
    return readable(" ".join(text.split()))


def readable(text: str) -> str:
    """Text without what misleads (control characters, direction marks, invisible tags) and without broken emoji."""
    return UNREADABLE.sub("", text)


def estimate_tokens(text: str, factor: float = 1.0) -> int:
    """How many input tokens a text will roughly cost, from its bytes (tokens per character vary ten times as much)."""
    return math.ceil(len(text.encode(errors="replace")) / BYTES_PER_TOKEN * factor)
