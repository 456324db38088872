"""Where an answer goes, each place posting once for one job however often the job is tried."""

import logging
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.inbox import Job
from handlers import pace
from handlers.blocks import Content, notice
from handlers.client import FAILURES, refusal
from handlers.services import Services

log = logging.getLogger("precis.posts")

GONE = ("message_not_found", "thread_not_found", "channel_not_found")
"""What Slack says where there is nothing left to change."""

EVENT_TYPE = "precis_job"
LOOK_BACK = 100
"""How many messages after the request are searched for a post whose record was lost."""

SKEW = 300.0
"""Seconds that Slack's clock may be behind ours, when a post is looked for that was made after a moment of ours."""

BETWEEN_UPDATES = 3.0

DELIVERED = "delivered"
"""Stands in the job's row for the ts of what has none: an ephemeral."""


class ResponseFailed(Exception):
    """Slack's `response_url` failed in a way that may pass; holds the HTTP status."""


class Outlet(Protocol):
    async def announce(self, content: Content) -> None:
        """Show that work has begun. Raises `Later` where that has to wait for the channel's turn."""

    async def progress(self, content: Content) -> None:
        """Show how far it has come, where that can be shown."""

    async def deliver(self, content: Content) -> None:
        """Show the answer. Raises `Later`, and `SlackApiError`, `ResponseFailed` or `aiohttp.ClientError` when Slack
        fails."""


def progress(place: Outlet, job: Job, words: str) -> Callable[[int, int], Awaitable[None]]:
    """Shows how much is done of how much, where Slack takes it; `words` have a place for each."""

    async def tell(done: int, all: int) -> None:
        try:
            await place.progress(notice(words.format(f"{done:,}", f"{all:,}")))
        except FAILURES as error:
            log.info("Progress of job %s was not shown: %s", job.id, type(error).__name__)

    return tell


class InConversation:
    """A message in a channel or thread: posted as a placeholder, then updated in place."""

    def __init__(
        self,
        services: Services,
        job: Job,
        *,
        channel: str,
        thread_ts: str | None,
        after: str | None,
        posted: str | None = None,
        look: bool = False,
    ) -> None:
        """`after` is the ts of the request, if there is one; `posted` that of a message which an earlier job has left
        to this one.

        `look`: the message may be there though neither the row nor `job.taken` tells of a try that has posted it.
        """
        self.services = services
        self.slack = services.slack
        self.job = job
        self.channel = channel
        self.thread_ts = thread_ts
        self.after = after
        self.inherited = posted
        self.look = look
        self.updated = -math.inf

    async def announce(self, content: Content) -> None:
        ts = await self.posted()
        if ts is None:
            await self.post(content)
        elif ts == self.inherited:
            await self.update(ts, content)

    async def progress(self, content: Content) -> None:
        """Slack asks for three seconds between two updates of a message."""
        ts = await self.posted()
        if ts is not None and time.monotonic() - self.updated >= BETWEEN_UPDATES:
            self.updated = time.monotonic()
            await self.update(ts, content)

    async def deliver(self, content: Content) -> None:
        ts = await self.posted()
        if ts is None:
            await self.post(content)
        else:
            await self.update(ts, content)

    async def posted(self) -> str | None:
        """The ts of this job's message: as recorded, or on a second try as found in the conversation."""
        if self.inherited is not None:
            return self.inherited
        if self.job.posted is None and (self.look or self.job.taken > 1):
            ts = await find(
                self.job.id, self.services, channel=self.channel, thread_ts=self.thread_ts, after=self.after
            )
            if ts is not None:
                await self.job.note_posted(ts)
        return self.job.posted

    async def post(self, content: Content) -> None:
        ts = await post(content, self.job, self.services, channel=self.channel, thread_ts=self.thread_ts)
        await self.job.note_posted(ts)

    async def update(self, ts: str, content: Content) -> None:
        """Replace the post; one that somebody has deleted stays deleted."""
        try:
            await change(content, self.services, channel=self.channel, ts=ts, mark=self.job.id)
        except SlackApiError as error:
            if refusal(error) != "message_not_found":
                raise


async def change(content: Content, services: Services, *, channel: str, ts: str, mark: str) -> None:
    """Replace a post by this content, with its mark. Raises `SlackApiError`."""
    await services.slack.chat_update(channel=channel, ts=ts, **written(content, mark) | {"text": content.changed})


def written(content: Content, mark: str) -> dict[str, Any]:
    """What stands in every message of the product, of which nothing mentions anybody."""
    return {"text": content.text, "blocks": list(content.blocks), "metadata": metadata(mark), "parse": "none"}


async def post(
    content: Content,
    job: Job,
    services: Services,
    *,
    channel: str,
    thread_ts: str | None = None,
    mark: str | None = None,
    behind: bool = False,
) -> str:
    """Post in the channel's turn, and return the ts.

    The message bears the job's id as its mark, where no other is given. `behind` is for what nobody waits for. Raises
    `Later` before anything is posted, `SlackApiError` or `aiohttp.ClientError` when Slack fails.
    """
    await pace.post(channel, job, services, behind=behind)
    return str((await say(content, mark or job.id, services, channel=channel, thread_ts=thread_ts))["ts"])


async def say(
    content: Content, mark: str, services: Services, *, channel: str, thread_ts: str | None = None
) -> AsyncSlackResponse:
    """Post as every message of the product is, for whoever has taken the channel's turn.

    The message mentions nobody, unfolds no link, and bears a mark by which `find` knows it again.
    """
    return await services.slack.chat_postMessage(
        channel=channel,
        thread_ts=thread_ts,
        unfurl_links=False,
        unfurl_media=False,
        **written(content, mark),
    )


async def delete(channel: str, ts: str, services: Services) -> None:
    """Delete a message, unless it has gone already. Raises `SlackApiError`."""
    try:
        await services.slack.chat_delete(channel=channel, ts=ts)
    except SlackApiError as error:
        if refusal(error) not in GONE:
            raise


async def find(
    mark: str, services: Services, *, channel: str, thread_ts: str | None = None, after: str | None = None
) -> str | None:
    """The ts of the bot's first message with that mark, of those that `found` looks at."""
    return next(iter(await found(mark, services, channel=channel, thread_ts=thread_ts, after=after)), None)


async def found(
    mark: str, services: Services, *, channel: str, thread_ts: str | None = None, after: str | None = None
) -> list[str]:
    """The ts of each of the bot's messages with that mark, in order of time.

    Looks at the first messages `after` a ts in a channel or thread, at a channel's newest where that is None.
    """
    span: dict[str, Any] = {"oldest": after, "limit": LOOK_BACK, "include_all_metadata": True}
    if thread_ts is None:
        answer = await services.slack.conversations_history(channel=channel, **span)
    else:
        answer = await services.slack.conversations_replies(channel=channel, ts=thread_ts, **span)
    bot = services.workspace.bot_id
    return sorted(each["ts"] for each in answer["messages"] if each.get("bot_id") == bot and marked(each, mark))


def after(moment: float) -> str:
    """The ts after which `find` looks for what was posted after a moment of our own clock, in epoch seconds."""
    return f"{moment - SKEW:.6f}"


def marked(message: dict[str, Any], mark: str) -> bool:
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    return bool(payload.get("job") == mark)


def metadata(mark: str) -> dict[str, Any]:
    return {"event_type": EVENT_TYPE, "event_payload": {"job": mark}}
