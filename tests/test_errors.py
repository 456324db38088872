"""The error tree: its words, what it makes of statuses and codes, and that no SDK exception goes unnoticed."""

import io
import re
import sys
from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType

import anthropic
import httpx2
import openai
import pytest
import requests
from google.api_core import exceptions as google_core
from google.genai import errors as google_errors

from adapters import claude, compatible, errors, gemini, gemini_legacy, openai_chat

generation_types = sys.modules["google.generativeai.types.generation_types"]  # the package itself warns at import


def leaves(kind: type[errors.ProviderError]) -> list[type[errors.ProviderError]]:
    return [leaf for one in kind.__subclasses__() for leaf in leaves(one)] or [kind]


def test_it_names_every_kind_as_the_design_does():
    kinds = {leaf("x").kind for leaf in leaves(errors.ProviderError)}
    assert kinds == {
        "missing_key", "not_installed", "unknown_provider", "auth", "forbidden", "quota_exhausted", "model_not_found",
        "no_api", "bad_request", "too_long", "refused", "truncated", "empty", "bad_output", "over_budget", "unpriced",
        "over_limit", "unexpected", "rate_limited", "overloaded", "server_error", "timed_out", "unreachable",
    }  # fmt: skip


def test_it_draws_every_kind_in_its_tree():
    tree = errors.__doc__ or ""
    assert [leaf.__name__ for leaf in leaves(errors.ProviderError) if f"── {leaf.__name__}" not in tree] == []


def test_it_calls_only_these_transient():
    assert {leaf.__name__ for leaf in leaves(errors.Transient)} == {
        "RateLimited", "Overloaded", "ServerError", "TimedOut", "Unreachable",
    }  # fmt: skip


def test_it_reads_as_provider_kind_and_detail():
    assert str(errors.RateLimited("claude", "429 rate_limit_error", retry_after=2)) == (
        "claude: rate_limited (429 rate_limit_error)"
    )


@pytest.mark.parametrize(
    ("code", "said"),
    [("rate_limit_error", "rate_limit_error"), ("a sentence", ""), ("x" * 65, ""), ("", ""), (None, ""), (7, "")],
)
def test_it_lets_only_a_code_through(code, said):
    assert errors.word(code) == said


@pytest.mark.parametrize(
    ("told", "wait"),
    [("13", 13), ("13.5s", 13.5), ("0", 0), ("", None), (None, None), ("nan", None), ("inf", None), ("-3", None)],
)
def test_it_reads_a_wait_in_seconds(told, wait):
    assert errors.seconds(told) == wait


@pytest.mark.parametrize(
    ("status", "error"),
    [(418, errors.BadRequest), (599, errors.ServerError), (302, errors.NoApi), (101, errors.Unexpected)],
)
def test_it_has_an_error_for_a_status_nobody_listed(status, error):
    assert type(errors.from_status("claude", status, None, {}, {}, body={})) is error


@pytest.mark.parametrize("body", [{"error": "no such model"}, {"error": {"message": "no"}}, {"object": "error"}])
def test_it_takes_a_404_for_the_models_where_an_api_wrote_it(body):
    assert type(errors.from_status("openai", 404, None, {}, {}, body=body)) is errors.ModelNotFound
    assert type(errors.from_status("openai", 405, None, {}, {}, body=body)) is errors.BadRequest


@pytest.mark.parametrize("body", ["<html>", None, [], {}, {"detail": "Not Found"}, {"message": "no Route matched"}])
@pytest.mark.parametrize("status", [404, 405])
def test_it_takes_it_for_the_addresss_where_no_api_wrote_it(status, body):
    found = errors.from_status("openai", status, "model_not_found", {}, {}, body=body)
    assert (type(found), found.detail) == (errors.NoApi, str(status))


QUOTA: dict[str, type[errors.ProviderError]] = {"insufficient_quota": errors.QuotaExhausted}


def test_it_prefers_the_vendors_code_to_the_status():
    found = errors.from_status("openai", 429, "insufficient_quota", {}, QUOTA, body={})
    assert type(found) is errors.QuotaExhausted
    assert found.detail == "429 insufficient_quota"


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (TimeoutError("PRIVATE"), errors.TimedOut),
        (ConnectionResetError("PRIVATE"), errors.Unreachable),
        (UnicodeDecodeError("utf-8", b"PRIVATE", 0, 1, "PRIVATE"), errors.NoApi),
        (RecursionError("PRIVATE"), errors.BadOutput),
        (KeyError("PRIVATE"), errors.Unexpected),
    ],
)
def test_it_drops_the_exception_that_it_maps(raised, error):
    with pytest.raises(errors.ProviderError) as caught, errors.mapped("claude", lambda error: None):
        raise raised
    assert type(caught.value) is error
    assert (caught.value.__context__, caught.value.__cause__) == (None, None)
    assert "PRIVATE" not in str(caught.value)


def test_it_lets_its_own_errors_and_a_cancellation_through():
    own = errors.Empty("claude")
    for raised in (own, KeyboardInterrupt()):
        with pytest.raises(BaseException) as caught, errors.mapped("claude", lambda error: None):  # noqa: PT011
            raise raised
        assert caught.value is raised


NEVER = None
"""Marks what no call of ours can raise: streams, webhooks, sockets, files of credentials, tools, strict validation."""

CLAUDE_EXCEPTIONS = {
    "APIConnectionError": errors.Unreachable,
    "APIError": NEVER,
    "APIResponseValidationError": NEVER,
    "APIStatusError": errors.BadRequest,
    "APITimeoutError": errors.TimedOut,
    "APIWebhookValidationError": NEVER,
    "AnthropicError": NEVER,
    "AuthenticationError": errors.Auth,
    "BadRequestError": errors.BadRequest,
    "CMEKContextUnavailableError": errors.Overloaded,
    "CMEKKeyDisabledError": errors.BadRequest,
    "CMEKKeyNetworkBlockedError": errors.BadRequest,
    "CMEKKeyUnreachableError": errors.Overloaded,
    "ClaudeCodeKeyCreatorNotMemberError": errors.BadRequest,
    "ClaudeCodeVersionTooOldError": errors.BadRequest,
    "ClientClosedRequestError": errors.BadRequest,
    "ConflictError": errors.Overloaded,
    "ContentTooLargeError": errors.TooLong,
    "ContractSpendLimitReachedError": errors.QuotaExhausted,
    "CredentialsError": NEVER,
    "DeadlineExceededError": errors.ServerError,
    "EnforcedSpendLimitReachedError": errors.QuotaExhausted,
    "GatewayTimeoutError": errors.ServerError,
    "HTTPNotImplementedError": errors.ServerError,
    "IdentityTokenFileError": NEVER,
    "InternalServerError": errors.ServerError,
    "LinkedOrganizationBillingUnavailableError": errors.QuotaExhausted,
    "LinkedOrganizationSpendLimitReachedError": errors.QuotaExhausted,
    "NotFoundError": errors.ModelNotFound,
    "OrganizationOnHoldError": errors.Auth,
    "OrganizationTypeNotSupportedError": errors.BadRequest,
    "OverloadedError": errors.Overloaded,
    "ParentOrganizationRequiredError": errors.BadRequest,
    "PaymentRequiredError": errors.QuotaExhausted,
    "PermissionDeniedError": errors.Forbidden,
    "PreconditionFailedError": errors.BadRequest,
    "RampLimitExceededError": errors.RateLimited,
    "RateLimitError": errors.RateLimited,
    "RequestBodyEncodingInvalidError": errors.BadRequest,
    "RequestBodyEncodingUnsupportedError": errors.BadRequest,
    "RequestBodyTooLargeAfterDecodingError": errors.TooLong,
    "RequestHeaderFieldsTooLargeError": errors.BadRequest,
    "RequestTimeoutError": errors.TimedOut,
    "RequestTooLargeError": errors.TooLong,
    "RetryableError": NEVER,
    "SandboxEgressRestrictedError": errors.Forbidden,
    "ServiceUnavailableError": errors.Overloaded,
    "UnprocessableEntityError": errors.BadRequest,
}
OPENAI_EXCEPTIONS = {
    "APIConnectionError": errors.Unreachable,
    "APIError": NEVER,
    "APIResponseValidationError": NEVER,
    "APIStatusError": errors.BadRequest,
    "APITimeoutError": errors.TimedOut,
    "AuthenticationError": errors.Auth,
    "BadRequestError": errors.BadRequest,
    "ConflictError": errors.Overloaded,
    "ContentFilterFinishReasonError": NEVER,
    "InternalServerError": errors.ServerError,
    "InvalidWebhookSignatureError": NEVER,
    "LengthFinishReasonError": NEVER,
    "NotFoundError": errors.ModelNotFound,
    "OAuthError": errors.Auth,
    "OpenAIError": NEVER,
    "PermissionDeniedError": errors.Forbidden,
    "RateLimitError": errors.RateLimited,
    "UnprocessableEntityError": errors.BadRequest,
    "WebSocketConnectionClosedError": NEVER,
    "WebSocketQueueFullError": NEVER,
}
GOOGLE_EXCEPTIONS = {
    "APIError": errors.NoApi,
    "ClientError": errors.BadRequest,
    "ContinuationInterruptedError": NEVER,
    "ExperimentalWarning": NEVER,
    "FunctionInvocationError": NEVER,
    "ServerError": errors.ServerError,
    "UnknownApiResponseError": errors.NoApi,
    "UnknownFunctionCallArgumentError": NEVER,
    "UnsupportedFunctionError": NEVER,
}
GOOGLE_CORE_EXCEPTIONS = {
    "Aborted": errors.Overloaded,
    "AlreadyExists": errors.Overloaded,
    "AsyncRestUnsupportedParameterError": NEVER,
    "BadGateway": errors.ServerError,
    "BadRequest": errors.BadRequest,
    "Cancelled": errors.BadRequest,
    "ClientError": NEVER,
    "Conflict": errors.Overloaded,
    "DataLoss": NEVER,
    "DeadlineExceeded": errors.ServerError,
    "DuplicateCredentialArgs": NEVER,
    "FailedPrecondition": errors.BadRequest,
    "Forbidden": errors.Forbidden,
    "GatewayTimeout": errors.ServerError,
    "GoogleAPICallError": errors.BadRequest,
    "GoogleAPIError": NEVER,
    "InternalServerError": errors.ServerError,
    "InvalidArgument": errors.BadRequest,
    "LengthRequired": errors.BadRequest,
    "MethodNotAllowed": errors.BadRequest,
    "MethodNotImplemented": errors.ServerError,
    "MovedPermanently": errors.NoApi,
    "NotFound": errors.ModelNotFound,
    "NotModified": errors.NoApi,
    "OutOfRange": errors.BadRequest,
    "PermissionDenied": errors.Forbidden,
    "PreconditionFailed": errors.BadRequest,
    "Redirection": NEVER,
    "RequestRangeNotSatisfiable": errors.BadRequest,
    "ResourceExhausted": errors.RateLimited,
    "ResumeIncomplete": errors.NoApi,
    "RetryError": NEVER,
    "ServerError": NEVER,
    "ServiceUnavailable": errors.Overloaded,
    "TemporaryRedirect": errors.NoApi,
    "TooManyRequests": errors.RateLimited,
    "Unauthenticated": errors.Auth,
    "Unauthorized": errors.Auth,
    "Unknown": NEVER,
}
OLDER_GOOGLE_EXCEPTIONS = {
    "BlockedPromptException": NEVER,
    "BrokenResponseError": NEVER,
    "IncompleteIterationError": NEVER,
    "StopCandidateException": NEVER,
}
REQUESTS_EXCEPTIONS = {
    "BaseHTTPError": NEVER,
    "ChunkedEncodingError": errors.Unreachable,
    "CompatJSONDecodeError": NEVER,
    "ConnectTimeout": errors.TimedOut,
    "ConnectionError": errors.Unreachable,
    "ContentDecodingError": errors.Unreachable,
    "FileModeWarning": NEVER,
    "HTTPError": NEVER,
    "InvalidHeader": NEVER,
    "InvalidJSONError": NEVER,
    "InvalidProxyURL": errors.Unreachable,
    "InvalidSchema": errors.Unreachable,
    "InvalidURL": errors.Unreachable,
    "JSONDecodeError": NEVER,
    "MissingSchema": errors.Unreachable,
    "ProxyError": errors.Unreachable,
    "ReadTimeout": errors.TimedOut,
    "RequestException": errors.Unreachable,
    "RequestsDependencyWarning": NEVER,
    "RequestsWarning": NEVER,
    "RetryError": errors.Unreachable,
    "SSLError": errors.Unreachable,
    "StreamConsumedError": NEVER,
    "Timeout": errors.TimedOut,
    "TooManyRedirects": NEVER,
    "URLRequired": NEVER,
    "UnrewindableBodyError": NEVER,
}
Kinds = Mapping[str, type[errors.ProviderError] | None]


def wire(error: Exception) -> errors.ProviderError:
    """As `mapped` does: what the adapter does not know is common to all."""
    return gemini_legacy.failure(error) or errors.common("gemini-legacy", error)


CONSIDERED: dict[str, tuple[ModuleType, Callable[..., object], Kinds]] = {
    "claude": (anthropic, claude.failure, CLAUDE_EXCEPTIONS),
    "openai": (openai, partial(openai_chat.failure, "openai"), OPENAI_EXCEPTIONS),
    "compatible": (openai, compatible.failure, OPENAI_EXCEPTIONS),
    "gemini": (google_errors, gemini.failure, GOOGLE_EXCEPTIONS),
    "gemini-legacy": (google_core, gemini_legacy.failure, GOOGLE_CORE_EXCEPTIONS),
    "gemini-legacy, answers": (generation_types, gemini_legacy.failure, OLDER_GOOGLE_EXCEPTIONS),
    "gemini-legacy, wire": (requests.exceptions, wire, REQUESTS_EXCEPTIONS),
}


@pytest.mark.parametrize("name", CONSIDERED)
def test_it_has_considered_every_exception_of_the_sdk(name):
    sdk, _, considered = CONSIDERED[name]
    exported = {word: getattr(sdk, word) for word in getattr(sdk, "__all__", dir(sdk))}
    found = {word for word, value in exported.items() if isinstance(value, type) and issubclass(value, Exception)}
    assert found == set(considered)


@pytest.mark.parametrize(
    ("name", "word"), [(name, word) for name, row in CONSIDERED.items() for word, error in row[2].items() if error]
)
def test_it_maps_each_exception_of_the_sdk_as_considered(name, word):
    sdk, failure, considered = CONSIDERED[name]
    found = failure(raised(name, getattr(sdk, word)))
    assert type(found) is considered[word]


def raised(name: str, kind: type[Exception]) -> Exception:
    """An exception as the SDK itself would make it."""
    if name == "gemini-legacy, wire":
        return kind("no")
    if name == "gemini-legacy":
        answered = requests.Response()
        answered.status_code, answered.raw = getattr(kind, "code", None) or 418, io.BytesIO(b'{"error": {}}')
        core: Callable[..., Exception] = kind
        return core("no", response=answered)
    if name == "gemini":
        status = {"ClientError": 400, "ServerError": 500}.get(kind.__name__, 302)
        return kind(status, {}, httpx2.Response(status)) if issubclass(kind, google_errors.APIError) else kind("no")
    request = httpx2.Request("POST", "http://127.0.0.1/")
    if issubclass(kind, anthropic.APIConnectionError | openai.APIConnectionError):
        return kind(request=request)
    status = getattr(kind, "status_code", 500 if kind.__name__ == "InternalServerError" else 418)
    body = {"error": {"details": {"error_code": snake(kind.__name__)}}} if name == "claude" else {"error": {}}
    arguments = {"response": httpx2.Response(status, json={"error": {}}, request=request), "body": body}
    return kind(**arguments) if kind.__name__ == "OAuthError" else kind("no", **arguments)


def snake(word: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", word.removesuffix("Error")).lower()
