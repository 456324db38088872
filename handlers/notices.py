"""What admins are told in a direct message, each thing once."""

import hashlib

from pydantic import BaseModel, ConfigDict

from bot.inbox import Job
from handlers.blocks import Content, section
from handlers.direct import send
from handlers.services import Services

QUEUE = "notice"


class Notice(BaseModel):
    """A sentence of ours for one admin as it waits in the inbox; `id` names what it is about."""

    model_config = ConfigDict(frozen=True)

    id: str
    admin: str
    text: str


def name(about: str) -> str:
    """Under what it is remembered that somebody was told; names nobody."""
    return hashlib.sha256(about.encode()).hexdigest()


async def tell(id: str, text: str, services: Services) -> None:
    """Tell every listed admin who has not been told; `id` is the same whenever the same thing is to be told."""
    for admin in sorted(services.admins.listed):
        about = name(f"{services.workspace.team}:{id}:{admin}")
        if not await services.store.told(about):
            notice = Notice(id=about, admin=admin, text=text)
            await services.inbox.put(f"{QUEUE}:{about}", QUEUE, notice.model_dump())


async def perform(job: Job, services: Services) -> None:
    """Send it, and remember that for longer than the inbox does."""
    notice = Notice.model_validate(job.body)
    content = Content(text=notice.text, blocks=(section(notice.text),))
    if job.posted is None:
        await job.note_posted(await send(content, job, services, user=notice.admin))
    await services.store.note_told(notice.id, services.now())


async def give_up(job: Job, services: Services) -> None:
    """There is nowhere else to say it."""
