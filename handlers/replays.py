"""The job behind a confirmed comparison: ask the models, show how far it has come, then what came of it."""

import json
from typing import Any

from slack_bolt.async_app import AsyncAck
from slack_sdk.errors import SlackApiError

from bot.inbox import Job
from bot.replay import Plan, Quote
from handlers import blocks, comparisons
from handlers.client import BAD_BLOCKS, refusal
from handlers.compare import Compare, allowed, asked_by
from handlers.posts import InConversation, progress
from handlers.replies import GIVEN_UP, taking
from handlers.services import Services

QUEUE = "replay"
COMPARING = "Comparing…"
COMPARED_SO_FAR = f"{COMPARING} {{}} of {{}} answers."


class Replayed(Compare):
    """A confirmed comparison as it waits in the inbox: `channel` and `ts` are the question that becomes its answer."""

    channel: str
    ts: str


async def compare(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Take the press; a question is answered once, for each cost that it names."""
    async with taking(ack, body, services):
        asked = asked_by(body)
        if await allowed(body, asked.user, ack, services):
            place = body["container"]
            wanted = Replayed(**asked.model_dump(), channel=place["channel_id"], ts=place["message_ts"])
            key = f"replay:{wanted.channel}:{wanted.ts}:{wanted.quote}"
            await services.inbox.put(key, QUEUE, wanted.model_dump(mode="json"))
            await ack()


async def perform(job: Job, services: Services) -> None:
    """Ask what nobody has asked yet; each answer is kept at once, so that another try goes on from there.

    Where models, prices or settings have changed since the admin agreed, so that it costs more, it is asked anew.
    """
    wanted = Replayed.model_validate(job.body)
    place = outlet(wanted, job, services)
    plan = await services.replay.plan(wanted.wanted)
    if job.answer is None:
        estimates = await services.replay.estimates(plan)
        quote = Quote.of(estimates)
        if wanted.quote is None or not wanted.quote.covers(quote):
            await place.deliver(comparisons.question(plan, estimates, question(wanted, quote), dearer=True))
            return
        await place.announce(blocks.notice(COMPARING))
        refused = await services.replay.run(plan, wanted.user, progress(place, job, COMPARED_SO_FAR))
        if not await job.save(json.dumps(sorted(map(str, refused)))):
            return
    await deliver(wanted, plan, place, job, services)


async def deliver(wanted: Replayed, plan: Plan, place: InConversation, job: Job, services: Services) -> None:
    """Show the table; where Slack does not take one, the same in lines."""
    refused = json.loads(job.answer or "[]")
    figures = await services.replay.figures(plan)
    again = question(wanted, wanted.quote)
    try:
        await place.deliver(comparisons.table(plan, figures, refused, again))
    except SlackApiError as error:
        if refusal(error) not in BAD_BLOCKS:
            raise
        await place.deliver(comparisons.lines(plan, figures, refused, again))


def question(wanted: Replayed, quote: Quote | None) -> str:
    """The comparison as it stands behind buttons."""
    return Compare.model_validate(wanted.model_dump() | {"quote": quote}).model_dump_json()


async def give_up(job: Job, services: Services) -> None:
    """Tell the admin that it did not work out."""
    await outlet(Replayed.model_validate(job.body), job, services).deliver(blocks.notice(GIVEN_UP))


def outlet(wanted: Replayed, job: Job, services: Services) -> InConversation:
    """The question, which shows first how far it has come and then the answer."""
    return InConversation(services, job, channel=wanted.channel, thread_ts=None, after=wanted.ts, posted=wanted.ts)
