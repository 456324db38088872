"""What every measurement runs against: a Slack and a model on this machine that take their time as real ones do."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.process import ROOT
from bot.sandbox import Sandbox, Workspace
from bot.sandbox.delivery import RETRY_WAITS
from tests.vendors import KEY, OpenAIServer

SLACK_SECONDS = 0.05
MODEL_SECONDS = 2.0
"""What one call takes; those of the other bots that were measured, so that figures compare."""

PEOPLE, CHANNELS, THREAD, WRITERS = 30, 10, 20, 6
"""People and channels of the scene; messages in each thread and how many people write them."""

HEADLINE = "The release moves to Thursday."
SUMMARY = {
    "headline": HEADLINE,
    "points": [
        {"text": f"Finding {number}: the export of invoices fails where fonts are missing.", "sources": [number]}
        for number in range(1, 8)
    ],
    "decisions": [{"text": "Roll back to version 4.1 at 14:00.", "by": "Person 2", "sources": [9, 10]}] * 3,
    "actions": [{"text": "Write to the customers.", "owner": "Person 3", "due": "Friday", "sources": [11]}] * 3,
    "open_questions": [{"text": "Who owns the font package?", "sources": [12]}] * 2,
}


Thread = tuple[str, str, str]
"""Its channel, its root, and who asks for it."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured: summaries at once, seconds a model call takes, messages of the long conversation, runs,
    calls of half a year."""

    at_once: tuple[int, ...]
    model_seconds: float
    messages: int
    runs: int
    calls: int


FULL = Scale((1, 50, 500), MODEL_SECONDS, 8000, 3, 1_000_000)
QUICK = Scale((1, 4), 0.2, 300, 1, 20_000)


@dataclass(frozen=True, slots=True)
class Stage:
    """The sandbox, the model's server, and a folder that is gone afterwards."""

    slack: Sandbox
    model: OpenAIServer
    folder: Path

    def settings(self, model: str = "gpt-4o-mini") -> dict[str, str]:
        return {
            "LLM_PROVIDER": "openai",
            "LLM_MODEL": model,
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": self.model.url,
            "MAX_USD_PER_SUMMARY": "off",
        }

    def place(self, name: str) -> Path:
        """A new folder for one app and its database."""
        made = self.folder / name
        made.mkdir()
        return made

    def link(self, channel: str, ts: str) -> str:
        return f"{self.slack.url}archives/{channel}/p{ts.replace('.', '')}"


@asynccontextmanager
async def staged(
    workspace: Workspace,
    *,
    slack_seconds: float = SLACK_SECONDS,
    model_seconds: float = MODEL_SECONDS,
    ack_timeout: float = 3.0,
    retry_waits: tuple[float, ...] = RETRY_WAITS,
) -> AsyncIterator[Stage]:
    """Slack without rate limits, granting and sending what the manifest asks for, and a model that knows one answer."""
    manifest = json.loads((ROOT / "manifest.json").read_text())
    with TemporaryDirectory(prefix="precis-bench-") as folder:
        async with (
            OpenAIServer() as model,
            Sandbox.start(
                workspace,
                latency=slack_seconds,
                scopes=manifest["oauth_config"]["scopes"]["bot"],
                events=manifest["settings"]["event_subscriptions"]["bot_events"],
                ack_timeout=ack_timeout,
                retry_waits=retry_waits,
            ) as slack,
        ):
            model.latency = model_seconds
            model.answer(SUMMARY)
            yield Stage(slack, model, Path(folder))


def people(workspace: Workspace) -> list[str]:
    made = [f"U0PERSON{number:02}" for number in range(1, PEOPLE + 1)]
    for number, user in enumerate(made, start=1):
        workspace.add_user(user, f"person{number}", real_name=f"Person {number}")
    return made


def scene(size: int, waves: int = 1) -> tuple[Workspace, list[Thread]]:
    """A workspace with threads over all channels, whose members are all; each further wave is by the same people."""
    workspace = Workspace.blank(name="Acme")
    users = people(workspace)
    channels = [f"C0CHANNEL{number:02}" for number in range(CHANNELS)]
    for channel in channels:
        workspace.add_channel(channel, channel.lower(), members=[*users, workspace.bot_user_id])
    made = []
    for number in list(range(size)) * waves:
        channel, writers = channels[number % CHANNELS], [users[(number + step) % PEOPLE] for step in range(WRITERS)]
        made.append((channel, conversation(workspace, channel, writers), users[number % PEOPLE]))
    return workspace, made


def conversation(workspace: Workspace, channel: str, writers: list[str]) -> str:
    root = ""
    for number in range(THREAD):
        text = (
            f"Observation {number}: the export of invoices fails on server {number % 7}, who can look at it by Friday?"
        )
        ts = workspace.post(writers[number % len(writers)], channel, text, thread_ts=root or None)
        root = root or ts
    return root


def data() -> Path:
    """The folder of real conversations; it need not exist."""
    return Path(os.environ.get("PRECIS_DATA") or ROOT.parent / "shared" / "data")
