"""Who may change what the workspace uses: its owners and admins by Slack's word, and those that the operator lists."""

import time
from collections.abc import Callable

from cachetools import TTLCache

from handlers.people import People

SECONDS = 300
"""How long Slack's word is trusted: who is no admin any more can change nothing after this time."""

REMEMBERED = 10_000


class Admins:
    """Decides whether somebody is an admin. Guests, strangers, bots and deleted accounts never are, listed or not."""

    def __init__(self, people: People, listed: tuple[str, ...], *, clock: Callable[[], float] = time.monotonic) -> None:
        self.people = people
        self.listed = frozenset(listed)
        self.known: TTLCache[str, bool] = TTLCache(REMEMBERED, SECONDS, timer=clock)

    async def include(self, user: str) -> bool:
        """Whether the user is an admin. Raises `SlackApiError` where Slack fails."""
        found = self.known.get(user)
        if found is None:
            person = await self.people.look_up(user)
            found = self.known[user] = person.full_member and (person.admin or user in self.listed)
        return found
