"""OpenAI through the official SDK: one question, one answer, every failure in the words of `adapters.errors`."""

import logging
from collections.abc import Mapping

import openai
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionMessage
from openai.types.shared_params import ResponseFormatJSONSchema

from adapters import errors
from adapters.base import SOCKET_SECONDS, Finish, Provider, Reply, Request, Usage, finished
from adapters.models import rules

FINISHES = {"stop": Finish.DONE, "length": Finish.LENGTH, "content_filter": Finish.REFUSED, "refusal": Finish.REFUSED}
CODES = {
    "insufficient_quota": errors.QuotaExhausted,
    "billing_hard_limit_reached": errors.QuotaExhausted,
    "billing_not_active": errors.QuotaExhausted,
    "context_length_exceeded": errors.TooLong,
}


class OpenAI(Provider):
    name = "openai"

    def __init__(self, key: str, model: str, base_url: str | None = None) -> None:
        logging.getLogger("openai").setLevel(logging.WARNING)  # its DEBUG lines are about requests
        self.model = model
        self.row = rules(model)
        self.client = openai.AsyncOpenAI(api_key=key, base_url=base_url, max_retries=0, timeout=SOCKET_SECONDS)

    async def complete(self, request: Request) -> Reply:
        with errors.mapped(self.name, failure):
            completion = await self.client.chat.completions.create(
                model=self.model,
                messages=[{"role": "system", "content": request.system}, {"role": "user", "content": request.text}],
                max_completion_tokens=self.row.output_limit(request.max_output_tokens),
                response_format=form(request.schema) if request.schema else openai.omit,
                temperature=openai.omit
                if request.temperature is None or not self.row.sampling
                else request.temperature,
                reasoning_effort="none" if self.row.thinking == "none" else openai.omit,
                store=False,
            )
            answer = reply(completion, self.model)
            return finished(self.name, request, FINISHES.get(answer.finish_reason, Finish.OTHER), answer)

    async def check(self) -> None:
        with errors.mapped(self.name, failure):
            found = await self.client.models.retrieve(self.model)
        if not found.id:
            raise errors.BadOutput(self.name, "no model")

    async def close(self) -> None:
        await self.client.close()


def form(schema: Mapping[str, object]) -> ResponseFormatJSONSchema:
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": dict(schema)}}


def reply(completion: ChatCompletion, requested: str) -> Reply:
    choice = next(iter(completion.choices or []), None)
    text, refusal = said(choice.message) if choice else ("", None)
    return Reply(
        text=text,
        usage=usage(completion.usage),
        requested_model=requested,
        served_model=completion.model or requested,
        finish_reason="refusal" if refusal else str(choice.finish_reason or "") if choice else "",
        request_id=completion._request_id,
    )


def said(message: ChatCompletionMessage | None) -> tuple[str, str | None]:
    return (message.content or "", message.refusal) if message else ("", None)


def usage(billed: CompletionUsage | None) -> Usage:
    """Both totals already include their parts."""
    if billed is None:
        return Usage()
    read, wrote = billed.prompt_tokens_details, billed.completion_tokens_details
    return Usage(
        input_total=billed.prompt_tokens or 0,
        cache_read=(read.cached_tokens or 0) if read else 0,
        cache_write=(read.cache_write_tokens or 0) if read else 0,
        output_total=billed.completion_tokens or 0,
        thinking=(wrote.reasoning_tokens or 0) if wrote else 0,
    )


def failure(error: Exception) -> errors.ProviderError | None:
    if isinstance(error, openai.APITimeoutError):
        return errors.TimedOut("openai")
    if isinstance(error, openai.APIConnectionError):
        return errors.Unreachable("openai", type(error.__cause__).__name__)
    if not isinstance(error, openai.APIStatusError):
        return None
    code = error.code or error.type
    return errors.from_status("openai", error.status_code, code, error.response.headers, CODES)
