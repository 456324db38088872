"""The call to the owner of a case that becomes most urgent after its card was posted."""

import logging

from bot.inbox import Job
from bot.settings import Settings
from bot.store import Case
from handlers import triage_cards
from handlers.posts import InConversation
from handlers.services import Services

log = logging.getLogger("precis.triage")

QUEUE = "urgent"


async def call(case: Case, settings: Settings, services: Services) -> None:
    """Have the owner called, once for one case, unless a post has mentioned them already."""
    owner = triage_cards.called(case, settings)
    if owner not in ("", case.mentioned):
        await services.inbox.put(f"{QUEUE}:{case.id}:{owner}", QUEUE, {"case": case.id, "owner": owner})


async def perform(job: Job, services: Services) -> None:
    """Call the owner in the thread, if they still are and it still is that urgent. Raises what a post raises."""
    case, owner = await services.store.case(str(job.body["case"])), str(job.body["owner"])
    if case is None or triage_cards.called(case, await services.settings.read()) != owner:
        return
    outlet = InConversation(services, job, channel=case.channel, thread_ts=case.ts, after=case.ts)
    await outlet.deliver(triage_cards.call(owner))
    await services.store.note_mentioned(case.id, owner)


async def give_up(job: Job, services: Services) -> None:
    """The card says it too, though it calls nobody."""
    log.error("The owner of case %s was not called", job.body.get("case"))
