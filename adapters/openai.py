"""OpenAI through the official SDK: one question, one answer, every failure in the words of `adapters.errors`."""

import logging
from functools import partial

import openai
from openai.types import Model
from openai.types.chat import ChatCompletion

from adapters import errors
from adapters.base import SOCKET_SECONDS, Finish, Provider, Reply, Request, finished
from adapters.connections import connections
from adapters.models import rules
from adapters.openai_chat import FINISHES, failure, form, messages, reply


class OpenAI(Provider):
    name = "openai"

    def __init__(self, key: str, model: str, base_url: str | None = None) -> None:
        logging.getLogger("openai").setLevel(logging.WARNING)  # its DEBUG lines are about requests
        self.model = model
        self.row = rules(model)
        self.failure = partial(failure, self.name)
        self.client = openai.AsyncOpenAI(
            api_key=key, base_url=base_url, max_retries=0, timeout=SOCKET_SECONDS, http_client=connections()
        )
        self.completions = self.client.chat.completions  # imports what would hold up the first question

    async def complete(self, request: Request) -> Reply:
        with errors.mapped(self.name, self.failure):
            completion = await self.completions.create(
                model=self.model,
                messages=messages(request.system, request.text),
                max_completion_tokens=self.row.output_limit(request.max_output_tokens),
                response_format=form(request.schema) if request.schema else openai.omit,
                temperature=openai.omit
                if request.temperature is None or not self.row.sampling
                else request.temperature,
                reasoning_effort="none" if self.row.thinking == "none" else openai.omit,
                store=False,
            )
            answer = reply(errors.genuine(self.name, completion, ChatCompletion), self.model)
            return finished(self.name, request, FINISHES.get(answer.finish_reason, Finish.OTHER), answer)

    async def check(self) -> None:
        with errors.mapped(self.name, self.failure):
            found = await self.client.models.retrieve(self.model)
        if not errors.genuine(self.name, found, Model).id:
            raise errors.BadOutput(self.name, "no model")

    async def close(self) -> None:
        await self.client.close()
