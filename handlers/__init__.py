"""The routing table: one line per thing that Precis listens to, and one per kind of job that it does."""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, ClassVar, Protocol

from slack_bolt.async_app import AsyncApp
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot import housekeeping
from bot.digest import due
from bot.inbox import Job
from bot.scheduler import Appointment
from handlers import (
    answers,
    audits,
    ballot_cards,
    ballots,
    buttons,
    cards,
    compare,
    comparisons,
    corrections,
    digest,
    feedback,
    home,
    home_cards,
    home_categories,
    home_edits,
    home_modals,
    lifecycle,
    mentions,
    modals,
    notices,
    outages,
    pending,
    pickers,
    picking,
    provider,
    provider_menus,
    quiet,
    quotes,
    replays,
    share,
    shortcuts,
    summaries,
    tldr,
    triage,
    triage_cards,
    triage_posts,
    uninstalled,
    urgent,
)
from handlers.services import Services

log = logging.getLogger("precis.handlers")

Take = Callable[[dict[str, Any], Services], Awaitable[None]]


class Perform(Protocol):
    async def __call__(self, job: Job, services: Services) -> None: ...


AT_ONCE = 512
"""Jobs of one kind that a process does at the same time: they wait for Slack and for models, not for the processor."""

COMMANDS: Mapping[str, Callable[..., Awaitable[None]]] = {
    "/tldr": tldr.tldr,
    "/llm-provider": provider.llm_provider,
}
SHORTCUTS: Mapping[str, Callable[..., Awaitable[None]]] = {
    shortcuts.CALLBACK: shortcuts.summarise_thread,
}
ACTIONS: Mapping[str | re.Pattern[str], Callable[..., Awaitable[None]]] = {
    pickers.PICK: buttons.pick,
    pickers.DAY: buttons.day,
    quotes.WHOLE: buttons.whole,
    quotes.NEWEST: buttons.newest,
    modals.SHORTER: buttons.resize,
    modals.LONGER: buttons.resize,
    answers.SHARE: share.share,
    answers.UP: feedback.thumb,
    answers.DOWN: feedback.thumb,
    triage_cards.CATEGORY: corrections.press,
    triage_cards.URGENCY: corrections.press,
    triage_cards.FIRST: corrections.press,
    triage_cards.SECOND: corrections.press,
    triage_cards.ASSIGN: corrections.press,
    triage_cards.DONE: corrections.press,
    triage_cards.REOPEN: corrections.press,
    triage_cards.NOT_SUPPORT: corrections.press,
    triage_cards.SUPPORT: corrections.press,
    provider_menus.DO: provider.press,
    provider_menus.ANYWAY: provider.anyway,
    comparisons.COMPARE: replays.compare,
    comparisons.CANCEL: compare.cancel,
    comparisons.VOTE: ballots.begin,
    **dict.fromkeys(ballot_cards.VERDICTS, ballots.vote),
    home_cards.EDIT: home_edits.edit,
    home_cards.LIVE: home_edits.live,
    home_cards.REFRESH: home_edits.refresh,
    home_cards.CATEGORIES: home_categories.show_all,
    home_modals.EDIT_CATEGORY: home_categories.edit,
    home_modals.ADD_CATEGORY: home_categories.edit,
    home_modals.REMOVE_CATEGORY: home_categories.remove,
}
VIEWS: Mapping[str, Callable[..., Awaitable[None]]] = {
    modals.CALLBACK: buttons.again,
    home_modals.SET: home_edits.save,
    home_modals.STOP_ALL: home_edits.stop_all,
    home_modals.CATEGORY: home_categories.save,
}
EVENTS: Mapping[str, Take] = {
    "message.channels": triage.message,
    "message.groups": triage.message,
    "message.im": mentions.mention,
    "app_mention": mentions.mention,
    "reaction_added": quiet.reaction,
    "reaction_removed": quiet.reaction,
    "app_home_opened": home.opened,
    "member_joined_channel": cards.joined,
    "app_uninstalled": uninstalled.uninstalled,
    "tokens_revoked": uninstalled.revoked,
}
JOBS: Mapping[str, tuple[Perform, Perform]] = {
    summaries.QUEUE: (summaries.perform, summaries.give_up),
    picking.QUEUE: (picking.perform, picking.give_up),
    share.QUEUE: (share.perform, share.give_up),
    cards.QUEUE: (cards.perform, cards.give_up),
    triage.QUEUE: (triage.perform, triage.give_up),
    triage_posts.QUEUE: (triage_posts.cards.perform, triage_posts.cards.give_up),
    triage_posts.REACTIONS: (triage_posts.reactions.perform, triage_posts.reactions.give_up),
    urgent.QUEUE: (urgent.perform, urgent.give_up),
    corrections.QUEUE: (corrections.perform, corrections.give_up),
    home.QUEUE: (home.perform, home.give_up),
    pending.QUEUE: (pending.perform, pending.give_up),
    pending.REPORT: (pending.report, pending.not_reported),
    outages.QUEUE: (outages.perform, outages.give_up),
    provider.QUEUE: (provider.perform, provider.give_up),
    audits.QUEUE: (audits.perform, audits.give_up),
    compare.QUEUE: (compare.perform, compare.give_up),
    replays.QUEUE: (replays.perform, replays.give_up),
    ballots.BALLOT: (ballots.open, ballots.leave),
    ballots.VOTE: (ballots.count, ballots.drop),
    digest.QUEUE: (digest.perform, digest.give_up),
    lifecycle.QUEUE: (lifecycle.perform, lifecycle.give_up),
    notices.QUEUE: (notices.perform, notices.give_up),
    uninstalled.QUEUE: (uninstalled.perform, uninstalled.give_up),
}


def appointments(services: Services) -> list[Appointment]:
    """Everything that has its hour."""
    digests = partial(due, workspace=services.workspace.team)
    reports = partial(pending.due, workspace=services.workspace.team)
    return [digests, reports, lifecycle.APPOINTMENT, *housekeeping.APPOINTMENTS]


class Provide(AsyncMiddleware):
    """Gives every listener the services, by the name of its argument."""

    def __init__(self, services: Services) -> None:
        self.services = services

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse | None:
        req.context["services"] = self.services
        return await next()


class Taking(AsyncMiddleware):
    """Puts the job of an event into the inbox before Bolt acknowledges it, so that Slack repeats what was not written.

    The name of an event is that of the subscription: `message.im` is a `message` in a conversation of type `im`.
    """

    TYPES: ClassVar[Mapping[str, str]] = {"channels": "channel", "groups": "group"}
    """Where an event names its kind of conversation otherwise than the subscription does."""

    def __init__(self, name: str, take: Take) -> None:
        self.type, _, kind = name.partition(".")
        self.channel_type = self.TYPES.get(kind, kind)
        self.take = take

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse | None:
        if self.channel_type and req.body["event"].get("channel_type") != self.channel_type:
            return None
        await self.take(req.body, req.context["services"])
        return await next()


async def taken() -> None:
    """The listener of every event: its job is in the inbox already."""


async def unhandled(error: Exception, body: dict[str, Any]) -> BoltResponse | None:
    """Acknowledge what nothing here wants; for any other error leave Bolt's answer, which makes Slack try again."""
    if isinstance(error, BoltUnhandledRequestError):
        return BoltResponse(status=200, body="")
    log.error("A request of type %s failed: %s", body.get("type") or body.get("command"), type(error).__name__)
    return None


def register(app: AsyncApp, services: Services) -> None:
    """Connect every route to Bolt and every kind of job to the inbox.

    Bolt tries the routes in this order for each request, at a price for each: what comes in crowds comes first.
    """
    app.use(Provide(services))
    for name, take in EVENTS.items():
        route = Taking(name, take)
        app.event(route.type, middleware=[route])(taken)
    for command, listener in COMMANDS.items():
        app.command(command)(listener)
    for callback, listener in SHORTCUTS.items():
        app.message_shortcut(callback)(listener)
    for action, listener in ACTIONS.items():
        app.block_action(action)(listener)
    for callback, listener in VIEWS.items():
        app.view_submission(callback)(listener)
    app.error(unhandled)
    for queue, (perform, give_up) in JOBS.items():
        work, end = partial(perform, services=services), partial(give_up, services=services)
        services.inbox.perform(queue, work, end, limit=AT_ONCE)
