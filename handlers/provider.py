"""`/llm-provider`: everybody sees which models answer and what they cost, and admins switch them."""

from dataclasses import replace
from html import unescape
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.catalogue import Misunderstood
from bot.choices import DEFAULT, TASKS
from bot.inbox import Job
from bot.overview import look
from bot.settings import model_setting
from bot.switching import ASKED, BUDGETS, Asked, Compare, Help, History, Report, Status, Switch, parse
from handlers import audits, blocks, compare, digest, provider_cards, switches
from handlers.blocks import Content
from handlers.buttons import chosen
from handlers.direct import ForAsker
from handlers.replies import GIVEN_UP, reporting, taking, tell
from handlers.services import Services
from handlers.switches import Order
from handlers.tldr import shown

QUEUE = "provider"
LOOKING = "One moment, for your eyes only."
TRYING = "One moment: I see whether that can be done. The answer comes in a few seconds, for your eyes only."
CHANGES = 10
EVERYBODYS = frozenset(
    [*map(model_setting, (DEFAULT, *TASKS)), "fallback", "shadow", *BUDGETS.values()],
)
"""The settings whose values everybody sees in the status anyway."""


async def llm_provider(ack: AsyncAck, command: dict[str, Any], services: Services) -> None:
    """Take `/llm-provider` with whatever stands behind it."""
    async with reporting(ack):
        await ack(**shown(await answer(command, services)))


async def answer(command: dict[str, Any], services: Services) -> Content:
    """What the asker sees at once: help, or what could not be understood, or that the answer follows."""
    try:
        asked = parse(unescape(command.get("text") or ""), services.catalogue)
    except Misunderstood as misunderstood:
        return blocks.notice(str(misunderstood))
    if isinstance(asked, Help):
        return provider_cards.how_to(asked.unknown)
    order = Order(
        user=command["user_id"],
        channel=command["channel_id"],
        response_url=command["response_url"],
        asked=asked.model_dump_json(),
    )
    await services.inbox.put(command["trigger_id"], QUEUE, order.model_dump())
    return blocks.notice(TRYING if isinstance(asked, Switch) else LOOKING)


async def press(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Take a choice in a menu, or a button, which stand for words that could be typed."""
    async with taking(ack, body, services):
        try:
            await take(parse(chosen(body), services.catalogue), body, services)
            await ack()
        except Misunderstood as misunderstood:
            await ack()
            await tell(body, services, str(misunderstood))


async def anyway(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Take a change that is wanted though something speaks against it."""
    async with taking(ack, body, services):
        await take(Switch.model_validate_json(chosen(body)), body, services, anyway=True)
        await ack()


async def take(asked: Asked, body: dict[str, Any], services: Services, *, anyway: bool = False) -> None:
    order = Order(
        user=body["user"]["id"],
        channel=body["container"]["channel_id"],
        response_url=body["response_url"],
        asked=asked.model_dump_json(),
        anyway=anyway,
    )
    await services.inbox.put(body["trigger_id"], QUEUE, order.model_dump())


async def perform(job: Job, services: Services) -> None:
    """Answer, for the asker's eyes only. Raises `SlackApiError` where Slack fails."""
    order = Order.model_validate(job.body)
    if job.answer is None:
        found = await content(ASKED.validate_json(order.asked), order, job, services)
        if not await job.save(found.model_dump_json()):
            return
    else:
        found = Content.model_validate_json(job.answer)
    await ForAsker(services, job, user=order.user, url=order.response_url).deliver(found)


async def content(asked: Asked, order: Order, job: Job, services: Services) -> Content:
    if isinstance(asked, Switch):
        return await switches.carry_out(asked, order, job, services)
    if isinstance(asked, Compare):
        return blocks.notice(await compare.begin(asked, user=order.user, key=job.id, services=services))
    if isinstance(asked, Status):
        return await status(order, services)
    if isinstance(asked, Report):
        return await digest.latest(services, admin=await services.admins.include(order.user))
    if isinstance(asked, History):
        return await history(order, services)
    return provider_cards.how_to(asked.unknown)


async def history(order: Order, services: Services) -> Content:
    """The last changes; those who are no admins see the ones about models and budgets, without the reasons."""
    changes = await services.store.changes(services.workspace.team)
    if not await services.admins.include(order.user):
        changes = [replace(change, reason=None) for change in changes if change.name in EVERYBODYS]
    shown = changes[:CHANGES]
    return provider_cards.history(shown, await audits.names({change.changed_by for change in shown}, services))


async def status(order: Order, services: Services) -> Content:
    overview = await look(services.gateway, services.settings)
    changed_by = {row.changed_by for row in overview.standing.values()}
    catalogue = services.catalogue if await services.admins.include(order.user) else None
    return provider_cards.status(overview, await audits.names(changed_by, services), catalogue)


async def give_up(job: Job, services: Services) -> None:
    order = Order.model_validate(job.body)
    await ForAsker(services, job, user=order.user, url=order.response_url).deliver(blocks.notice(GIVEN_UP))
