"""The environment, read once into a frozen Config; every problem is reported together, each with its fix."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from pydantic import SecretStr

from adapters import PROVIDERS
from bot import ids, providers
from bot.catalogue import Catalogue
from bot.choices import Choice
from bot.lifecycle import current
from bot.providers import ProviderConfig
from bot.routes import Route
from bot.settings import REQUESTS_PER_USER_HOUR, Settings
from bot.variables import Reader, Weekday

SLACK_API_URL = "https://slack.com/api/"
DATABASE_URL = "sqlite:///precis.db"
CONTENT_RETENTION_DAYS = 30
MAX_USD_PER_SUMMARY = 0.05
MAX_CONCURRENT_CALLS = 256
DIGEST_DAY: Weekday = "mon"
DIGEST_TIME = "09:00"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

VARIABLES = frozenset(
    (
        *("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_API_URL", "PORT", "HEALTH_PORT"),
        *("LLM_PROVIDER", "LLM_MODEL", "LLM_FALLBACK", "COMPATIBLE_MODEL", "COMPATIBLE_WINDOW"),
        *("MAX_USD_PER_SUMMARY", "DAILY_BUDGET_USD", "MONTHLY_BUDGET_USD", "MAX_REQUESTS_PER_USER_HOUR"),
        *("TRIAGE_CHANNELS", "DIGEST_CHANNEL", "DIGEST_DAY", "DIGEST_TIME", "TIMEZONE", "ADMIN_USERS"),
        *("DATABASE_URL", "CONTENT_RETENTION_DAYS", "MAX_CONCURRENT_CALLS", "LOG_LEVEL"),
    )
).union(name for vendor in PROVIDERS.values() for name in (vendor.key_variable, vendor.base_url_variable) if name)
"""All that is read."""


class ConfigError(Exception):
    """The environment cannot be used. The text lists every problem, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(f"- {problem}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Config:
    """Everything an operator can set. Ports are TCP ports; retention is in days, 0 meaning never stored.

    `provider` answers, and `fallback` where it cannot; `providers` are all that have what they need to be asked.
    `max_usd_per_summary` is what a summary may cost without a question, None for no limit. `admin_users` are Slack ids.
    `unnamed` are default models that nobody has asked for by name: past their shutdown, their successors answer.
    `settings` are the defaults of what can be set for the workspace.
    """

    slack_bot_token: SecretStr
    slack_app_token: SecretStr | None
    slack_signing_secret: SecretStr | None
    slack_api_url: str
    port: int | None
    health_port: int | None
    provider: ProviderConfig
    database_url: str
    content_retention_days: int
    max_usd_per_summary: float | None
    log_level: str
    fallback: Choice | None = None
    providers: Mapping[str, ProviderConfig] = field(default_factory=dict)
    unnamed: frozenset[Choice] = frozenset()
    max_concurrent_calls: int = MAX_CONCURRENT_CALLS
    admin_users: tuple[str, ...] = ()
    settings: Settings = field(default_factory=Settings)

    @property
    def socket_mode(self) -> bool:
        return self.slack_app_token is not None

    @property
    def keeps_text(self) -> bool:
        return self.content_retention_days > 0

    @property
    def catalogue(self) -> Catalogue:
        """The models that admins can choose."""
        models = {name: known.model for name, known in {**self.providers, self.provider.name: self.provider}.items()}
        return Catalogue({name: models[name] for name in PROVIDERS if name in models})

    def route(self, today: date) -> Route:
        """Who answers on that day where nothing is set for the workspace."""
        return Route(self.standing(self.provider.choice, today), self.fallback and self.standing(self.fallback, today))

    def standing(self, choice: Choice, today: date) -> Choice:
        return replace(choice, model=current(choice.model, today)) if choice in self.unnamed else choice

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The model of each provider that can be asked, as the environment has it."""
        known = {**self.providers, self.provider.name: self.provider}
        return tuple(each.choice for each in known.values())

    def provider_for(self, choice: Choice) -> ProviderConfig | None:
        """How to reach the provider of a choice, with that choice's model; None where it lacks what it needs."""
        known = self.provider if choice.provider == self.provider.name else self.providers.get(choice.provider)
        return replace(known, model=choice.model) if known else None


def today() -> date:
    return datetime.now(UTC).date()


def load(environment: Mapping[str, str], *, today: Callable[[], date] = today) -> Config:
    """Read the environment. Raises `ConfigError` with all problems at once; secrets never appear in it.

    `today` decides whether a default model has been shut down, so that its successor takes its place.
    """
    reader, day = Reader(environment), today()
    bot_token, app_token, signing_secret = slack_secrets(reader)
    provider = providers.chosen(reader, day)
    api_url = reader.url("SLACK_API_URL") or SLACK_API_URL
    port, health_port = reader.port("PORT"), reader.port("HEALTH_PORT")
    fallback = providers.fallback(reader, provider, day)
    usable = providers.configured(reader, day)
    database = database_url(environment)
    retention = reader.whole_number("CONTENT_RETENTION_DAYS", CONTENT_RETENTION_DAYS, highest=36_500)
    allowance = reader.dollars("MAX_USD_PER_SUMMARY", MAX_USD_PER_SUMMARY)
    at_once = reader.whole_number("MAX_CONCURRENT_CALLS", MAX_CONCURRENT_CALLS, lowest=1, highest=10_000)
    admins = reader.ids("ADMIN_USERS", ids.PERSON, "people")
    defaults = workspace_settings(reader)
    log_level = reader.choice("LOG_LEVEL", "INFO", LOG_LEVELS)
    if reader.problems or bot_token is None or provider is None:
        raise ConfigError(list(dict.fromkeys(reader.problems)))
    return Config(
        slack_bot_token=bot_token,
        slack_app_token=app_token,
        slack_signing_secret=signing_secret,
        slack_api_url=api_url.rstrip("/") + "/",
        port=port,
        health_port=health_port,
        provider=provider,
        database_url=database,
        content_retention_days=retention,
        max_usd_per_summary=allowance,
        log_level=log_level,
        fallback=fallback,
        providers=usable,
        unnamed=providers.unnamed(reader, provider, fallback, day),
        max_concurrent_calls=at_once,
        admin_users=admins,
        settings=defaults,
    )


def slack_secrets(reader: Reader) -> tuple[SecretStr | None, SecretStr | None, SecretStr | None]:
    """The bot token, and what Slack's requests come by: an app-level token, or a signing secret and a port."""
    found = (
        reader.slack_token("SLACK_BOT_TOKEN", "xoxb-"),
        reader.slack_token("SLACK_APP_TOKEN", "xapp-"),
        reader.secret("SLACK_SIGNING_SECRET"),
    )
    if not reader.has("SLACK_BOT_TOKEN"):
        reader.problem("SLACK_BOT_TOKEN is missing: copy the Bot User OAuth Token from your app's Install App page.")
    if not reader.has("SLACK_APP_TOKEN") and not (reader.has("SLACK_SIGNING_SECRET") and reader.has("PORT")):
        reader.problem(
            "SLACK_APP_TOKEN is missing: create an app-level token with the scope connections:write under Basic "
            "Information, or set SLACK_SIGNING_SECRET and PORT to receive Slack's requests over HTTP."
        )
    return found


def workspace_settings(reader: Reader) -> Settings:
    """What holds for the workspace until an admin sets it otherwise."""
    return Settings(
        triage_channels=reader.ids(
            "TRIAGE_CHANNELS", ids.CHANNEL, "channels (C…), which stand at the end of their details"
        ),
        digest_channel=reader.id("DIGEST_CHANNEL", ids.CHANNEL, "channel (C…), which stands at the end of its details"),
        digest_day=reader.weekday("DIGEST_DAY", DIGEST_DAY),
        digest_time=reader.time_of_day("DIGEST_TIME", DIGEST_TIME),
        daily_budget_usd=reader.dollars("DAILY_BUDGET_USD", None),
        monthly_budget_usd=reader.dollars("MONTHLY_BUDGET_USD", None),
        requests_per_user_hour=reader.limit("MAX_REQUESTS_PER_USER_HOUR", REQUESTS_PER_USER_HOUR, highest=100_000),
        timezone=reader.zone("TIMEZONE").key,
    )


def database_url(environment: Mapping[str, str]) -> str:
    """Where the database is, for commands that need nothing else of the environment."""
    return Reader(environment).get("DATABASE_URL") or DATABASE_URL


def settings(environment: Mapping[str, str]) -> Settings:
    """What holds for the workspace until an admin sets it otherwise, for commands. Raises `ConfigError`."""
    reader = Reader(environment)
    found = workspace_settings(reader)
    if reader.problems:
        raise ConfigError(reader.problems)
    return found


def provider(environment: Mapping[str, str]) -> ProviderConfig:
    """The configured provider alone. Raises `ConfigError`."""
    reader = Reader(environment)
    found = providers.chosen(reader, today())
    if reader.problems or found is None:
        raise ConfigError(reader.problems)
    return found
