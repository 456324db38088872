"""The categories editor of App Home: one category at a time, so that two admins do not undo each other's work."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pydantic import ValidationError
from slack_bolt.async_app import AsyncAck

from bot.categories import MOST, OTHER, Category
from bot.ids import GROUP_ID
from handlers import home_modals
from handlers.buttons import chosen
from handlers.home_edits import DENIED, TITLE, admitted, fault, is_admin, make, pressing, show, turn
from handlers.home_modals import DESCRIPTION, EMOJI, GROUP, NAME, OWNER
from handlers.replies import reporting
from handlers.services import Services

SETTING = "categories"
REMOVED = "Somebody has removed this category meanwhile. Close this window, then add it anew."
TAKEN = "There is a category of that name already."
FIXED = f"{OTHER.name} is always among the categories, so its name stays."
FULL = f"There are at most {MOST} categories. Remove one first."
ONE_OWNER = "Choose a person or give a user group, not both."
NO_ID = "Give the id of a user group, such as S0123ABCD, or leave it empty."


class Wrong(Exception):
    """What was entered for a category cannot be taken: the input, and a sentence that says how it should be."""

    def __init__(self, block: str, sentence: str) -> None:
        super().__init__(block)
        self.block = block
        self.sentence = sentence


async def show_all(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Open the window with all categories."""
    async with pressing(ack, body, services):
        if await admitted(body, services):
            settings = await services.settings.read()
            await show(home_modals.categories(settings.categories), body, services)


async def edit(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Open the window of one category, or of a new one."""
    async with pressing(ack, body, services):
        if await admitted(body, services):
            await show(await editor(chosen(body), body, services), body, services)


async def editor(name: str, body: dict[str, Any], services: Services) -> dict[str, Any]:
    if body["actions"][0]["action_id"] == home_modals.ADD_CATEGORY:
        return home_modals.category(None)
    settings = await services.settings.read()
    found = next((each for each in settings.categories if each.name == name), None)
    return home_modals.category(found) if found else home_modals.notice(TITLE, REMOVED)


async def save(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Take a category; the window below shows it when this one closes."""
    async with reporting(partial(fault, ack, NAME)):
        if not await is_admin(body, services):
            await ack(response_action="update", view=home_modals.notice(TITLE, DENIED))
            return
        try:
            await keep(body, services)
        except Wrong as wrong:
            await fault(ack, wrong.block, wrong.sentence)
        else:
            await ack()


async def keep(body: dict[str, Any], services: Services) -> None:
    """Put the category into its place among those that hold now. Raises `Wrong`."""
    view = body["view"]
    new, old = read(view["state"]["values"]), json.loads(view["private_metadata"])
    async with turn(services):
        held = (await services.settings.read()).categories
        await change(placed(new, old, held), body, services)
    await listed(view["previous_view_id"], services)


def placed(new: Category, old: str | None, held: Sequence[Category]) -> list[Category]:
    """The categories with the new one in place of that named `old`, or before the last. Raises `Wrong`."""
    names = [category.name for category in held]
    if old is not None and old not in names:
        raise Wrong(NAME, REMOVED)
    if new.name != old and new.name in names:
        raise Wrong(NAME, TAKEN)
    if old == OTHER.name and new.name != old:
        raise Wrong(NAME, FIXED)
    if old is not None:
        return [new if category.name == old else category for category in held]
    if len(held) >= MOST:
        raise Wrong(NAME, FULL)
    return [*held[:-1], new, held[-1]]


async def remove(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Take a category out."""
    async with pressing(ack, body, services):
        if await admitted(body, services):
            said = await removed(chosen(body), body, services)
            await services.slack.views_update(view_id=body["view"]["id"], view=home_modals.notice(TITLE, said))
            await listed(body["view"]["previous_view_id"], services)


async def removed(name: str, body: dict[str, Any], services: Services) -> str:
    """What has come of it."""
    async with turn(services):
        held = (await services.settings.read()).categories
        left = [category for category in held if category.name != name]
        try:
            await change(left, body, services)
        except Wrong as wrong:
            return wrong.sentence
    return f"The category {name} is removed. Old cases keep their label."


async def change(found: Sequence[Category], body: dict[str, Any], services: Services) -> None:
    """Set the categories. Raises `Wrong`."""
    value = [category.model_dump() for category in found]
    try:
        await make(SETTING, value, body["user"]["id"], body["trigger_id"], services)
    except ValidationError as error:
        raise Wrong(NAME, said(error)) from None


async def listed(view: str | None, services: Services) -> None:
    """Show all categories as they are now in the window below."""
    if view:
        settings = await services.settings.read()
        await services.slack.views_update(view_id=view, view=home_modals.categories(settings.categories))


def read(values: Mapping[str, Any]) -> Category:
    """The category that was entered. Raises `Wrong`."""
    person = values[OWNER][OWNER].get("selected_user") or ""
    group = (values[GROUP][GROUP].get("value") or "").strip()
    if person and group:
        raise Wrong(GROUP, ONE_OWNER)
    if group and not group.startswith(GROUP_ID):
        raise Wrong(GROUP, NO_ID)
    typed = {name: (values[name][name].get("value") or "").strip() for name in (NAME, DESCRIPTION, EMOJI)}
    try:
        return Category(**typed, owner=person or group)
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        raise Wrong(GROUP if field == OWNER and group else field, said(error)) from None


def said(error: ValidationError) -> str:
    sentence = str(error.errors()[0]["ctx"]["error"])
    return f"{sentence[0].upper()}{sentence[1:]}."
