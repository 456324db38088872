"""*Share in thread*: post a summary that one person has seen for everybody in its thread."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from slack_bolt.async_app import AsyncAck
from slack_sdk.errors import SlackApiError

from bot.inbox import Job
from bot.offload import offload
from bot.store import KeptSummary
from bot.summaries import covered, remembered
from handlers import answers, blocks, direct
from handlers.answers import Look
from handlers.buttons import chosen
from handlers.client import FAILURES, refusal
from handlers.links import permalink
from handlers.modals import remark
from handlers.posts import InConversation, after
from handlers.refusals import Refusal
from handlers.replies import GIVEN_UP, respond, sentence, taking, tell
from handlers.services import Services

QUEUE = "share"
GONE = "That summary is not kept any more. Ask for it again, then share it."
ALREADY = "You have shared that summary before."
CHANGED = "Something in that thread was edited or deleted since. Ask for the summary again, then share it."
SHARED = "Shared in the thread."
POSTING = "I am posting it in the thread; should that fail, I tell you in a direct message."
FORBIDDEN = "I may not post in that thread. Invite me to the channel, or copy the summary."
CANNOT_POST = (
    "not_in_channel",
    "channel_not_found",
    "is_archived",
    "thread_not_found",
    "cannot_reply_to_message",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_locked",
)


class Sharing(BaseModel):
    """A press of the button as it waits in the inbox. `after` is when it was pressed, as a Slack ts."""

    model_config = ConfigDict(frozen=True)

    summary: str
    user: str
    asked_in: str
    after: str
    response_url: str = ""


async def share(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Take the press; one press posts once, and another does where none has posted."""
    async with taking(ack, body, services):
        sharing = Sharing(
            summary=chosen(body),
            user=body["user"]["id"],
            asked_in=body["container"].get("channel_id") or "",
            after=body["actions"][0]["action_ts"],
            response_url=body.get("response_url") or "",
        )
        id = f"share:{sharing.summary}:{sharing.user}"
        new = await services.inbox.put(id, QUEUE, sharing.model_dump(), renew=True)
        await ack()
        if "view" in body:
            await remark(POSTING if new else ALREADY, body, services)
        elif not new:
            await tell(body, services, ALREADY)


async def perform(job: Job, services: Services) -> None:
    """Post the summary in its thread, if whoever pressed may still see that thread, and say so to them."""
    sharing = Sharing.model_validate(job.body)
    kept = await services.store.summary(sharing.summary)
    await answer(sharing, job, services, await said(sharing, kept, job, services))


async def said(sharing: Sharing, kept: KeptSummary | None, job: Job, services: Services) -> str:
    if kept is None:
        return GONE
    try:
        await services.access.check(sharing.user, kept.channel, asked_in=sharing.asked_in)
        thread = await services.history.thread(kept.channel, kept.subject)
        if await offload(kept.messages, covered, thread.transcript, kept.messages) != kept.covered:
            return CHANGED
        await post(sharing, kept, job, services)
    except Refusal as reason:
        return sentence(reason, bot=services.workspace.bot_name)
    except SlackApiError as error:
        if refusal(error) not in CANNOT_POST:
            raise
        return FORBIDDEN
    return SHARED


async def post(sharing: Sharing, kept: KeptSummary, job: Job, services: Services) -> None:
    sharer = await services.people.person(sharing.user)
    shown = answers.summary(
        remembered(kept),
        Look(
            address=lambda ts: permalink(services.workspace.url, kept.channel, ts, kept.subject),
            by=sharer.name,
        ),
    )
    await outlet(kept, job, services).deliver(shown)


def outlet(kept: KeptSummary, job: Job, services: Services) -> InConversation:
    """The thread; what an earlier press may have posted there stands after the summary was made."""
    made_at = datetime.fromisoformat(kept.made_at).timestamp()
    return InConversation(services, job, channel=kept.channel, thread_ts=kept.subject, after=after(made_at))


async def answer(sharing: Sharing, job: Job, services: Services, text: str) -> None:
    """Tell whoever pressed: beside the button, or in a direct message where that was in a window and it failed.

    Slack tells nobody what a window shows, and only with all of it can a line be added, so `share` says the rest there.
    """
    if sharing.response_url:
        await respond(sharing.response_url, "", services, text)
    elif text != SHARED:
        mark = f"{job.id}:{sharing.after}"  # each press is answered
        await direct.send(blocks.notice(text), job, services, user=sharing.user, mark=mark)


async def give_up(job: Job, services: Services) -> None:
    """Say that it could not be shared, unless it was and only Slack's word for it was lost."""
    sharing = Sharing.model_validate(job.body)
    await answer(sharing, job, services, SHARED if await posted(sharing, job, services) else GIVEN_UP)


async def posted(sharing: Sharing, job: Job, services: Services) -> bool:
    kept = await services.store.summary(sharing.summary)
    try:
        return kept is not None and await outlet(kept, job, services).posted() is not None
    except FAILURES:
        return False
