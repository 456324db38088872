"""One line to the digest channel where support messages could not be sorted, however many they are."""

import logging
from datetime import datetime, timedelta

from bot.inbox import Job
from handlers.blocks import Content, section
from handlers.posts import InConversation, after
from handlers.services import Services

log = logging.getLogger("precis.outages")

QUEUE = "outage"
LOOK_BACK = timedelta(hours=2)
"""How long ago a case that is reported can have been opened."""


async def report(at: datetime, services: Services) -> None:
    """Have one report for the hour, whoever asks for it and however often."""
    await services.inbox.put(f"outage:{services.workspace.team}:{at:%Y-%m-%dT%H}", QUEUE, {"at": at.isoformat()})


async def perform(job: Job, services: Services) -> None:
    """Post the report, where a channel for it is set."""
    at = datetime.fromisoformat(str(job.body["at"]))
    unsorted = await services.store.unsorted(services.workspace.team, at - LOOK_BACK)
    log.error("%d support messages could not be sorted for a quarter of an hour", sum(unsorted.values()))
    channel = (await services.settings.read()).digest_channel
    if channel and unsorted:
        outlet = InConversation(services, job, channel=channel, thread_ts=None, after=after(at.timestamp()))
        await outlet.deliver(line(unsorted))


def line(unsorted: dict[str, int]) -> Content:
    count, places = sum(unsorted.values()), ", ".join(f"<#{channel}>" for channel in unsorted)
    what = "1 support message has" if count == 1 else f"{count:,} support messages have"
    text = (
        f"{what} no card, because for a quarter of an hour no model could be asked. Please look through {places}; "
        "python -m bot calls tells what went wrong."
    )
    return Content(text=text, blocks=(section(text),))


async def give_up(job: Job, services: Services) -> None:
    """There is nowhere else to say it."""
    log.error("The report on messages that were not sorted could not be posted")
