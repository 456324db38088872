"""`/tldr`: summarise a thread or a channel for the asker's eyes only."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from handlers import blocks, cards, targets
from handlers.asks import Ask, Surface, steering
from handlers.blocks import Content
from handlers.links import Link
from handlers.picking import QUEUE as PICKER
from handlers.refusals import Refusal
from handlers.replies import reporting, sentence
from handlers.services import Services
from handlers.summaries import QUEUE
from handlers.targets import Help, Last, Picker, Since, Target, ThreadTarget


async def tldr(ack: AsyncAck, command: dict[str, Any], services: Services) -> None:
    """Take `/tldr` with whatever stands behind it."""
    async with reporting(ack):
        await ack(**shown(await answer(command, services)))


async def answer(command: dict[str, Any], services: Services) -> Content:
    """What the asker sees at once. Slack cannot replace it later, so it stays true when the summary follows."""
    try:
        target = wanted(command, services)
    except Refusal as refusal:
        return blocks.notice(sentence(refusal, bot=services.workspace.bot_name))
    if isinstance(target, Help):
        return cards.help_card(services.workspace.bot_name)
    if isinstance(target, Picker) and command["channel_id"].startswith("D"):
        return cards.needs_link()
    if isinstance(target, Picker):
        await services.inbox.put(command["trigger_id"], PICKER, from_command(command).model_dump())
        return blocks.notice(blocks.LOOKING)
    await services.inbox.put(command["trigger_id"], QUEUE, from_command(command, target).model_dump())
    return blocks.notice(blocks.READING_FOR_YOU)


def wanted(command: dict[str, Any], services: Services) -> Target:
    """What stands behind the command, or the thread that Slack names, should it ever let commands run in threads."""
    text = (command.get("text") or "").strip()
    if not text and command.get("thread_ts"):
        return ThreadTarget(Link(command["channel_id"], command["thread_ts"]), "")
    return targets.parse(text, services.workspace.url, services.workspace.team)


def from_command(command: dict[str, Any], target: Target | None = None) -> Ask:
    ask = Ask(
        surface=Surface.COMMAND,
        user=command["user_id"],
        channel=command["channel_id"],
        asked_in=command["channel_id"],
        response_url=command["response_url"],
    )
    return ask.model_copy(update=aimed(target))


def aimed(target: Target | None) -> dict[str, object]:
    """The fields of an `Ask` that say what is to be read."""
    if isinstance(target, ThreadTarget):
        return {"channel": target.link.channel, "ts": target.link.root, **steering(target.focus)}
    if isinstance(target, Last):
        return {"last": target.messages, **steering(target.focus)}
    if isinstance(target, Since):
        return {"since": target.said, **steering(target.focus)}
    return {}


def shown(content: Content) -> dict[str, Any]:
    return {"text": content.whispered, "blocks": list(content.blocks), "response_type": "ephemeral"}
