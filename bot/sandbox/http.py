"""Signed HTTP delivery: events as JSON, commands and interactions as forms, each with Slack's signature headers."""

import asyncio
import json
import time
import uuid
from typing import Any
from urllib.parse import urlencode

import aiohttp
from slack_sdk.signature import SignatureVerifier

from bot.sandbox.delivery import Attempt, Undelivered

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class Http:
    """Signatures carry the real time whatever clock the sandbox runs on: the receiver checks them against its own."""

    def __init__(self, signing_secret: str, verification_token: str, ack_timeout: float) -> None:
        self._signer = SignatureVerifier(signing_secret)
        self._token, self._ack_timeout = verification_token, ack_timeout
        self._session: aiohttp.ClientSession | None = None
        self.request_url = ""

    async def send(self, attempt: Attempt) -> dict[str, Any] | None:
        body, content_type = _encoded(attempt)
        headers = self._headers(body, content_type) | _retry(attempt)
        try:
            async with asyncio.timeout(self._ack_timeout):
                return await self._post(body, headers)
        except TimeoutError as error:
            raise Undelivered("http_timeout", late=True) from error
        except aiohttp.ClientError as error:
            raise Undelivered("connection_failed") from error

    async def verify(self, request_url: str) -> bool:
        """Ask the address to echo a challenge, as Slack does when a request URL is entered."""
        challenge = uuid.uuid4().hex
        body = json.dumps({"token": self._token, "challenge": challenge, "type": "url_verification"})
        async with self._pool().post(request_url, data=body, headers=self._headers(body, JSON)) as answer:
            return answer.status == 200 and challenge in await answer.text()

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    async def _post(self, body: str, headers: dict[str, str]) -> dict[str, Any] | None:
        async with self._pool().post(self.request_url, data=body, headers=headers, allow_redirects=False) as answer:
            text = await answer.text(errors="replace")
            if not 200 <= answer.status < 300:
                raise Undelivered("http_error", final=answer.headers.get("x-slack-no-retry") == "1")
            return _ack(text, answer.content_type)

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self._session

    def _headers(self, body: str, content_type: str) -> dict[str, str]:
        timestamp = str(int(time.time()))
        signature = self._signer.generate_signature(timestamp=timestamp, body=body) or ""
        headers = {"Content-Type": content_type, "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)"}
        return headers | {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}


def _encoded(attempt: Attempt) -> tuple[str, str]:
    if attempt.type == "events_api":
        return json.dumps(attempt.payload), JSON
    if attempt.type == "slash_commands":
        return urlencode(attempt.payload), FORM
    return urlencode({"payload": json.dumps(attempt.payload)}), FORM


def _retry(attempt: Attempt) -> dict[str, str]:
    if not attempt.number:
        return {}
    return {"X-Slack-Retry-Num": str(attempt.number), "X-Slack-Retry-Reason": attempt.reason}


def _ack(text: str, content_type: str) -> dict[str, Any] | None:
    """The payload in an HTTP answer: JSON, or plain text that is shown as it stands."""
    if not text.strip():
        return None
    try:
        decoded = json.loads(text) if content_type == JSON else text
    except ValueError:
        decoded = text
    return decoded if isinstance(decoded, dict) else {"text": text}
