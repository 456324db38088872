"""Quiet channels, where nothing is posted: what people do there is written down, to be compared with the labels."""

from typing import Any

from bot.settings import Settings
from handlers.services import Services
from handlers.support import is_bot
from handlers.triage_cards import DONE_MARK

CHECK_MARKS = (DONE_MARK, "heavy_check_mark", "ballot_box_with_check")
DONE, LABELLED = "done", "labelled"


async def reply(event: dict[str, Any], settings: Settings, services: Services) -> None:
    """Write down that a person answered in a thread, where that is in a quiet channel. Edits have no `user`."""
    channel, person = event["channel"], event.get("user")
    if channel in settings.quiet_channels and person and not is_bot(event):
        await services.store.note_reply(services.workspace.team, channel, event["thread_ts"], person, event["ts"])


async def reaction(body: dict[str, Any], services: Services) -> None:
    """Write down a check mark or a category's emoji that a person puts on a message or takes off."""
    event = body["event"]
    item, person = event.get("item") or {}, event.get("user")
    settings = await services.settings.read()
    said = meaning(str(event.get("reaction") or ""), settings)
    if said is None or not item.get("ts") or item.get("channel") not in settings.quiet_channels:
        return
    if not person or (await services.people.person(person)).bot:
        return
    await services.store.note_mark(
        services.workspace.team,
        item["channel"],
        item["ts"],
        person,
        *said,
        event["event_ts"],
        undone=event["type"] == "reaction_removed",
    )


def meaning(emoji: str, settings: Settings) -> tuple[str, str] | None:
    """What an emoji says about a message: that it is done, or its category; None where that is not clear."""
    name = bare(emoji)
    if name in CHECK_MARKS:
        return DONE, ""
    meant = [category.name for category in settings.categories if bare(category.emoji) == name]
    return (LABELLED, meant[0]) if len(meant) == 1 else None


def bare(emoji: str) -> str:
    """The name of an emoji without the tone of its skin."""
    return emoji.partition("::")[0]
