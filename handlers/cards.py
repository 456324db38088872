"""Cards that need no model: help, a hint under a mention, the line on joining a channel."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.inbox import Job
from handlers import blocks
from handlers.blocks import Content
from handlers.posts import InConversation
from handlers.refusals import ChannelLink, NotInThread, OtherWorkspace
from handlers.replies import sentence
from handlers.services import Services

QUEUE = "card"

CARDS: Mapping[str, Callable[[str], Content]] = {
    "help": blocks.help_card,
    "welcome": blocks.welcome,
    "welcome_support": blocks.welcome_support,
    "needs_link": lambda bot: blocks.needs_link(),
    "not_in_thread": lambda bot: blocks.notice(sentence(NotInThread(), bot=bot)),
    "channel_link": lambda bot: blocks.notice(sentence(ChannelLink(), bot=bot)),
    "other_workspace": lambda bot: blocks.notice(sentence(OtherWorkspace(), bot=bot)),
}


class Card(BaseModel):
    """A card as it waits in the inbox: which one, and where it goes. `after` is the ts of what it answers."""

    model_config = ConfigDict(frozen=True)

    name: str
    channel: str
    thread_ts: str | None
    after: str


async def joined(body: dict[str, Any], services: Services) -> None:
    """Take the bot's own arrival in a channel that is not quiet; other people's are nobody's business."""
    event, settings = body["event"], await services.settings.read()
    if event.get("user") == services.workspace.bot_user and event["channel"] not in settings.quiet_channels:
        name = "welcome_support" if event["channel"] in settings.triage_channels else "welcome"
        card = Card(name=name, channel=event["channel"], thread_ts=None, after=body["event"].get("event_ts", "0"))
        await services.inbox.put(body["event_id"], QUEUE, card.model_dump())


async def perform(job: Job, services: Services) -> None:
    """Post the card."""
    card = Card.model_validate(job.body)
    outlet = InConversation(services, job, channel=card.channel, thread_ts=card.thread_ts, after=card.after)
    await outlet.deliver(CARDS[card.name](services.workspace.bot_name))


async def give_up(job: Job, services: Services) -> None:
    """A card that cannot be posted is not worth a message about it."""
