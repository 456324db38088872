"""What admins are told once: that a budget is used up."""

from pydantic import BaseModel, ConfigDict

from bot.budget import Alarm, Exhausted
from bot.inbox import Inbox, Job
from handlers import blocks
from handlers.posts import post
from handlers.services import Services

QUEUE = "alarm"


class Told(BaseModel):
    """An alarm for one admin as it waits in the inbox."""

    model_config = ConfigDict(frozen=True)

    admin: str
    period: str
    begun: str
    usd: float


def alarm(inbox: Inbox, workspace: str, admins: tuple[str, ...]) -> Alarm:
    """Puts a message for each admin into the inbox, once for each time that a budget is used up."""

    async def sound(exhausted: Exhausted) -> None:
        for admin in admins:
            told = Told(admin=admin, period=exhausted.period, begun=exhausted.begun, usd=exhausted.usd)
            await inbox.put(f"alarm:{workspace}:{told.period}:{told.begun}:{admin}", QUEUE, told.model_dump())

    return sound


async def perform(job: Job, services: Services) -> None:
    """Send the message."""
    told = Told.model_validate(job.body)
    await post(blocks.notice(sentence(told)), job, services, channel=told.admin)


async def give_up(job: Job, services: Services) -> None:
    """Whoever asks is told anyway."""


def sentence(told: Told) -> str:
    until = "tomorrow" if told.period == "daily" else "next month"
    return (
        f"The {told.period} budget of ${told.usd:.2f} for models is used up, so I ask no model that costs money until "
        f"{until}. To go on now, raise it with /llm-provider budget {told.period}."
    )
