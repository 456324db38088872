"""The card of `/tldr` alone: a channel's threads to choose from, and its last day."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bot.transcript import one_line
from handlers.blocks import NAME_LENGTH, Content, actions, button, clip, context, fitted, section
from handlers.mrkdwn import date, escape
from handlers.spans import WORDS_LENGTH, ThreadCard

PICK, DAY = "tldr_pick", "tldr_day"
LABEL_LENGTH = 75
"""Slack's, for what a screen reader says of a button."""

WHICH = "Which thread? Only you see the summary."
NONE = "No thread has been answered among the newest messages here."
OTHERWISE = "Or ask for `/tldr` and a message link, `/tldr 200`, `/tldr 3d` or `/tldr since monday`."
UNSAID = "(no words)"


def picker(threads: Sequence[ThreadCard]) -> Content:
    """The threads in the order given, each with a button, and one for the last 24 hours of the channel."""
    heading = WHICH if threads else NONE
    lines = [line(thread) for thread in threads]
    blocks = [
        section(heading),
        *(row(number, thread) for number, thread in enumerate(threads, start=1)),
        actions(button("Last 24 h here", DAY, "24h", label="Summarise the last 24 hours of this channel")),
        context(OTHERWISE),
    ]
    return fitted([heading, *lines, OTHERWISE], blocks)


def row(number: int, thread: ThreadCard) -> dict[str, Any]:
    label = f"Summarise thread {number}, {author(thread)}: {words(thread)}"
    return section(line(thread)) | {"accessory": button("Summarise", PICK, thread.ts, label=clip(label, LABEL_LENGTH))}


def line(thread: ThreadCard) -> str:
    count = "1 reply" if thread.replies == 1 else f"{thread.replies:,} replies"
    latest = date(datetime.fromtimestamp(float(thread.latest_reply), UTC))
    return f"{escape(author(thread))}: {escape(words(thread))}\n{count}, the latest {latest}"


def author(thread: ThreadCard) -> str:
    return clip(one_line(thread.author), NAME_LENGTH)


def words(thread: ThreadCard) -> str:
    return clip(one_line(thread.words), WORDS_LENGTH) or UNSAID
