"""A real conversation of thousands of messages: read once and whole, in parts, by a loop that keeps turning."""

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

from bench import table
from bench.load import calls
from bench.process import launched
from bench.stage import HEADLINE, Scale, Stage, data, people, staged
from bench.table import Table
from bot.sandbox import Workspace
from tests.vendors import Received

FILE = Path("slack-export-hyperledger", "long_8000.jsonl")
WATCHED = ("-m", "bench.watched")
CHANNEL = "C0LONGTALK"
SPLITS, WHOLE = "gpt-4o-mini", "gpt-6-luna"
"""A model whose window is too small for the conversation, and one that takes it in a single call."""

OVERHEAD = 1.15
LAST = 50
WAIT = 120.0
NUMBER = re.compile(r"^\[(\d+)\] \d{4}-\d\d-\d\d \d\d:\d\d ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Asked:
    """One `/tldr` of the conversation, and what it took in seconds, in calls, and on the model's side."""

    seconds: float
    began: float
    slack_calls: int
    received: list[Received]
    answer: str

    @property
    def sent(self) -> list[str]:
        return [message(call, 0) + message(call, 1) for call in self.received]

    @property
    def numbers(self) -> list[int]:
        return [int(number) for text in self.sent for number in NUMBER.findall(text)]


def message(call: Received, place: int) -> str:
    return str(call.body["messages"][place]["content"])


async def measure(scale: Scale) -> Table:
    scenery = loaded(scale.messages)
    found = Table(f"A conversation of {scale.messages:,} messages as one thread, {SPLITS}, spend cap off")
    if scenery is None:
        found.note("skipped: real data absent (PRECIS_DATA says where it is)")
        return found
    async with staged(scenery[0], model_seconds=scale.model_seconds) as stage:
        async with launched(stage.slack, stage.place("parts"), stage.settings(SPLITS), WATCHED) as app:
            await app.ready()
            parts = await ask(stage, scenery)
            peak = app.peak()
            late = stall(await app.stop(), parts)
        async with launched(stage.slack, stage.place("whole"), stage.settings(WHOLE)) as other:
            await other.ready()
            whole = await ask(stage, scenery)
            await other.stop()
    fill(found, parts, whole)
    found.add("peak memory of the app", table.megabytes(peak))
    found.add("worst stall of its event loop", table.milliseconds(late))
    return found


def fill(found: Table, parts: Asked, whole: Asked) -> None:
    numbers, sizes = parts.numbers, [sum(len(text.encode()) for text in each.sent) for each in (parts, whole)]
    tail = last(whole.sent[-1], len(whole.numbers))
    found.add("answered after", table.seconds(parts.seconds))
    found.add("answered with the summary", table.yes(HEADLINE in parts.answer))
    found.add("Slack calls, names cold", table.count(parts.slack_calls))
    found.add("model calls", table.count(len(parts.received)))
    found.add("the same in one call: messages, bytes sent", table.count(len(whole.numbers)), bar=f"{sizes[1]:,} bytes")
    found.add("bytes sent in parts", table.count(sizes[0]))
    found.add(
        "input over that of one call", table.figure("{:.3f}", sizes[0] / sizes[1], OVERHEAD), bar=f"<= {OVERHEAD}"
    )
    found.add(
        "every message sent exactly once",
        table.yes(sorted(numbers) == sorted(whole.numbers) == list(range(1, len(numbers) + 1))),
        bar="yes",
    )
    found.add(f"the last {LAST} messages stand in the last call", table.yes(tail in parts.sent[-1]), bar="yes")


def last(text: str, messages: int) -> str:
    """The end of a transcript from one of its last messages on, without the mark that closes it."""
    begin = text.index(f"\n[{max(messages - LAST, 0) + 1}] ")
    return text[begin : text.rindex("\n</transcript")]


def stall(said: str, asked: Asked) -> float:
    """The longest that the loop was late while the request was under way, in seconds."""
    late = json.loads(said.splitlines()[-1])
    return max((by for at, by in late if asked.began <= at <= asked.began + asked.seconds), default=0.0)


def loaded(messages: int) -> tuple[Workspace, str] | None:
    """A workspace with the first messages of the real conversation in one thread, and its root; None without data."""
    try:
        with (data() / FILE).open() as lines:
            said = json.loads(lines.readline())["messages"][:messages]
    except FileNotFoundError:
        return None
    workspace = Workspace.blank(name="Acme")
    asker = people(workspace)[0]
    for number, user in enumerate(sorted({each["user"] for each in said}), start=1):
        workspace.add_user(user, f"writer{number}", real_name=f"Writer {number}")
    workspace.add_channel(CHANNEL, "long-talk", members=[asker, workspace.bot_user_id])
    for each in said:
        workspace.post(
            each["user"], CHANNEL, each["text"], thread_ts=said[0]["ts"] if each is not said[0] else None, ts=each["ts"]
        )
    return workspace, said[0]["ts"]


async def ask(stage: Stage, scenery: tuple[Workspace, str]) -> Asked:
    before, slack_calls, began, started = len(stage.model.received), calls(stage), time.monotonic(), time.perf_counter()
    person = stage.slack.person("U0PERSON01")
    asked = await person.command("/tldr", stage.link(CHANNEL, scenery[1]), channel=CHANNEL)
    await asked.answered(timeout=WAIT)
    took = time.perf_counter() - started
    return Asked(took, began, calls(stage) - slack_calls, stage.model.received[before:], str(asked.answers))
