"""Any server that speaks OpenAI's chat API (Ollama, vLLM, llama.cpp, LiteLLM), through the OpenAI SDK."""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import replace

import openai
from openai.types import Model as Listed
from openai.types.chat import ChatCompletion
from openai.types.chat.completion_create_params import ResponseFormat

from adapters import errors, openai_chat
from adapters.base import SOCKET_SECONDS, Finish, Provider, Reply, Request, finished
from adapters.connections import connections
from adapters.models import UNKNOWN

NO_KEY = "none"
"""Sent where there is no key, because the SDK insists on one. It is no secret."""

WINDOW = 32_768
"""Tokens, where the configuration does not say. Cautious, because some of these servers do not refuse what exceeds
their window but drop a part of it without a word, and the summary is then of the rest."""

FINISHES = openai_chat.FINISHES | {"eos": Finish.DONE, "eos_token": Finish.DONE}
"""The last two are what Together and older versions of Text Generation Inference say for `stop`."""

SAID: Mapping[tuple[int, str], type[errors.ProviderError]] = {
    (400, "maximum context length"): errors.TooLong,  # vLLM
    (400, "Invalid model name"): errors.ModelNotFound,  # LiteLLM
    (404, "File Not Found"): errors.NoApi,  # llama.cpp, of a path
}
"""What some servers tell by status and words alone, without a code."""

NO_SCHEMAS = {400, 422, 501}
"""How a server says that it does not take JSON schemas, unless the failure is one of `FINAL`."""
FINAL = (errors.TooLong, errors.ModelNotFound)
SCHEMA = "\n\nAnswer with one JSON object and nothing else. It must be valid against this JSON schema:\n"

THOUGHTS = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)


class Compatible(Provider):
    """Its `row` holds what may be supposed: sampling is a part of the API that all these servers imitate."""

    name = "compatible"

    def __init__(self, key: str, model: str, base_url: str | None = None) -> None:
        if base_url is None:  # the SDK would take OpenAI's address
            raise errors.NoApi(self.name, "no address is set")
        logging.getLogger("openai").setLevel(logging.WARNING)  # its DEBUG lines are about requests
        self.model = model
        self.row = replace(
            UNKNOWN, id=model, provider=self.name, label=model, window=WINDOW, max_output=WINDOW, sampling=True
        )
        self.knows_schemas = True
        self.client = openai.AsyncOpenAI(
            api_key=key or NO_KEY,
            base_url=base_url,
            max_retries=0,
            timeout=SOCKET_SECONDS,
            http_client=connections(),
        )
        # The SDK has filled these from variables that are meant for OpenAI's eyes.
        self.client.organization = self.client.project = None
        self.client._custom_headers = {}
        self.completions = self.client.chat.completions  # imports what would hold up the first question

    async def complete(self, request: Request) -> Reply:
        with errors.mapped(self.name, failure):
            answer = openai_chat.reply(await self.asked(request), self.model)
            answer = replace(answer, text=bare(answer.text, fenced=request.schema is not None))
            return finished(self.name, request, FINISHES.get(answer.finish_reason, Finish.OTHER), answer)

    async def asked(self, request: Request) -> ChatCompletion:
        if request.schema is None:
            return await self.create(request, request.system, openai.omit)
        if self.knows_schemas:
            try:
                return await self.create(request, request.system, openai_chat.form(request.schema))
            except openai.APIStatusError as error:
                if error.status_code not in NO_SCHEMAS or isinstance(failure(error), FINAL):
                    raise
        # No retry of what failed, but another question: servers differ in what they take, and there is no asking them
        # beforehand. Only an answer shows that the schema was what the server refused.
        system = request.system + SCHEMA + json.dumps(request.schema)
        completion = await self.create(request, system, {"type": "json_object"})
        self.knows_schemas = False
        return completion

    async def create(self, request: Request, system: str, form: ResponseFormat | openai.Omit) -> ChatCompletion:
        completion = await self.completions.create(
            model=self.model,
            messages=openai_chat.messages(system, request.text),
            max_tokens=self.row.output_limit(request.max_output_tokens),  # not all know the newer name
            response_format=form,
            temperature=openai.omit if request.temperature is None or not self.row.sampling else request.temperature,
        )
        return errors.genuine(self.name, completion, ChatCompletion)

    async def check(self) -> None:
        """Ask for the model, or for the list of all models where the server answers to nothing else."""
        with errors.mapped(self.name, failure):
            found = await self.retrieved()
            if found is None:
                listed = errors.genuine(self.name, await self.client.get("/models", cast_to=object), dict)
                if self.model not in {one.get("id") for one in listed.get("data") or [] if isinstance(one, dict)}:
                    raise errors.ModelNotFound(self.name, "not listed")
            elif not found.id:
                raise errors.BadOutput(self.name, "no model")

    async def retrieved(self) -> Listed | None:
        try:
            return errors.genuine(self.name, await self.client.models.retrieve(self.model), Listed)
        except openai.APIStatusError as error:
            if error.status_code in {404, 405, 501}:
                return None
            raise

    async def close(self) -> None:
        await self.client.close()


def bare(text: str, *, fenced: bool) -> str:
    """The answer without the thoughts before it and, where it has to be JSON, without the fence around it."""
    text = THOUGHTS.sub("", text)
    inside = text.strip()
    if fenced and inside.startswith("```") and inside.endswith("```") and "\n" in inside:
        return inside[inside.index("\n") : -3]
    return text


def failure(error: Exception) -> errors.ProviderError | None:
    if isinstance(error, openai.APIStatusError):
        for (status, words), kind in SAID.items():
            if error.status_code == status and words in error.message:
                return kind("compatible", str(status))
    return openai_chat.failure("compatible", error)
