"""The pending report: on weekdays each support channel is told, once, which of its urgent cases are still open."""

import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from bot.amounts import plural
from bot.inbox import Job
from bot.pending import QUEUE, due, hour
from bot.store import Case
from handlers import hours
from handlers.blocks import NAME_LENGTH, Content, clip, fitted, packed, section
from handlers.client import patience
from handlers.links import permalink
from handlers.mrkdwn import date as at
from handlers.mrkdwn import escape, link
from handlers.posts import InConversation, after
from handlers.services import Services

__all__ = ["QUEUE", "due", "give_up", "not_reported", "perform", "report"]

log = logging.getLogger("precis.pending")

REPORT = "pending_report"
LISTED = 20

EVENING = timedelta(hours=6)
"""How long a report is tried to be posted while Slack fails."""


async def perform(job: Job, services: Services) -> None:
    """Order a report for each channel, or wait until the hour has come. Raises `Later`."""
    day, settings = date.fromisoformat(str(job.body["day"])), await services.settings.read()
    now = services.now()
    if not settings.pending_report or day < now.astimezone(settings.zone).date():
        return
    hours.until(hour(day, settings), services)
    for channel in set(settings.triage_channels) - set(settings.quiet_channels):
        body = {"channel": channel, "at": now.isoformat()}
        await services.inbox.put(f"{REPORT}:{services.workspace.team}:{channel}:{day}", REPORT, body)


async def give_up(job: Job, services: Services) -> None:
    """The next day has whatever is open then."""
    log.error("The pending reports of %s were not made", job.body["day"])


async def report(job: Job, services: Services) -> None:
    """Post what is open in a channel, which everybody there may read; nothing where nothing is open. Raises `Later`."""
    channel, moment = str(job.body["channel"]), datetime.fromisoformat(str(job.body["at"]))
    store = services.store
    ids = await store.pending_cases(services.workspace.team, channel)
    cases = [case for case in [await store.case(id) for id in ids[:LISTED]] if case is not None]
    if not cases:
        return
    outlet = InConversation(services, job, channel=channel, thread_ts=None, after=after(moment.timestamp()))
    with patience(job, worthwhile=services.now() - moment < EVENING):
        names = await services.people.names(case.assignee for case in cases if case.assignee)
        await outlet.deliver(content(cases, len(ids), names, services.workspace.url))


async def not_reported(job: Job, services: Services) -> None:
    """Tomorrow's report has whatever is open then."""
    log.error("A pending report was not posted in %s: is Precis a member there?", job.body["channel"])


def content(cases: Sequence[Case], count: int, names: Mapping[str, str], url: str) -> Content:
    """The first cases, each with its link; nobody is mentioned."""
    heading = f"{plural(count, 'urgent request')} {'is' if count == 1 else 'are'} still open:"
    lines = [line(case, names, url) for case in cases]
    more = [f"… and {count - len(cases)} more"] if count > len(cases) else []
    return fitted([heading, *lines, *more], map(section, packed(f"*{heading}*", [*lines, *more])))


def line(case: Case, names: Mapping[str, str], url: str) -> str:
    where = link(permalink(url, case.channel, case.ts, None), "open it")
    whose = f"assigned to {clip(names[case.assignee], NAME_LENGTH)}" if case.assignee else "nobody has taken it"
    since = at(datetime.fromisoformat(case.opened_at))
    return f"• {case.urgency} · {escape(case.category or '')} · since {since} · {escape(whose)} · {where}"
