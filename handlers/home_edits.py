"""What admins do on App Home: open a setting, save it, let a quiet channel go live; each time they have to be one."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from pydantic import ValidationError
from slack_bolt.async_app import AsyncAck
from slack_sdk.errors import SlackApiError

from handlers import audits, home, home_modals
from handlers.access import HIDDEN
from handlers.buttons import chosen
from handlers.client import refusal
from handlers.home_fields import FIELDS, channels, problem, unread
from handlers.replies import reporting
from handlers.services import Services

log = logging.getLogger("precis.home")

DENIED = "Only owners and admins of this workspace can change its settings. Please ask one; nothing has changed."
TITLE = "Settings"


async def refresh(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Draw the Home of whoever asks."""
    async with pressing(ack, body, services):
        await home.draw(body["user"]["id"], services)


async def edit(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Open the window of a setting."""
    async with pressing(ack, body, services):
        if await admitted(body, services):
            name = chosen(body)
            value = getattr(await services.settings.read(), name)
            unseen = await hidden(channels(name, value), body["user"]["id"], services)
            await show(home_modals.setting(name, value, unseen), body, services)


async def save(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Take what was entered for a setting: it holds when the window closes."""
    name = body["view"]["private_metadata"]
    async with reporting(partial(fault, ack, name)):
        if not await is_admin(body, services):
            await ack(response_action="update", view=home_modals.notice(TITLE, DENIED))
            return
        value = entered(name, body)
        if value is ...:
            await fault(ack, name, unread(name))
        elif name in home_modals.BUDGETS and value == 0:
            await ack(response_action="push", view=home_modals.stop_all(name))
        else:
            await settle(name, value, ack, body, services)


async def stop_all(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Set a budget of 0, which was asked about."""
    async with reporting(partial(noticed, ack)):
        if await is_admin(body, services):
            await changed(body["view"]["private_metadata"], 0, body, services)
            await ack(response_action="clear")
        else:
            await noticed(ack, DENIED)


async def live(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Have cards posted in a channel that was quiet."""
    async with pressing(ack, body, services):
        if await admitted(body, services):
            await go_live(chosen(body), body, services)


async def go_live(channel: str, body: dict[str, Any], services: Services) -> None:
    """Make it a support channel before it stops to be quiet, so that no message falls between the two."""
    user, id = body["user"]["id"], body["trigger_id"]
    async with turn(services):
        settings = await services.settings.read()
        if channel in settings.quiet_channels:
            quiet = [each for each in settings.quiet_channels if each != channel]
            if channel not in settings.triage_channels:
                support = [*settings.triage_channels, channel]
                await make("triage_channels", support, user, f"{id}:support", services)
            await make("quiet_channels", quiet, user, id, services)
    await home.draw(user, services)


async def settle(name: str, value: object, ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Set it and close the window, or say beside the input what is wrong."""
    try:
        await changed(name, value, body, services)
    except ValidationError as error:
        await fault(ack, name, problem(name, error))
    else:
        await ack()


async def changed(name: str, value: object, body: dict[str, Any], services: Services) -> None:
    """Set a field to what was entered, None being no limit. Channels that the admin could not see stay in it.

    Raises `ValidationError`.
    """
    user = body["user"]["id"]
    held = getattr(await services.settings.read(), name)
    unseen = await hidden(channels(name, held), user, services)
    if isinstance(value, list):
        value = [*value, *(channel for channel in unseen if channel not in value)]
    elif unseen and not value:
        value = held
    await make(name, value, user, body["trigger_id"], services)


async def make(name: str, value: object, user: str, id: str, services: Services) -> None:
    """Make a change under this id, have it told, and have Home show it. Raises `ValidationError`."""
    if value is None:
        await services.settings.lift(name, by=user, id=id)
    else:
        await services.settings.change(name, value, by=user, id=id)
    if await audits.tell(id, services.settings, services.inbox):
        log.info("%s changed %s", user, name)
        await home.redraw(services)


def entered(name: str, body: dict[str, Any]) -> object:
    """What stands in the input, `...` where that cannot be read."""
    kind = FIELDS[name]
    try:
        value = kind.read(body["view"]["state"]["values"][name][name])
    except ValueError:
        return ...
    return ... if value is None and not kind.optional else value


async def hidden(channels: Iterable[str], user: str, services: Services) -> list[str]:
    """The private channels among these that the user is not in."""
    found = list(channels)
    seen = await asyncio.gather(*(sees(user, channel, services) for channel in found))
    return [channel for channel, visible in zip(found, seen, strict=True) if not visible]


async def sees(user: str, channel: str, services: Services) -> bool:
    """A channel that Slack does not show us is no secret of anybody's that we know, and can be taken out."""
    try:
        return await services.access.is_public(channel) or await services.access.is_member(user, channel)
    except SlackApiError as error:
        if refusal(error) in HIDDEN:
            return True
        raise


async def is_admin(body: dict[str, Any], services: Services) -> bool:
    user = body["user"]["id"]
    admin = await services.admins.include(user)
    if not admin:
        log.warning("%s wanted to change a setting and is no admin", user)
    return admin


async def admitted(body: dict[str, Any], services: Services) -> bool:
    """Whether an admin pressed; anybody else is told, and their Home is drawn as it is for everybody."""
    if await is_admin(body, services):
        return True
    await home.draw(body["user"]["id"], services)
    await show(home_modals.notice(TITLE, DENIED), body, services)
    return False


async def show(view: dict[str, Any], body: dict[str, Any], services: Services) -> None:
    """Open a window, on top of the one in which the button was pressed."""
    window = body["view"]["type"] == "modal"
    opens = services.slack.views_push if window else services.slack.views_open
    await opens(trigger_id=body["trigger_id"], view=view)


async def fault(ack: AsyncAck, block: str, said: str) -> None:
    """Say what is wrong beside an input, and leave the window open."""
    await ack(response_action="errors", errors={block: said})


async def noticed(ack: AsyncAck, said: str) -> None:
    """Put a sentence in the place of the window."""
    await ack(response_action="update", view=home_modals.notice(TITLE, said))


@asynccontextmanager
async def pressing(ack: AsyncAck, body: dict[str, Any], services: Services) -> AsyncIterator[None]:
    """`reporting` for a button in a view, which has no address to answer at: what went wrong stands in a window.

    The press is acknowledged when all is done: the time to open a window runs out no later than that for an ack.
    """

    async def sorry(said: str) -> None:
        await ack()
        await show(home_modals.notice(TITLE, said), body, services)

    async with reporting(sorry):
        yield
        await ack()


def turn(services: Services) -> asyncio.Lock:
    """Changes of one item in a list take turns, so that none undoes another."""
    return services.locks.setdefault("settings", asyncio.Lock())
