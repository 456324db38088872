"""Claude through the official SDK: one question, one answer, every failure in the words of `adapters.errors`."""

import logging

import anthropic
from anthropic.types import Message, ModelInfo
from anthropic.types import Usage as Billed

from adapters import errors
from adapters.base import SOCKET_SECONDS, Finish, Provider, Reply, Request, Usage, finished
from adapters.connections import connections, unreachable
from adapters.models import rules

FINISHES = {
    "end_turn": Finish.DONE,
    "stop_sequence": Finish.DONE,
    "max_tokens": Finish.LENGTH,
    "model_context_window_exceeded": Finish.WINDOW,
    "refusal": Finish.REFUSED,
}
CODES = {
    "contract_spend_limit_reached": errors.QuotaExhausted,
    "enforced_spend_limit_reached": errors.QuotaExhausted,
    "organization_on_hold": errors.Auth,
}


class Claude(Provider):
    name = "claude"

    def __init__(self, key: str, model: str, base_url: str | None = None) -> None:
        logging.getLogger("anthropic").setLevel(logging.WARNING)  # its DEBUG lines quote the prompt
        self.model = model
        self.row = rules(model)
        self.client = anthropic.AsyncAnthropic(
            api_key=key,
            base_url=base_url,
            max_retries=0,
            timeout=SOCKET_SECONDS,
            http_client=connections(),
            open_telemetry=False,
        )

    async def complete(self, request: Request) -> Reply:
        schema = request.schema
        with errors.mapped(self.name, failure):
            answer = await self.client.messages.create(
                model=self.model,
                max_tokens=self.row.output_limit(request.max_output_tokens),
                system=request.system,
                messages=[{"role": "user", "content": request.text}],
                output_config={"format": {"type": "json_schema", "schema": dict(schema)}} if schema else anthropic.omit,
                thinking={"type": "disabled"} if self.row.thinking == "disabled" else anthropic.omit,
            )
            message = errors.genuine(self.name, answer, Message)
            finish = FINISHES.get(message.stop_reason or "", Finish.OTHER)
            return finished(self.name, request, finish, reply(message, self.model))

    async def check(self) -> None:
        with errors.mapped(self.name, failure):
            found = await self.client.models.retrieve(self.model)
        if not errors.genuine(self.name, found, ModelInfo).id:
            raise errors.BadOutput(self.name, "no model")

    async def close(self) -> None:
        await self.client.close()


def reply(message: Message, requested: str) -> Reply:
    return Reply(
        text="".join(block.text for block in message.content or [] if block.type == "text"),
        usage=usage(message.usage),
        requested_model=requested,
        served_model=message.model or requested,
        finish_reason=message.stop_reason or "",
        request_id=message._request_id,
    )


def usage(billed: Billed | None) -> Usage:
    """The vendor's `input_tokens` leave both caches out."""
    if billed is None:
        return Usage()
    read, write = billed.cache_read_input_tokens or 0, billed.cache_creation_input_tokens or 0
    details = billed.output_tokens_details
    return Usage(
        input_total=(billed.input_tokens or 0) + read + write,
        cache_read=read,
        cache_write=write,
        output_total=billed.output_tokens or 0,
        thinking=(details.thinking_tokens or 0) if details else 0,
    )


def failure(error: Exception) -> errors.ProviderError | None:
    if isinstance(error, anthropic.APITimeoutError):
        return errors.TimedOut("claude")
    if isinstance(error, anthropic.APIConnectionError):
        return unreachable("claude", error.__cause__)
    if not isinstance(error, anthropic.APIStatusError):
        return None
    if error.status_code == 400 and "prompt is too long" in error.message:
        return errors.TooLong("claude", "400")
    code = error.error_code or error.type
    return errors.from_status("claude", error.status_code, code, error.response.headers, CODES, body=error.body)
