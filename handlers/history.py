"""Slack's history as a transcript: read whole, names resolved, noise left out."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.offload import offload
from bot.transcript import Message, Transcript
from handlers import blocks, mrkdwn, spans
from handlers.asks import TLDR
from handlers.client import refusal
from handlers.people import UNKNOWN, People
from handlers.refusals import InviteMe, NotFound, TooMuch, Unseen
from handlers.spans import MOST_MESSAGES, MOST_THREADS, WORDS_LENGTH, Span, ThreadCard

log = logging.getLogger("precis.history")

PAGE = 1000
CARDS, CARDS_FROM = 10, 200
"""Threads that are offered of a channel, and its newest messages among which they are looked for."""

MOST_MENTIONED = 50
"""Names looked up beside those of the authors: one message can mention thousands."""

CONTENT = (None, "file_share", "thread_broadcast", "me_message", "bot_message", "file_comment")
"""The subtypes that somebody wrote; all others are Slack's own notices: joins, topics, pins."""

REFUSALS = {
    "channel_not_found": Unseen,
    "thread_not_found": NotFound,
    "message_not_found": NotFound,
    "not_in_channel": InviteMe,
    "missing_scope": NotFound,
}


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread as read: `root` is the ts of its first message."""

    channel: str
    root: str
    transcript: Transcript


class History:
    """Reads conversations for the bot; whether the asker may see them is checked before, by `handlers.access`."""

    def __init__(self, slack: AsyncWebClient, people: People, *, bot_user: str, bot_id: str) -> None:
        self.slack = slack
        self.people = people
        self.bot_user = bot_user
        self.bot_id = bot_id

    async def thread(self, channel: str, ts: str) -> Thread:
        """The thread that a message belongs to. Raises `NotFound`, `InviteMe`, or `SlackApiError` if Slack fails."""
        with refusing(channel):
            messages = await self.replies(channel, ts)
            root = messages[0].get("thread_ts", ts) if messages else ts
            if messages and messages[0]["ts"] != root:
                messages = await self.replies(channel, root)
        return Thread(channel, root, await self.transcribe(messages))

    async def span(self, channel: str, *, last: int | None = None, oldest: float | None = None) -> Span:
        """The newest `last` messages of a channel, or all since `oldest` (epoch seconds), with their threads.

        Threads begun before are not read, and of the others the most lately answered ones. Raises as `thread` does,
        and `TooMuch`.
        """
        with refusing(channel):
            top = await spans.top_level(self.slack, channel, self.is_content, last=last, oldest=oldest)
            threads = spans.latest(top)
            replies = await spans.replies(lambda ts: self.replies(channel, ts), threads[:MOST_THREADS])
        found = {message["ts"]: message for message in (*top, *replies)}
        if len(found) > MOST_MESSAGES:
            raise TooMuch
        transcript = spans.folded(await self.transcribe([*found.values()]), spans.roots(found.values(), top))
        begun = {ts: spans.root(message) for ts, message in found.items()}
        return Span(channel, transcript, max(0, len(threads) - MOST_THREADS), begun)

    async def recent_threads(self, channel: str) -> list[ThreadCard]:
        """The threads among a channel's newest messages, by latest reply, newest first. Raises as `thread` does."""
        with refusing(channel):
            page = await self.slack.conversations_history(channel=channel, limit=CARDS_FROM)
        found = spans.latest(filter(self.is_content, page["messages"]))[:CARDS]
        transcript = await self.transcribe(found)
        begun = {message.ts: message for message in transcript.said}
        return [
            ThreadCard(
                ts=thread["ts"],
                author=begun[thread["ts"]].author,
                words=blocks.clip(begun[thread["ts"]].text, WORDS_LENGTH),
                replies=thread["reply_count"],
                latest_reply=str(thread.get("latest_reply") or thread["ts"]),
            )
            for thread in found
        ]

    async def replies(self, channel: str, ts: str) -> list[dict[str, Any]]:
        """Every page of a thread. Raises `TooMuch` rather than hold a thread that nobody could summarise."""
        messages: list[dict[str, Any]] = []
        async for page in await self.slack.conversations_replies(channel=channel, ts=ts, limit=PAGE):
            messages += page["messages"]
            if len(messages) > MOST_MESSAGES:
                raise TooMuch
        return messages

    async def transcribe(self, messages: list[dict[str, Any]]) -> Transcript:
        kept, mentioned = await offload(len(messages), self.sifted, messages)
        authors = {message["user"] for message in kept if message.get("user")}
        names = await self.people.names([*authors, *sorted(mentioned - authors)[:MOST_MENTIONED]])
        return await offload(len(kept), transcript, kept, names)

    def sifted(self, messages: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], set[str]]:
        """The messages with content, in order, and the people whom they mention."""
        kept = sorted(filter(self.is_content, messages), key=lambda message: float(message["ts"]))
        return kept, set().union(*(mrkdwn.mentioned(written(message)) for message in kept))

    def is_content(self, message: dict[str, Any]) -> bool:
        """Something a person or another bot said: not a notice, not Precis's own post, not a request to Precis."""
        return (
            message.get("subtype") in CONTENT
            and not message.get("hidden")
            and message.get("bot_id") != self.bot_id
            and message.get("user") != self.bot_user
            and not self.is_request(message.get("text") or "")
            and bool(written(message).strip())
        )

    def is_request(self, text: str) -> bool:
        """Whether somebody spoke to Precis to have a summary, which is no part of the conversation."""
        mention = f"<@{self.bot_user}>"
        said = text.strip().removeprefix(mention).strip()
        return text.strip().startswith(mention) and (
            not said or TLDR.match(said) is not None or said.startswith("<http")
        )


@contextmanager
def refusing(channel: str) -> Iterator[None]:
    """Turns what Slack says of a conversation that cannot be read into what the asker is told."""
    try:
        yield
    except SlackApiError as error:
        reason = REFUSALS.get(refusal(error))
        if reason is None:
            raise
        if refusal(error) == "missing_scope":
            log.warning("The app lacks a scope to read conversation %s: reinstall it with manifest.json", channel)
        raise reason from None


def transcript(messages: list[dict[str, Any]], names: dict[str, str]) -> Transcript:
    """What people would see."""
    return Transcript(
        [
            Message(
                message["ts"],
                author(message, names),
                mrkdwn.plain(written(message), lambda user: names.get(user, UNKNOWN)),
            )
            for message in messages
        ]
    )


def author(message: dict[str, Any], names: dict[str, str]) -> str:
    profile = message.get("bot_profile") or {}
    return names.get(message.get("user") or "") or profile.get("name") or message.get("username") or UNKNOWN


def written(message: dict[str, Any]) -> str:
    """All that a message says, still in Slack's markup: text, else blocks; attachments of bots; names of files."""
    text = message.get("text") or "\n".join(block_texts(message.get("blocks") or []))
    parts = [text]
    if message.get("bot_id") or not text:
        parts += [attached(attachment) for attachment in message.get("attachments") or []]
    parts += [f"[file: {file.get('title') or file.get('name') or 'untitled'}]" for file in message.get("files") or []]
    return "\n".join(part for part in parts if part)


def attached(attachment: dict[str, Any]) -> str:
    said = [attachment.get(field) for field in ("pretext", "title", "text")]
    return "\n".join(part for part in said if part) or attachment.get("fallback", "")


def block_texts(node: Any) -> Iterator[str]:
    """Every text inside blocks, whatever their kind: people build messages of nothing else."""
    if isinstance(node, list):
        for child in node:
            yield from block_texts(child)
    elif isinstance(node, dict):
        if node.get("type") == "user":
            yield f"<@{node.get('user_id')}>"
        elif node.get("type") == "link":
            yield str(node.get("text") or node.get("url"))
        elif isinstance(node.get("text"), str):
            yield node["text"]
        else:
            for child in node.values():
                if isinstance(child, list | dict):
                    yield from block_texts(child)
