"""The error tree: its words, what it makes of statuses and codes, and that no SDK exception goes unnoticed."""

import re
from collections.abc import Callable, Mapping
from types import ModuleType

import anthropic
import httpx2
import openai
import pytest
from google.genai import errors as google_errors

from adapters import claude, errors, gemini
from adapters import openai as openai_adapter


def leaves(kind: type[errors.ProviderError]) -> list[type[errors.ProviderError]]:
    return [leaf for one in kind.__subclasses__() for leaf in leaves(one)] or [kind]


def test_it_names_every_kind_as_the_design_does():
    kinds = {leaf("x").kind for leaf in leaves(errors.ProviderError)}
    assert kinds == {
        "missing_key", "unknown_provider", "auth", "quota_exhausted", "model_not_found", "bad_request", "too_long",
        "refused", "truncated", "empty", "bad_output", "over_budget", "over_limit", "unexpected",
        "rate_limited", "overloaded", "server_error", "timed_out", "unreachable",
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
    ("status", "error"), [(418, errors.BadRequest), (599, errors.ServerError), (302, errors.Unexpected)]
)
def test_it_has_an_error_for_a_status_nobody_listed(status, error):
    assert type(errors.from_status("claude", status, None, {}, {})) is error


def test_it_prefers_the_vendors_code_to_the_status():
    found = errors.from_status("openai", 429, "insufficient_quota", {}, {"insufficient_quota": errors.QuotaExhausted})
    assert type(found) is errors.QuotaExhausted
    assert found.detail == "429 insufficient_quota"


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (TimeoutError("PRIVATE"), errors.TimedOut),
        (ConnectionResetError("PRIVATE"), errors.Unreachable),
        (UnicodeDecodeError("utf-8", b"PRIVATE", 0, 1, "PRIVATE"), errors.BadOutput),
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
    "PermissionDeniedError": errors.Auth,
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
    "SandboxEgressRestrictedError": errors.Auth,
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
    "PermissionDeniedError": errors.Auth,
    "RateLimitError": errors.RateLimited,
    "UnprocessableEntityError": errors.BadRequest,
    "WebSocketConnectionClosedError": NEVER,
    "WebSocketQueueFullError": NEVER,
}
GOOGLE_EXCEPTIONS = {
    "APIError": errors.Unexpected,
    "ClientError": errors.BadRequest,
    "ContinuationInterruptedError": NEVER,
    "ExperimentalWarning": NEVER,
    "FunctionInvocationError": NEVER,
    "ServerError": errors.ServerError,
    "UnknownApiResponseError": errors.BadOutput,
    "UnknownFunctionCallArgumentError": NEVER,
    "UnsupportedFunctionError": NEVER,
}
Kinds = Mapping[str, type[errors.ProviderError] | None]
CONSIDERED: dict[str, tuple[ModuleType, Callable[..., object], Kinds]] = {
    "claude": (anthropic, claude.failure, CLAUDE_EXCEPTIONS),
    "openai": (openai, openai_adapter.failure, OPENAI_EXCEPTIONS),
    "gemini": (google_errors, gemini.failure, GOOGLE_EXCEPTIONS),
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
    if name == "gemini":
        status = {"ClientError": 400, "ServerError": 500}.get(kind.__name__, 302)
        return kind(status, {}, httpx2.Response(status)) if issubclass(kind, google_errors.APIError) else kind("no")
    request = httpx2.Request("POST", "http://127.0.0.1/")
    if issubclass(kind, anthropic.APIConnectionError | openai.APIConnectionError):
        return kind(request=request)
    status = getattr(kind, "status_code", 500 if kind.__name__ == "InternalServerError" else 418)
    body = {"error": {"details": {"error_code": snake(kind.__name__)}}} if name == "claude" else {}
    arguments = {"response": httpx2.Response(status, request=request), "body": body}
    return kind(**arguments) if kind.__name__ == "OAuthError" else kind("no", **arguments)


def snake(word: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", word.removesuffix("Error")).lower()
