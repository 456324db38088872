"""Block Kit as pure functions, and the cards that Precis shows: each as blocks and as the same words in plain text."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from handlers.mrkdwn import escape

SECTION_LIMIT = 3_000
HEADER_LIMIT = 150
"""Slack's, in characters."""

NAME_LENGTH = 80
"""Ours, for the name of a person or of a topic."""

TEXT_LIMIT = 40_000
"""Slack's for the text of a message, in characters: it cuts off what is longer."""

SHORT_LIMIT = 4_000
"""Slack's for that of an ephemeral and of a message that is changed, in bytes. Longer ones are refused."""


LOOKING = "Looking for this channel's threads."
READING = "Reading…"
READING_FOR_YOU = "Reading. The summary comes in a few seconds, for your eyes only."
SENT_PRIVATELY = "Perhaps not everybody here may see that thread, so the summary went to you in a direct message."


class Content(BaseModel):
    """What one message of Precis shows: all of it stands in `text` too, for notifications and screen readers."""

    model_config = ConfigDict(frozen=True)

    text: Annotated[str, BeforeValidator(lambda text: text or "")]
    """Earlier versions kept none where it was long, in what still waits to be shown."""
    blocks: tuple[dict[str, Any], ...]

    @property
    def whispered(self) -> str | None:
        """The text for an ephemeral. None where it is too long for one: Slack then reads the blocks aloud itself."""
        return self.text if len(self.text.encode()) <= SHORT_LIMIT else None

    @property
    def changed(self) -> str:
        """The text for a message that is changed, which has one already: as many of its lines as Slack takes."""
        if len(self.text.encode()) <= SHORT_LIMIT:
            return self.text
        start = self.text.encode()[:SHORT_LIMIT].decode(errors="ignore")
        return start.rpartition("\n")[0] or start


def notice(sentence: str) -> Content:
    """One plain sentence or more, shown to the letter."""
    return Content(text=escape(sentence), blocks=(section(escape(sentence)),))


def clip(text: str, length: int) -> str:
    """A text on one line, cut where it is longer than Slack would count, which is after escaping.

    The cut falls between words unless that would lose much, as in languages that hardly use spaces.
    """
    words = " ".join(text.split())
    if len(escape(words)) <= length:
        return words
    room = bisect_right(list(accumulate(len(escape(char)) for char in words[:length])), length - 1)
    space = words.rfind(" ", 0, room + 1)
    return words[: space if space > room / 2 else room].rstrip() + "…"


def packed(heading: str, lines: Iterable[str]) -> Iterator[str]:
    """Lines under a heading, in as few texts as Slack's limit on a section allows."""
    text = heading
    for line in lines:
        if len(text) + 1 + len(line) > SECTION_LIMIT:
            yield text
            text = line
        else:
            text = f"{text}\n{line}"
    yield text


def fitted(spoken: Iterable[str], blocks: Iterable[dict[str, Any]]) -> Content:
    """A message with these lines as its text, as many as fit."""
    text = "\n".join(spoken)
    return Content(
        text=text if len(text) <= TEXT_LIMIT else text[:TEXT_LIMIT].rpartition("\n")[0], blocks=tuple(blocks)
    )


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": plain(clip(text, HEADER_LIMIT))}


def section(mrkdwn: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn, "verbatim": True}}


def context(mrkdwn: str) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": mrkdwn, "verbatim": True}]}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def button(text: str, action_id: str, value: str, *, label: str = "") -> dict[str, Any]:
    """A button; `label` is what a screen reader says where the text alone is not enough."""
    shown = {"type": "plain_text", "text": text, "emoji": True}
    named = {"accessibility_label": label} if label else {}
    return {"type": "button", "text": shown, "action_id": action_id, "value": value} | named
