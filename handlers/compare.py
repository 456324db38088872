"""`/llm-provider compare`: say what it would cost to ask other models what was asked before, and have it confirmed."""

import logging
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from slack_bolt.async_app import AsyncAck

from bot.inbox import Job
from bot.replay import Quote, Wanted
from bot.switching import Compare as Asked
from handlers import blocks, comparisons, direct
from handlers.buttons import chosen
from handlers.client import webhook
from handlers.posts import DELIVERED
from handlers.replies import GIVEN_UP, taking, tell
from handlers.services import Services

log = logging.getLogger("precis.compare")

QUEUE = "compare"
COUNTING = "A direct message from me says what there is to compare and what it costs, and asks whether to go on."
CANCELLED = "Nothing was compared."
NOT_AN_ADMIN = "Only admins of this workspace can compare models."
NOT_YOURS = "Only the admin who asked for this comparison can do that."


class Compare(BaseModel):
    """A comparison as it waits in the inbox and behind its buttons: an admin's, of the prompts up to a moment.

    `quote` is what the admin was told that it costs, None before that.
    """

    model_config = ConfigDict(frozen=True)

    task: str
    most: int
    until: datetime
    user: str
    quote: Quote | None = None

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.task, self.most, self.until)


async def begin(asked: Asked, *, user: str, key: str, services: Services) -> str:
    """Take what was asked for, and return what to tell whoever did.

    `key` names the command, so that a repetition of it is the same. Raises `SlackApiError` where Slack does not say who
    they are, `DatabaseError` where it could not be written down; then nothing was taken.
    """
    if not await services.admins.include(user):
        log.info("%s wanted to compare models and is no admin", user)
        return NOT_AN_ADMIN
    wanted = Compare(task=asked.task, most=asked.most, until=services.now(), user=user)
    await services.inbox.put(f"compare:{key}", QUEUE, wanted.model_dump(mode="json"))
    return COUNTING


async def perform(job: Job, services: Services) -> None:
    """Ask the admin, or say that there is nothing to compare."""
    if job.posted is not None:
        return
    asked = Compare.model_validate(job.body)
    plan = await services.replay.plan(asked.wanted)
    estimates = await services.replay.estimates(plan)
    quoted = asked.model_copy(update={"quote": Quote.of(estimates)})
    content = comparisons.question(plan, estimates, quoted.model_dump_json())
    await direct.send(content, job, services, user=asked.user)
    await job.note_posted(DELIVERED)


async def give_up(job: Job, services: Services) -> None:
    """Tell the admin that it did not work out."""
    await direct.send(blocks.notice(GIVEN_UP), job, services, user=Compare.model_validate(job.body).user)


async def cancel(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Put the question away."""
    async with taking(ack, body, services):
        await ack()
        shown = blocks.notice(CANCELLED)
        poster = webhook(body["response_url"], services.connections)
        await poster.send(text=shown.whispered, blocks=list(shown.blocks), replace_original=True)


async def allowed(body: dict[str, Any], owner: str, ack: AsyncAck, services: Services) -> bool:
    """Whether whoever presses may still do what an admin may, with what is theirs; who may not is told."""
    user = body["user"]["id"]
    if user == owner and await services.admins.include(user):
        return True
    log.info("%s may not compare models, the button was made for %s", user, owner)
    await ack()
    await tell(body, services, NOT_YOURS if user != owner else NOT_AN_ADMIN)
    return False


def asked_by(body: dict[str, Any]) -> Compare:
    return Compare.model_validate_json(chosen(body))
