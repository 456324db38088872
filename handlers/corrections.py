"""The menus and buttons of a card: what people correct, take on, close, or say is no request."""

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from slack_bolt.async_app import AsyncAck

from bot.categories import URGENCIES
from bot.inbox import Job
from bot.store import Case
from handlers import triage_cards, triage_posts
from handlers.replies import GIVEN_UP, respond, taking
from handlers.services import Services

QUEUE = "triage_press"

ACTED = "acted"
"""Stands in the job's row where all that is left is to show it: what others have pressed since then holds."""

GONE = "That message was deleted, and its card goes with it."
NOT_A_MEMBER = "Only members of this channel can change this card. Join the channel, then try again."
NO_SUCH_LABEL = "That label does not exist any more. Please choose another one."

FIELDS = {
    triage_cards.CATEGORY: "category",
    triage_cards.FIRST: "category",
    triage_cards.SECOND: "category",
    triage_cards.URGENCY: "urgency",
    triage_cards.NOT_SUPPORT: "support",
    triage_cards.SUPPORT: "support",
}
"""Which label an action corrects; the other actions correct none."""

SAID = {triage_cards.NOT_SUPPORT: "no", triage_cards.SUPPORT: "yes"}


class Press(BaseModel):
    """A press as it waits in the inbox: who did what to which case, and when.

    `at` is UTC ISO-8601 by Slack's clock: whichever of two presses came later counts, and ours may be set back.
    """

    model_config = ConfigDict(frozen=True)

    case: str
    action: str
    label: str
    user: str
    channel: str
    at: str
    response_url: str = ""
    thread_ts: str = ""


async def press(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Take a press; one press counts once."""
    async with taking(ack, body, services):
        await services.inbox.put(body["trigger_id"], QUEUE, from_body(body).model_dump())
        await ack()


def from_body(body: dict[str, Any]) -> Press:
    action = body["actions"][0]
    option = action.get("selected_option") or {}
    return Press(
        case=action["block_id"].removesuffix(triage_cards.GUESS),
        action=action["action_id"],
        label=SAID.get(action["action_id"]) or option.get("value") or action.get("value") or "",
        user=body["user"]["id"],
        channel=body["container"]["channel_id"],
        at=datetime.fromtimestamp(float(action["action_ts"]), UTC).isoformat(),
        response_url=body.get("response_url") or "",
        thread_ts=body["container"].get("thread_ts") or "",
    )


async def perform(job: Job, services: Services) -> None:
    """Do what was pressed, if whoever pressed may, and show it. Raises `Later` while Slack fails."""
    pressed = Press.model_validate(job.body)
    if job.answer is None:
        case = await services.store.case(pressed.case)
        problem = await refused(pressed, case, services)
        if problem:
            await respond(pressed.response_url, pressed.thread_ts, services, problem)
            return
        await act(job.id, pressed, services)
        await job.save(ACTED)
    await triage_posts.show(pressed.case, services)


async def give_up(job: Job, services: Services) -> None:
    """Say that it did not work out."""
    pressed = Press.model_validate(job.body)
    await respond(pressed.response_url, pressed.thread_ts, services, GIVEN_UP)


async def refused(pressed: Press, case: Case | None, services: Services) -> str:
    """Why a press does nothing, for whoever pressed; empty where it counts."""
    if case is None or case.channel != pressed.channel:
        return GONE
    if not await may(pressed.user, case, services):
        return NOT_A_MEMBER
    return "" if await exists(pressed, services) else NO_SUCH_LABEL


async def may(user: str, case: Case, services: Services) -> bool:
    """The author of the message may, and members of the channel. Only members see a channel that is not public."""
    if user == case.author or not await services.access.is_public(case.channel):
        return True
    return await services.access.is_member(user, case.channel)


async def exists(pressed: Press, services: Services) -> bool:
    field = FIELDS.get(pressed.action)
    if field == "category":
        return pressed.label in {category.name for category in (await services.settings.read()).categories}
    return field != "urgency" or pressed.label in URGENCIES


async def act(id: str, pressed: Press, services: Services) -> None:
    """Write down what was pressed. Doing it again changes nothing."""
    store, at = services.store, datetime.fromisoformat(pressed.at)
    if pressed.action in FIELDS:
        field, confirms = FIELDS[pressed.action], pressed.action == triage_cards.FIRST
        await store.correct(id, pressed.case, field, pressed.label, by=pressed.user, at=at, confirms=confirms)
    elif pressed.action == triage_cards.ASSIGN:
        await store.assign(pressed.case, pressed.user, at)
    elif pressed.action == triage_cards.DONE:
        await store.close_case(pressed.case, pressed.user, at)
    elif pressed.action == triage_cards.REOPEN:
        await store.reopen(pressed.case, at)
