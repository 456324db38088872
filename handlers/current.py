"""What messages say now, read from Slack: all that are asked for at the same time by one call."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from handlers.links import TS

PAGE = 999
APART = 1.25
"""Seconds between two calls in the long run: conversations.history is Tier 3, about 50 a minute for the workspace."""

AT_ONCE = 4
"""Calls that follow each other without a rest, after as many rests: Slack's tiers allow bursts."""

NEAR = 120.0
"""Seconds that two messages may lie apart to be read by the same call."""


@dataclass(slots=True)
class Batch:
    """Messages of one channel that are read together: those wanted, by ts, and then what came of it."""

    wanted: set[str] = field(default_factory=set)
    found: dict[str, dict[str, Any]] | None = None
    failure: Exception | None = None


class Current:
    """Reads single top-level messages; a burst of them costs one call, however many wait."""

    def __init__(self, slack: AsyncWebClient) -> None:
        self.slack = slack
        self.waiting: dict[str, Batch] = {}
        self.turn = asyncio.Lock()
        self.rested_at = 0.0

    async def message(self, channel: str, ts: str) -> dict[str, Any] | None:
        """The message as it is now, None where it was deleted. Raises `SlackApiError` where Slack fails."""
        if not TS.fullmatch(ts):
            return None
        batch = self.waiting.setdefault(channel, Batch())
        batch.wanted.add(ts)
        async with self.turn:
            if batch.failure is not None:
                raise batch.failure
            if batch.found is None:
                batch.found = await self.read(channel, batch)
        return batch.found.get(ts)

    async def read(self, channel: str, batch: Batch) -> dict[str, dict[str, Any]]:
        """Read what has gathered by the time of the call; whoever comes later makes a batch of their own."""
        await self.rest()
        if self.waiting.get(channel) is batch:
            del self.waiting[channel]
        found: dict[str, dict[str, Any]] = {}
        try:
            for first, last in spans(sorted(batch.wanted)):
                found |= {message["ts"]: message async for message in self.between(channel, first, last)}
        except Exception as failure:
            batch.failure = failure
            raise
        return {ts: found[ts] for ts in batch.wanted & found.keys() if found[ts].get("subtype") != "tombstone"}

    async def between(self, channel: str, first: str, last: str) -> AsyncIterator[dict[str, Any]]:
        limit = 1 if first == last else PAGE
        await self.rest()
        async for page in await self.slack.conversations_history(
            channel=channel, oldest=first, latest=last, inclusive=True, limit=limit
        ):
            self.rested_at = max(self.rested_at, time.monotonic()) + APART
            for message in page["messages"]:
                yield message
            if first == last or not page.get("has_more"):
                break
            await self.rest()

    async def rest(self) -> None:
        await asyncio.sleep(max(0.0, self.rested_at - (AT_ONCE - 1) * APART - time.monotonic()))


def spans(wanted: list[str]) -> Iterator[tuple[str, str]]:
    """The first and last of each group of neighbours."""
    first = last = wanted[0]
    for ts in wanted[1:]:
        if float(ts) - float(last) > NEAR:
            yield first, last
            first = ts
        last = ts
    yield first, last
