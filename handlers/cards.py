"""Cards that need no model: help, a hint under a mention, the line on joining a channel."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.inbox import Job
from handlers.blocks import Content, context, notice, section
from handlers.posts import InConversation
from handlers.refusals import ChannelLink, NotInThread, OtherWorkspace
from handlers.replies import sentence
from handlers.services import Services

QUEUE = "card"


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


def help_card(bot: str) -> Content:
    """What a person can do with Precis."""
    lines = [
        "`/tldr` alone: pick one of this channel's threads, or its last 24 hours.",
        "`/tldr 200`, `/tldr 24h`, `/tldr since monday`: this channel over that span.",
        f"`@{bot} tldr` inside a thread: the summary comes in that thread, for everyone there.",
        "`/tldr` and a message link: the summary comes here, for your eyes only.",
        "*Summarise thread* in a message's ⋮ menu (_More actions_): the same, without a link.",
        f"A message link sent to @{bot} as a direct message.",
        "Words behind any of these say what to look for or in which language: `/tldr 24h only the decisions`.",
    ]
    text = "I summarise Slack threads and channels, with a link to the message behind every line.\n" + "\n".join(
        f"• {line}" for line in lines
    )
    return Content(
        text=text.replace("*Summarise thread*", "Summarise thread").replace("_More actions_", "More actions"),
        blocks=(section(text), context(how_to_copy())),
    )


def how_to_copy() -> str:
    return "To copy a message link, open the message's ⋮ menu (_More actions_) and choose _Copy link_."


def needs_link() -> Content:
    """The answer to `tldr` alone in a direct message."""
    text = "Which thread? Give me the link of any message in it: `/tldr https://…`"
    return Content(text=f"{text}\n{how_to_copy().replace('_', '')}", blocks=(section(text), context(how_to_copy())))


def welcome(bot: str) -> Content:
    """The one line on joining a channel."""
    return notice(
        f"Hello, I am Precis: @{bot} tldr in a thread posts its summary there, and /tldr with a message link gives one "
        "to the asker alone. I read a conversation here only when somebody asks who may read it in Slack."
    )


def welcome_support(bot: str) -> Content:
    """The one line on joining a support channel."""
    return notice(
        "Hello, I am Precis. I sort each new message here, and put a card with its category, urgency and owner in its "
        f"thread. @{bot} tldr in a thread summarises it."
    )


CARDS: Mapping[str, Callable[[str], Content]] = {
    "help": help_card,
    "welcome": welcome,
    "welcome_support": welcome_support,
    "needs_link": lambda bot: needs_link(),
    "not_in_thread": lambda bot: notice(sentence(NotInThread(), bot=bot)),
    "channel_link": lambda bot: notice(sentence(ChannelLink(), bot=bot)),
    "other_workspace": lambda bot: notice(sentence(OtherWorkspace(), bot=bot)),
}
