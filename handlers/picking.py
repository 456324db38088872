"""`/tldr` alone: the channel's threads by latest reply, each with a button, for the asker's eyes only."""

from bot.inbox import Job
from handlers import blocks
from handlers.asks import Ask, inside
from handlers.direct import ForAsker
from handlers.pickers import picker
from handlers.refusals import Refusal
from handlers.replies import GIVEN_UP, sentence
from handlers.services import Services

QUEUE = "picker"


async def perform(job: Job, services: Services) -> None:
    """Read a page of the channel and offer its threads. Raises `SlackApiError` where Slack fails."""
    ask = Ask.model_validate(job.body)
    try:
        with inside(ask):
            content = picker(await services.history.recent_threads(ask.channel))
    except Refusal as refusal:
        content = blocks.notice(sentence(refusal, bot=services.workspace.bot_name))
    await ForAsker(services, job, user=ask.user, url=ask.response_url).deliver(content)


async def give_up(job: Job, services: Services) -> None:
    ask = Ask.model_validate(job.body)
    await ForAsker(services, job, user=ask.user, url=ask.response_url).deliver(blocks.notice(GIVEN_UP))
