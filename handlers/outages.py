"""A line to the digest channel where support messages could not be sorted, at most one an hour."""

import logging
from datetime import datetime, timedelta

from bot.inbox import Job
from handlers.blocks import Content, section
from handlers.client import patience
from handlers.posts import InConversation, after
from handlers.services import Services

log = logging.getLogger("precis.outages")

QUEUE = "outage"
HOUR = timedelta(hours=1)
GATHERING = timedelta(minutes=1)
"""How long a report waits for further messages, because where one cannot be sorted others cannot either."""

PATIENCE = timedelta(minutes=15)
"""How long a case waits for a model or for Slack before it is given up."""

LOOK_BACK = timedelta(hours=3)
"""How long before the hour of a report the cases that it tells of can have begun to wait."""


async def report(at: datetime, services: Services) -> None:
    """Have a case told of that was given up now: soon, or with the next hour where this one has had its report."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    if not await order(hour, GATHERING, services):
        await order(hour + HOUR, hour + HOUR - at, services)


async def order(hour: datetime, delay: timedelta, services: Services) -> bool:
    """Have one report for an hour, whoever asks for it and however often. False: it is ordered, or has been made."""
    id = f"{QUEUE}:{services.workspace.team}:{hour:%Y-%m-%dT%H}"
    body = {"at": hour.isoformat()}
    return await services.inbox.put(id, QUEUE, body, delay=delay.total_seconds(), renew=True)


async def perform(job: Job, services: Services) -> None:
    """Post the report, where a channel for it is set. Raises `Later` while Slack fails."""
    team, hour, now = services.workspace.team, datetime.fromisoformat(str(job.body["at"])), services.now()
    unsorted = await services.store.unsorted(job.id, team, since=hour - LOOK_BACK, until=now - PATIENCE)
    if not unsorted:
        return
    log.error("%d support messages could not be sorted for a quarter of an hour", sum(unsorted.values()))
    if channel := (await services.settings.read()).digest_channel:
        outlet = InConversation(services, job, channel=channel, thread_ts=None, after=after(hour.timestamp()))
        with patience(job, worthwhile=now - hour < LOOK_BACK):
            await outlet.deliver(line(unsorted))


def line(unsorted: dict[str, int]) -> Content:
    count, places = sum(unsorted.values()), ", ".join(f"<#{channel}>" for channel in sorted(unsorted))
    what = "1 support message has" if count == 1 else f"{count:,} support messages have"
    text = (
        f"{what} no card, because for a quarter of an hour no model could be asked. Please look through {places}; "
        "python -m bot calls tells what went wrong."
    )
    return Content(text=text, blocks=(section(text),))


async def give_up(job: Job, services: Services) -> None:
    """There is nowhere else to say it."""
    log.error("The report on messages that were not sorted could not be posted")
