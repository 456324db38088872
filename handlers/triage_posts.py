"""Where cards and reactions go: posted once and at Slack's pace, and brought in line with their case after that."""

import logging
from datetime import datetime, timedelta

from slack_sdk.errors import SlackApiError

from bot.inbox import Job, Later
from bot.settings import Settings
from bot.store import Case
from handlers import pace, posts, triage_cards, urgent
from handlers.blocks import Content
from handlers.client import FAILURES, passes, refusal
from handlers.outbox import Outbox
from handlers.services import Services

log = logging.getLogger("precis.triage")

QUEUE, REACTIONS = "triage_card", "triage_reaction"

UNPOSTABLE = ""
"""Stands for the ts of a card that Slack does not take."""

PATIENCE = timedelta(hours=1)
"""How long a card is tried to be posted or to be brought in line, and an emoji to be changed, while Slack fails."""

SHORTEST_WAIT, LONGEST_WAIT = 5.0, 120.0
"""The seconds between two tries, which grow."""

AS_WANTED = ("already_reacted", "no_reaction")


async def show(id: str, services: Services) -> None:
    """Bring the card and the reaction in line with the case. Raises `Later` while Slack fails.

    Where Slack refuses it, or has failed for too long, the card stays as it is until the case changes again.
    """
    try:
        await bring(id, services)
    except FAILURES as error:
        case = await services.store.case(id)
        waited = services.now() - datetime.fromisoformat(case.updated_at) if case is not None else PATIENCE
        if passes(error) and waited < PATIENCE:
            raise later(waited) from error
        log.error("The card of case %s does not show its last change: %s", id, kind(error))


def later(waited: timedelta) -> Later:
    """For the next try of what has waited for so long: the longer, the later."""
    return Later(min(max(waited.total_seconds(), SHORTEST_WAIT), LONGEST_WAIT))


async def bring(id: str, services: Services) -> None:
    """Bring the card in line, again until nothing has changed meanwhile. Raises whatever Slack raises."""
    shown = None
    while (case := await services.store.case(id)) is not None and case.updated_at != (shown or case.shown):
        if not case.card_ts:
            if waits(case):
                await cards.wake(case.channel, services)
            return
        settings = await services.settings.read()
        await update(case, await drawn(case, settings, services), services)
        await mark(case, settings, services)
        await urgent.call(case, settings, services)
        await services.store.note_shown(id, case.updated_at)
        shown = case.updated_at


def waits(case: Case) -> bool:
    """Whether a case should get the card that it does not have."""
    open = case.card_ts is None and case.triaged_at is not None and case.status == "open"
    return open and not case.noise and not case.quiet


async def drawn(case: Case, settings: Settings, services: Services) -> Content:
    return triage_cards.card(case, settings, await services.people.names(triage_cards.people(case, settings)))


async def update(case: Case, content: Content, services: Services) -> None:
    """Replace the card; one that somebody has deleted stays deleted."""
    try:
        await posts.change(content, services, channel=case.channel, ts=case.card_ts or "", mark=case.id)
    except SlackApiError as error:
        if refusal(error) not in posts.GONE:
            raise


async def mark(case: Case, settings: Settings, services: Services) -> None:
    """Have the message carry the emoji that the case asks for."""
    wanted = triage_cards.reactions(case, settings)
    await services.store.want_reaction(case.id, wanted)
    if wanted != case.reacted:
        await reactions.wake(case.workspace, services)


async def remove(case: Case, services: Services) -> None:
    """Delete the card and the case."""
    if case.card_ts:
        await posts.delete(case.channel, case.card_ts, services)
    await services.store.remove_case(case)


async def next_card(channel: str, services: Services) -> Case | None:
    id = await services.store.next_card(services.workspace.team, channel)
    return await services.store.case(id) if id else None


async def unsettled(id: str, services: Services) -> Case | None:
    """The case of this id, if it still waits for its card, or has one that may have been left as it was posted."""
    case = await services.store.case(id)
    return case if case is not None and (waits(case) or case.card_ts) else None


async def post(case: Case, job: Job, services: Services) -> None:
    """Post the card of a case, unless a try that was broken off has, and have the message marked."""
    if case.card_ts or await carded(case, job, services):
        await mark(case, await services.settings.read(), services)
        await bring(case.id, services)


async def carded(case: Case, job: Job, services: Services) -> bool:
    """Whether the case has got a card; where the case has gone meanwhile, the card goes too."""
    ts, fresh = await placed(case, job, services)
    mentioned = triage_cards.called(case, await services.settings.read()) if fresh else ""
    kept = await services.store.note_card(
        case, ts, services.now(), keep_text=services.keep_text, mentioned=mentioned, shown=fresh
    )
    if not kept and ts != UNPOSTABLE and not await is_card(case.id, ts, services):
        await posts.delete(case.channel, ts, services)
    return kept and ts != UNPOSTABLE


async def placed(case: Case, job: Job, services: Services) -> tuple[str, bool]:
    """The ts of the card, or that Slack will never take it: the others must not wait for that.

    With it, whether the card shows the case as it is here: one that an earlier try posted may show what it was then.
    """
    try:
        found = await lost(case, job, services)
        return (found, False) if found else (await posted(case, job, services), True)
    except FAILURES as error:
        if passes(error):
            await services.store.note_failure(case.id)
            raise
        log.error("Slack does not take the card of case %s: %s", case.id, kind(error))
        return UNPOSTABLE, True


async def lost(case: Case, job: Job, services: Services) -> str | None:
    """The ts of a card that an earlier try may have posted without knowing."""
    if job.taken == 1 and not case.slack_failed:
        return None
    return await posts.find(case.id, services, channel=case.channel, thread_ts=case.ts, after=case.ts)


async def posted(case: Case, job: Job, services: Services) -> str:
    content = await drawn(case, await services.settings.read(), services)
    return await posts.post(content, job, services, channel=case.channel, thread_ts=case.ts, mark=case.id, behind=True)


def kind(error: Exception) -> str:
    """Slack's word for what was wrong, the class of the error where Slack said none."""
    return refusal(error) if isinstance(error, SlackApiError) else type(error).__name__


async def is_card(id: str, ts: str, services: Services) -> bool:
    case = await services.store.case(id)
    return case is not None and case.card_ts == ts


async def skip(id: str, services: Services) -> None:
    """Leave a card out that cannot be posted; while Slack fails it stays first, and so do all the others.

    One that was posted, and only could not be brought in line, is as for `show`. Raises `Later` as that does.
    """
    case = await services.store.case(id)
    if case is not None and case.card_ts:
        await show(id, services)
        return
    if case is None or failing(case, services):
        return
    log.error("The card of case %s could not be posted", id)
    await services.store.note_card(case, UNPOSTABLE, services.now(), keep_text=services.keep_text)


def failing(case: Case, services: Services) -> bool:
    """Whether it is Slack that fails at a case, and not for too long."""
    return case.slack_failed and services.now() - datetime.fromisoformat(case.updated_at) < PATIENCE


async def next_reaction(workspace: str, services: Services) -> Case | None:
    id = await services.store.next_reaction(workspace)
    return await services.store.case(id) if id else None


async def react(case: Case, job: Job, services: Services) -> None:
    """Take one emoji off the message, or put one on."""
    standing, wanted = case.reacted.split(), case.reaction.split()
    odd = [name for name in standing if name not in wanted] + [name for name in wanted if name not in standing]
    for name in odd[:1]:
        await pace.react(job, services, add=name in wanted)
        await reacted(case, name, services, add=name in wanted)
        standing = [*standing, name] if name in wanted else [other for other in standing if other != name]
    done = set(standing) == set(wanted)
    await services.store.note_reaction(case.id, case.reaction if done else " ".join(standing))


async def reacted(case: Case, name: str, services: Services, *, add: bool) -> None:
    call = services.slack.reactions_add if add else services.slack.reactions_remove
    try:
        await call(channel=case.channel, timestamp=case.ts, name=name)
    except FAILURES as error:
        if passes(error):
            await services.store.note_failure(case.id)
            raise
        if kind(error) not in (*AS_WANTED, *posts.GONE):
            log.warning("Slack does not take the emoji of case %s: %s", case.id, kind(error))


async def skip_reaction(id: str, services: Services) -> None:
    """Leave a reaction as it is that could not be changed; while Slack fails it goes on being tried."""
    case = await services.store.case(id)
    if case is None or failing(case, services):
        return
    log.error("The message of case %s does not carry the emoji that it should", id)
    await services.store.note_reaction(id, case.reaction)


cards = Outbox(QUEUE, next_card, post, skip, unsettled)
reactions = Outbox(REACTIONS, next_reaction, react, skip_reaction)
