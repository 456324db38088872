"""The app as an operator starts it: a process of its own, whose memory and time the operating system tells."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox import Sandbox

ROOT = Path(__file__).parents[1]
RUN = ("-m", "bot", "run")
STARTING = 30.0
STOPPING = 20.0
"""Seconds that starting and stopping may take before the measurement is given up."""

READY = "is ready"
"""What the app logs about its provider."""


class NotStarted(Exception):
    """The app ended or stayed silent instead of connecting. The text is the end of what it said."""


@dataclass(frozen=True, slots=True)
class App:
    """A running app. Sizes are in bytes, None where there is no /proc."""

    process: asyncio.subprocess.Process
    log: Path

    def resident(self) -> int | None:
        return self.memory("VmRSS")

    def peak(self) -> int | None:
        return self.memory("VmHWM")

    def memory(self, name: str) -> int | None:
        try:
            lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        except OSError:
            return None
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), None)

    async def ready(self) -> None:
        """Wait until it can ask its model: when it connects, it has not imported the SDK yet."""
        async with asyncio.timeout(STARTING):
            while READY not in self.said():  # noqa: ASYNC110  # another process writes there
                await asyncio.sleep(0.02)

    def cpu(self) -> float:
        """Seconds of processor time so far, 0 where there is no /proc."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    async def stop(self) -> str:
        """End it as an operator would, wait until it has gone, and return what it said."""
        self.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self.process.wait(), STOPPING)
        return self.said()

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def launched(
    slack: Sandbox, folder: Path, settings: dict[str, str], command: tuple[str, ...] = RUN
) -> AsyncIterator[App]:
    """Start the app in a folder, connected to this Slack, with nothing in its environment but these settings."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(ROOT),
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        "LOG_LEVEL": "INFO",
    }
    log = folder / "app.log"
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *command), cwd=folder, env=environment | settings, stdout=output, stderr=output
        )
    try:
        app = App(process, log)
        await connected(slack, app)
        yield app
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def connected(slack: Sandbox, app: App) -> None:
    """Wait until the app is connected. Raises `NotStarted`."""
    waiting = [asyncio.create_task(slack.connected()), asyncio.create_task(app.process.wait())]
    try:
        await asyncio.wait(waiting, timeout=STARTING, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
    if not waiting[0].done() or app.process.returncode is not None:
        raise NotStarted(app.said()[-2000:] or "It said nothing.")
