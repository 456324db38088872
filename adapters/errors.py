"""What can go wrong between Precis and a model, as one tree; every adapter maps its SDK's failures into it.

    ProviderError
    ├── MissingKey        no key, or no server of one's own, is configured for the provider
    ├── NotInstalled      the SDK of the provider is an extra that is not installed
    ├── UnknownProvider   no adapter has this name
    ├── Auth              the key is wrong or revoked
    ├── Forbidden         the key is not allowed to use the model
    ├── QuotaExhausted    billing or a quota that waiting does not bring back
    ├── ModelNotFound     the vendor does not know this model id (a typo, or a retired model)
    ├── NoApi             what answers at the address is not the vendor's API, or no address is set
    ├── BadRequest        the vendor refused the request itself
    ├── TooLong           the input does not fit the model's window
    ├── Refused           the model or a vendor filter declined to answer
    ├── Truncated         the answer hit the output limit
    ├── Empty             the call succeeded and said nothing
    ├── BadOutput         the answer is not what was asked for: not JSON, not the schema, no finish reason
    ├── OverBudget        the call would pass what the workspace may spend
    ├── Unpriced          a budget is set and nobody knows what the model costs
    ├── OverLimit         the asker has asked as often as one may in an hour
    ├── Unexpected        anything no adapter has mapped
    └── Transient         worth another try; `retry_after` says when, where the vendor told
        ├── RateLimited   too many requests
        ├── Overloaded    the vendor has no capacity
        ├── ServerError   the vendor failed
        ├── TimedOut      no complete answer within the deadline
        └── Unreachable   no connection, or it broke

An error never holds message text, a vendor's message (it can quote the prompt) or a key: only `detail`, made of a
status and the vendor's own error code. Where the vendor answered before things went wrong, `reply` carries what it
billed. `unbilled` says of a call that was made that it bills nothing, for certain. `model` is the model that was asked
for, empty where the gateway has not said so.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from adapters.base import Reply

T = TypeVar("T")


class ProviderError(Exception):
    """Base of the tree. `kind` is the word that stands in the call log, e.g. `rate_limited`.

    `unbilled` is as `UNBILLED` says, where whoever raises it does not know better.
    """

    def __init__(
        self, provider: str, detail: str = "", *, reply: Reply | None = None, unbilled: bool | None = None
    ) -> None:
        super().__init__(f"{provider}: {self.kind}" + (f" ({detail})" if detail else ""))
        self.provider = provider
        self.detail = detail
        self.model = ""
        self.reply = reply
        self.unbilled = reply is None and (isinstance(self, UNBILLED) if unbilled is None else unbilled)

    @property
    def kind(self) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()


class MissingKey(ProviderError):
    """Raised when a provider is built without its key, or before that where it lacks any variable that it needs."""


class NotInstalled(ProviderError):
    """Raised when a provider is built without its SDK. `detail` is the package that is missing."""


class UnknownProvider(ProviderError):
    """Raised when no adapter has the given name."""


class Auth(ProviderError):
    """The vendor does not accept the key (401)."""


class Forbidden(ProviderError):
    """The vendor accepts the key, but not for this model (403)."""


class QuotaExhausted(ProviderError):
    """Billing has stopped the account (402, or a 429 that is final)."""


class ModelNotFound(ProviderError):
    """The vendor does not know the model id (404): misspelt, or retired."""


class NoApi(ProviderError):
    """The address is wrong, and no other try will cure it: it answers with a page, with a redirection, or with a 404
    or 405 that no API has written; also raised when a provider that has no address of its own is built without one."""


class BadRequest(ProviderError):
    """The vendor refused the request (400, 422)."""


class TooLong(ProviderError):
    """The input does not fit the model's window (400 that says so, 413)."""


class Refused(ProviderError):
    """The model declined, or a vendor's filter stopped it."""


class Truncated(ProviderError):
    """The answer stopped at the output limit."""


class Empty(ProviderError):
    """A successful answer without any text."""


class BadOutput(ProviderError):
    """An answer that is not JSON, breaks the schema, or never says that it finished."""


class OverBudget(ProviderError):
    """Raised before a call that would pass the workspace's budget. `detail`: `daily`, `monthly` or `shadow`."""


class Unpriced(ProviderError):
    """Raised before a call whose price nobody knows, where a budget is set."""


class OverLimit(ProviderError):
    """Raised before a call for somebody who has used up their requests of this hour."""


class Unexpected(ProviderError):
    """A failure that no row of an adapter's table covers; `detail` names the exception's class."""


class Transient(ProviderError):
    """Base of the failures that another try may cure. `retry_after`: seconds, None where the vendor did not say."""

    def __init__(
        self, provider: str, detail: str = "", *, retry_after: float | None = None, unbilled: bool | None = None
    ) -> None:
        super().__init__(provider, detail, unbilled=unbilled)
        self.retry_after = retry_after


class RateLimited(Transient):
    """Too many requests (429)."""


class Overloaded(Transient):
    """The vendor has no capacity at the moment (503, 529; also 409, which all SDKs retry as a lock that timed out)."""


class ServerError(Transient):
    """The vendor failed (500, 502, 504)."""


class TimedOut(Transient):
    """No complete answer within the deadline (also 408)."""


class Unreachable(Transient):
    """No connection could be made, or it broke before the answer was complete."""


UNBILLED = (
    Auth,
    Forbidden,
    QuotaExhausted,
    ModelNotFound,
    NoApi,
    BadRequest,
    TooLong,
    RateLimited,
    Overloaded,
    ServerError,
)
"""How a call ends that bills nothing: the vendor refused it, or failed and said so, instead of answering."""

STATUSES: Mapping[int, type[ProviderError]] = {
    401: Auth,
    402: QuotaExhausted,
    403: Forbidden,
    404: ModelNotFound,
    408: TimedOut,
    409: Overloaded,
    413: TooLong,
    429: RateLimited,
    503: Overloaded,
    529: Overloaded,
}


def from_status(
    provider: str,
    status: int,
    code: object,
    headers: Mapping[str, str],
    codes: Mapping[str, type[ProviderError]],
    *,
    body: object,
) -> ProviderError:
    """The error for an HTTP status, unless the vendor's own `code` is in `codes` and says it better.

    `body` is the JSON value that came with it, anything else where it was none: a path that is not there must not
    read as a model that is not there.
    """
    if status in {404, 405} and not reported(body):
        return NoApi(provider, str(status))
    detail = f"{status} {word(code)}".strip()
    error = codes.get(str(code)) or STATUSES.get(status) or by_class(status)
    if issubclass(error, Transient):
        return error(provider, detail, retry_after=seconds(headers.get("retry-after")))
    return error(provider, detail)


def by_class(status: int) -> type[ProviderError]:
    return {3: NoApi, 4: BadRequest, 5: ServerError}.get(status // 100, Unexpected)


def reported(body: object) -> bool:
    """Whether a body is an error that an API of this kind has written, and not a page or another server's words."""
    return isinstance(body, dict) and ("error" in body or body.get("object") == "error")


def word(code: object) -> str:
    """A vendor's code if it looks like one, else nothing: the field could hold a sentence that quotes the prompt."""
    return code if isinstance(code, str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", code) else ""


def parsed(text: str | bytes) -> object:
    """The JSON value in `text`, None where there is none: the parser's error would hold the whole text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def seconds(value: object) -> float | None:
    """How long to wait, from `13`, `13.5` or `13s`; None for anything else."""
    try:
        wait = float(str(value).removesuffix("s"))
    except ValueError:
        return None
    return wait if math.isfinite(wait) and wait >= 0 else None


@contextmanager
def mapped(provider: str, failure: Callable[[Exception], ProviderError | None]) -> Iterator[None]:
    """Turn whatever an SDK raises inside into this tree: `failure` maps what is the vendor's own, the rest is common.

    The SDK's exception is dropped, not chained: it holds the request, and with it the prompt and the key.
    """
    try:
        yield
    except ProviderError:
        raise
    except Exception as error:
        found = failure(error) or common(provider, error)
        try:
            raise found from None
        finally:
            found.__context__ = None


def genuine(provider: str, found: object, kind: type[T]) -> T:
    """What the SDK made of a 200. Raises `NoApi` where that is no answer: two SDKs hand out the text of a page."""
    if not isinstance(found, kind):
        raise no_json(provider)
    return found


def no_json(provider: str) -> NoApi:
    """The error for a 200 that is not JSON: most likely a page, but perhaps an answer that is billed."""
    return NoApi(provider, "a 200 that is not JSON", unbilled=False)


def common(provider: str, error: Exception) -> ProviderError:
    name = type(error).__name__
    if isinstance(error, TimeoutError):
        return TimedOut(provider, name)
    if isinstance(error, OSError):
        return Unreachable(provider, name)
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return no_json(provider)
    if isinstance(error, RecursionError):
        return BadOutput(provider, name)
    return Unexpected(provider, name)
