"""An outbox: what waits to be posted in a channel, the most urgent first, at the channel's pace."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bot.inbox import Job
from handlers.services import Services


class Waiting(Protocol):
    """Something that is to be posted."""

    @property
    def id(self) -> str: ...


It = TypeVar("It", bound=Waiting)


@dataclass(frozen=True, slots=True)
class Outbox(Generic[It]):
    """Posts what others have written down, with one job of `queue` for each channel.

    `next` finds the most urgent thing that waits in a channel, None where nothing does. `post` posts it by
    `posts.post(..., behind=True)` and writes down that it is posted; where `job.taken` is over 1, it may have been
    posted by a try that was broken off. `skip` writes down that the thing of this id is not to be posted after all,
    because it could not be. `one` finds the thing of an id if it is not settled: what a broken-off try may have posted
    is then seen to before anything more urgent. Without it that may be posted twice, as may be done with a reaction.
    """

    queue: str
    next: Callable[[str, Services], Awaitable[It | None]]
    post: Callable[[It, Job, Services], Awaitable[None]]
    skip: Callable[[str, Services], Awaitable[None]]
    one: Callable[[str, Services], Awaitable[It | None]] | None = None

    async def wake(self, channel: str, services: Services) -> None:
        """Have whatever waits in the channel posted; called after something was written down that waits."""
        await services.inbox.wake(f"{self.queue}:{channel}", self.queue, {"channel": channel})

    async def perform(self, job: Job, services: Services) -> None:
        """Post one thing, and begin anew for the next: with tries of its own, and with whatever is most urgent then."""
        channel = str(job.body["channel"])
        it = await self.unsettled(job, services) or await self.next(channel, services)
        if it is None or not await job.save(it.id):
            return
        await self.post(it, job, services)
        await self.wake(channel, services)

    async def unsettled(self, job: Job, services: Services) -> It | None:
        if self.one is None or job.taken == 1 or job.answer is None:
            return None
        return await self.one(job.answer, services)

    async def give_up(self, job: Job, services: Services) -> None:
        """Leave out what was tried last, so that it does not keep the others from being posted."""
        if job.answer is not None:
            await self.skip(job.answer, services)
            await self.wake(str(job.body["channel"]), services)
