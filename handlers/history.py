"""Slack's history as a transcript: read whole, names resolved, noise left out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.transcript import Message, Transcript
from handlers import mrkdwn
from handlers.people import People
from handlers.refusals import InviteMe, NotFound

PAGE = 1000
CONTENT = (None, "file_share", "thread_broadcast", "me_message", "bot_message", "file_comment")
"""The subtypes that somebody wrote; all others are Slack's own notices: joins, topics, pins."""

REFUSALS = {
    "channel_not_found": NotFound,
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
        try:
            messages = await self.replies(channel, ts)
            root = messages[0].get("thread_ts", ts) if messages else ts
            if messages and messages[0]["ts"] != root:
                messages = await self.replies(channel, root)
        except SlackApiError as error:
            refusal = REFUSALS.get(error.response["error"])
            if refusal is None:
                raise
            raise refusal from None
        return Thread(channel, root, await self.transcribe(messages))

    async def replies(self, channel: str, ts: str) -> list[dict[str, Any]]:
        pages = await self.slack.conversations_replies(channel=channel, ts=ts, limit=PAGE)
        return [message async for page in pages for message in page["messages"]]

    async def transcribe(self, messages: list[dict[str, Any]]) -> Transcript:
        kept = sorted(filter(self.is_content, messages), key=lambda message: float(message["ts"]))
        users = {message["user"] for message in kept if message.get("user")}
        texts = [written(message) for message in kept]
        names = await self.people.names(users.union(*map(mrkdwn.mentioned, texts)))
        return Transcript(
            [
                Message(message["ts"], author(message, names), mrkdwn.plain(text, lambda user: names.get(user, user)))
                for message, text in zip(kept, texts, strict=True)
            ]
        )

    def is_content(self, message: dict[str, Any]) -> bool:
        """Something a person or another bot said: not a notice, not Precis's own post, not a request to Precis."""
        return (
            message.get("subtype") in CONTENT
            and not message.get("hidden")
            and message.get("bot_id") != self.bot_id
            and message.get("user") != self.bot_user
            and not (message.get("text") or "").lstrip().startswith(f"<@{self.bot_user}")
            and bool(written(message).strip())
        )


def author(message: dict[str, Any], names: dict[str, str]) -> str:
    profile = message.get("bot_profile") or {}
    return names.get(message.get("user", "")) or profile.get("name") or message.get("username") or "unknown"


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
