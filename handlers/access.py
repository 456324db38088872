"""Who may see what: checked before the first read, and a refusal looks exactly like a message that does not exist."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from cachetools import TTLCache
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from handlers.allowance import Allowance
from handlers.client import refusal
from handlers.people import People, Person
from handlers.refusals import NotFound

SECONDS = 60
"""How long an answer of Slack's is trusted: who leaves a channel or becomes a guest loses sight within this time."""

REMEMBERED = 10_000
PAGE = 999
MOST_LOOKED_AT = 50
"""Members of channels who are looked up one by one in a minute: half of those that Slack lets an app look up (Tier 4;
docs.slack.dev, "Rate limits"), so that nobody who asks has to wait for it."""

HIDDEN = ("channel_not_found", "missing_scope", "method_not_supported_for_channel_type")


class Access:
    """Decides whether an asker may see a conversation, from Slack's own word on it."""

    def __init__(self, slack: AsyncWebClient, people: People) -> None:
        self.slack = slack
        self.people = people
        self.public: TTLCache[str, bool] = TTLCache(REMEMBERED, SECONDS)
        self.known: TTLCache[str, Person] = TTLCache(REMEMBERED, SECONDS)
        self.without_guests: TTLCache[str, bool] = TTLCache(REMEMBERED, SECONDS)
        self.looks = Allowance(MOST_LOOKED_AT, time.monotonic)
        self.members: TTLCache[tuple[str, str], bool] = TTLCache(REMEMBERED, SECONDS)

    async def check(self, user: str, channel: str, *, asked_in: str) -> None:
        """Raise `NotFound` unless the user may see the channel. A request from inside the channel proves it."""
        if channel == asked_in:
            return
        if channel.startswith("D"):
            raise NotFound
        try:
            if await self.is_public(channel) and await self.is_full_member(user):
                return
            allowed = await self.is_member(user, channel)
        except SlackApiError as error:
            if refusal(error) in HIDDEN:
                raise NotFound from None
            raise
        if not allowed:
            raise NotFound

    async def allows(self, user: str, channel: str, *, asked_in: str = "") -> bool:
        """Whether the user may see the channel. Raises `SlackApiError` where Slack fails."""
        try:
            await self.check(user, channel, asked_in=asked_in)
        except NotFound:
            return False
        return True

    async def is_public(self, channel: str) -> bool:
        """Whether every full member of the workspace may open it. Raises `SlackApiError`."""
        public = self.public.get(channel)
        if public is None:
            answer = await self.slack.conversations_info(channel=channel)
            public = self.public[channel] = is_public(answer["channel"])
        return public

    async def is_full_member(self, user: str) -> bool:
        return (await self.person(user)).full_member

    async def person(self, user: str) -> Person:
        person = self.known.get(user)
        if person is None:
            person = self.known[user] = await self.people.look_up(user)
        return person

    async def has_no_guests(self, channel: str) -> bool:
        """Whether all people in a channel are known to be full members; not where too many would have to be looked at.

        Raises `SlackApiError`.
        """
        without = self.without_guests.get(channel)
        if without is None:
            without = self.without_guests[channel] = await self.only_full_members(channel)
        return without

    async def only_full_members(self, channel: str) -> bool:
        members: list[str] = []
        try:
            async for page in self.pages(channel):
                members += page
                if len(members) > MOST_LOOKED_AT:
                    return False
        except SlackApiError as error:
            if refusal(error) in HIDDEN:
                return False
            raise
        known = [person for member in members if (person := self.known.get(member)) is not None]
        if not all(map(belongs, known)) or self.looks.take(len(members) - len(known)) > 0:
            return False
        return all(map(belongs, await asyncio.gather(*map(self.person, members))))

    async def is_member(self, user: str, channel: str) -> bool:
        member = self.members.get((user, channel))
        if member is None:
            member = self.members[user, channel] = await self.has(user, channel)
        return member

    async def has(self, user: str, channel: str) -> bool:
        async for members in self.pages(channel):
            if user in members:
                return True
        return False

    async def pages(self, channel: str) -> AsyncIterator[list[str]]:
        async for page in await self.slack.conversations_members(channel=channel, limit=PAGE):
            yield page["members"]


def belongs(person: Person) -> bool:
    """Whether somebody may open what is public: no guest, and nobody of another organisation."""
    return person.full_member or person.bot


def is_public(conversation: dict[str, Any]) -> bool:
    closed = ("is_private", "is_im", "is_mpim", "is_group")
    return bool(conversation.get("is_channel")) and not any(conversation.get(kind) for kind in closed)
