"""An incident: hundreds of people write in the support channel at the same moment, and each message is sorted."""

import asyncio
import math
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench import table
from bench.process import App, launched
from bench.stage import Scale, Stage, staged
from bench.table import Table
from bot.config import MAX_CONCURRENT_CALLS
from bot.sandbox import Workspace

SUPPORT = "C0SUPPORT1"
VERDICT = {
    "reason": "The export fails.",
    "category": "bug",
    "second": "how-to",
    "urgency": "p2",
    "confidence": 0.9,
    "noise": False,
}
BOUNDS = (MAX_CONCURRENT_CALLS, 32)
"""How many calls are made at a time: by default, and so few that this machine has time to spare."""

WAIT = 120.0
SORTED = "SELECT count(*) FROM triage WHERE triaged_at IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Incident:
    """Seconds until all was sorted, the app's processor time for it, and calls to the model."""

    took: float
    cpu: float
    calls: int


async def measure(scale: Scale) -> Table:
    size = max(scale.at_once)
    found = Table(
        f"Triage: {size} messages by {size} people at the same moment, in one support channel",
        [f"{bound} calls at a time" for bound in BOUNDS],
    )
    runs = [await incident(scale, size, bound) for bound in BOUNDS]
    bars = [math.ceil(size / bound) * scale.model_seconds for bound in BOUNDS]
    found.add(
        "all sorted after",
        *(table.seconds(run.took, bar) for run, bar in zip(runs, bars, strict=True)),
        bar=" / ".join(f"< {bar:.1f} s" for bar in bars),
    )
    found.add("model calls", *(table.count(run.calls, size) for run in runs), bar=f"{size}")
    found.add("processor time of the app per message", *(table.milliseconds(run.cpu / size) for run in runs))
    found.note(
        f"The bar is {scale.model_seconds} s for each batch that MAX_CONCURRENT_CALLS allows: the model's own time."
    )
    return found


async def incident(scale: Scale, size: int, bound: int) -> Incident:
    async with staged(crowded(size), model_seconds=scale.model_seconds) as stage:
        stage.model.answer(VERDICT)
        place = stage.place("app")
        settings = stage.settings() | {"TRIAGE_CHANNELS": SUPPORT, "MAX_CONCURRENT_CALLS": str(bound)}
        async with launched(stage.slack, place, settings) as app:
            await app.ready()
            took, cpu = await sorted_all(stage, app, place / "precis.db", size)
    return Incident(took, cpu, len(stage.model.received))


def crowded(size: int) -> Workspace:
    workspace = Workspace.blank(name="Acme")
    people = [f"U0CROWD{number:04}" for number in range(size)]
    for user in people:
        workspace.add_user(user, user.lower())
    workspace.add_channel(SUPPORT, "support", members=[*people, workspace.bot_user_id])
    return workspace


async def sorted_all(stage: Stage, app: App, file: Path, size: int) -> tuple[float, float]:
    """Seconds until every message was sorted, and the processor time that the app took for it."""
    cpu, begun = app.cpu(), time.perf_counter()
    for number in range(size):
        await stage.slack.person(f"U0CROWD{number:04}").say(SUPPORT, f"The export number {number} fails")
    async with asyncio.timeout(WAIT):
        while await asyncio.to_thread(count, file) < size:  # noqa: ASYNC110  # another process writes there
            await asyncio.sleep(0.05)
    return time.perf_counter() - begun, app.cpu() - cpu


def count(file: Path) -> int:
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as reader:
        return int(reader.execute(SORTED).fetchone()[0])
