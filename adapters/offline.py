"""The rule-based baseline: no network, no key, no cost; for the sandbox, and for comparison in every eval."""

import asyncio
import json
import math
from collections.abc import Callable, Mapping

from adapters.base import Finish, Provider, Reply, Request, Usage, finished
from adapters.errors import BadRequest
from adapters.offline_summary import summarise
from adapters.offline_triage import triage

TASKS: Mapping[str, Callable[[str], Mapping[str, object]]] = {"summarise": summarise, "triage": triage}

BYTES_PER_TOKEN = 4
"""English chat as measured on current models. Nothing is billed: the counts let reports compare the same traffic."""


class Offline(Provider):
    name = "offline"

    def __init__(self, key: str = "", model: str = "offline-rules-1", base_url: str | None = None) -> None:
        self.model = model

    async def complete(self, request: Request) -> Reply:
        if request.task not in TASKS:
            raise BadRequest(self.name, "no rules for this task")
        try:
            data = await asyncio.to_thread(TASKS[request.task], request.text)
        except ValueError:
            data = None
        if data is None:
            raise BadRequest(self.name, "not the text that the task needs")
        text = json.dumps(data, ensure_ascii=False)
        usage = Usage(input_total=tokens(request.system + request.text), output_total=tokens(text))
        reply = Reply(text, usage, requested_model=self.model, served_model=self.model, finish_reason="done")
        return finished(self.name, request, Finish.DONE, reply)

    async def check(self) -> None:
        """There is nothing to ask."""

    async def close(self) -> None:
        """There is nothing to give back."""


def tokens(text: str) -> int:
    return math.ceil(len(text.encode(errors="replace")) / BYTES_PER_TOKEN)
