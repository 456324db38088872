"""What admins are told in a direct message, or in a channel where none is listed, each thing once."""

import hashlib
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from bot.inbox import Inbox, Job
from bot.settings import WorkspaceSettings
from handlers.blocks import Content, section
from handlers.direct import send
from handlers.posts import InConversation
from handlers.services import Services

QUEUE = "notice"


class Notice(BaseModel):
    """A sentence of ours for one admin or one channel as it waits in the inbox; `id` names what it is about."""

    model_config = ConfigDict(frozen=True)

    id: str
    text: str
    admin: str = ""
    channel: str = ""


def name(about: str) -> str:
    """Under what it is remembered that somebody was told; names nobody."""
    return hashlib.sha256(about.encode()).hexdigest()


async def tell(id: str, text: str, services: Services) -> None:
    """`put` for every listed admin."""
    await put(id, text, services.inbox, services.settings, services.admins.listed)


async def put(
    id: str, text: str, inbox: Inbox, settings: WorkspaceSettings, admins: Iterable[str], channel: str = ""
) -> None:
    """Tell these admins, or the channel where there are none, what they have not been told.

    `id` is the same whenever the same thing is to be told.
    """
    heard = [{"admin": admin} for admin in sorted(admins)] or ([{"channel": channel}] if channel else [])
    for who in heard:
        about = name(":".join([settings.workspace, id, *who.values()]))
        if not await settings.store.told(about):
            notice = Notice(id=about, text=text, **who)
            await inbox.put(f"{QUEUE}:{about}", QUEUE, notice.model_dump())


async def perform(job: Job, services: Services) -> None:
    """Send it, and remember that for longer than the inbox does."""
    notice = Notice.model_validate(job.body)
    content = Content(text=notice.text, blocks=(section(notice.text),))
    if notice.channel:
        await InConversation(services, job, channel=notice.channel, thread_ts=None, after=None).deliver(content)
    elif job.posted is None:
        await job.note_posted(await send(content, job, services, user=notice.admin))
    await services.store.note_told(notice.id, services.now())


async def give_up(job: Job, services: Services) -> None:
    """There is nowhere else to say it."""
