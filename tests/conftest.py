"""What every test starts from: a clean environment, a small workspace, and the app in it on a real file."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest
from pydantic import SecretStr

from bot import app
from bot.app import Precis
from bot.config import Config
from bot.limits import Policy
from bot.providers import ProviderConfig
from bot.sandbox import Sandbox, Workspace

FOREIGN = ("SLACK_", "LLM_", "ANTHROPIC_", "OPENAI_", "GEMINI_", "GOOGLE_", "DATABASE_URL", "HEALTH_PORT", "PORT")

for variable in list(os.environ):
    if variable.startswith(FOREIGN) or variable.upper().endswith(("_PROXY", "_API_KEY")):
        del os.environ[variable]

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("PRECIS_DATA") or ROOT.parent / "shared" / "data")
ACK_TIMEOUT = 3.0
MANIFEST = json.loads((ROOT / "manifest.json").read_text())

ADA, BEN, GUEST, STRANGER = "U0ADA00001", "U0BEN00001", "U0GUEST001", "U0STRANGE1"
GENERAL, PRIVATE, ELSEWHERE = "C0GENERAL1", "C0PRIVATE1", "C0ELSEWHE1"
TALK = [
    (ADA, "The export of invoices fails since this morning, customers see a blank page."),
    (BEN, "I can reproduce it. The new fonts are missing on the second server."),
    (ADA, "Let's roll back to version 4.1 at 14:00. Agreed?"),
    (BEN, "Agreed, we decided to roll back. I'll do it and write to the customers by Friday."),
    (ADA, "Who owns the font package these days?"),
]


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real threads, exports and payloads; the test is skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"real data absent: no folder {DATA.name!r} where PRECIS_DATA points")
    return DATA


@pytest.fixture
def workspace() -> Workspace:
    """Ada and Ben with a thread of five in #general, a private channel of Ada's, one that the bot is not in."""
    made = Workspace.blank(name="Acme")
    made.add_user(ADA, "ada", is_admin=True, profile={"display_name": "Ada Moreau"})
    made.add_user(BEN, "ben", profile={"display_name": "Ben Castellan"})
    made.add_user(GUEST, "gus", real_name="Gus Guest", is_restricted=True)
    made.add_user(STRANGER, "sam", real_name="Sam Stranger", is_stranger=True)
    bot = made.bot_user_id
    made.add_channel(GENERAL, "general", members=[ADA, BEN, bot])
    made.add_channel(PRIVATE, "secret-plans", private=True, members=[ADA, bot])
    made.add_channel(ELSEWHERE, "elsewhere", members=[ADA, BEN])
    return made


def talk(workspace: Workspace, channel: str = GENERAL) -> str:
    """Put the thread of five into a channel and return the ts of its root."""
    root = ""
    for user, text in TALK:
        ts = workspace.post(user, channel, text, thread_ts=root or None)
        root = root or ts
    return root


@pytest.fixture
def thread(workspace: Workspace) -> str:
    """The root of the thread in #general."""
    return talk(workspace)


@pytest.fixture
async def slack(workspace: Workspace) -> AsyncIterator[Sandbox]:
    """Slack, which grants and delivers just what the manifest asks for, and repeats an unacked event soon."""
    async with Sandbox.start(
        workspace,
        scopes=MANIFEST["oauth_config"]["scopes"]["bot"],
        events=MANIFEST["settings"]["event_subscriptions"]["bot_events"],
        ack_timeout=ACK_TIMEOUT,
        retry_waits=(0.05, 0.05, 0.05),
    ) as sandbox:
        yield sandbox


@pytest.fixture
def settings(slack: Sandbox, tmp_path: Path) -> Config:
    """Socket Mode, the offline baseline, a database file of the test's own."""
    return Config(
        slack_bot_token=SecretStr(slack.bot_token),
        slack_app_token=SecretStr(slack.app_token),
        slack_signing_secret=None,
        slack_api_url=slack.api_url,
        port=None,
        health_port=None,
        provider=ProviderConfig("offline", "offline-rules-1", None, None),
        database_url=f"sqlite:///{tmp_path / 'precis.db'}",
        content_retention_days=30,
        max_usd_per_summary=0.05,
        log_level="INFO",
    )


class Start(Protocol):
    def __call__(self, policy: Policy = ..., **changes: object) -> AbstractAsyncContextManager[Precis]: ...


@pytest.fixture
def start(settings: Config) -> Start:
    """The app with some settings changed; `policy` is how patient its gateway is."""

    def started(policy: Policy = Policy(), **changes: object) -> AbstractAsyncContextManager[Precis]:  # noqa: B008
        return app.running(replace(settings, **changes), policy=policy)  # type: ignore[arg-type]

    return started


@pytest.fixture
async def precis(settings: Config, slack: Sandbox, thread: str) -> AsyncIterator[Precis]:
    """The app as it runs, connected."""
    async with app.running(settings) as running:
        await slack.connected()
        yield running
