"""Every day, a job looks what happens to the models in use, and admins are told of each thing once."""

import asyncio
import logging
from datetime import time

from bot.inbox import Job
from bot.lifecycle import Warning, warnings
from bot.scheduler import daily
from handlers import notices
from handlers.mrkdwn import escape
from handlers.services import Services

log = logging.getLogger("precis.lifecycle")

QUEUE = "lifecycle"
APPOINTMENT = daily(QUEUE, time(9))
"""When admins are at work."""

ADVICE = "To change the model, type /llm-provider."


async def perform(job: Job, services: Services) -> None:
    """Tell what changes within 60 days about any model that may be asked."""
    table, settings = await services.gateway.routes.table(), await services.settings.read()
    today = services.now().astimezone(settings.zone).date()
    choices = sorted(table.choices, key=str)
    for warning in await asyncio.to_thread(warnings, choices, today, services.gateway.attempts.prices):
        await notices.tell(about(warning), f"{escape(warning.sentence)} {ADVICE}", services)


def about(warning: Warning) -> str:
    """What a warning is about, whatever the day on which it is read."""
    return f"{warning.kind}:{warning.choice}:{warning.successor or ''}"


async def give_up(job: Job, services: Services) -> None:
    """Tomorrow is soon enough."""
    log.error("The models in use could not be looked through today")
