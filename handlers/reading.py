"""Turns to have a conversation read: nobody has hundreds of them held, nor takes all that Slack lets an app read."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from cachetools import TTLCache

from bot.inbox import Later
from handlers.allowance import MINUTE, Allowance

AT_ONCE = 4
"""Conversations that are read at a time for one person, so that nobody has the app hold hundreds of long ones."""

A_MINUTE = 40
"""Conversations that are read in a minute for one person, of the 50 that Slack lets an app read of each kind (Tier 3;
docs.slack.dev, "Rate limits"): a kept summary costs no call to a model, but its conversation is read every time."""

REMEMBERED = 10_000


class Reading:
    """The turns of each person, in this process. `clock` gives epoch seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self.allowances: TTLCache[str, Allowance] = TTLCache(REMEMBERED, MINUTE, timer=clock)

    @asynccontextmanager
    async def turn(self, user: str) -> AsyncIterator[None]:
        """Wait for a turn. Raises `Later` where this person has had all of a minute's."""
        allowance = self.allowances[user] = self.allowances.get(user) or Allowance(A_MINUTE, self.clock)
        seconds = allowance.take()
        if seconds > 0:
            raise Later(seconds)
        async with self.turns.setdefault(user, asyncio.Semaphore(AT_ONCE)):
            yield
