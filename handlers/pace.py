"""The pace that Slack sets: a job takes its turn, or puts itself off until it has one."""

from bot.inbox import Job, Later
from handlers.services import Services

POSTS_APART = 1.0
"""Seconds. Slack takes one message a second in each channel, its threads included (docs.slack.dev, "Rate limits")."""

REACTIONS_APART = {"added": 1.25, "removed": 3.125}
"""Seconds: 48 and 19 a minute, where Slack takes 50 (Tier 3) and 20 (Tier 2) of the whole workspace."""


async def post(channel: str, job: Job, services: Services, *, behind: bool = False) -> None:
    """Take a channel's turn to post. `behind`: after everybody who waits for an answer. Raises `Later`.

    Direct messages are a channel under their conversation's id, or the person's where that is not known yet;
    `response_url` and updates need no turn.
    """
    await take(channel, POSTS_APART, job, services, behind=behind)


async def react(job: Job, services: Services, *, add: bool) -> None:
    """Take the workspace's turn to add or to remove a reaction. Raises `Later`."""
    what = "added" if add else "removed"
    await take(f"reactions {what}", REACTIONS_APART[what], job, services)


async def take(name: str, apart: float, job: Job, services: Services, *, behind: bool = False) -> None:
    seconds = await services.store.take_slot(name, apart, waited=job.put_off > 0, behind=behind)
    if seconds > 0:
        raise Later(seconds)
