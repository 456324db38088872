"""Fair turns: so many at once, and whoever waits takes turns with the others, however much each has asked for."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

Turn = asyncio.Future[None]


class Turns:
    """At most `limit` at a time. People who wait get one turn each, round and round, in the order they came."""

    def __init__(self, limit: int) -> None:
        self.free = limit
        self.waiting: OrderedDict[str, deque[Turn]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, user: str) -> AsyncIterator[None]:
        """Wait for a turn, and hold it for the length of the block."""
        if self.free > 0:
            self.free -= 1
        else:
            await self.wait(user)
        try:
            yield
        finally:
            self.pass_on()

    async def wait(self, user: str) -> None:
        turn: Turn = asyncio.get_running_loop().create_future()
        self.waiting.setdefault(user, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was given at the same moment
                self.pass_on()
            raise

    def pass_on(self) -> None:
        """Give a turn to whoever is next, who goes to the back of the round; keep it where nobody waits."""
        while self.waiting:
            user, turns = self.waiting.popitem(last=False)
            turn = turns.popleft()
            if turns:
                self.waiting[user] = turns
            if not turn.done():
                turn.set_result(None)
                return
        self.free += 1
