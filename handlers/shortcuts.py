"""*Summarise thread* in a message's menu: the thread of that message, for the asker's eyes only."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from handlers import blocks
from handlers.asks import Ask, Surface
from handlers.client import webhook
from handlers.replies import reporting
from handlers.services import Services
from handlers.tldr import QUEUE

CALLBACK = "tldr_message"


async def summarise_thread(ack: AsyncAck, shortcut: dict[str, Any], services: Services) -> None:
    """Take the shortcut; the answer is an ephemeral, because Slack shows nothing of a shortcut's ack."""

    async def tell(sentence: str) -> None:
        await ack()
        await webhook(shortcut["response_url"], services.connections).send(
            text=sentence, blocks=list(blocks.notice(sentence).blocks), response_type="ephemeral"
        )

    async with reporting(tell):
        await services.inbox.put(shortcut["trigger_id"], QUEUE, from_shortcut(shortcut).model_dump())
        await ack()


def from_shortcut(shortcut: dict[str, Any]) -> Ask:
    chosen = shortcut["message"]
    channel = shortcut["channel"]["id"]
    return Ask(
        surface=Surface.SHORTCUT,
        user=shortcut["user"]["id"],
        channel=channel,
        ts=chosen.get("thread_ts") or chosen["ts"],
        asked_in=channel,
        response_url=shortcut["response_url"],
    )
