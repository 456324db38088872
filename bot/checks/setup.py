"""What the environment says, as far as it can be read: a problem in one place hides nothing of the others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from pydantic import SecretStr

from adapters import Vendor
from bot import config, providers
from bot.checks.finding import Finding, ok, problem
from bot.config import ConfigError
from bot.providers import NEVER_BY_ITSELF, OWN_SERVER, ProviderConfig
from bot.routes import Choice
from bot.settings import Settings
from bot.variables import Reader

WHAT = "configuration"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A provider to ask whether it would answer. `variable` is where its model is set, empty for a default."""

    provider: ProviderConfig
    variable: str


@dataclass(frozen=True, slots=True)
class Setup:
    """The environment without what is wrong with it, which is in `problems`, a sentence each.

    `candidates` are the providers that can be asked: the first two as far as they are `in_use`, then any other.
    """

    problems: tuple[str, ...]
    bot_token: SecretStr | None
    app_token: SecretStr | None
    api_url: str
    database_url: str
    candidates: tuple[Candidate, ...]
    in_use: tuple[Choice, ...]
    settings: Settings


def read(environment: Mapping[str, str], today: date) -> Setup:
    problems = wrong(environment, today)
    reader = Reader(environment)  # finds what is wrong once more
    bot_token, app_token, _ = config.slack_secrets(reader)
    chosen = providers.chosen(reader, today)
    fallback = providers.fallback(reader, chosen, today)
    in_use = [*([chosen.choice] if chosen else []), *([fallback] if fallback else [])]
    return Setup(
        problems=problems,
        bot_token=bot_token,
        app_token=app_token,
        api_url=(reader.url("SLACK_API_URL") or config.SLACK_API_URL).rstrip("/") + "/",
        database_url=config.database_url(environment),
        candidates=tuple(candidates(reader, in_use, problems, today)),
        in_use=tuple(in_use),
        settings=config.workspace_settings(reader),
    )


def wrong(environment: Mapping[str, str], today: date) -> tuple[str, ...]:
    try:
        config.load(environment, today=lambda: today)
    except ConfigError as error:
        return tuple(error.problems)
    return ()


def candidates(reader: Reader, in_use: list[Choice], problems: tuple[str, ...], today: date) -> Iterator[Candidate]:
    """A key whose place is in doubt is sent nowhere."""
    usable = providers.configured(reader, today)
    for choice, variable in zip(in_use, ("LLM_MODEL", "LLM_FALLBACK"), strict=False):
        if choice.provider in usable and not doubtful(choice.vendor, problems):
            yield Candidate(replace(usable[choice.provider], model=choice.model), named(reader, choice, variable))
    for provider in usable.values():
        choice = provider.choice
        others = provider.name not in (*NEVER_BY_ITSELF, *(one.provider for one in in_use))
        if others and not choice.vendor.free and not doubtful(choice.vendor, problems):
            yield Candidate(provider, named(reader, choice, ""))


def doubtful(vendor: Vendor, problems: tuple[str, ...]) -> bool:
    own = [name for name in (vendor.key_variable, vendor.base_url_variable) if name]
    return any(problem.startswith(f"{name} ") for problem in problems for name in own)


def named(reader: Reader, choice: Choice, variable: str) -> str:
    """The variable that sets the model of a choice."""
    own_server = choice.provider == OWN_SERVER and variable != "LLM_FALLBACK"
    return "COMPATIBLE_MODEL" if own_server and not reader.has("LLM_MODEL") else variable


def findings(setup: Setup) -> list[Finding]:
    if setup.problems:
        return [problem(WHAT, sentence) for sentence in setup.problems]
    slack = "Socket Mode" if setup.app_token else "HTTP"
    fallback = f", {setup.in_use[1]} where that cannot" if len(setup.in_use) > 1 else ""
    return [ok(WHAT, f"Slack by {slack}; {setup.in_use[0]} answers{fallback}.")]
