"""The audit channel: each change of a setting is told there once, if there is such a channel."""

import logging
import re
from datetime import datetime, timedelta

from bot.changes import Names, changer, told
from bot.inbox import Inbox, Job
from bot.settings import OPERATOR, WorkspaceSettings
from bot.store import Change
from handlers.blocks import SECTION_LIMIT, Content, clip, section
from handlers.client import patience
from handlers.mrkdwn import date, escape
from handlers.posts import InConversation, after
from handlers.services import Services

log = logging.getLogger("precis.provider")

QUEUE = "audit"
CHANNELS = ("triage_channels", "quiet_channels", "digest_channel", "audit_channel")
CHANNEL = re.compile(r"\b[CG][A-Z0-9]{6,20}\b")
"""Slack shows a channel by its name to those who may see it."""

LONGEST = SECTION_LIMIT - 200
"""Characters; the rest is room for the marks around channels."""

DAY = timedelta(days=1)
"""How long a change is tried to be told while Slack fails."""


async def tell(id: str, settings: WorkspaceSettings, inbox: Inbox) -> Change | None:
    """Have a change told in the audit channel, if that is set; the change, or None where there was none."""
    change, channel = await settings.store.change(id), (await settings.read()).audit_channel
    if change is not None and channel:
        await inbox.put(f"{QUEUE}:{id}", QUEUE, {"change": id, "channel": channel})
    return change


async def perform(job: Job, services: Services) -> None:
    """Post the change. Raises `Later`, and `SlackApiError` where Slack refuses it."""
    change = await services.store.change(str(job.body["change"]))
    if change is None:
        return
    at, channel = datetime.fromisoformat(change.changed_at), str(job.body["channel"])
    outlet = InConversation(services, job, channel=channel, thread_ts=None, after=after(at.timestamp()))
    with patience(job, worthwhile=services.now() - at < DAY):
        await outlet.deliver(await content(change, services))


async def names(changed_by: set[str], services: Services) -> Names:
    known = await services.people.names(changed_by - {OPERATOR})
    return lambda user: known.get(user, changer(user))


async def content(change: Change, services: Services) -> Content:
    text = markup(change, await names({change.changed_by}, services))
    return Content(text=text, blocks=(section(text),))


def line(change: Change, names: Names) -> str:
    """The change in a list of several."""
    return f"• {date(datetime.fromisoformat(change.changed_at))}: {markup(change, names)}"


def markup(change: Change, names: Names) -> str:
    """The change as a sentence in markup, no longer than one section of a message."""
    text = escape(clip(told(change, names(change.changed_by)), LONGEST))
    return CHANNEL.sub(r"<#\g<0>>", text) if change.name in CHANNELS else text


async def give_up(job: Job, services: Services) -> None:
    """The change itself is made, and stands in the audit."""
    log.error("A change was not told in the audit channel %s: is Precis a member there?", job.body.get("channel"))
