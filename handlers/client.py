"""The Slack client: one pooled session, patient with rate limits, repeating only what may be repeated."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.job import Job, Later

SECONDS = 30
CONNECTIONS = 100
RATE_LIMIT_RETRIES = 3
PASSING = ("ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout")
"""What Slack says when the same call may work later."""

BAD_BLOCKS = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long")
"""What Slack says of a message whose blocks it does not take; without them it may take it."""

UNANSWERED = (aiohttp.ClientError, TimeoutError)
"""What is raised where Slack did not say whether it took something."""

FAILURES = (SlackApiError, *UNANSWERED)
"""What is raised where Slack refuses something, or did not say whether it took it."""

AT_ONCE, MINUTE = 3, 60.0
"""Tries a few seconds apart while Slack fails, and seconds between those after them."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Repeatable(AsyncRetryHandler):
    """Lets another handler repeat a request, unless a repetition could post twice.

    A post that fails without an answer may have arrived; its job looks for it before it posts again.
    """

    def __init__(self, handler: AsyncRetryHandler) -> None:
        super().__init__(handler.max_retry_count, handler.interval_calculator)
        self.handler = handler

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if request.url.endswith("chat.postMessage"):
            return False
        return await self.handler.can_retry_async(state=state, request=request, response=response, error=error)


def session() -> aiohttp.ClientSession:
    """The connections that all requests to Slack share."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=SECONDS), connector=aiohttp.TCPConnector(limit=CONNECTIONS)
    )


def refusal(error: SlackApiError) -> str:
    """Slack's word for what was wrong; an answer that is none of Slack's has only a status."""
    answer = error.response
    body = answer.data if isinstance(answer, AsyncSlackResponse) else None
    if isinstance(body, dict) and body.get("error"):
        return str(body["error"])
    return f"http_{getattr(answer, 'status_code', getattr(answer, 'status', 'unknown'))}"


def passes(error: Exception) -> bool:
    """Whether the same call may work later; so it may where Slack did not answer at all."""
    if not isinstance(error, SlackApiError):
        return True
    return refusal(error) in PASSING or refusal(error).startswith("http_")


@contextmanager
def patience(job: Job, *, worthwhile: bool) -> Iterator[None]:
    """Have the job tried every minute where Slack goes on failing in a way that passes, while that is worthwhile.

    Slack may have taken what it did not answer: after tries that failed, `job.taken` has the next one look for it.
    Raises `Later`.
    """
    try:
        yield
    except FAILURES as error:
        if passes(error) and worthwhile and job.tries > AT_ONCE:
            raise Later(MINUTE) from error
        raise


class Proxied(Protocol):
    proxy: str | None


def direct(client: Proxied, address: str) -> None:
    """Reach this machine without a proxy: the SDK sends even loopback through `HTTPS_PROXY`."""
    if urlsplit(address).hostname in LOOPBACK:
        client.proxy = None


def client(token: str | None, api_url: str, connections: aiohttp.ClientSession) -> AsyncWebClient:
    slack = AsyncWebClient(
        token=token,
        base_url=api_url,
        timeout=SECONDS,
        session=connections,
        retry_handlers=[
            AsyncRateLimitErrorRetryHandler(max_retry_count=RATE_LIMIT_RETRIES),
            Repeatable(AsyncServerErrorRetryHandler()),
            Repeatable(AsyncConnectionErrorRetryHandler()),
        ],
    )
    direct(slack, api_url)
    return slack


def webhook(address: str, connections: aiohttp.ClientSession) -> AsyncWebhookClient:
    """Posts to a `response_url`."""
    poster = AsyncWebhookClient(
        address,
        timeout=SECONDS,
        session=connections,
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=RATE_LIMIT_RETRIES)],
    )
    direct(poster, address)
    return poster
