"""What listeners and jobs work with: built once by `bot.app`, handed to each of them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from weakref import WeakValueDictionary

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.catalogue import Catalogue
from bot.config import Config
from bot.inbox import Inbox
from bot.llm import Gateway
from bot.replay import Replay
from bot.settings import WorkspaceSettings
from bot.store import Store
from bot.summaries import Summaries
from bot.triager import Triager
from handlers.access import Access
from handlers.admins import Admins
from handlers.current import Current
from handlers.history import History
from handlers.people import People
from handlers.reading import Reading


@dataclass(frozen=True, slots=True)
class Workspace:
    """The workspace of the bot token, as `auth.test` tells it; `bot_name` is what people type after the @."""

    url: str
    team: str
    bot_user: str
    bot_id: str
    bot_name: str


@dataclass(frozen=True, slots=True)
class Services:
    """`allowance` is the most that a summary may cost without a question, in US dollars; None for no limit.

    `keep_text` says whether what people wrote may be written down, and `retention_days` for how long. Of `locks`,
    each case has one for its sorting, so that several edits cost one call, and the settings have one for changes of an
    item in a list.
    """

    workspace: Workspace
    slack: AsyncWebClient
    connections: aiohttp.ClientSession
    inbox: Inbox
    gateway: Gateway
    store: Store
    settings: WorkspaceSettings
    catalogue: Catalogue
    summaries: Summaries
    triager: Triager
    replay: Replay
    people: People
    access: Access
    admins: Admins
    history: History
    current: Current
    reading: Reading
    allowance: float | None
    keep_text: bool
    retention_days: int
    locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    @classmethod
    def of(
        cls,
        config: Config,
        workspace: Workspace,
        slack: AsyncWebClient,
        connections: aiohttp.ClientSession,
        inbox: Inbox,
        store: Store,
        settings: WorkspaceSettings,
        gateway: Gateway,
        clock: Callable[[], float],
    ) -> Self:
        """All of it, made from what has to be opened and closed."""
        people = People(slack, workspace.team)
        return cls(
            workspace=workspace,
            slack=slack,
            connections=connections,
            inbox=inbox,
            gateway=gateway,
            store=store,
            settings=settings,
            catalogue=config.catalogue,
            summaries=Summaries(gateway, store, keep=config.keeps_text),
            triager=Triager(gateway),
            replay=Replay(gateway, store, workspace.team, config.choices, keep=config.keeps_text),
            people=people,
            access=Access(slack, people),
            admins=Admins(people, config.admin_users),
            history=History(slack, people, bot_user=workspace.bot_user, bot_id=workspace.bot_id),
            current=Current(slack),
            reading=Reading(clock),
            allowance=config.max_usd_per_summary,
            keep_text=config.keeps_text,
            retention_days=config.content_retention_days,
        )

    def now(self) -> datetime:
        """By the clock of the app, as changes of settings are dated."""
        return self.settings.now()
