"""The rule-based baseline: no network, no key, no cost; for the sandbox, and for comparison in every eval."""

import asyncio
import json
import math
import re
from collections.abc import Callable, Mapping

from adapters.base import Finish, Provider, Reply, Request, Usage, finished
from adapters.errors import BadRequest, ModelNotFound
from adapters.models import UNKNOWN, rules
from adapters.offline_categories import offered
from adapters.offline_summary import POINTS, summarise
from adapters.offline_transcript import given, read
from adapters.offline_triage import triage

BYTES_PER_TOKEN = 4
"""English chat as measured on current models. Nothing is billed: the counts let reports compare the same traffic."""

AT_MOST = re.compile(r"^- points:.*\bat most (\d{1,2})\b", re.MULTILINE)
MOST_POINTS = 7
"""The most points that the prompt for the usual length allows a model; the rules keep to `POINTS` for it."""


class Offline(Provider):
    name = "offline"

    def __init__(self, key: str = "", model: str = "offline-rules-1", base_url: str | None = None) -> None:
        self.model = model
        self.row = rules(model)

    async def complete(self, request: Request) -> Reply:
        if request.task not in TASKS:
            raise BadRequest(self.name, "no rules for this task")
        try:
            data = await asyncio.to_thread(TASKS[request.task], request)
        except ValueError:
            data = None
        if data is None:
            raise BadRequest(self.name, "not the text that the task needs")
        text = json.dumps(data, ensure_ascii=False)
        usage = Usage(input_total=tokens(request.system + request.text), output_total=tokens(text))
        reply = Reply(text, usage, requested_model=self.model, served_model=self.model, finish_reason="done")
        return finished(self.name, request, Finish.DONE, reply)

    async def check(self) -> None:
        """There is nobody to ask: these rules are the only ones."""
        if self.row is UNKNOWN:
            raise ModelNotFound(self.name)

    async def close(self) -> None:
        """There is nothing to give back."""


def tokens(text: str) -> int:
    return math.ceil(len(text.encode(errors="replace")) / BYTES_PER_TOKEN)


def summary(request: Request) -> Mapping[str, object]:
    return summarise(request.text, points=limit(request.system), topics=wants_topics(request.schema))


def limit(system: str) -> int:
    """How many points the instructions allow, where they do not speak of the usual length."""
    asked = AT_MOST.search(system)
    return POINTS if asked is None or int(asked[1]) == MOST_POINTS else int(asked[1])


def wants_topics(schema: object) -> bool:
    for key in ("properties", "points", "items", "required"):
        schema = schema.get(key) if isinstance(schema, Mapping) else None
    return isinstance(schema, list) and "topic" in schema


def sorted_out(request: Request) -> Mapping[str, object]:
    """The messages of the case, sorted into the categories that the request offers."""
    said = "\n".join(message.text for message in read(given(request.text).transcript))
    return triage(said, offered(request))


def ready(request: Request) -> Mapping[str, object]:
    return {"ready": True}


TASKS: Mapping[str, Callable[[Request], Mapping[str, object]]] = {
    "summarise": summary,
    "triage": sorted_out,
    "check": ready,
}
