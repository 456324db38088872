"""The pace that Slack sets: a job takes its turn, or puts itself off until it has one."""

from bot.inbox import Job, Later
from handlers.services import Services

POSTS_APART = 1.0
"""Seconds. Slack takes one message a second in each channel, its threads included (docs.slack.dev, "Rate limits")."""

REACTIONS = "reactions"
REACTIONS_APART = 1.25
"""Seconds: 48 a minute, where Slack takes 50 of the whole workspace (Tier 3)."""


async def post(channel: str, job: Job, services: Services, *, behind: bool = False) -> None:
    """Take a channel's turn to post. `behind`: after everybody who waits for an answer. Raises `Later`.

    Direct messages are a channel under their conversation's id, or the person's where that is not known yet;
    `response_url` and updates need no turn.
    """
    await take(channel, POSTS_APART, job, services, behind=behind)


async def react(job: Job, services: Services) -> None:
    """Take the workspace's turn to add a reaction. Raises `Later`."""
    await take(REACTIONS, REACTIONS_APART, job, services)


async def take(name: str, apart: float, job: Job, services: Services, *, behind: bool = False) -> None:
    seconds = await services.store.take_slot(name, apart, waited=job.put_off > 0, behind=behind)
    if seconds > 0:
        raise Later(seconds)
