"""Whether each provider would answer: does the vendor take the key, and does it know the model."""

import asyncio
from collections.abc import Mapping
from datetime import date

import adapters
from adapters.errors import ModelNotFound, ProviderError, TimedOut
from adapters.models import model
from bot import catalogue
from bot.checks.finding import Finding, State, ok
from bot.checks.setup import COMMAND, Candidate

SECONDS = 10.0
"""How long a vendor may take to say whether it knows a model."""

KEYS = ("auth", "forbidden")
PASSING = ("rate_limited", "overloaded", "server_error")
SILENT = ("unreachable", "timed_out")
SENTENCES: Mapping[str, str] = {
    "auth": "{label} does not accept {key}: copy the key again from the vendor's console.",
    "forbidden": "{label} accepts {key} but not for {model}: give the key access to it, or {other}.",
    "no_key": "{label} wants a key: set {key}.",
    "quota_exhausted": "The account behind {key} is out of credit or quota: top it up, or set LLM_PROVIDER to another.",
    "not_installed": "Its SDK is not installed: install it as the README says, or set LLM_PROVIDER to another.",
    "no_api": "{address} does not lead to an API that {label} speaks: correct it.",
    "silent_address": "{address} leads to a server that does not answer: start that server, or correct the address.",
    "silent": "{label} cannot be reached from here: check the network, and the proxy if there is one.",
    "passing": "{label} has no answer at the moment ({kind}): check again in a few minutes.",
}
OTHERWISE = "{label} does not say whether it knows {model} ({kind}): check {key} and {address}."


async def check(candidate: Candidate, today: date) -> Finding:
    """Ask the vendor, without cost."""
    provider = candidate.provider
    what = f"{provider.choice.vendor.label} {provider.model}"
    try:
        await asked(candidate)
    except ProviderError as error:
        state = State.WARNING if error.kind in PASSING else State.PROBLEM
        return Finding(what, state, explained(candidate, error, today))
    if provider.choice.vendor.free:
        return ok(what, "It needs no key and no network.")
    return ok(what, "The key is accepted and the model is known.")


async def asked(candidate: Candidate) -> None:
    provider = candidate.provider
    key = provider.key.get_secret_value() if provider.key else None
    built = await asyncio.to_thread(
        adapters.build, provider.name, key=key, model=provider.model, base_url=provider.base_url
    )
    try:
        async with asyncio.timeout(SECONDS):
            await built.check()
    except TimeoutError:
        raise TimedOut(provider.name) from None
    finally:
        await built.close()


def explained(candidate: Candidate, error: ProviderError, today: date) -> str:
    if isinstance(error, ModelNotFound):
        return unknown_model(candidate, today)
    vendor = candidate.provider.choice.vendor
    return SENTENCES.get(cause(candidate, error), OTHERWISE).format(
        label=vendor.label,
        key=vendor.key_variable or "LLM_PROVIDER",
        address=vendor.base_url_variable or "LLM_PROVIDER",
        model=candidate.provider.model,
        other=other_model(candidate),
        kind=error.kind,
    )


def cause(candidate: Candidate, error: ProviderError) -> str:
    """Which sentence fits: the error's kind, or finer than that."""
    if error.kind in KEYS and candidate.provider.key is None:
        return "no_key"
    if error.kind in SILENT:
        return "silent_address" if candidate.provider.base_url else "silent"
    return "passing" if error.kind in PASSING else error.kind


def unknown_model(candidate: Candidate, today: date) -> str:
    """Retired, misspelt, or nothing that we know of."""
    wrong, instead = catalogue.unknown_model(candidate.provider.choice, today)
    if model(candidate.provider.model) is not None:
        return f"{wrong}: {other_model(candidate, instead)}."
    if instead is not None:
        return f"{wrong}; did you mean {instead}? Then {other_model(candidate, instead)}."
    choice = ", ".join(catalogue.known_models(candidate.provider.name)) or "one that the server has"
    return f"{wrong}: {other_model(candidate)}, such as {choice}."


def other_model(candidate: Candidate, model_id: str | None = None) -> str:
    """How to have another model, in words that continue a sentence."""
    variable = candidate.place or "LLM_MODEL"
    if variable == COMMAND:
        return f"choose {model_id or 'another model'} with {COMMAND}"
    if model_id is None:
        return f"set {variable} to another model"
    return f"set {variable}={candidate.provider.name + '/' if variable == 'LLM_FALLBACK' else ''}{model_id}"
