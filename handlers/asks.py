"""A request for a summary, as it waits in the inbox: ids only, never what anybody wrote."""

import re
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

TLDR = re.compile(r"tl;?dr\b", re.IGNORECASE)
"""How a message to Precis begins that wants a summary."""


class Surface(StrEnum):
    COMMAND = "command"
    SHORTCUT = "shortcut"
    MENTION = "mention"


class Ask(BaseModel):
    """Who asked for which thread, and where the answer goes.

    `channel` and `ts` name any message of the wanted thread; `asked_in` is the conversation the request came from.
    A mention is answered under `thread_ts`, the others through `response_url`. `shared` says that people of another
    organisation are in `asked_in`.
    """

    model_config = ConfigDict(frozen=True)

    surface: Surface
    user: str
    channel: str
    ts: str
    asked_in: str
    response_url: str = ""
    thread_ts: str = ""
    message_ts: str = ""
    shared: bool = False
