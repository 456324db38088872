"""A request's text taken apart at its fences: the wish, the notes, and the numbered messages of the transcript."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

FENCE = re.compile(r"^<(?P<name>wish|notes|transcript)\b(?P<mark>[^>\n]*)>$", re.MULTILINE)
LINE = re.compile(r"\[(\d+)\] (\d{4}-\d\d-\d\d \d\d:\d\d) (.*?)(?: \(reply to (\d+)\))?:(?: (.*))?$")
CONTINUED = re.compile(r"\[(\d+)\] \(continued\)$")


@dataclass(frozen=True, slots=True)
class Given:
    """What stands between the fences."""

    wish: str
    notes: Sequence[str]
    transcript: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message; the author is empty where only a later piece of it is given. `at` is a minute in UTC."""

    number: int
    author: str
    text: str
    at: str = ""
    reply_to: int = 0


def given(text: str) -> Given:
    """The fences up to the transcript, which is the last. Raises `ValueError` where there is none."""
    found: dict[str, list[str]] = {"wish": [], "notes": []}
    at = 0
    while opening := FENCE.search(text, at):
        at = opening.end()
        name, closing = opening["name"], f"\n</{opening['name']}{opening['mark']}>"
        end = text.rfind(closing, at) if name == "transcript" else text.find(closing, at)
        if name == "transcript" and end >= 0:
            return Given("\n".join(found["wish"]), found["notes"], text[at:end])
        if end >= 0:
            found[name].append(text[at:end])
            at = end + len(closing)
    raise ValueError("no transcript")


def read(transcript: str) -> Iterator[Message]:
    """The numbered messages; indented lines belong to the message above them, as do the pieces of a long one."""
    message, lines, torn = Message(0, "", ""), list[str](), False
    for line in transcript.split("\n"):
        start, piece = LINE.match(line), CONTINUED.match(line)
        if start is None and piece is None:
            if torn:
                lines[-1] += line[4:]
            else:
                lines.append(line[4:])
            torn = False
            continue
        number = int(start[1] if start else piece[1] if piece else 0)
        torn = start is None
        if torn and number == message.number:
            continue
        if message.number:
            yield replace(message, text="\n".join(lines))
        message, lines = Message(number, "", ""), [""]
        if start:
            message, lines = Message(number, start[3], "", start[2], int(start[4] or 0)), [start[5] or ""]
    if message.number:
        yield replace(message, text="\n".join(lines))


def threads(messages: Sequence[Message]) -> list[int]:
    """For each message the number of the one that began its thread, 0 where it stands outside of any."""
    roots = {message.reply_to for message in messages}
    return [message.reply_to or (message.number if message.number in roots else 0) for message in messages]
