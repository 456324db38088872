"""The weekly digest over half a year's calls, and the night's purge beside it while events keep coming in."""

import asyncio
import json
import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench import table
from bench.history import filled
from bench.process import ROOT, App, launched
from bench.stage import PEOPLE, Scale, Stage, people, staged
from bench.table import Table
from bot.database import Database
from bot.sandbox import Workspace
from bot.settings import OPERATOR, Settings, WorkspaceSettings
from bot.store import Store

SECONDS, RESIDENT = 1.0, 200e6
STALL, ACK = 0.05, 0.1
EVENTS = 50
"""Each second."""

AFTERWARDS = 10.0
MOST, PAUSE = 900.0, 0.25
"""Seconds after which the purge counts as too slow to be measured, and between two looks whether it is done."""

REPORTS, SUPPORT = "C0REPORTS1", "C0SUPPORT1"
WATCHED = ("-m", "bench.watched")
EXPIRED = "SELECT count(*) FROM calls WHERE prompt IS NOT NULL AND called_at < ?"
OPEN = "SELECT count(*) FROM inbox WHERE queue IN ('purge', 'digest') AND due IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Span:
    """What events met in a time: seconds it took, until each was acked, and that the loop was late at most."""

    took: float
    acks: list[float]
    stall: float
    processor: float

    def ack(self, percent: int) -> float:
        return sorted(self.acks)[len(self.acks) * percent // 100] if self.acks else 0.0


@dataclass(frozen=True, slots=True)
class Night:
    """What happened while texts were purged and the digest was posted, and afterwards with events alone."""

    beside: Span
    alone: Span
    digests: int
    left: int
    peak: int | None


async def measure(scale: Scale) -> Table:
    rows, texts = scale.calls, scale.calls // 2
    workspace = Workspace.blank(name="Acme")
    users = people(workspace)
    workspace.add_channel(SUPPORT, "support", members=[*users, workspace.bot_user_id])
    workspace.add_channel(REPORTS, "reports", members=[workspace.bot_user_id])
    found = Table(
        f"The digest of a week, of {rows:,} calls over 26 weeks; a purge of {texts:,} texts beside {EVENTS} events/s",
        ["beside the purge", "events alone"],
    )
    async with staged(workspace) as stage:
        place = stage.place("app")
        await filled(place / "precis.db", rows, texts)
        seconds, processor, peak = await weekly(place / "precis.db", scale.runs)
        night = await purged(stage, place, users)
    found.add("digest computed, slowest run", table.seconds(seconds, SECONDS), bar="< 1 s")
    found.add("its processor time", table.seconds(processor))
    found.add("resident memory, at most", table.megabytes(peak, RESIDENT), bar="< 200 MB")
    fill(found, night)
    found.note(f"Events: messages of {PEOPLE} people in a support channel, each a row before its ack, then triaged.")
    return found


def fill(found: Table, night: Night) -> None:
    spans = (night.beside, night.alone)
    found.add("took", *(table.seconds(span.took) for span in spans))
    found.add("events acked", *(table.count(len(span.acks)) for span in spans))
    found.add("ack, p50", *(table.milliseconds(span.ack(50)) for span in spans))
    found.add("ack, p99", *(table.milliseconds(span.ack(99), ACK) for span in spans), bar="< 100 ms")
    found.add(
        "worst stall of the event loop", *(table.milliseconds(span.stall, STALL) for span in spans), bar="< 50 ms"
    )
    found.add("processors in use by the app", *(table.figure("{:.2f}", span.processor) for span in spans))
    found.add("digests posted", table.count(night.digests), bar="1")
    found.add("expired texts left", table.count(night.left, 0), bar="0")
    found.add("peak memory of the app", table.megabytes(night.peak, RESIDENT), bar="< 200 MB")


async def weekly(path: Path, runs: int) -> tuple[float, float, int]:
    """The slowest of some runs and its processor time in seconds, and the process's largest resident memory."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.weekly", f"sqlite:///{path}", str(runs)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the digest could not be computed")
    told = json.loads(output)
    slowest = max(range(runs), key=lambda run: float(told["seconds"][run]))
    return told["seconds"][slowest], told["processor"][slowest], told["peak"]


async def purged(stage: Stage, place: Path, users: list[str]) -> Night:
    path = place / "precis.db"
    await quietly(path)
    settings = stage.settings() | {"LLM_PROVIDER": "offline", "LLM_MODEL": "", "DIGEST_CHANNEL": REPORTS}
    async with launched(stage.slack, place, settings, WATCHED) as app:
        marks = [mark(stage, app)]
        events = asyncio.create_task(keep_coming(stage, users))
        try:
            await until_done(path)
            marks.append(mark(stage, app))
            await asyncio.sleep(AFTERWARDS)
            marks.append(mark(stage, app))
        finally:
            events.cancel()
        peak = app.peak()
        late = json.loads((await app.stop()).splitlines()[-1])
    bot = stage.slack.workspace.bot_id
    posts = stage.slack.workspace.channels[REPORTS].messages.values()
    return Night(
        beside=span(stage, marks[0], marks[1], late),
        alone=span(stage, marks[1], marks[2], late),
        digests=sum(post.get("bot_id") == bot for post in posts),
        left=count(path, EXPIRED, time.strftime("%Y-%m-%d", time.gmtime(time.time() - 31 * 86_400))),
        peak=peak,
    )


Mark = tuple[float, int, float]
"""A moment, how many events were acked by then, and the app's processor seconds."""


def mark(stage: Stage, app: App) -> Mark:
    return time.monotonic(), len(stage.slack.acks), app.cpu()


def span(stage: Stage, begun: Mark, ended: Mark, late: list[tuple[float, float]]) -> Span:
    took = ended[0] - begun[0]
    return Span(
        took=took,
        acks=list(stage.slack.acks[begun[1] : ended[1]]),
        stall=max((by for at, by in late if begun[0] <= at <= ended[0]), default=0.0),
        processor=(ended[2] - begun[2]) / took,
    )


async def quietly(path: Path) -> None:
    """Have the support channel triaged without a card, and have the digest due whatever day it is."""
    database = await Database.open(f"sqlite:///{path}")
    settings = WorkspaceSettings(Store(database), "T0SANDBOX", Settings())
    await settings.change("quiet_channels", [SUPPORT], by=OPERATOR)
    await settings.change("digest_time", "00:00", by=OPERATOR)
    await database.close()


async def keep_coming(stage: Stage, users: list[str]) -> None:
    """Have people write, each message at its own time whatever the ones before took."""
    begun, number = time.monotonic(), 0
    while True:
        said = f"Observation {number}: the export of invoices fails, who can look at it?"
        await stage.slack.person(users[number % len(users)]).say(SUPPORT, said)
        number += 1
        await asyncio.sleep(max(begun + number / EVENTS - time.monotonic(), 0))


async def until_done(path: Path) -> None:
    """Wait until the purge and the digest are done. Raises `TimeoutError`."""
    for _ in range(round(MOST / PAUSE)):
        if count(path, "SELECT count(*) FROM digests") and not count(path, OPEN):
            return
        await asyncio.sleep(PAUSE)
    raise TimeoutError


def count(path: Path, sql: str, *values: str) -> int:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return int(connection.execute(sql, values).fetchone()[0])
