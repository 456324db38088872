"""The job behind every request for a summary: check, read, summarise, and answer where it was asked."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict
from slack_sdk.errors import SlackApiError

from adapters.errors import ProviderError
from bot.inbox import Job
from bot.offload import offload
from bot.origin import Origin
from bot.summaries import Order, TooDear
from bot.transcript import Transcript
from bot.wish import Wish
from handlers import answers, blocks, quotes, targets
from handlers.answers import Look
from handlers.asks import Ask, Spend, Surface, inside
from handlers.blocks import Content
from handlers.client import refusal
from handlers.direct import ForAsker, send
from handlers.links import permalink
from handlers.modals import InModal
from handlers.posts import InConversation, Outlet, progress
from handlers.refusals import NothingSaid, NothingToRead, Refusal, SingleMessage
from handlers.replies import GIVEN_UP, sentence
from handlers.services import Services
from handlers.wishes import wish

log = logging.getLogger("precis.summaries")

READ_SO_FAR = "Reading… {} of {} parts."

QUEUE = "summary"

SHORT = 600
"""Characters up to which a message without replies is its own summary."""


class Outcome(BaseModel):
    """What a job has come to, kept in its row until it is posted. `private`: not everybody there may see it."""

    model_config = ConfigDict(frozen=True)

    content: Content
    private: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """A conversation as read: `root` is a thread's first message, empty for a channel, whose threads are in `roots`."""

    channel: str
    root: str
    transcript: Transcript
    remark: str = ""
    roots: Mapping[str, str] = field(default_factory=dict)

    def begun(self, ts: str) -> str | None:
        """The ts of the message that began the thread of this one."""
        return self.root or self.roots.get(ts)


async def perform(job: Job, services: Services) -> None:
    """Do one try at the job. Raises what another try may cure."""
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


async def deliver(outcome: Outcome, ask: Ask, job: Job, services: Services) -> None:
    if outcome.private:
        await send(outcome.content, job, services, user=ask.user)
        outcome = Outcome(content=blocks.notice(blocks.SENT_PRIVATELY))
        await job.save(outcome.model_dump_json())
    await outlet(ask, job, services).deliver(outcome.content)


def outlet(ask: Ask, job: Job, services: Services) -> Outlet:
    """Where the answer goes: under the mention, into the modal, or to the asker alone."""
    if ask.surface is Surface.MENTION:
        return InConversation(
            services,
            job,
            channel=ask.asked_in,
            thread_ts=ask.thread_ts,
            after=ask.message_ts,
            posted=ask.post_ts or None,
        )
    if ask.surface is Surface.MODAL:
        return InModal(services, ask)
    return ForAsker(services, job, user=ask.user, url=ask.response_url)


async def summary(ask: Ask, job: Job, services: Services) -> Outcome:
    """The summary, or the sentence that says why there is none. Raises `Later`, `SlackApiError` where Slack fails."""
    private = False
    origin = Origin(services.workspace.team, ask.channel, ask.user, job.id, services.now())
    try:
        await services.access.check(ask.user, ask.channel, asked_in=ask.asked_in)
        private = await goes_beyond(ask, services)
        async with services.reading.turn(ask.user):
            wanted = await wish(ask, services)
            await services.summaries.admit(ask.channel, ask.subject, wanted, origin)
            with inside(ask):
                read = await read_for(ask, services)
        made = await order(ask, read, wanted, origin, services)
        found = await services.summaries.of(made, progress(outlet(ask, job, services), job, READ_SO_FAR))
    except TooDear as quote:
        return Outcome(content=quotes.question(quote, ask), private=private)
    except (Refusal, ProviderError) as error:
        return Outcome(content=blocks.notice(sentence(error, bot=services.workspace.bot_name)), private=private)
    shown = look(ask, made, read, services, private)
    return Outcome(content=await offload(made.transcript.size, answers.summary, found, shown), private=private)


async def read_for(ask: Ask, services: Services) -> Read:
    """What was asked for. Raises `Refusal`, or `SlackApiError` where Slack fails."""
    if ask.ts:
        thread = await services.history.thread(ask.channel, ask.ts)
        worth_it(thread.transcript)
        return Read(channel=thread.channel, root=thread.root, transcript=thread.transcript)
    oldest = await begin(ask, services) if ask.since else None
    span = await services.history.span(ask.channel, last=ask.last or None, oldest=oldest)
    if not span.transcript:
        raise NothingSaid
    return Read(
        channel=ask.channel,
        root="",
        transcript=span.transcript,
        remark=quotes.remark(span.threads_left),
        roots=span.roots,
    )


async def begin(ask: Ask, services: Services) -> float:
    """When the span begins that the asker named, in the asker's time zone; epoch seconds. Raises `Refusal`."""
    zone = ZoneInfo((await services.people.person(ask.user)).tz)
    return targets.begin(ask.since, services.now().astimezone(zone)).timestamp()


def worth_it(transcript: Transcript) -> None:
    """Raise `NothingToRead` or `SingleMessage` where a summary would be no shorter than the thread."""
    if not transcript:
        raise NothingToRead
    if len(transcript) == 1 and len(transcript.said[0].text) <= SHORT:
        raise SingleMessage


async def order(ask: Ask, read: Read, wanted: Wish, origin: Origin, services: Services) -> Order:
    transcript = read.transcript
    allowance = services.allowance if ask.spend is not Spend.WHOLE else None
    if ask.spend is Spend.NEWEST and allowance is not None:
        transcript = await services.summaries.newest(transcript, allowance, origin)
        allowance = None
    return Order(
        channel=read.channel,
        subject=read.root or ask.subject,
        transcript=transcript,
        wish=wanted,
        origin=origin,
        allowance=allowance,
    )


async def goes_beyond(ask: Ask, services: Services) -> bool:
    """Whether an answer in the conversation would show people there a thread that they may not open themselves."""
    if ask.surface is not Surface.MENTION or ask.channel == ask.asked_in or alone(ask):
        return False
    access = services.access
    return ask.shared or not await access.is_public(ask.channel) or not await access.has_no_guests(ask.asked_in)


def alone(ask: Ask) -> bool:
    """Whether the request is from a direct message, which only the asker reads."""
    return ask.asked_in.startswith("D")


def look(ask: Ask, wanted: Order, read: Read, services: Services, private: bool) -> Look:
    """Masked values come back only before eyes that see the messages themselves."""
    newest, whole = len(wanted.transcript), len(read.transcript)
    everybody_reads = ask.surface is not Surface.MENTION or private or ask.channel == ask.asked_in or alone(ask)
    return Look(
        address=lambda ts: permalink(services.workspace.url, read.channel, ts, read.begun(ts)),
        restore=wanted.transcript.restore if everybody_reads else str,
        remark=f"only the newest {newest:,} of {whole:,} messages" if newest < whole else read.remark,
        shareable=ask.surface is not Surface.MENTION and bool(read.root) and newest == whole,
    )
