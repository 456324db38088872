"""Thumbs on a summary, kept with the call that wrote it."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from handlers.answers import UP
from handlers.buttons import chosen
from handlers.modals import remark
from handlers.replies import taking, tell
from handlers.services import Services

THANKS = "Thank you, noted."


async def thumb(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Keep a verdict; pressing again changes it."""

    async with taking(ack, body, services):
        verdict = "up" if body["actions"][0]["action_id"] == UP else "down"
        await services.store.give_feedback(chosen(body), body["user"]["id"], verdict, services.now())
        await ack()
        if "view" in body:
            await remark(THANKS, body, services)
        else:
            await tell(body, services, THANKS)
