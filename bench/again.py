"""The same long conversation asked for again: what it costs when nothing is new, and when ten messages are."""

import json
import time
from statistics import median

import aiohttp

from bench import table
from bench.conversation import CHANNEL, SPLITS, ask, loaded
from bench.process import launched
from bench.stage import HEADLINE, Scale, Stage, staged
from bench.table import Table

SECONDS = 0.3
NEW = 10
TIMES = 3
PAGE = 1000


async def measure(scale: Scale) -> Table:
    scenery = loaded(scale.messages)
    found = Table(f"The same {scale.messages:,} messages again, Slack at 0 ms per call")
    if scenery is None:
        found.note("skipped: real data absent (PRECIS_DATA says where it is)")
        return found
    workspace, root = scenery
    async with staged(workspace, slack_seconds=0.0, model_seconds=0.0) as stage:
        async with launched(stage.slack, stage.place("app"), stage.settings(SPLITS)) as app:
            await app.ready()
            first = await ask(stage, scenery)
            stage.model.latency = scale.model_seconds
            same = [await ask(stage, scenery) for _ in range(TIMES)]
            for number in range(NEW):
                workspace.post("U0PERSON01", CHANNEL, f"News {number}: it is Thursday after all.", thread_ts=root)
            more = await ask(stage, scenery)
        alone = await read_alone(stage, root)
    found.add("first time: model calls", table.count(len(first.received)))
    found.add("again: model calls", table.count(max(len(each.received) for each in same), 0), bar="0")
    found.add(
        "again: answered after, median",
        table.milliseconds(median(each.seconds for each in same), SECONDS),
        bar="< 300 ms",
    )
    found.add("of which the sandbox takes to serve the pages", table.milliseconds(alone))
    found.add("again: answered with the summary", table.yes(all(HEADLINE in each.answer for each in same)))
    found.add(f"{NEW} new messages: model calls", table.count(len(more.received), 1), bar="1")
    found.add(f"{NEW} new messages: messages sent", table.count(len(more.numbers), NEW), bar=f"{NEW}")
    return found


async def read_alone(stage: Stage, root: str) -> float:
    """Seconds to fetch and decode every page of the thread with nothing else going on."""
    headers = {"Authorization": f"Bearer {stage.slack.bot_token}"}
    form, begun = {"channel": CHANNEL, "ts": root, "limit": str(PAGE)}, time.perf_counter()
    async with aiohttp.ClientSession(headers=headers) as session:
        while True:
            async with session.post(f"{stage.slack.api_url}conversations.replies", data=form) as answer:
                page = json.loads(await answer.read())
            if not page.get("has_more"):
                return time.perf_counter() - begun
            form["cursor"] = page["response_metadata"]["next_cursor"]
