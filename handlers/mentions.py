"""`@precis tldr` in a thread or beside a link, and direct messages; anything else gets the help card."""

from typing import Any

from handlers import cards, links, mrkdwn
from handlers.asks import TLDR, Ask, Surface, steering
from handlers.cards import Card
from handlers.links import Link
from handlers.refusals import ChannelLink, NotALink, OtherWorkspace
from handlers.services import Services
from handlers.summaries import QUEUE

SAID = (None, "file_share", "thread_broadcast")


async def mention(body: dict[str, Any], services: Services) -> None:
    """Take what a person says to the bot: a direct message, or a mention by whichever of its events comes first."""
    if from_person(body["event"]):
        await take(body, services)


def from_person(event: dict[str, Any]) -> bool:
    """Something a person has just said: no edit, no notice, and no other bot, with which we could talk for ever."""
    said = event.get("subtype") in SAID and not event.get("hidden") and not event.get("bot_id")
    return bool(said and event.get("user") and event.get("channel") and event.get("ts"))


async def take(body: dict[str, Any], services: Services) -> None:
    event = body["event"]
    said = (event.get("text") or "").replace(f"<@{services.workspace.bot_user}>", " ").strip()
    link = wanted(event, said, services)
    key = f"{services.workspace.team}:{event['channel']}:{event['ts']}"
    if isinstance(link, Link):
        await services.inbox.put(key, QUEUE, from_mention(body, link, focus(said)).model_dump())
    else:
        await services.inbox.put(key, cards.QUEUE, under(event, link).model_dump())


def wanted(event: dict[str, Any], said: str, services: Services) -> Link | str:
    """The thread that a message asks for, or the name of the card that answers it."""
    asks = TLDR.match(said) is not None
    try:
        return links.find(said, services.workspace.url, services.workspace.team)
    except ChannelLink:
        return "channel_link" if asks else "help"
    except OtherWorkspace:
        return "other_workspace" if asks else "help"
    except NotALink:
        if not asks:
            return "help"
    if event.get("thread_ts"):
        return Link(event["channel"], event["thread_ts"])
    return "needs_link" if event.get("channel_type") == "im" else "not_in_thread"


def focus(said: str) -> str:
    """The words beside `tldr` and the link."""
    words = mrkdwn.plain(links.ADDRESS.sub(" ", TLDR.sub("", said, count=1) if TLDR.match(said) else said), str)
    return " ".join(words.split())


def from_mention(body: dict[str, Any], link: Link, focus: str) -> Ask:
    event = body["event"]
    ask = Ask(
        surface=Surface.MENTION,
        user=event["user"],
        channel=link.channel,
        ts=link.root,
        asked_in=event["channel"],
        thread_ts=event.get("thread_ts") or event["ts"],
        message_ts=event["ts"],
        shared=bool(body.get("is_ext_shared_channel")),
    )
    return ask.model_copy(update=steering(focus))


def under(event: dict[str, Any], name: str) -> Card:
    return Card(name=name, channel=event["channel"], thread_ts=event.get("thread_ts") or event["ts"], after=event["ts"])
