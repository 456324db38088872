"""When Precis is removed from the workspace, everything that people wrote is deleted at once."""

import logging
from typing import Any

from bot.inbox import Job
from handlers.services import Services

log = logging.getLogger("precis.uninstalled")

QUEUE = "forget"


async def uninstalled(body: dict[str, Any], services: Services) -> None:
    """Take the removal of the app."""
    await services.inbox.put(body["event_id"], QUEUE, {})


async def revoked(body: dict[str, Any], services: Services) -> None:
    """Take the loss of the bot's token; other people's tokens are none of ours."""
    if body["event"].get("tokens", {}).get("bot"):
        await services.inbox.put(body["event_id"], QUEUE, {})


async def perform(job: Job, services: Services) -> None:
    """Delete it."""
    rows = await services.store.forget_all(services.now())
    log.warning("Precis was removed from the workspace: the texts of %d rows are deleted", rows)


async def give_up(job: Job, services: Services) -> None:
    """Say what is left to do."""
    log.error("Texts could not be deleted after the app was removed: run python -m bot forget --all")
