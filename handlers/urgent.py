"""The call to the owner of a case that becomes most urgent after its card was posted."""

import logging
from datetime import datetime, timedelta

from bot.inbox import Job
from bot.settings import Settings
from bot.store import Case
from bot.store.cards import UNKNOWN
from handlers import triage_cards
from handlers.client import patience
from handlers.posts import InConversation
from handlers.services import Services

log = logging.getLogger("precis.triage")

QUEUE = "urgent"
PATIENCE = timedelta(hours=1)
"""How long after its last change a case is worth a call, while Slack fails."""


async def call(case: Case, settings: Settings, services: Services) -> None:
    """Have the owner called, once for one case, unless a post has mentioned them already."""
    owner = wanted(case, settings)
    if owner and case.mentioned not in (owner, UNKNOWN):
        id = f"{QUEUE}:{case.id}:{owner}"
        await services.inbox.put(id, QUEUE, {"case": case.id, "owner": owner}, renew=True)


def wanted(case: Case, settings: Settings) -> str:
    """The owner who is to be called, empty where nobody is: nothing is posted in channels that are quiet by now."""
    live = case.channel in settings.triage_channels and case.channel not in settings.quiet_channels
    return triage_cards.called(case, settings) if live else ""


async def perform(job: Job, services: Services) -> None:
    """Call the owner in the thread, if they still are and it still is that urgent. Raises what a post raises."""
    case, owner = await services.store.case(str(job.body["case"])), str(job.body["owner"])
    if case is None or wanted(case, await services.settings.read()) != owner:
        return
    outlet = InConversation(services, job, channel=case.channel, thread_ts=case.ts, after=case.ts)
    with patience(job, worthwhile=services.now() - datetime.fromisoformat(case.updated_at) < PATIENCE):
        await outlet.deliver(triage_cards.call(owner))
    await services.store.note_mentioned(case.id, owner)


async def give_up(job: Job, services: Services) -> None:
    """The card says it too, though it calls nobody."""
    log.error("The owner of case %s was not called", job.body.get("case"))
