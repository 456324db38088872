"""What admins are told once: that a budget is used up."""

from pydantic import BaseModel, ConfigDict

from bot.budget import Alarm, Exhausted
from bot.inbox import Inbox, Job
from bot.store import Store
from handlers import blocks, notices
from handlers.direct import send
from handlers.services import Services

QUEUE = "alarm"


class Told(BaseModel):
    """An alarm for one admin as it waits in the inbox."""

    model_config = ConfigDict(frozen=True)

    admin: str
    period: str
    begun: str
    usd: float


def alarm(inbox: Inbox, store: Store, workspace: str, admins: tuple[str, ...]) -> Alarm:
    """Puts a message for each admin into the inbox, once for each time that a budget is used up."""

    async def sound(exhausted: Exhausted) -> None:
        for admin in admins:
            told = Told(admin=admin, period=exhausted.period, begun=exhausted.begun, usd=exhausted.usd)
            id = f"alarm:{workspace}:{told.period}:{told.begun}:{admin}"
            if not await store.told(notices.name(id)):
                await inbox.put(id, QUEUE, told.model_dump())

    return sound


async def perform(job: Job, services: Services) -> None:
    """Send the message, and remember that for longer than the inbox does: a month is longer."""
    told = Told.model_validate(job.body)
    if job.posted is None:
        await job.note_posted(await send(blocks.notice(sentence(told)), job, services, user=told.admin))
    await services.store.note_told(notices.name(job.id), services.now())


async def give_up(job: Job, services: Services) -> None:
    """Whoever asks is told anyway."""


def sentence(told: Told) -> str:
    until = "tomorrow" if told.period == "daily" else "next month"
    return (
        f"The {told.period} budget of ${told.usd:.2f} for models is used up, so I ask no model that costs money until "
        f"{until}. To go on now, raise it with /llm-provider budget {told.period}."
    )
