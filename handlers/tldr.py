"""`/tldr`: summarise a thread for the asker's eyes only. The job behind it serves mentions and the shortcut too."""

import logging
from typing import Any

from pydantic import BaseModel, ConfigDict
from slack_bolt.async_app import AsyncAck
from slack_sdk.errors import SlackApiError

from adapters.errors import ProviderError
from bot.inbox import Job
from bot.llm import Origin
from bot.summariser import Summariser
from bot.summary import checked
from bot.transcript import Transcript
from bot.wish import Wish
from handlers import blocks, links
from handlers.asks import Ask, Surface
from handlers.blocks import Content
from handlers.client import refusal
from handlers.links import Link, permalink
from handlers.posts import ForAsker, InConversation, Outlet, message
from handlers.refusals import NothingToRead, Refusal, SingleMessage
from handlers.replies import GIVEN_UP, reporting, sentence
from handlers.services import Services

log = logging.getLogger("precis.tldr")

QUEUE = "tldr"
SHORT = 600
"""Characters up to which a message without replies is its own summary."""


async def tldr(ack: AsyncAck, command: dict[str, Any], services: Services) -> None:
    """Take `/tldr <message link>`; without one, say how to get it."""
    async with reporting(ack):
        await ack(**await answer(command, services))


async def answer(command: dict[str, Any], services: Services) -> dict[str, Any]:
    """What the asker sees at once. Slack cannot replace it later, so it stays true when the summary follows."""
    text = (command.get("text") or "").strip()
    if text.lower() == "help":
        return shown(blocks.help_card(services.workspace.bot_name))
    try:
        link = wanted(command, text, services)
    except Refusal as problem:
        return shown(blocks.notice(sentence(problem, bot=services.workspace.bot_name)))
    if link is None:
        return shown(blocks.needs_link())
    await services.inbox.put(command["trigger_id"], QUEUE, from_command(command, link).model_dump())
    return shown(blocks.notice(blocks.READING_FOR_YOU))


def wanted(command: dict[str, Any], text: str, services: Services) -> Link | None:
    """The link in the text, else the thread that Slack names, should it ever let commands run in threads."""
    if text:
        return links.find(text, services.workspace.url, services.workspace.team)
    thread_ts = command.get("thread_ts")
    return Link(command["channel_id"], thread_ts) if thread_ts else None


def shown(content: Content) -> dict[str, Any]:
    return {"text": content.text, "blocks": list(content.blocks), "response_type": "ephemeral"}


def from_command(command: dict[str, Any], link: Link) -> Ask:
    return Ask(
        surface=Surface.COMMAND,
        user=command["user_id"],
        channel=link.channel,
        ts=link.thread_ts or link.ts,
        asked_in=command["channel_id"],
        response_url=command["response_url"],
    )


async def perform(job: Job, services: Services) -> None:
    """Read the thread, summarise it, and answer where it was asked."""
    ask = Ask.model_validate(job.body)
    try:
        if job.answer is None:
            if ask.surface is not Surface.COMMAND:
                await outlet(ask, job, services).announce(blocks.notice(blocks.READING))
            outcome = await summary(ask, job, services)
            if not await job.save(outcome.model_dump_json()):
                return
        else:
            outcome = Outcome.model_validate_json(job.answer)
        await deliver(outcome, ask, job, services)
    except SlackApiError as error:
        log.warning("Slack refused a call of job %s: %s", job.id, refusal(error))
        raise


async def give_up(job: Job, services: Services) -> None:
    """Tell the asker that it did not work out."""
    await outlet(Ask.model_validate(job.body), job, services).deliver(blocks.notice(GIVEN_UP))


class Outcome(BaseModel):
    """What a job has come to, kept in its row until it is posted. `private`: not everybody there may see it."""

    model_config = ConfigDict(frozen=True)

    content: Content
    private: bool = False


async def summary(ask: Ask, job: Job, services: Services) -> Outcome:
    """The summary, or the sentence that says why there is none. Raises `SlackApiError` where Slack fails."""
    private = False
    try:
        await services.access.check(ask.user, ask.channel, asked_in=ask.asked_in)
        private = await goes_beyond(ask, services)
        thread = await services.history.thread(ask.channel, ask.ts)
        worth_it(thread.transcript)
        origin = Origin(services.workspace.team, ask.channel, ask.user, job.id)
        made = await Summariser(services.gateway).summarise(thread.transcript, Wish(), origin)
    except (Refusal, ProviderError) as error:
        return Outcome(content=blocks.notice(sentence(error, bot=services.workspace.bot_name)), private=private)
    answer = made.answers[-1]
    found = checked(made.draft, thread.transcript)
    if found.dropped:
        await services.gateway.note_dropped(answer, found.dropped)
    content = blocks.summary(
        found,
        answer,
        messages=len(thread.transcript),
        address=lambda ts: permalink(services.workspace.url, thread.channel, ts, thread.root),
    )
    return Outcome(content=content, private=private)


def worth_it(transcript: Transcript) -> None:
    """Raise `NothingToRead` or `SingleMessage` where a summary would be no shorter than the thread."""
    if not transcript:
        raise NothingToRead
    if len(transcript) == 1 and len(transcript.messages[0].text) <= SHORT:
        raise SingleMessage


async def goes_beyond(ask: Ask, services: Services) -> bool:
    """Whether an answer in the conversation would show people there a thread that they may not open themselves."""
    if ask.surface is not Surface.MENTION or ask.channel == ask.asked_in or ask.asked_in.startswith("D"):
        return False
    return ask.shared or not await services.access.is_public(ask.channel)


async def deliver(outcome: Outcome, ask: Ask, job: Job, services: Services) -> None:
    if outcome.private:
        await services.slack.chat_postMessage(channel=ask.user, **message(outcome.content, job))
        outcome = Outcome(content=blocks.notice(blocks.SENT_PRIVATELY))
        await job.save(outcome.model_dump_json())
    await outlet(ask, job, services).deliver(outcome.content)


def outlet(ask: Ask, job: Job, services: Services) -> Outlet:
    """Where the answer goes: under the mention, or to the asker alone."""
    if ask.surface is Surface.MENTION:
        return InConversation(services, job, channel=ask.asked_in, thread_ts=ask.thread_ts, after=ask.message_ts)
    return ForAsker(services, job, user=ask.user, url=ask.response_url)
