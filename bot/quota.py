"""How much one person may ask for within an hour, so that nobody spends what is there for all."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from adapters.errors import OverLimit
from bot.origin import Origin
from bot.settings import WorkspaceSettings
from bot.store import Store

HOUR = timedelta(hours=1)
UNASKED = "triage"
"""The task that nobody asks for: what is written in a support channel costs its author no request."""


class Quota:
    """Counts requests, not calls: the parts and the retries of one job are one request."""

    def __init__(
        self, store: Store, settings: WorkspaceSettings, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.store = store
        self.settings = settings
        self.now = now
        self.under_way: dict[str, Counter[str]] = {}

    @asynccontextmanager
    async def request(self, origin: Origin, task: str) -> AsyncIterator[None]:
        """Let a call of this person's go ahead. Raises `OverLimit` where they have used up their hour.

        What has not reached the call log yet is counted here, so that a hundred requests at once do not slip through.
        """
        if task == UNASKED:
            await self.check_unasked(origin)
            yield
            return
        jobs = self.under_way.setdefault(origin.user, Counter())
        jobs[origin.job] += 1
        try:
            await self.check(origin, jobs)
            yield
        finally:
            jobs[origin.job] -= 1
            if not +jobs:
                self.under_way.pop(origin.user, None)

    async def admit(self, origin: Origin) -> None:
        """Raise `OverLimit` where a call of this request would not go ahead now. It counts nothing."""
        await self.check(origin, self.under_way.get(origin.user, Counter()))

    async def check_unasked(self, origin: Origin) -> None:
        """Bound the calls that one person causes unasked, by writing and editing: nobody's edits empty the budget.

        A bot, which has no user here, speaks for many people and is not bounded.
        """
        most = (await self.settings.read()).requests_per_user_hour
        if most is None or not origin.user:
            return
        since = self.now().astimezone(UTC) - HOUR
        if await self.store.calls_for(origin.workspace, origin.user, since, UNASKED) >= most:
            raise OverLimit("", str(most))

    async def check(self, origin: Origin, under_way: Counter[str]) -> None:
        most = (await self.settings.read()).requests_per_user_hour
        if most is None:
            return
        since = self.now().astimezone(UTC) - HOUR
        logged = await self.store.requests(origin.workspace, origin.user, since, unasked=UNASKED)
        if len((logged | set(+under_way)) - {origin.job}) >= most:
            raise OverLimit("", str(most))
