"""Where an answer goes, each place posting once for one job however often the job is tried."""

import math
import time
from typing import Any, Protocol

from slack_sdk.errors import SlackApiError

from bot.inbox import Job
from handlers import pace
from handlers.blocks import Content
from handlers.client import refusal, webhook
from handlers.services import Services

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


class InConversation:
    """A message in a channel or thread: posted as a placeholder, then updated in place."""

    def __init__(
        self,
        services: Services,
        job: Job,
        *,
        channel: str,
        thread_ts: str | None,
        after: str,
        posted: str | None = None,
        look: bool = False,
    ) -> None:
        """`after` is the ts of the request; `posted` that of a message which an earlier job has left to this one.

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
            await self.slack.chat_update(
                channel=self.channel,
                ts=ts,
                text=content.text or "",
                blocks=list(content.blocks),
                metadata=metadata(self.job.id),
                parse="none",
            )
        except SlackApiError as error:
            if refusal(error) != "message_not_found":
                raise


class ForAsker:
    """An ephemeral through the `response_url`, a direct message where that has expired or is used up."""

    def __init__(self, services: Services, job: Job, *, user: str, url: str) -> None:
        self.services = services
        self.job = job
        self.user = user
        self.url = url

    async def announce(self, content: Content) -> None:
        if self.job.taken == 1:
            await self.respond(content)

    async def progress(self, content: Content) -> None:
        """An ephemeral cannot be updated: the summary follows."""

    async def deliver(self, content: Content) -> None:
        if self.job.posted is not None:
            return
        if not await self.respond(content):
            await post(content, self.job, self.services, channel=self.user)
        await self.job.note_posted(DELIVERED)

    async def respond(self, content: Content) -> bool:
        """Whether Slack still took it at this address. Raises `ResponseFailed` where trying again may help."""
        answer = await webhook(self.url, self.services.connections).send(
            text=content.text, blocks=list(content.blocks), response_type="ephemeral"
        )
        if answer.status_code >= 500 or answer.status_code == 429:
            raise ResponseFailed(answer.status_code)
        return answer.status_code == 200


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
    """Post in the channel's turn, as every message of the product is; return the ts.

    The message mentions nobody, unfolds no link, and bears a mark by which `find` knows it again: the job's id, where
    no other is given. `behind` is for what nobody waits for. Raises `Later` before anything is posted, `SlackApiError`
    or `aiohttp.ClientError` when Slack fails.
    """
    await pace.post(channel, job, services, behind=behind)
    answer = await services.slack.chat_postMessage(
        channel=channel,
        thread_ts=thread_ts,
        text=content.text or "",
        blocks=list(content.blocks),
        metadata=metadata(mark or job.id),
        parse="none",
        unfurl_links=False,
        unfurl_media=False,
    )
    return str(answer["ts"])


async def find(mark: str, services: Services, *, channel: str, thread_ts: str | None, after: str) -> str | None:
    """The ts of the bot's message with that mark among the first ones `after` a ts in a channel or thread."""
    span: dict[str, Any] = {"oldest": after, "limit": LOOK_BACK, "include_all_metadata": True}
    if thread_ts is None:
        answer = await services.slack.conversations_history(channel=channel, **span)
    else:
        answer = await services.slack.conversations_replies(channel=channel, ts=thread_ts, **span)
    bot = services.workspace.bot_id
    return next(
        (found["ts"] for found in answer["messages"] if found.get("bot_id") == bot and marked(found, mark)), None
    )


def after(moment: float) -> str:
    """The ts after which `find` looks for what was posted after a moment of our own clock, in epoch seconds."""
    return f"{moment - SKEW:.6f}"


def marked(message: dict[str, Any], mark: str) -> bool:
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    return bool(payload.get("job") == mark)


def metadata(mark: str) -> dict[str, Any]:
    return {"event_type": EVENT_TYPE, "event_payload": {"job": mark}}
