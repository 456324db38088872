"""How much of what Slack allows in a minute one purpose may take, so that the rest is there for the others."""

from collections import deque
from collections.abc import Callable

MINUTE = 60.0


class Allowance:
    """`most` in any minute, counted in this process. `clock` gives seconds."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self.most = most
        self.clock = clock
        self.taken: deque[float] = deque(maxlen=most)

    def take(self, count: int = 1) -> float:
        """Take so many, or none: 0.0 where they were taken, otherwise the seconds until the first comes free."""
        now = self.clock()
        recent = [at for at in self.taken if at > now - MINUTE]
        if len(recent) + count > self.most:
            return min(recent[0] + MINUTE - now, MINUTE) if recent else MINUTE
        self.taken.extend([now] * count)
        return 0.0
