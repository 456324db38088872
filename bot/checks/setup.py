"""What is configured, by the environment and by admins: a problem in one place hides nothing of the others."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches

from pydantic import SecretStr

from adapters import Vendor
from bot import config, providers
from bot.checks.finding import Finding, ok, problem, warning
from bot.choices import Choice
from bot.config import ConfigError
from bot.providers import NEVER_BY_ITSELF, OWN_SERVER, ProviderConfig
from bot.routes import Route, table
from bot.settings import Settings
from bot.variables import Reader

WHAT = "configuration"
CLOSE = 0.85
"""From 0 to 1, how like the name of a variable another one has to be to be taken for it."""

COMMAND = "/llm-provider"
"""Where admins set a model."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A provider to ask whether it would answer. `place` is where its model is set, empty for a default."""

    provider: ProviderConfig
    place: str


@dataclass(frozen=True, slots=True)
class Setup:
    """The environment without what is wrong with it, which is in `problems`, a sentence each.

    `configured` are the providers that have what they need, `doubtful` the names of those whose key or address is in
    doubt, `default` the models that answer and stand in by the environment, with the variables that say so. `standing`
    are the settings of each workspace that the database knows, those of the environment where admins changed nothing.
    """

    problems: tuple[str, ...]
    bot_token: SecretStr | None
    app_token: SecretStr | None
    api_url: str
    database_url: str
    configured: Mapping[str, Candidate]
    doubtful: frozenset[str]
    default: Mapping[Choice, str]
    settings: Settings
    standing: Sequence[Settings] = ()

    @property
    def in_use(self) -> Mapping[Choice, str]:
        """The models that may be asked, with the place where each is set."""
        first, fallback = (*self.default, None, None)[:2]
        if first is None or not self.standing:
            return self.default
        tables = [table(settings, Route(first, fallback)) for settings in self.standing]
        asked = frozenset().union(*(each.choices for each in tables))
        by_default = {choice: place for choice, place in self.default.items() if choice in asked}
        return by_default | dict.fromkeys(sorted(asked - by_default.keys(), key=str), COMMAND)

    @property
    def candidates(self) -> Iterator[Candidate]:
        """Those in use that can be asked, then every other vendor's. A key whose place is in doubt is sent nowhere."""
        usable = {name: one for name, one in self.configured.items() if name not in self.doubtful}
        for choice, place in self.in_use.items():
            if choice.provider in usable:
                yield Candidate(replace(usable[choice.provider].provider, model=choice.model), place)
        used = {choice.provider for choice in self.in_use}
        for name, one in usable.items():
            if name not in (*NEVER_BY_ITSELF, *used) and not one.provider.choice.vendor.free:
                yield one

    @property
    def lacking(self) -> Iterator[Choice]:
        """The models which admins have chosen, and whose provider has lost what it needs."""
        for choice, place in self.in_use.items():
            if place == COMMAND and choice.provider not in self.configured:
                yield choice


def read(environment: Mapping[str, str], today: date) -> Setup:
    problems = wrong(environment, today)
    reader = Reader(environment)  # finds what is wrong once more
    bot_token, app_token, _ = config.slack_secrets(reader)
    usable = providers.configured(reader, today).values()
    return Setup(
        problems=problems,
        bot_token=bot_token,
        app_token=app_token,
        api_url=(reader.url("SLACK_API_URL") or config.SLACK_API_URL).rstrip("/") + "/",
        database_url=config.database_url(environment),
        configured={one.name: Candidate(one, named(reader, one.choice, "")) for one in usable},
        doubtful=frozenset(one.name for one in usable if doubtful(one.choice.vendor, problems)),
        default=default(reader, today),
        settings=config.workspace_settings(reader),
    )


def wrong(environment: Mapping[str, str], today: date) -> tuple[str, ...]:
    try:
        config.load(environment, today=lambda: today)
    except ConfigError as error:
        return tuple(error.problems)
    return ()


def default(reader: Reader, today: date) -> Mapping[Choice, str]:
    chosen = providers.chosen(reader, today)
    fallback = providers.fallback(reader, chosen, today)
    places = ((chosen.choice if chosen else None, "LLM_MODEL"), (fallback, "LLM_FALLBACK"))
    return {choice: named(reader, choice, variable) for choice, variable in places if choice is not None}


def doubtful(vendor: Vendor, problems: tuple[str, ...]) -> bool:
    own = [name for name in (vendor.key_variable, vendor.base_url_variable) if name]
    return any(problem.startswith(f"{name} ") for problem in problems for name in own)


def named(reader: Reader, choice: Choice, variable: str) -> str:
    """The variable that sets the model of a choice."""
    own_server = choice.provider == OWN_SERVER and variable != "LLM_FALLBACK"
    return "COMPATIBLE_MODEL" if own_server and not reader.has("LLM_MODEL") else variable


def findings(setup: Setup) -> list[Finding]:
    lost = [problem(f"{choice.vendor.label} {choice.model}", without(choice)) for choice in setup.lacking]
    if setup.problems:
        return [*(problem(WHAT, sentence) for sentence in setup.problems), *lost]
    slack = "Socket Mode" if setup.app_token else "HTTP"
    return [ok(WHAT, f"Slack by {slack}; {answering(setup)}."), *lost]


def misspelt(names: Iterable[str]) -> Iterator[Finding]:
    """Names in `.env` that nothing reads, and that are nearly one that would be."""
    for name in names:
        close = [] if name in config.VARIABLES else get_close_matches(name, sorted(config.VARIABLES), 1, CLOSE)
        if close:
            yield warning(WHAT, f"Nothing reads {name[:60]}: did you mean {close[0]}?")


def answering(setup: Setup) -> str:
    """Who answers, in words that continue a sentence."""
    if COMMAND in setup.in_use.values():
        return f"in use, as set with {COMMAND}: {', '.join(map(str, setup.in_use))}"
    first, *others = setup.in_use
    return f"{first} answers" + "".join(f", {fallback} where that cannot" for fallback in others)


def without(choice: Choice) -> str:
    variables = " and ".join(providers.needed(choice.vendor))
    return f"It was chosen for a workspace and is not configured: set {variables}, or choose another with {COMMAND}."
