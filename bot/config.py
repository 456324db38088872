"""The environment, read once into a frozen Config; every problem is reported together, each with its fix."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import SecretStr

from adapters import PROVIDERS

SLACK_API_URL = "https://slack.com/api/"
DATABASE_URL = "sqlite:///precis.db"
CONTENT_RETENTION_DAYS = 30
MAX_USD_PER_SUMMARY = 0.05
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

SLACK_TOKENS = {
    "xoxb-": ("a bot token", "SLACK_BOT_TOKEN"),
    "xapp-": ("an app-level token", "SLACK_APP_TOKEN"),
    "xoxp-": ("a user token, which Precis does not use", None),
}
FOREIGN_KEYS = {"sk-ant-": "claude", "sk-proj-": "openai", "AIza": "gemini"}
"""Beginnings that belong to one vendor alone, for telling when a key stands in the wrong variable."""


class ConfigError(Exception):
    """The environment cannot be used. The text lists every problem, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(f"- {problem}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """Which provider answers, with what key, at which address (None = the vendor's own)."""

    name: str
    model: str
    key: SecretStr | None
    base_url: str | None


@dataclass(frozen=True, slots=True)
class Config:
    """Everything an operator can set. Ports are TCP ports; retention is in days, 0 meaning never stored.

    `max_usd_per_summary` is what a summary may cost without a question, None for no limit.
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

    @property
    def socket_mode(self) -> bool:
        return self.slack_app_token is not None


def load(environment: Mapping[str, str]) -> Config:
    """Read the environment. Raises `ConfigError` with all problems at once; secrets never appear in it."""
    reader = Reader(environment)
    bot_token = reader.slack_token("SLACK_BOT_TOKEN", "xoxb-")
    app_token = reader.slack_token("SLACK_APP_TOKEN", "xapp-")
    signing_secret = reader.secret("SLACK_SIGNING_SECRET")
    port, health_port = reader.port("PORT"), reader.port("HEALTH_PORT")
    if not reader.has("SLACK_BOT_TOKEN"):
        reader.problem("SLACK_BOT_TOKEN is missing: copy the Bot User OAuth Token from your app's Install App page.")
    if not reader.has("SLACK_APP_TOKEN") and not (reader.has("SLACK_SIGNING_SECRET") and reader.has("PORT")):
        reader.problem(
            "SLACK_APP_TOKEN is missing: create an app-level token with the scope connections:write under Basic "
            "Information, or set SLACK_SIGNING_SECRET and PORT to receive Slack's requests over HTTP."
        )
    provider = reader.provider()
    api_url = reader.url("SLACK_API_URL") or SLACK_API_URL
    database_url = reader.get("DATABASE_URL") or DATABASE_URL
    retention = reader.whole_number("CONTENT_RETENTION_DAYS", CONTENT_RETENTION_DAYS, highest=36_500)
    allowance = reader.dollars("MAX_USD_PER_SUMMARY", MAX_USD_PER_SUMMARY)
    log_level = reader.choice("LOG_LEVEL", "INFO", LOG_LEVELS)
    if reader.problems or bot_token is None or provider is None:
        raise ConfigError(reader.problems)
    return Config(
        slack_bot_token=bot_token,
        slack_app_token=app_token,
        slack_signing_secret=signing_secret,
        slack_api_url=api_url.rstrip("/") + "/",
        port=port,
        health_port=health_port,
        provider=provider,
        database_url=database_url,
        content_retention_days=retention,
        max_usd_per_summary=allowance,
        log_level=log_level,
    )


def database_url(environment: Mapping[str, str]) -> str:
    """Where the database is, for commands that need nothing else of the environment."""
    return Reader(environment).get("DATABASE_URL") or DATABASE_URL


def provider(environment: Mapping[str, str]) -> ProviderConfig:
    """The configured provider alone. Raises `ConfigError`."""
    reader = Reader(environment)
    found = reader.provider()
    if reader.problems or found is None:
        raise ConfigError(reader.problems)
    return found


class Reader:
    """Reads one mapping and collects what is wrong with it. An empty value counts as not set."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[str] = []

    def problem(self, sentence: str) -> None:
        self.problems.append(sentence)

    def get(self, name: str) -> str:
        return self.environment.get(name, "").strip()

    def has(self, name: str) -> bool:
        return bool(self.get(name))

    def secret(self, name: str) -> SecretStr | None:
        value = self.get(name)
        if not value:
            return None
        if not value.isascii() or not value.isprintable() or any(mark in value for mark in " \"'<>"):
            self.problem(f"{name} is malformed: paste it again, without quotes, spaces or angle brackets.")
            return None
        return SecretStr(value)

    def slack_token(self, name: str, start: str) -> SecretStr | None:
        token = self.secret(name)
        if token is None or token.get_secret_value().startswith(start):
            return token
        for foreign, (what, where) in SLACK_TOKENS.items():
            if token.get_secret_value().startswith(foreign):
                move = f"; move it to {where}" if where else ""
                self.problem(f"{name} holds {what}{move}, and put the token that starts with {start} here.")
                return None
        self.problem(f"{name} is malformed: it must start with {start}.")
        return None

    def port(self, name: str) -> int | None:
        if not self.has(name):
            return None
        return self.whole_number(name, 0, lowest=1, highest=65_535) or None

    def whole_number(self, name: str, default: int, *, lowest: int = 0, highest: int) -> int:
        value = self.get(name)
        if not value:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", value) or not lowest <= int(value) <= highest:
            self.problem(f"{name} must be a whole number from {lowest} to {highest}.")
            return default
        return int(value)

    def dollars(self, name: str, default: float) -> float | None:
        """An amount of US dollars; `off` means no limit."""
        value = self.get(name).lower()
        if not value:
            return default
        if value == "off":
            return None
        try:
            amount = float(value.removeprefix("$"))
        except ValueError:
            amount = -1.0
        if not 0 <= amount < math.inf:
            self.problem(f"{name} must be an amount in US dollars such as 0.05, or off.")
            return default
        return amount

    def choice(self, name: str, default: str, known: tuple[str, ...]) -> str:
        value = self.get(name).upper() or default
        if value not in known:
            self.problem(f"{name} must be one of {', '.join(known)}.")
        return value

    def url(self, name: str) -> str | None:
        """An address that is sent a secret: https, or http to a bare host name or a private address."""
        value = self.get(name)
        if not value:
            return None
        if safe(value):
            return value
        self.problem(f"{name} must be an https:// address (http:// only inside your own network).")
        return None

    def provider(self) -> ProviderConfig | None:
        name = self.get("LLM_PROVIDER").lower() or self.first_with_key()
        if name is None:
            keys = " or ".join(vendor.key_variable for vendor in PROVIDERS.values() if vendor.key_variable)
            self.problem(f"No model is configured: set {keys}, or LLM_PROVIDER=offline to run without a model.")
            return None
        vendor = PROVIDERS.get(name)
        if vendor is None:
            self.problem(f"LLM_PROVIDER names no provider Precis knows; choose one of {', '.join(PROVIDERS)}.")
            return None
        key = self.secret(vendor.key_variable) if vendor.key_variable else None
        if vendor.key_variable and not self.has(vendor.key_variable):
            self.problem(f"{vendor.key_variable} is missing: LLM_PROVIDER={name} needs it.")
        base_url = self.url(vendor.base_url_variable) if vendor.base_url_variable else None
        if key is not None and base_url is None:
            self.belongs(key, vendor.key_variable, name)
        return ProviderConfig(name, self.get("LLM_MODEL") or vendor.default_model, key, base_url)

    def belongs(self, key: SecretStr, variable: str | None, name: str) -> None:
        for start, owner in FOREIGN_KEYS.items():
            if key.get_secret_value().startswith(start) and owner != name:
                right = PROVIDERS[owner].key_variable
                self.problem(
                    f"{variable} holds a key of another vendor; move it to {right} and set LLM_PROVIDER={owner}."
                )

    def first_with_key(self) -> str | None:
        for vendor in PROVIDERS.values():
            if vendor.key_variable and self.has(vendor.key_variable):
                return vendor.name
        return None


def safe(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) or parts.scheme == "http" and private(parts.hostname)


def private(host: str | None) -> bool:
    try:
        return ip_address(host or "").is_private
    except ValueError:
        return host is not None and "." not in host
