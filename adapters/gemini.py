"""Gemini through the official SDK: one question, one answer, every failure in the words of `adapters.errors`."""

import logging
import warnings

import httpx2
from google import genai
from google.genai import types
from google.genai.errors import APIError, UnknownApiResponseError
from pydantic import ValidationError

from adapters import errors
from adapters.base import SOCKET_SECONDS, Finish, Provider, Reply, Request, Usage, finished
from adapters.connections import connections, unreachable
from adapters.gemini_words import FINISHES, from_google
from adapters.models import Model, rules


class Gemini(Provider):
    name = "gemini"

    def __init__(self, key: str, model: str, base_url: str | None = None) -> None:
        logging.getLogger("google_genai").setLevel(logging.WARNING)
        warnings.filterwarnings("ignore", category=UserWarning, module=r"google\.genai\._common")  # new finish reasons
        self.model = model
        self.row = rules(model)
        self.http = connections()  # the SDK leaves it for us to close
        options = types.HttpOptions(
            base_url=base_url,
            api_version="v1beta",
            timeout=round(SOCKET_SECONDS * 1000),
            retry_options=types.HttpRetryOptions(attempts=1),
            httpx_async_client=self.http,
        )
        self.client = genai.Client(enterprise=False, api_key=key, http_options=options)

    async def complete(self, request: Request) -> Reply:
        with errors.mapped(self.name, failure):
            response = await self.client.aio.models.generate_content(
                model=self.model, contents=request.text, config=config(request, self.row)
            )
            finish, reason = stop(response)
            return finished(self.name, request, finish, reply(response, self.model, reason))

    async def check(self) -> None:
        with errors.mapped(self.name, failure):
            found = await self.client.aio.models.get(model=self.model)
        if not found.name:
            raise errors.BadOutput(self.name, "no model")

    async def close(self) -> None:
        await self.http.aclose()
        self.client.close()


def config(request: Request, row: Model) -> types.GenerateContentConfig:
    return types.GenerateContentConfig(
        system_instruction=request.system,
        max_output_tokens=row.output_limit(request.max_output_tokens),
        response_mime_type="application/json" if request.schema else None,
        response_json_schema=request.schema,
        thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel(row.thinking))
        if row.thinking
        else None,
        automatic_continuation=False,  # one question is one call
    )


def stop(response: types.GenerateContentResponse) -> tuple[Finish, str]:
    """Why the answer ended, in our word and the vendor's. A blocked prompt has no answer at all."""
    candidate = next(iter(response.candidates or []), None)
    if candidate is None and response.prompt_feedback and response.prompt_feedback.block_reason:
        return Finish.REFUSED, response.prompt_feedback.block_reason.value
    reason = candidate.finish_reason.value if candidate and candidate.finish_reason else ""
    return FINISHES.get(reason, Finish.OTHER), reason


def reply(response: types.GenerateContentResponse, requested: str, reason: str) -> Reply:
    parts = [part for part in response.parts or [] if not part.thought]
    return Reply(
        text="".join(part.text or "" for part in parts),
        usage=usage(response.usage_metadata),
        requested_model=requested,
        served_model=response.model_version or requested,
        finish_reason=reason,
        request_id=response.response_id,
    )


def usage(billed: types.GenerateContentResponseUsageMetadata | None) -> Usage:
    """Prompt tokens include the cache; tool input and thoughts are counted beside prompt and answer."""
    if billed is None:
        return Usage()
    thinking = billed.thoughts_token_count or 0
    return Usage(
        input_total=(billed.prompt_token_count or 0) + (billed.tool_use_prompt_token_count or 0),
        cache_read=billed.cached_content_token_count or 0,
        output_total=(billed.candidates_token_count or 0) + thinking,
        thinking=thinking,
    )


def failure(error: Exception) -> errors.ProviderError | None:
    if isinstance(error, httpx2.TimeoutException):
        return errors.TimedOut("gemini", type(error).__name__)
    if isinstance(error, httpx2.RequestError):
        return unreachable("gemini", error)
    if isinstance(error, UnknownApiResponseError):
        return errors.no_json("gemini")
    if isinstance(error, ValidationError):
        return errors.BadOutput("gemini", "a 200 that is no answer")
    if not isinstance(error, APIError):
        return None
    return from_google("gemini", error.code, error.details, error.response.headers)
