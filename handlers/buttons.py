"""Buttons that ask for a summary: pick a thread, spend more, make it shorter or longer, look for something."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.wish import Length
from handlers import blocks
from handlers.asks import Ask, Spend, Surface, steering
from handlers.modals import FOCUS, view
from handlers.replies import reporting, taking, tell
from handlers.services import Services
from handlers.summaries import QUEUE, alone

SETTLING = 0.5
"""Seconds in which Slack puts the window back to reading, before the summary may fill it."""

NOT_YOURS = "Only the person who asked for this summary can choose what it may cost."


async def pick(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """One of a channel's threads."""
    await take(ack, body, services, here(body).model_copy(update={"ts": chosen(body)}))


async def day(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """The last 24 hours of the channel."""
    await take(ack, body, services, here(body).model_copy(update={"since": "24h"}))


async def whole(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """The whole conversation, whatever it was estimated to cost."""
    await spend(ack, body, services, Spend.WHOLE)


async def newest(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """As many of the newest messages as may be paid without asking."""
    await spend(ack, body, services, Spend.NEWEST)


async def spend(ack: AsyncAck, body: dict[str, Any], services: Services, may: Spend) -> None:
    ask = Ask.model_validate_json(chosen(body))
    if ask.user != body["user"]["id"]:
        await ack()
        await tell(body, services, NOT_YOURS)
        return
    await take(ack, body, services, ask.model_copy(update={"spend": may, **where(ask, body)}))


def where(ask: Ask, body: dict[str, Any]) -> dict[str, str]:
    """Where the answer goes now, and what the press itself proves about who is where."""
    if "view" in body:
        return {"view": body["view"]["id"], "asked_in": proven(ask)}
    if ask.surface is Surface.MENTION:
        return {"post_ts": body["container"]["message_ts"], "asked_in": body["container"]["channel_id"]}
    return {"response_url": body["response_url"], "asked_in": body["container"]["channel_id"]}


def proven(ask: Ask) -> str:
    """A window says nothing of the channel it was opened in, which its owner may have left; direct messages stay."""
    return ask.asked_in if alone(ask) else ""


async def resize(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Shorter or longer, in the window."""
    await take(ack, body, services, in_window(body).model_copy(update={"length": Length(chosen(body))}))


async def again(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Look for what was typed in the window."""
    typed = body["view"]["state"]["values"][FOCUS][FOCUS]["value"] or ""
    ask = in_window(body).model_copy(update=steering(" ".join(typed.split())))
    async with reporting(ack):
        await services.inbox.put(body["trigger_id"], QUEUE, ask.model_dump(), delay=SETTLING)
        await ack(response_action="update", view=view(blocks.notice(blocks.READING), ask))


async def take(ack: AsyncAck, body: dict[str, Any], services: Services, ask: Ask) -> None:
    async with taking(ack, body, services):
        await services.inbox.put(body["trigger_id"], QUEUE, ask.model_dump())
        await ack()


def here(body: dict[str, Any]) -> Ask:
    """A request from the person and the channel of a pressed button, answered beside it."""
    channel = body["container"]["channel_id"]
    return Ask(
        surface=Surface.COMMAND,
        user=body["user"]["id"],
        channel=channel,
        asked_in=channel,
        response_url=body["response_url"],
    )


def in_window(body: dict[str, Any]) -> Ask:
    """What the window shows now."""
    ask = Ask.model_validate_json(body["view"]["private_metadata"])
    return ask.model_copy(
        update={
            "view": body["view"]["id"],
            "user": body["user"]["id"],
            "asked_in": proven(ask),
            "spend": Spend.ASK,
        }
    )


def chosen(body: dict[str, Any]) -> str:
    """The value of what was pressed, or of what was picked from a menu."""
    action = body["actions"][0]
    return str(action["selected_option"]["value"] if "selected_option" in action else action["value"])
