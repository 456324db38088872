"""*Summarise thread* in a message's menu: the thread of that message, in a window for the asker's eyes only."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from handlers import blocks
from handlers.asks import Ask, Surface
from handlers.modals import view
from handlers.replies import taking
from handlers.services import Services
from handlers.summaries import QUEUE

CALLBACK = "tldr_message"


async def summarise_thread(ack: AsyncAck, shortcut: dict[str, Any], services: Services) -> None:
    """Take the shortcut, then open the window that its job fills in."""
    async with taking(ack, shortcut, services):
        ask = from_shortcut(shortcut)
        await services.inbox.put(ask.view, QUEUE, ask.model_dump())
        await ack()
        await services.slack.views_open(
            trigger_id=shortcut["trigger_id"],
            view=view(blocks.notice(blocks.READING), ask),
        )


def from_shortcut(shortcut: dict[str, Any]) -> Ask:
    chosen = shortcut["message"]
    channel = shortcut["channel"]["id"]
    return Ask(
        surface=Surface.MODAL,
        user=shortcut["user"]["id"],
        channel=channel,
        ts=chosen.get("thread_ts") or chosen["ts"],
        asked_in=channel,
        view=shortcut["trigger_id"],
    )
