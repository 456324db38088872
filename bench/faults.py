"""What Slack sends twice, and a process that is killed in the middle of its calls: nothing is lost, nothing doubled."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench import table
from bench.process import launched
from bench.stage import HEADLINE, Scale, Stage, Thread, scene, staged
from bench.table import Table
from bot.sandbox.interaction import Interaction

COMMANDS = MENTIONS = 10
WAIT = 60.0
AFTERWARDS = 3.0
"""Seconds in which answers that follow the last one would arrive."""


@dataclass(frozen=True, slots=True)
class Killed:
    """How many summaries each request got in the end, and how often the model was asked for them."""

    commands: list[int]
    mentions: list[int]
    posts: list[int]
    model_calls: int


async def measure(scale: Scale) -> Table:
    found = Table("Events sent again, and a process that is killed")
    model_calls, posts = await redelivered(scale)
    found.add("one mention, both its events sent four times: model calls", table.count(model_calls, 1), bar="1")
    found.add("its posts in the thread", table.count(posts, 1), bar="1")
    killed = await kill(scale)
    found.add(
        f"killed during {COMMANDS} commands and {MENTIONS} mentions: lost", table.count(summed(killed, 0), 0), bar="0"
    )
    found.add("doubled", table.count(sum(each > 1 for each in [*killed.commands, *killed.posts]), 0), bar="0")
    found.add("model calls per summary", table.count(killed.model_calls / (COMMANDS + MENTIONS)))
    found.note("A call that was under way when its process was killed is paid for twice: nobody has its answer.")
    return found


def summed(killed: Killed, answers: int) -> int:
    return sum(each == answers for each in [*killed.commands, *killed.mentions])


async def redelivered(scale: Scale) -> tuple[int, int]:
    """Model calls and posts for a mention whose acks Slack takes for late, also when it is long answered."""
    workspace, [thread] = scene(1)
    waits = (0.1, 0.1, scale.model_seconds + 2.0)
    async with (
        staged(workspace, model_seconds=scale.model_seconds, ack_timeout=0.001, retry_waits=waits) as stage,
        launched(stage.slack, stage.place("app"), stage.settings()),
    ):
        await mention(stage, thread)
        async with asyncio.timeout(WAIT):
            await stage.slack.settled()
        await asyncio.sleep(scale.model_seconds + 1.0)
    return len(stage.model.received), len(posts(stage, thread))


async def kill(scale: Scale) -> Killed:
    """Kill the app when all its calls are under way, start another on its database, and wait for the answers."""
    workspace, threads = scene(COMMANDS + MENTIONS)
    async with staged(workspace, model_seconds=scale.model_seconds) as stage:
        place = stage.place("app")
        async with launched(stage.slack, place, stage.settings()) as app:
            asked = await asyncio.gather(*(command(stage, thread) for thread in threads[:COMMANDS]))
            await asyncio.gather(*(mention(stage, thread) for thread in threads[COMMANDS:]))
            await arrived(stage, len(threads))
            await app.kill()
        async with launched(stage.slack, place, stage.settings()):
            await all_answered(asked)
            await asyncio.sleep(scale.model_seconds + AFTERWARDS)
    replies = [posts(stage, thread) for thread in threads[COMMANDS:]]
    return Killed(
        commands=[sum(HEADLINE in str(answer) for answer in each.answers) for each in asked],
        mentions=[sum(HEADLINE in str(reply) for reply in each) for each in replies],
        posts=[len(each) for each in replies],
        model_calls=len(stage.model.received),
    )


async def command(stage: Stage, thread: Thread) -> Interaction:
    channel, root, user = thread
    return await stage.slack.person(user).command("/tldr", stage.link(channel, root), channel=channel)


async def mention(stage: Stage, thread: Thread) -> None:
    channel, root, user = thread
    await stage.slack.person(user).say(channel, f"<@{stage.slack.workspace.bot_user_id}> tldr", thread_ts=root)


async def arrived(stage: Stage, calls: int) -> None:
    """Wait until so many calls have reached the model."""
    async with asyncio.timeout(WAIT):
        while len(stage.model.received) < calls:
            stage.model.arrived.clear()
            await stage.model.arrived.wait()


async def all_answered(asked: Sequence[Interaction]) -> None:
    """Wait for every answer; what has not come by then is lost."""
    await asyncio.gather(*(each.answered(timeout=WAIT) for each in asked), return_exceptions=True)


def posts(stage: Stage, thread: Thread) -> list[dict[str, Any]]:
    """What the bot has written in a thread."""
    channel, root, _ = thread
    workspace = stage.slack.workspace
    return [message for message in workspace.thread(channel, root) if message.get("bot_id") == workspace.bot_id]
