"""Trigger ids: what an app needs to open a modal, good for three seconds and for one use."""

import secrets
from collections.abc import Callable

from bot.sandbox.errors import SlackError

LIFE = 3.0


class Triggers:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._issued: dict[str, tuple[float, str]] = {}
        self._spent: set[str] = set()

    def issue(self, user: str) -> str:
        """A new id on behalf of the person who did something."""
        trigger = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**13)}.{secrets.token_hex(16)}"
        self._issued[trigger] = (self._clock() + LIFE, user)
        return trigger

    def exchange(self, trigger: str) -> str:
        """The person behind the id, which is spent from now on."""
        if trigger in self._spent:
            raise SlackError("exchanged_trigger_id")
        if trigger not in self._issued:
            raise SlackError("invalid_trigger_id")
        expires, user = self._issued[trigger]
        if self._clock() > expires:
            raise SlackError("expired_trigger_id")
        self._spent.add(trigger)
        return user
