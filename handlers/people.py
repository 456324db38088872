"""Who people are: names for transcripts and what an asker may do, from `users.info`, remembered for an hour."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

from cachetools import TTLCache
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.variables import zone
from handlers.client import passes

REMEMBERED = 10_000
SECONDS = 3600
LOOKUPS = 8
UNKNOWN = "unknown"
NO_ZONE = "UTC"
ADMINS = ("is_admin", "is_owner", "is_primary_owner")


@dataclass(frozen=True, slots=True)
class Person:
    """One account. A full member belongs to the workspace and is neither a guest, nor a stranger, nor a bot.

    A workflow is a bot that speaks for whoever filled in its form. `tz` is the name of their time zone, UTC where Slack
    does not tell one that is known here.
    """

    id: str
    name: str
    full_member: bool
    tz: str = NO_ZONE
    workflow: bool = False
    admin: bool = False
    """Whether Slack calls them an owner or an admin of the workspace."""
    bot: bool = False


class People:
    """Looks people up, each once an hour however many ask at the same time."""

    def __init__(self, slack: AsyncWebClient, team: str) -> None:
        self.slack = slack
        self.team = team
        self.known: TTLCache[str, Person] = TTLCache(REMEMBERED, SECONDS)
        self.asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.turns = asyncio.Semaphore(LOOKUPS)

    async def person(self, user: str) -> Person:
        """Somebody Slack does not show us is called `unknown` and may do nothing. Raises on a failing Slack."""
        async with self.asking.setdefault(user, asyncio.Lock()):
            found = self.known.get(user)
            if found is None:
                found = self.known[user] = await self.look_up(user)
            return found

    async def names(self, users: Iterable[str]) -> dict[str, str]:
        people = await asyncio.gather(*map(self.person, sorted(set(users))))
        return {person.id: person.name for person in people}

    async def look_up(self, user: str) -> Person:
        try:
            async with self.turns:
                answer = await self.slack.users_info(user=user)
        except SlackApiError as error:
            if passes(error):
                raise
            return Person(user, UNKNOWN, full_member=False)
        return person(answer["user"], self.team)


def person(user: dict[str, Any], team: str) -> Person:
    profile = user.get("profile") or {}
    name = profile.get("display_name") or profile.get("real_name") or user.get("real_name") or user.get("name")
    guest = user.get("is_restricted") or user.get("is_ultra_restricted") or user.get("is_stranger")
    teams = [user.get("team_id"), *(user.get("enterprise_user") or {}).get("teams", [])]
    foreign = team not in teams
    full_member = not (guest or foreign or user.get("deleted") or user.get("is_bot"))
    admin = full_member and any(user.get(rank) for rank in ADMINS)
    tz = zone(user.get("tz") or NO_ZONE)
    workflow, bot = bool(user.get("is_workflow_bot")), bool(user.get("is_bot"))
    return Person(user["id"], str(name or UNKNOWN), full_member, tz.key if tz else NO_ZONE, workflow, admin, bot)
