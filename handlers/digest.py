"""The weekly digest in Slack: what it looks like, and the job that posts it once."""

import logging
import re
from datetime import time
from typing import Any

from pydantic import BaseModel, ConfigDict
from slack_sdk.errors import SlackApiError

from bot import digest
from bot.digest import QUEUE
from bot.figures import Figures
from bot.inbox import Job, Later
from bot.settings import Settings
from bot.store import Posted
from bot.week import Week, last_complete
from handlers import charts, hours, notices
from handlers import digest_words as words
from handlers.blocks import SECTION_LIMIT, Content, actions, button, clip, context, fitted, packed, section
from handlers.client import BAD_BLOCKS, patience, refusal
from handlers.digest_words import Mention
from handlers.mrkdwn import escape
from handlers.posts import InConversation, after
from handlers.provider_menus import PREFIX
from handlers.services import Services

__all__ = ["QUEUE", "content", "give_up", "perform", "plain"]

log = logging.getLogger("precis.digest")

PROVIDER_OPEN = f"{PREFIX}open"
PLAIN = "plain"
"""Stands in the job's row where Slack has refused the chart or the table."""

CHANNEL = re.compile(r"&lt;#([CG][A-Z0-9]+)&gt;")


class Order(BaseModel):
    """A digest as it waits in the inbox: of which week, since when in epoch seconds, and whether somebody asked."""

    model_config = ConfigDict(frozen=True)

    week: str
    at: float
    asked: bool


def linked(channel: str) -> str:
    return f"<#{channel}>"


def unnamed(_: str) -> str:
    return "a channel"


def content(figures: Figures) -> Content:
    """A headline, a chart, a table, three bullets and a button; for an empty week one line."""
    if figures.empty:
        return one_line(figures)
    shown = words.names(figures.models)
    blocks = [section(f"*{escape(words.headline(figures))}*"), context(escape(words.totals(figures)))]
    if figures.models:
        costs = [(shown[each.model], each.line.cost_usd) for each in figures.models]
        known = [(name, usd) for name, usd in costs if usd is not None]
        calls = [(shown[each.model], float(each.line.calls)) for each in figures.models]
        chart = ("Cost of each model", "US dollars", known) if known else ("Calls of each model", "Calls", calls)
        blocks += [charts.bars(*chart), charts.table(words.HEAD, words.cells(figures))]
    return fitted(spoken(figures), [*blocks, *below(figures)])


def plain(figures: Figures, mention: Mention = linked) -> Content:
    """The same without the blocks that not every workspace has yet."""
    if figures.empty:
        return one_line(figures)
    blocks = [section(f"*{escape(words.headline(figures))}*"), context(escape(words.totals(figures)))]
    if lines := model_lines(figures):
        blocks += map(section, packed(f"• {lines[0]}", [f"• {line}" for line in lines[1:]]))
    return fitted(spoken(figures, mention), [*blocks, *below(figures, mention)])


def one_line(figures: Figures) -> Content:
    text = escape(words.empty(figures))
    return Content(text=text, blocks=(section(text),))


def below(figures: Figures, mention: Mention = linked) -> list[dict[str, Any]]:
    """What stands under the figures."""
    told = [f"• *{heading}:* {text}" for heading, text in bulleted(figures, mention)]
    blocks = [section(text) for text in packed(told[0], told[1:])]
    if tried := words.trials(figures):
        blocks.append(context(escape(clip(tried, SECTION_LIMIT))))
    return [*blocks, actions(button("Open /llm-provider", PROVIDER_OPEN, "status"))]


def bulleted(figures: Figures, mention: Mention) -> list[tuple[str, str]]:
    found = words.bullets(figures, mention)
    return [(heading, CHANNEL.sub(r"<#\1>", escape(text))) for heading, text in found]


def model_lines(figures: Figures) -> list[str]:
    shown = words.names(figures.models)
    return [escape(words.sentence(each, shown[each.model])) for each in figures.models]


def spoken(figures: Figures, mention: Mention = linked) -> list[str]:
    """All of it in words, for notifications and screen readers."""
    told = [f"{heading}: {text}" for heading, text in bulleted(figures, mention)]
    tried = [escape(words.trials(figures))] if figures.trials else []
    return [escape(words.headline(figures)), escape(words.totals(figures)), *model_lines(figures), *told, *tried]


async def latest(services: Services, *, admin: bool) -> Content:
    """The last complete week for one person's eyes, in blocks that Slack never refuses.

    Only an admin is told the channels: the others may not know that there is such a private one.
    """
    settings, now = await services.settings.read(), services.now()
    found = await reckoned(last_complete(now, settings.zone), settings, services)
    return plain(found, linked if admin else unnamed)


async def reckoned(week: Week, settings: Settings, services: Services) -> Figures:
    return await digest.figures(
        services.store,
        week,
        settings=settings,
        workspace=services.workspace.team,
        prices=services.gateway.attempts.prices,
        now=services.now(),
    )


async def perform(job: Job, services: Services) -> None:
    """Post the digest, or put it off until its hour has come. Raises `Later`."""
    order, settings = Order.model_validate(job.body), await services.settings.read()
    week, team = Week.parse(order.week), services.workspace.team
    if await services.store.digest(team, order.week):
        return
    if not order.asked and not timely(week, settings, services):
        return
    if not settings.digest_channel:
        if order.asked:  # no later week ends it
            await give_up(job, services)
            return
        raise Later(hours.MINUTE)
    found = await reckoned(week, settings, services)
    outlet = InConversation(
        services,
        job,
        channel=settings.digest_channel,
        thread_ts=None,
        after=after(earliest(order, week, settings)),
        look=order.asked,
    )
    with patience(job, worthwhile=week == last_complete(services.now(), settings.zone)):
        await deliver(found, outlet, job)
    await services.store.note_digest(
        Posted(
            workspace=team,
            week=order.week,
            channel=settings.digest_channel,
            ts=job.posted or "",
            posted_at=services.now().isoformat(),
        )
    )


def earliest(order: Order, week: Week, settings: Settings) -> float:
    """Epoch seconds since when the digest may be there; one that is asked for may be so since the week's digest day."""
    ordered = order.at
    if not order.asked:
        return ordered
    day = Week.of(week.ends(settings.zone), settings.zone).hour(settings.digest_day, time(), settings.zone)
    return min(ordered, day.timestamp())


def timely(week: Week, settings: Settings, services: Services) -> bool:
    """Whether the week is still the last one. Raises `Later` where the hour of its digest has not come."""
    now = services.now()
    if week < last_complete(now, settings.zone):
        log.warning("The digest of %s is not posted any more: another week has ended since", week)
        return False
    hours.until(digest.hour(settings, now), services)
    return True


async def deliver(figures: Figures, outlet: InConversation, job: Job) -> None:
    """Post it with chart and table, or without where Slack does not take them."""
    try:
        await outlet.deliver(plain(figures) if job.answer == PLAIN else content(figures))
    except SlackApiError as error:
        if job.answer == PLAIN or refusal(error) not in BAD_BLOCKS:
            raise
        log.warning("Slack refuses the digest's chart or table, so it goes without")
        await job.save(PLAIN)
        await outlet.deliver(plain(figures))


async def give_up(job: Job, services: Services) -> None:
    """Tell the admins what to do."""
    channel = (await services.settings.read()).digest_channel
    where = f" in <#{channel}>. Invite me there or choose another channel" if channel else ": choose a channel for it"
    log.error("The digest of job %s could not be posted", job.id)
    await notices.tell(
        f"{job.id}:failed",
        f"I could not post the weekly digest{where}, then run `python -m bot digest --post`.",
        services,
    )
