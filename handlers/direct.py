"""What goes to one person alone: through a `response_url`, or as a direct message, which is posted once."""

from collections.abc import Iterable

from bot.inbox import Job
from handlers import pace, posts
from handlers.blocks import Content
from handlers.client import webhook
from handlers.posts import DELIVERED, ResponseFailed
from handlers.services import Services


class ForAsker:
    """An ephemeral through the `response_url`, a direct message where that has expired or is used up."""

    def __init__(self, services: Services, job: Job, *, user: str, url: str) -> None:
        self.services = services
        self.job = job
        self.user = user
        self.url = url

    async def announce(self, content: Content) -> None:
        if self.job.taken == 1:
            await self.respond(content)

    async def progress(self, content: Content) -> None:
        """An ephemeral cannot be updated: the summary follows."""

    async def deliver(self, content: Content) -> None:
        if self.job.posted is not None:
            return
        if not await self.respond(content):
            await send(content, self.job, self.services, user=self.user)
        await self.job.note_posted(DELIVERED)

    async def respond(self, content: Content) -> bool:
        """Whether Slack still took it at this address. Raises `ResponseFailed` where trying again may help."""
        answer = await webhook(self.url, self.services.connections).send(
            text=content.whispered, blocks=list(content.blocks), response_type="ephemeral"
        )
        if answer.status_code >= 500 or answer.status_code == 429:
            raise ResponseFailed(answer.status_code)
        return answer.status_code == 200


async def send(content: Content, job: Job, services: Services, *, user: str, mark: str | None = None) -> str:
    """Send a direct message in its conversation's turn, unless an earlier try has; return the ts.

    Slack lets a person's id stand for the conversation with them where something is posted, but not where it is read.
    The conversation's own id comes with its answer (to ask for it takes a scope more, `im:write`), so it is kept. Who
    has none yet may be sent again what Slack took without an answer: that is taken away as soon as the id is known.
    Raises as `posts.post` does.
    """
    mark = mark or job.id
    known = await services.store.conversation(services.workspace.bot_user, user)
    if known is not None and job.taken > 1:
        sent = await posts.found(mark, services, channel=known)
        if sent:
            return await first(sent, services, known)
    await pace.post(known or user, job, services)
    answer = await posts.say(content, mark, services, channel=user)
    channel, ts = str(answer["channel"]), str(answer["ts"])
    if channel == known:
        return ts
    await services.store.note_conversation(services.workspace.bot_user, user, channel)
    if job.taken == 1:
        return ts
    return await first([ts, *await posts.found(mark, services, channel=channel)], services, channel)


async def first(sent: Iterable[str], services: Services, channel: str) -> str:
    """The ts of the first of these messages, after the others are deleted."""
    kept, *others = sorted(set(sent))
    for other in others:
        await posts.delete(channel, other, services)
    return kept
