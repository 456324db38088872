"""The Web API's front door: token, scopes, rate limits, scripted faults, and a record of every call."""

import asyncio
import uuid
from collections import deque
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.sandbox import args as arguments
from bot.sandbox.args import Args
from bot.sandbox.errors import SlackError
from bot.sandbox.methods import METHODS, Method
from bot.sandbox.platform import Platform
from bot.sandbox.tiers import Tiers


@dataclass(slots=True)
class Call:
    """One received call; `error` is None where it succeeded, `http_503` where a bare status was answered."""

    method: str
    args: dict[str, Any]
    at: float
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A scripted failure: an error code, an HTTP status, or (`lost`) a call that is done but never answered."""

    error: str | None = None
    status: int | None = None
    retry_after: int | None = None
    lost: bool = False


class WebApi:
    def __init__(self, slack: Platform, *, bot_token: str, app_token: str, latency: float, rate_limits: bool) -> None:
        self._slack, self._latency = slack, latency
        self._tokens = {bot_token: False, app_token: True}
        self._tiers = Tiers(slack.workspace.clock) if rate_limits else None
        self._faults: dict[str, deque[Fault]] = {}
        self.calls: list[Call] = []

    def fail(self, method: str, fault: Fault, times: int) -> None:
        self._faults.setdefault(method, deque()).extend([fault] * times)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        method = METHODS.get(name)
        call = Call(name, {}, self._slack.workspace.clock())
        self.calls.append(call)
        fault = self.fault(name)
        try:
            args = await arguments.read(request, json_too=method.json if method else True)
            call.args = dict(args)
            await asyncio.sleep(self._latency)
            answer = self._answer(request, name, method, args, fault)
        except SlackError as refusal:
            call.error = refusal.code
            return self._refusal(refusal)
        except Status as status:
            call.error = f"http_{status.code}"
            return web.Response(status=status.code, text="<html>upstream error</html>", content_type="text/html")
        if fault and fault.lost:
            return vanish(request)
        return web.json_response({"ok": True, **answer}, headers=self._headers())

    def _answer(
        self, request: web.Request, name: str, method: Method | None, args: Args, fault: Fault | None
    ) -> dict[str, Any]:
        if fault and not fault.lost:
            raise_fault(fault)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        self._authorise(request, method, args)
        if self._tiers and (wait := self._tiers.wait(name, self._place(args))):
            raise SlackError("ratelimited", retry_after=wait)
        self._slack.grants.call(name)
        return method.run(self._slack, args)

    def _place(self, args: Args) -> str:
        """The conversation whose pace a call has to keep: a person's id and that of their direct messages are one."""
        named = str(args.get("channel", ""))
        direct = self._slack.direct(named)
        return direct.id if direct else named

    def _authorise(self, request: web.Request, method: Method, args: Args) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else args.text("token")
        if not token:
            raise SlackError("not_authed")
        if token not in self._tokens:
            raise SlackError("invalid_auth")
        if self._tokens[token] is not method.app:
            raise SlackError("not_allowed_token_type")

    def _refusal(self, refusal: SlackError) -> web.Response:
        details = dict(refusal.details)
        wait = details.pop("retry_after", None)
        headers = self._headers() | ({"Retry-After": str(wait)} if wait is not None else {})
        status = 429 if refusal.code == "ratelimited" else 200
        return web.json_response({"ok": False, "error": refusal.code, **details}, status=status, headers=headers)

    def _headers(self) -> dict[str, str]:
        return {"x-oauth-scopes": ",".join(sorted(self._slack.grants.held)), "x-slack-req-id": uuid.uuid4().hex}

    def fault(self, name: str) -> Fault | None:
        """The next scripted failure of a method, used up by asking."""
        waiting = self._faults.get(name)
        return waiting.popleft() if waiting else None


class Status(Exception):
    """Raised to answer with a bare HTTP status."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def raise_fault(fault: Fault) -> None:
    if fault.status == 429 or fault.error == "ratelimited":
        raise SlackError("ratelimited", retry_after=fault.retry_after or 1)
    if fault.status:
        raise Status(fault.status)
    raise SlackError(fault.error or "internal_error")


def vanish(request: web.Request) -> web.Response:
    """Cut the connection after the work is done, as when a proxy dies on the way back."""
    if request.transport:
        request.transport.abort()
    return web.Response()
