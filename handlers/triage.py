"""The job behind every support message: find its case, have the case sorted, and show what came of it."""

import asyncio
import logging
from dataclasses import replace
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from adapters.errors import ProviderError
from bot.inbox import Job, Later
from bot.origin import Origin
from bot.settings import Settings
from bot.store import Case, CaseMessage, Sorted
from bot.store.triage import state
from bot.transcript import Message
from bot.triager import Triage
from handlers import mrkdwn, outages, quiet, support, triage_posts
from handlers.client import FAILURES
from handlers.history import written
from handlers.services import Services
from handlers.support import Reason

log = logging.getLogger("precis.triage")

QUEUE = "triage"
BURST = 60.0
"""Seconds within which the messages of one author are one case."""

SETTLING = 3.0
"""Seconds that an edit waits for the next one, because people correct themselves more than once."""

AUTHOR, SOMEBODY = "author", "somebody"
"""What the transcript calls whoever wrote and whoever is mentioned: names make no case more urgent."""

FOR_EVER = "9999999999.999999"
"""When a message was deleted, where Slack does not say."""

SHUT_OUT = ("not_in_channel", "channel_not_found", "missing_scope", "is_archived")
"""What Slack says where the bot may not read a channel any more, and will not be able to a minute later."""


class Change(StrEnum):
    """What happened to a message."""

    WRITTEN = "written"
    EDITED = "edited"
    DELETED = "deleted"


class Note(BaseModel):
    """A message event as it waits in the inbox: ids only.

    `author` is whose case it can be, empty where several people can stand behind the same name, as with bots; `writer`
    is whom Slack names. `edited` is the Slack ts of an edit or a deletion.
    """

    model_config = ConfigDict(frozen=True)

    change: Change
    channel: str
    ts: str
    writer: str = ""
    author: str = ""
    edited: str = ""


async def message(body: dict[str, Any], services: Services) -> None:
    """Take a message event of a channel, if it concerns a support message."""
    event = body["event"]
    settings = await services.settings.read()
    reason = support.verdict(event, settings, services.workspace)
    if reason is Reason.UNLISTED_BOT and event.get("user"):
        workflow = (await services.people.person(event["user"])).workflow
        reason = Reason.WORKFLOW if workflow else reason
    if reason is Reason.LEFT_BEHIND:
        known = await services.store.case_of(services.workspace.team, event["channel"], altered_ts(event))
        reason = Reason.DELETED if known else Reason.ELSEWHERE
    if reason is Reason.REPLY:
        await quiet.reply(event, settings, services)
    if reason in support.SORTED:
        await put(noted(event, reason), services)


async def put(note: Note, services: Services) -> None:
    key = f"{services.workspace.team}:{note.channel}:{note.ts}"
    if note.change is Change.EDITED:
        await services.inbox.put(f"{key}:{note.edited}", QUEUE, note.model_dump(), delay=SETTLING)
    else:
        await services.inbox.put(key if note.change is Change.WRITTEN else f"{key}:gone", QUEUE, note.model_dump())


def noted(event: dict[str, Any], reason: Reason) -> Note:
    channel, ts = event["channel"], altered_ts(event)
    if reason is Reason.DELETED:
        return Note(change=Change.DELETED, channel=channel, ts=ts, edited=event.get("event_ts") or FOR_EVER)
    if reason is Reason.EDITED:
        return Note(change=Change.EDITED, channel=channel, ts=ts, edited=event["message"]["edited"]["ts"])
    writer = support.author(event)
    person = writer if reason is Reason.PERSON else ""
    return Note(change=Change.WRITTEN, channel=channel, ts=event["ts"], writer=writer, author=person)


def altered_ts(event: dict[str, Any]) -> str:
    """Of the message that was edited or deleted."""
    before = event.get("previous_message") or {}
    return str(event.get("deleted_ts") or support.written_at(event.get("message") or {}, before))


async def perform(job: Job, services: Services) -> None:
    """Do one try at the job. Raises `Later` while a model or Slack is away, and what another try may cure."""
    note = Note.model_validate(job.body)
    settings = await services.settings.read()
    id = await case_of(note, settings, services)
    if id is not None:
        async with services.locks.setdefault(id, asyncio.Lock()):
            await sort(id, settings, services)
        await rejoin(note, id, services)


async def rejoin(note: Note, id: str, services: Services) -> None:
    """Raise `Later` where the case that a message has joined went with its first one, so that it joins another.

    It may have joined after the rest of the case was read. One that was deleted too ends with the case of its own.
    """
    team = services.workspace.team
    if note.change is not Change.WRITTEN or id == f"{team}:{note.channel}:{note.ts}":
        return
    if await services.store.case_of(team, note.channel, note.ts) is None:
        raise Later(SETTLING)


async def give_up(job: Job, services: Services) -> None:
    """Leave the case unsorted; a support channel is no place for our troubles."""
    log.error("The message of job %s was not sorted", job.id)


async def case_of(note: Note, settings: Settings, services: Services) -> str | None:
    """The case that a message has come to belong to; to edit or delete one that has none opens none."""
    team, at = services.workspace.team, services.now()
    if note.change is not Change.WRITTEN:
        await services.store.note_edit(team, note.channel, note.ts, note.edited)
        return await services.store.case_of(team, note.channel, note.ts)
    id = await services.store.join_case(team, note.channel, note.ts, note.author or None, BURST)
    await services.store.open_case(id, note.writer, quiet=note.channel in settings.quiet_channels, at=at)
    return id


async def sort(id: str, settings: Settings, services: Services) -> None:
    """Have a case sorted as its messages are now, unless that was done, and show it."""
    case = await services.store.case(id)
    if case is None:
        return
    try:
        await sort_anew(case, settings, services)
    except ProviderError as error:
        await wait(case, error.kind, services)
    except FAILURES as error:
        kind = triage_posts.kind(error)
        if kind in SHUT_OUT:
            log.warning("Case %s is not sorted, Slack says %s: invite the bot to the channel again", id, kind)
        else:
            await wait(case, "slack", services)
    else:
        await triage_posts.show(id, services)


async def sort_anew(case: Case, settings: Settings, services: Services) -> None:
    """Raises `ProviderError`, or what Slack raises."""
    messages = await services.store.case_messages(case.id)
    if case.covered == state(messages):
        return
    began = services.now()
    read = [(each, await services.current.message(each.channel, each.ts)) for each in messages]
    covered = state([await as_read(*each, services) for each in read])
    said = [found for each in read if (found := worded(*each)) is not None]
    if len(said) < len(messages) and not support.listened(case.channel, settings):
        await triage_posts.remove(case, services)  # the rest is none of ours to sort anew
        return
    if case.ts not in {found.ts for found in said}:
        await dissolve(case, messages, services)
        return
    person = messages[0].author or ""
    origin = Origin(case.workspace, case.channel, person, case.id, began)
    if len(said) < len(messages):
        await services.store.forget_case(case.id, began)
    triage = await services.triager.triage(said, settings, origin)
    outcome = kept(triage, covered, case, services)
    await services.store.sort_case(case.id, outcome, services.now(), began)


async def as_read(message: CaseMessage, found: dict[str, Any] | None, services: Services) -> CaseMessage:
    """The message with the last edit that was read, so that the jobs of that edit and of those before find it done."""
    edited = str(((found or {}).get("edited") or {}).get("ts") or "")
    if edited <= message.edited:
        return message
    await services.store.note_edit(message.workspace, message.channel, message.ts, edited)
    return replace(message, edited=edited)


def worded(message: CaseMessage, found: dict[str, Any] | None) -> Message | None:
    """A message as it is now; None where it was deleted, or says nothing any more."""
    text = mrkdwn.plain(written(found), lambda user: SOMEBODY) if found else ""
    return Message(message.ts, AUTHOR, text) if text.strip() else None


async def dissolve(case: Case, messages: list[CaseMessage], services: Services) -> None:
    """Take a case away whose first message has gone; what else belonged to it makes a case of its own."""
    for left in messages:
        if left.ts != case.ts:
            key = f"{case.workspace}:{case.channel}:{left.ts}:{case.ts}"
            note = Note(
                change=Change.WRITTEN, channel=case.channel, ts=left.ts, writer=case.author, author=left.author or ""
            )
            await services.inbox.put(key, QUEUE, note.model_dump(), delay=SETTLING)
    await triage_posts.remove(case, services)


def kept(triage: Triage, covered: str, case: Case, services: Services) -> Sorted:
    """What is written down. Where no text is kept, the reason stays just until the card shows it."""
    shown = services.keep_text or not (case.quiet or triage.noise or case.card_ts is not None)
    return Sorted(
        covered=covered,
        call=triage.call,
        category=triage.category,
        urgency=triage.urgency,
        noise=triage.noise,
        confidence=triage.confidence,
        reason=triage.reason if shown else None,
        likeliest=" ".join(triage.likeliest),
        text=triage.text if services.keep_text else None,
    )


async def wait(case: Case, kind: str, services: Services) -> None:
    """Raise `Later`, until the case has waited long enough; then report the outage, once, and leave it."""
    at = services.now()
    waited = at - await services.store.note_trouble(case.id, kind, at)
    if waited < outages.PATIENCE:
        raise triage_posts.later(waited)
    await outages.report(at, services)
