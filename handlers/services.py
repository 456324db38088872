"""What listeners and jobs work with: built once by `bot.app`, handed to each of them."""

from dataclasses import dataclass

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.inbox import Inbox
from bot.llm import Gateway
from bot.settings import WorkspaceSettings
from bot.store import Store
from bot.summaries import Summaries
from handlers.access import Access
from handlers.history import History
from handlers.people import People


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
    """`allowance` is the most that a summary may cost without a question, in US dollars; None for no limit."""

    workspace: Workspace
    slack: AsyncWebClient
    connections: aiohttp.ClientSession
    inbox: Inbox
    gateway: Gateway
    store: Store
    settings: WorkspaceSettings
    summaries: Summaries
    people: People
    access: Access
    history: History
    allowance: float | None
