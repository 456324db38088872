"""Slack's rate limits per method: how many calls a minute each tier takes before it answers 429."""

import math
from collections import deque
from collections.abc import Callable, Mapping

_TIER_2, _TIER_3, _TIER_4, _SPECIAL = 20, 50, 100, 300
_CONNECTIONS = 10
"""Tier 1 is "1+ a minute"; an app may hold ten sockets, so that many openings in a burst are let through."""
_POSTS_AT_ONCE = 3
"""chat.postMessage is one a second and channel, with short bursts tolerated: who posts one a second may be that many
early once, and has to fall behind before that is allowed again."""

PER_MINUTE: Mapping[str, int] = {
    "apps.connections.open": _CONNECTIONS,
    "auth.test": _SPECIAL,
    "chat.getPermalink": _SPECIAL,
    "chat.postMessage": _SPECIAL,
    "chat.update": _TIER_3,
    "chat.delete": _TIER_3,
    "chat.postEphemeral": _TIER_4,
    "conversations.history": _TIER_3,
    "conversations.replies": _TIER_3,
    "conversations.info": _TIER_3,
    "conversations.open": _TIER_3,
    "conversations.members": _TIER_4,
    "conversations.list": _TIER_2,
    "users.conversations": _TIER_2,
    "users.list": _TIER_2,
    "users.info": _TIER_4,
    "reactions.add": _TIER_3,
    "reactions.remove": _TIER_2,
    "views.open": _TIER_4,
    "views.push": _TIER_4,
    "views.update": _TIER_4,
    "views.publish": _TIER_4,
}


class Tiers:
    """Counts calls in a sliding window, and posts to a channel in a bucket that empties by one a second.

    A refused call does not count.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._windows: dict[str, deque[float]] = {}
        self._empty_at: dict[str, float] = {}

    def wait(self, method: str, channel: str) -> int:
        """Seconds for `Retry-After`, or 0 where the call may go ahead."""
        now = self._clock()
        wait = self._full(method, PER_MINUTE.get(method, _TIER_2), now)
        if method != "chat.postMessage":
            posted = False
        else:
            posted, wait = True, max(wait, self._early(channel, now))
        if wait == 0:
            self._windows[method].append(now)
        if wait == 0 and posted:
            self._empty_at[channel] = max(self._empty_at.get(channel, now), now) + 1.0
        return wait

    def _full(self, method: str, most: int, now: float) -> int:
        window = self._windows.setdefault(method, deque())
        while window and window[0] <= now - 60.0:
            window.popleft()
        return max(1, math.ceil(window[0] + 60.0 - now)) if len(window) >= most else 0

    def _early(self, channel: str, now: float) -> int:
        return max(0, math.ceil(self._empty_at.get(channel, now) - now - (_POSTS_AT_ONCE - 1)))
