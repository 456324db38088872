"""Many summaries at once by `/tldr`, each of a thread of its own: how long, how many calls, and whether all arrive."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench import table
from bench.process import App, launched
from bench.stage import CHANNELS, HEADLINE, PEOPLE, THREAD, Scale, Stage, Thread, scene, staged
from bench.table import Figure, Table
from bot.sandbox.interaction import Interaction

WALL = {50: 3.0, 500: 6.0}
ACK = {50: 0.1}
SLACK_CALLS = 3
WAIT = 60.0
"""Seconds after which an answer counts as lost."""

AFTERWARDS = 1.0
"""Seconds in which a second answer would arrive."""


@dataclass(frozen=True, slots=True)
class Request:
    """One `/tldr`: seconds from the start until it was acked, and until it was answered, None where it never was."""

    root: str
    asked: Interaction
    ack: float
    answered: float | None

    @property
    def answers(self) -> int:
        """How many summaries of its own thread came back."""
        return sum(
            HEADLINE in str(each) and f"thread_ts={self.root}" in str(each["blocks"]) for each in self.asked.answers
        )


@dataclass(frozen=True, slots=True)
class Wave:
    """Requests that were made at the same moment, and what they took. Calls to Slack include the posted answers."""

    requests: Sequence[Request]
    slack_calls: int
    model_calls: int
    cpu: float

    @property
    def wall(self) -> float:
        return max(WAIT if each.answered is None else each.answered for each in self.requests)

    @property
    def acks(self) -> list[float]:
        return [each.ack for each in self.requests]

    @property
    def lost(self) -> int:
        return sum(each.answers == 0 for each in self.requests)

    @property
    def doubled(self) -> int:
        return sum(each.answers > 1 for each in self.requests)

    @property
    def unacked(self) -> int:
        return sum(not each.asked.ok for each in self.requests)


@dataclass(frozen=True, slots=True)
class Load:
    """Two waves at a fresh app, of different threads by the same people: names unknown at first, then known."""

    size: int
    cold: Wave
    warm: Wave
    peak: int | None

    def summed(self, name: str) -> Figure:
        return table.count(getattr(self.cold, name) + getattr(self.warm, name), 0)


async def measure(scale: Scale) -> Table:
    loads = [await load(size, scale) for size in scale.at_once]
    found = Table(
        f"Summaries at once: /tldr, threads of {THREAD}, {CHANNELS} channels, {PEOPLE} people",
        [str(each.size) for each in loads],
    )
    walls = "; ".join(f"{size}: < {bar:.0f} s" for size, bar in WALL.items())
    found.add(
        "all answered, names cold", *(table.seconds(each.cold.wall, WALL.get(each.size)) for each in loads), bar=walls
    )
    found.add(
        "all answered, names warm", *(table.seconds(each.warm.wall, WALL.get(each.size)) for each in loads), bar=walls
    )
    found.add("ack, p50", *(table.milliseconds(median(each.cold.acks)) for each in loads))
    found.add(
        "ack, slowest",
        *(table.milliseconds(max(each.cold.acks), ACK.get(each.size)) for each in loads),
        bar="50: < 100 ms",
    )
    found.add(
        "Slack calls per summary, names cold", *(table.count(each.cold.slack_calls / each.size) for each in loads)
    )
    found.add(
        "Slack calls per summary, names warm",
        *(table.count(each.warm.slack_calls / each.size, SLACK_CALLS) for each in loads),
        bar="<= 3",
    )
    found.add("model calls per summary", *(table.count(each.cold.model_calls / each.size) for each in loads))
    for name in ("lost", "doubled", "unacked"):
        found.add(name, *(each.summed(name) for each in loads), bar="0")
    found.add("peak memory of the app", *(table.megabytes(each.peak) for each in loads))
    found.add(
        "processor time of the app per summary", *(table.milliseconds(each.warm.cpu / each.size) for each in loads)
    )
    found.note(
        "Slack calls include the post of the answer. Slack and the model share one process, the app has its own."
    )
    return found


async def load(size: int, scale: Scale) -> Load:
    workspace, threads = scene(size, waves=2)
    async with (
        staged(workspace, model_seconds=scale.model_seconds) as stage,
        launched(stage.slack, stage.place("app"), stage.settings()) as app,
    ):
        await app.ready()
        cold = await wave(stage, app, threads[:size])
        warm = await wave(stage, app, threads[size:])
        return Load(size, cold, warm, app.peak())


async def wave(stage: Stage, app: App, threads: Sequence[Thread]) -> Wave:
    slack_calls, model_calls, cpu = calls(stage), len(stage.model.received), app.cpu()
    started = time.perf_counter()
    requests = await asyncio.gather(*(request(stage, *thread, started) for thread in threads))
    spent = app.cpu() - cpu
    await asyncio.sleep(AFTERWARDS)
    return Wave(requests, calls(stage) - slack_calls, len(stage.model.received) - model_calls, spent)


def calls(stage: Stage) -> int:
    return len(stage.slack.calls) + len(stage.slack.response_posts)


async def request(stage: Stage, channel: str, root: str, user: str, started: float) -> Request:
    asked = await stage.slack.person(user).command("/tldr", stage.link(channel, root), channel=channel)
    ack = time.perf_counter() - started
    try:
        await asked.answered(timeout=WAIT)
    except TimeoutError:
        return Request(root, asked, ack, None)
    return Request(root, asked, ack, time.perf_counter() - started)
