"""The window of *Summarise thread*: it opens at once, fills in when the summary is there, and takes further wishes."""

import asyncio
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.wish import Length
from handlers.asks import FOCUS_LENGTH, Ask
from handlers.blocks import Content, actions, button, context, plain
from handlers.client import refusal
from handlers.services import Services

CALLBACK = "tldr_modal"
SHORTER, LONGER = "tldr_shorter", "tldr_longer"
FOCUS = "focus"
REMARK = "remark"
SENT = ("type", "callback_id", "title", "close", "submit", "private_metadata")
"""What of a window, beside its blocks, is sent again when it is changed."""

CHANGED = ("not_found", "hash_conflict")
OPENING = 6
"""Half seconds that a window may take to open after its job has been put into the inbox."""


class InModal:
    """A view, known by the id of the job that it was opened for or by its own; closed by the person, it is let be."""

    def __init__(self, services: Services, ask: Ask) -> None:
        self.slack = services.slack
        self.ask = ask

    async def announce(self, content: Content) -> None:
        """Say so in a window that shows something else; one that was just opened does already."""
        if by_id(self.ask):
            await self.update(view(content, self.ask))

    async def progress(self, content: Content) -> None:
        await self.update(view(content, self.ask))

    async def deliver(self, content: Content) -> None:
        shown = view(content, self.ask, ready=True)
        for _ in range(OPENING):
            if await self.update(shown):
                return
            await asyncio.sleep(0.5)

    async def update(self, shown: dict[str, Any]) -> bool:
        """Whether there is such a window. Raises `SlackApiError` for any other failure."""
        key = "view_id" if by_id(self.ask) else "external_id"
        try:
            await self.slack.views_update(**{key: self.ask.view}, view=shown)
        except SlackApiError as error:
            if refusal(error) != "not_found":
                raise
            return False
        return True


async def remark(said: str, body: dict[str, Any], services: Services) -> None:
    """Say something below what was pressed in a window, unless the window has changed or gone meanwhile."""
    shown, pressed = body["view"], body["actions"][0]["block_id"]
    blocks = [block for block in shown["blocks"] if block["block_id"] != REMARK]
    place = next(number for number, block in enumerate(blocks, 1) if block["block_id"] == pressed)
    blocks.insert(place, {**context(said), "block_id": REMARK})
    changed = {name: shown[name] for name in SENT if shown.get(name)} | {"blocks": blocks}
    try:
        await services.slack.views_update(view_id=shown["id"], hash=shown["hash"], view=changed)
    except SlackApiError as error:
        if refusal(error) not in CHANGED:
            raise


def by_id(ask: Ask) -> bool:
    """Whether the window is known by its own id, else by that of the job that it was opened for."""
    return ask.view.startswith("V")


def view(content: Content, ask: Ask, *, ready: bool = False) -> dict[str, Any]:
    """The window with a content; when it is ready, with the ways to have it otherwise.

    The job's id is in it each time: a window that is updated without loses it, and is not found again.
    """
    shown: dict[str, Any] = {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": plain("Thread summary"),
        "close": plain("Close"),
        "private_metadata": ask.model_dump_json(exclude={"view"}, exclude_defaults=True),
        "blocks": list(content.blocks),
    }
    if not by_id(ask):
        shown["external_id"] = ask.view
    if ready:
        shown["submit"] = plain("Summarise again")
        shown["blocks"] += [lengths(ask.length), focus(ask.focus)]
    return shown


def lengths(length: Length) -> dict[str, Any]:
    choices = [
        *([button("Shorter", SHORTER, length.shorter)] if length is not Length.SHORT else []),
        *([button("Longer", LONGER, length.longer)] if length is not Length.LONG else []),
    ]
    return actions(*choices)


def focus(text: str) -> dict[str, Any]:
    element: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": FOCUS,
        "max_length": FOCUS_LENGTH,
        "placeholder": plain("only the decisions, auf Deutsch, …"),
    }
    if text:
        element["initial_value"] = text
    return {"type": "input", "block_id": FOCUS, "optional": True, "label": plain("Look for"), "element": element}
