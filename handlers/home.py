"""App Home: drawn when somebody opens it, and anew for the admins who have opened it when a setting changes."""

import logging
from datetime import datetime
from typing import Any

from bot.inbox import Job, Later
from bot.store import KeptSummary
from bot.summary import Summary
from bot.week import Week
from handlers import audits, home_cards, home_triage
from handlers.home_cards import Kept, Office
from handlers.links import TS, permalink
from handlers.services import Services

log = logging.getLogger("precis.home")

QUEUE = "home"
SETTLING = 1.0
"""Seconds that a redrawing waits for further changes, so that several are shown by one call to Slack."""

SUMMARIES, LOOKED_AT = 5, 20
"""Summaries that are shown, and the newest ones among which those are found that the person may still see."""

CHANGES = 10
DRAWN = "drawn"


async def opened(body: dict[str, Any], services: Services) -> None:
    """Take the opening of the Home tab; the tab with the messages looks after itself."""
    event = body["event"]
    if event.get("tab") == "home":
        await draw(event["user"], services)


async def draw(user: str, services: Services, *, settling: bool = False) -> None:
    """Have somebody's Home drawn, once for all who ask for it until then."""
    await services.inbox.wake(f"{QUEUE}:{services.workspace.team}:{user}", QUEUE, {"user": user, "settling": settling})


async def redraw(services: Services) -> None:
    """Have the Home of every admin who has opened it drawn anew, after a change of what it shows."""
    for user in await services.store.admin_homes(services.workspace.team):
        await draw(user, services, settling=True)


async def perform(job: Job, services: Services) -> None:
    """Publish a Home. Raises `Later` while changes settle, `SlackApiError` where Slack fails.

    One job a person draws it, so that no older state can come after a newer one and no hash has to be compared.
    """
    user = str(job.body["user"])
    if job.body["settling"] and job.put_off == 0:
        raise Later(SETTLING)
    admin = await services.admins.include(user)
    office = await furnished(services) if admin else None
    shown = home_cards.view(services.workspace.bot_name, await summaries(user, services), office)
    if not await job.save(DRAWN):
        return
    await services.slack.views_publish(user_id=user, view=shown)
    await services.store.note_home(services.workspace.team, user, services.now(), admin=admin)


async def give_up(job: Job, services: Services) -> None:
    """Home stays as it was; opening it again draws it."""
    log.error("A Home tab could not be drawn")


async def summaries(user: str, services: Services) -> list[Kept]:
    """The newest summaries that this person asked for, of conversations that they may still see."""
    found: list[Kept] = []
    for row in await services.store.last_summaries(services.workspace.team, user, LOOKED_AT):
        if len(found) == SUMMARIES:
            break
        if await services.access.allows(user, row.channel):
            found.append(kept(row, services))
    return found


def kept(row: KeptSummary, services: Services) -> Kept:
    return Kept(
        headline=Summary.model_validate_json(row.summary).headline,
        address=address(row, services.workspace.url),
        channel=row.channel,
        made_at=datetime.fromisoformat(row.made_at),
    )


def address(row: KeptSummary, url: str) -> str:
    """Where the thread begins; of a channel's span, the channel."""
    if TS.fullmatch(row.subject):
        return permalink(url, row.channel, row.subject, None)
    return f"{url.rstrip('/')}/archives/{row.channel}"


async def furnished(services: Services) -> Office:
    settings = await services.settings.read()
    team, now = services.workspace.team, services.now()
    begun = Week.of(now, settings.zone).begins(settings.zone)
    figures = await services.store.triage_figures(team, since=begun, until=now)
    quiet = await services.store.quiet_figures(team, since=now - home_triage.LOOK_BACK, until=now)
    changes = await services.store.changes(team, most=CHANGES)
    return Office(
        settings=settings,
        retention_days=services.retention_days,
        week=await services.store.costs(by="model", since=begun, until=now, zone=settings.zone),
        changes=changes,
        names=await audits.names({change.changed_by for change in changes}, services),
        glance=home_triage.glance(figures),
        quiet=home_triage.remarks(quiet),
    )
