"""OpenAI's chat API as its SDK shows it, for OpenAI and for the servers of others that speak it."""

from collections.abc import Mapping

import openai
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionMessage, ChatCompletionMessageParam
from openai.types.shared_params import ResponseFormatJSONSchema

from adapters import errors
from adapters.base import Finish, Reply, Usage
from adapters.connections import unreachable

FINISHES = {"stop": Finish.DONE, "length": Finish.LENGTH, "content_filter": Finish.REFUSED, "refusal": Finish.REFUSED}
CODES: Mapping[str, type[errors.ProviderError]] = {
    "insufficient_quota": errors.QuotaExhausted,
    "billing_hard_limit_reached": errors.QuotaExhausted,
    "billing_not_active": errors.QuotaExhausted,
    "context_length_exceeded": errors.TooLong,
    "exceed_context_size_error": errors.TooLong,  # llama.cpp
}


def messages(system: str, text: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "system", "content": system}, {"role": "user", "content": text}]


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


def failure(provider: str, error: Exception) -> errors.ProviderError | None:
    if isinstance(error, openai.APITimeoutError):
        return errors.TimedOut(provider)
    if isinstance(error, openai.APIConnectionError):
        return unreachable(provider, error.__cause__)
    if not isinstance(error, openai.APIStatusError):
        return None
    response = error.response
    code = error.type if str(error.code or error.status_code).isdigit() else error.code
    body = errors.parsed(response.content)
    return errors.from_status(provider, error.status_code, code, response.headers, CODES, body=body)
