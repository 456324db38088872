"""A span of a channel: which of its threads are read, and where their replies stand in the transcript."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.transcript import Message, Transcript
from handlers.client import refusal
from handlers.refusals import TooMuch

LARGEST_PAGE = 999
SMALLEST_PAGE = 100
"""Slack gives no more messages of a channel at once; fewer would mean many calls where most are notices."""

MOST_MESSAGES = 20_000
MOST_THREADS = 40
WORDS_LENGTH = 80
"""Characters of a thread's beginning that are shown to choose it by."""

THREADS_AT_ONCE = 4
GONE = ("thread_not_found", "message_not_found")


@dataclass(frozen=True, slots=True)
class Span:
    """A channel as read, its threads folded in.

    `threads_left` are the threads in it whose replies were not read; threads begun before it are not counted. `roots`
    gives for each message, by ts, the ts of the one that began its thread, be it in the span or not: its own where
    there is none.
    """

    channel: str
    transcript: Transcript
    threads_left: int
    roots: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ThreadCard:
    """A thread to choose: `ts` is its root, `words` how that begins, `latest_reply` the ts of the newest reply."""

    ts: str
    author: str
    words: str
    replies: int
    latest_reply: str


async def top_level(
    slack: AsyncWebClient,
    channel: str,
    is_content: Callable[[dict[str, Any]], bool],
    *,
    last: int | None,
    oldest: float | None,
) -> list[dict[str, Any]]:
    """What a channel shows without opening its threads, oldest first: content, and whatever has replies.

    Of replies it shows those that were sent to the channel too. Raises `TooMuch`, or `SlackApiError`.
    """
    limit = LARGEST_PAGE if last is None else min(LARGEST_PAGE, max(last, SMALLEST_PAGE))
    since = None if oldest is None else f"{oldest:.6f}"
    found: list[dict[str, Any]] = []
    read = 0
    async for page in await slack.conversations_history(channel=channel, limit=limit, oldest=since):
        read += len(page["messages"])
        found += [message for message in page["messages"] if is_content(message) or has_thread(message)]
        if oldest is None and last is not None and (len(found) >= last or read > MOST_MESSAGES):
            break
        if read > MOST_MESSAGES:
            raise TooMuch
    found.sort(key=lambda message: float(message["ts"]))
    return found if last is None else found[-last:]


async def replies(
    read: Callable[[str], Awaitable[list[dict[str, Any]]]], threads: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """All messages of the threads; one that has gone meanwhile is left out. Raises `TooMuch`, or as `read` does."""
    messages: list[dict[str, Any]] = []
    for start in range(0, len(threads), THREADS_AT_ONCE):
        batch = threads[start : start + THREADS_AT_ONCE]
        answers = await asyncio.gather(*(read(thread["ts"]) for thread in batch), return_exceptions=True)
        for answer in answers:
            if not isinstance(answer, BaseException):
                messages += answer
            elif not (isinstance(answer, SlackApiError) and refusal(answer) in GONE):
                raise answer
        if len(messages) > MOST_MESSAGES:
            raise TooMuch
    return messages


def has_thread(message: dict[str, Any]) -> bool:
    return bool(message.get("reply_count")) and root(message) == message["ts"]


def root(message: dict[str, Any]) -> str:
    """The ts of the message that began the thread: its own where there is none."""
    return str(message.get("thread_ts") or message["ts"])


def latest(messages: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages that have replies, by their latest reply, newest first."""
    return sorted(filter(has_thread, messages), key=latest_reply, reverse=True)


def latest_reply(message: dict[str, Any]) -> float:
    return float(message.get("latest_reply") or message["ts"])


def roots(messages: Iterable[dict[str, Any]], top: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Where each message belongs, by ts: behind its root where that is among the `top`, else by itself."""
    begun = {message["ts"] for message in top}
    return {message["ts"]: root(message) if root(message) in begun else message["ts"] for message in messages}


def folded(transcript: Transcript, roots: dict[str, str]) -> Transcript:
    """The messages by the time of their threads, each reply behind its root; `roots` gives the root's ts for each ts.

    Where a root is not in the transcript, the first of its replies that is stands for it.
    """
    order = sorted(transcript.said, key=lambda message: (float(roots[message.ts]), float(message.ts)))
    numbers: dict[str, int] = {}
    messages: list[Message] = []
    for number, message in enumerate(order, start=1):
        first = numbers.setdefault(roots[message.ts], number)
        messages.append(replace(message, reply_to=first if first != number else None))
    return Transcript(messages)
