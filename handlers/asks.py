"""A request for a summary, as it waits in the inbox: ids and the asker's own words, never what others wrote."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from bot.privacy import Masker
from bot.wish import Length
from handlers.refusals import DirectMessages, InviteMe, Unseen

TLDR = re.compile(r"tl;?dr\b", re.IGNORECASE)
"""How a message to Precis begins that wants a summary."""

FOCUS_LENGTH = 200
NUMBERED = re.compile(r"\[(\w+) \d+\]")


def steering(focus: str) -> dict[str, str]:
    """The asker's words as they may be written down: what is masked has no number that a message's could be taken for.

    `told` tells apart what reads the same when it is masked.
    """
    masked = NUMBERED.sub(r"(hidden \1)", Masker().mask_start(focus, FOCUS_LENGTH))
    told = hashlib.sha256(focus.encode(errors="replace")).hexdigest() if not focus.startswith(masked) else ""
    return {"focus": masked[:FOCUS_LENGTH].rstrip(), "told": told}


class Surface(StrEnum):
    """Where an answer goes: through a `response_url`, into a modal, or under a mention."""

    COMMAND = "command"
    MODAL = "modal"
    MENTION = "mention"


class Spend(StrEnum):
    """What may be paid: as much as needs no question, the whole conversation, or its newest part."""

    ASK = "ask"
    WHOLE = "whole"
    NEWEST = "newest"


class Ask(BaseModel):
    """Who asked for what, and where the answer goes.

    `channel` is the conversation that is read: with `ts`, the thread of that message; with `last`, so many of its
    messages; with `since`, a span such as `24h` or `monday` in the asker's time zone. `asked_in` is where the request
    came from. A mention is answered under `thread_ts`, in the message `post_ts` where there is one already; a modal is
    known by `view`. `shared` says that people of another organisation are in `asked_in`.
    """

    model_config = ConfigDict(frozen=True)

    surface: Surface
    user: str
    channel: str
    asked_in: str
    ts: str = ""
    last: int = 0
    since: str = ""
    focus: str = ""
    told: str = ""
    length: Length = Length.NORMAL
    spend: Spend = Spend.ASK
    response_url: str = ""
    view: str = ""
    thread_ts: str = ""
    message_ts: str = ""
    post_ts: str = ""
    shared: bool = False

    @property
    def subject(self) -> str:
        """What is summarised, for people and for the cache: a thread, or a span of the channel."""
        return self.ts or (f"last {self.last}" if self.last else f"since {self.since}")


@contextmanager
def inside(ask: Ask) -> Iterator[None]:
    """Turns `Unseen` into what helps those who ask from inside the conversation: they know that it exists."""
    try:
        yield
    except Unseen:
        if ask.channel != ask.asked_in:
            raise
        raise (DirectMessages if ask.channel.startswith("D") else InviteMe) from None
