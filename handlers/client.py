"""The Slack client: one pooled session, patient with rate limits, repeating only what may be repeated."""

from typing import Protocol
from urllib.parse import urlsplit

import aiohttp
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
from slack_sdk.webhook.async_client import AsyncWebhookClient

SECONDS = 30
CONNECTIONS = 100
RATE_LIMIT_RETRIES = 3
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
