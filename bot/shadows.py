"""Shadow calls: a sample of what was asked goes to a candidate too, in the background, for the call log alone."""

import asyncio
import logging

from adapters.base import Request
from adapters.errors import ProviderError
from bot.attempts import Attempt, Attempts
from bot.choices import Choice
from bot.database import DatabaseError
from bot.limits import Policy
from bot.origin import Origin
from bot.purposes import SHADOW

log = logging.getLogger("precis.llm")

AT_ONCE = 4
"""Shadow calls of one process at the same time; what comes on top of them is left out of the sample."""


class Shadows:
    """Asks candidates. Nobody waits for them or hears of their failures; breakers and turns of real work stay alone."""

    def __init__(self, attempts: Attempts, policy: Policy, *, limit: int = AT_ONCE) -> None:
        self.attempts = attempts
        self.policy = policy
        self.limit = limit
        self.asking: set[asyncio.Task[None]] = set()

    def ask(self, request: Request, origin: Origin, candidate: Choice) -> None:
        """Have the candidate asked the same, if there is room."""
        if len(self.asking) >= self.limit:
            log.info("%s is not asked along for job %s: enough shadow calls are under way", candidate, origin.job)
            return
        task = asyncio.create_task(self.attempt(request, origin, candidate))
        self.asking.add(task)
        task.add_done_callback(self.asking.discard)

    async def attempt(self, request: Request, origin: Origin, candidate: Choice) -> None:
        """Ask once; the answer, or how it failed, is a row of the call log."""
        seconds, now = self.policy.attempt(request), self.attempts.budget.now()
        attempt = Attempt(candidate, request, origin, 1, seconds, now, purpose=SHADOW)
        try:
            await self.attempts.make(attempt, [])
        except ProviderError as error:
            log.info("%s was asked along for job %s and failed (%s)", candidate, origin.job, error.kind)
        except DatabaseError as error:
            log.warning("%s could not be asked along. %s", candidate, error)

    async def close(self) -> None:
        """Break off what is under way."""
        for task in self.asking:
            task.cancel()
        await asyncio.gather(*self.asking, return_exceptions=True)
