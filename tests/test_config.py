"""The configuration: every problem at once, each with its variable and its fix, and never a secret."""

from dataclasses import FrozenInstanceError
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from adapters import PROVIDERS
from bot import config
from bot.choices import Choice
from bot.config import ConfigError, load
from bot.routes import Route
from bot.settings import Settings

BOT = "xoxb-1111-bot-secret"
APP = "xapp-1-app-secret"
SIGNING = "0123456789abcdef-signing"
KEY = "sk-ant-key-secret"
WORKING = {"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP, "ANTHROPIC_API_KEY": KEY}
SECRET_VARIABLES = (
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "ANTHROPIC_API_KEY",
    "OPENAI_API_KEY",
    "GEMINI_API_KEY",
)


def problems(**changes: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(WORKING | changes)
    return caught.value.problems


def test_it_needs_two_tokens_and_a_key() -> None:
    found = load(WORKING)

    assert found.slack_bot_token.get_secret_value() == BOT
    assert found.slack_app_token is not None
    assert found.slack_app_token.get_secret_value() == APP
    assert found.provider.name == "claude"
    assert found.provider.key is not None
    assert found.provider.key.get_secret_value() == KEY


def test_it_fills_in_every_default() -> None:
    found = load(WORKING)

    assert found.slack_api_url == "https://slack.com/api/"
    assert found.database_url == "sqlite:///precis.db"
    assert found.content_retention_days == 30
    assert found.log_level == "INFO"
    assert found.provider.model == PROVIDERS["claude"].default_model
    assert found.provider.base_url is None
    assert found.slack_signing_secret is None
    assert found.port is None
    assert found.health_port is None


def test_it_reads_every_variable() -> None:
    found = load(
        WORKING
        | {
            "SLACK_SIGNING_SECRET": SIGNING,
            "SLACK_API_URL": "http://127.0.0.1:4000/api",
            "PORT": "3000",
            "HEALTH_PORT": "8080",
            "LLM_PROVIDER": "OpenAI",
            "LLM_MODEL": "gpt-6-luna",
            "OPENAI_API_KEY": "sk-proj-1",
            "OPENAI_BASE_URL": "https://gateway.example/v1",
            "DATABASE_URL": "sqlite:////var/lib/precis.db",
            "CONTENT_RETENTION_DAYS": "0",
            "LOG_LEVEL": "debug",
        }
    )

    assert found.slack_api_url == "http://127.0.0.1:4000/api/"
    assert (found.port, found.health_port) == (3000, 8080)
    assert (found.provider.name, found.provider.model) == ("openai", "gpt-6-luna")
    assert found.provider.base_url == "https://gateway.example/v1"
    assert found.database_url == "sqlite:////var/lib/precis.db"
    assert found.content_retention_days == 0
    assert found.log_level == "DEBUG"


def test_it_reads_who_stands_in_and_what_may_be_spent() -> None:
    found = load(
        WORKING
        | {
            "OPENAI_API_KEY": "sk-proj-1",
            "LLM_FALLBACK": "OpenAI/gpt-6-luna",
            "DAILY_BUDGET_USD": "$2.50",
            "MONTHLY_BUDGET_USD": "0",
            "MAX_REQUESTS_PER_USER_HOUR": "off",
            "MAX_CONCURRENT_CALLS": "8",
            "ADMIN_USERS": "U0ADA00001, W0BEN00001",
            "TRIAGE_CHANNELS": "C0SUPPORT1 C0SUPPORT2",
            "DIGEST_CHANNEL": "C0DIGEST01",
            "TIMEZONE": "Asia/Tokyo",
        }
    )

    assert found.route(date(2026, 11, 22)) == Route(
        Choice("claude", "claude-haiku-4-5"), Choice("openai", "gpt-6-luna")
    )
    assert (found.max_concurrent_calls, found.admin_users) == (8, ("U0ADA00001", "W0BEN00001"))
    assert found.settings == Settings(
        triage_channels=("C0SUPPORT1", "C0SUPPORT2"),
        digest_channel="C0DIGEST01",
        daily_budget_usd=2.5,
        monthly_budget_usd=0.0,
        requests_per_user_hour=None,
        timezone="Asia/Tokyo",
    )


def test_it_knows_every_provider_that_has_what_it_needs() -> None:
    found = load(WORKING | {"OPENAI_API_KEY": "sk-proj-1", "LLM_MODEL": "claude-haiku-5-5"})

    assert {"claude", "openai", "offline"} <= set(found.providers)
    assert "gemini" not in found.providers
    wanted = found.provider_for(Choice("openai", "gpt-6-luna"))
    assert wanted is not None
    assert (wanted.name, wanted.model, wanted.key) == ("openai", "gpt-6-luna", SecretStr("sk-proj-1"))
    assert found.provider_for(Choice("gemini", "gemini-3.5-flash")) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"LLM_FALLBACK": "clod"}, "LLM_FALLBACK names no provider"),
        ({"LLM_FALLBACK": "openai"}, "OPENAI_API_KEY is missing: LLM_FALLBACK=openai"),
        ({"LLM_FALLBACK": "claude"}, "choose another one"),
        ({"DAILY_BUDGET_USD": "lots"}, "DAILY_BUDGET_USD must be an amount"),
        ({"MAX_REQUESTS_PER_USER_HOUR": "0"}, "MAX_REQUESTS_PER_USER_HOUR must be a whole number from 1"),
        ({"ADMIN_USERS": "ada"}, "ADMIN_USERS must be ids of people"),
        ({"DIGEST_DAY": "someday"}, "DIGEST_DAY must be a day of the week"),
        ({"DIGEST_DAY": "m"}, "DIGEST_DAY must be a day of the week"),
        ({"DIGEST_TIME": "9"}, "DIGEST_TIME must be a time such as 09:00"),
        ({"DIGEST_TIME": "24:00"}, "DIGEST_TIME must be a time such as 09:00"),
        ({"TRIAGE_CHANNELS": "#support"}, "TRIAGE_CHANNELS must be ids of channels"),
        ({"TIMEZONE": "Mars/Olympus"}, "TIMEZONE must be the name of a time zone"),
    ],
)
def test_it_says_what_is_wrong_with_a_setting(changes: dict[str, str], said: str) -> None:
    [problem] = problems(**changes)

    assert said in problem


def test_it_takes_the_successor_of_a_default_model_from_the_day_of_its_shutdown() -> None:
    environment = WORKING | {"LLM_PROVIDER": "openai", "OPENAI_API_KEY": "sk-proj-1"}

    before = load(environment, today=lambda: date(2027, 1, 13))
    after = load(environment, today=lambda: date(2027, 1, 14))
    chosen = load(environment | {"LLM_MODEL": "gpt-4o-mini"}, today=lambda: date(2027, 1, 14))

    assert (before.provider.model, after.provider.model) == ("gpt-4o-mini", "gpt-6-luna")
    assert chosen.provider.model == "gpt-4o-mini"


@pytest.mark.parametrize(
    ("changes", "first", "fallback"),
    [
        ({"LLM_PROVIDER": "openai"}, "openai/gpt-6-luna", None),
        ({"LLM_PROVIDER": "openai", "LLM_MODEL": "gpt-4o-mini"}, "openai/gpt-4o-mini", None),
        ({"LLM_PROVIDER": "offline", "LLM_FALLBACK": "openai"}, "offline/offline-rules-1", "openai/gpt-6-luna"),
        (
            {"LLM_PROVIDER": "offline", "LLM_FALLBACK": "openai/gpt-4o-mini"},
            "offline/offline-rules-1",
            "openai/gpt-4o-mini",
        ),
        (
            {
                "LLM_PROVIDER": "compatible",
                "COMPATIBLE_BASE_URL": "http://127.0.0.1:4000/v1",
                "COMPATIBLE_MODEL": "gpt-4o-mini",
            },
            "compatible/gpt-4o-mini",
            None,
        ),
    ],
)
def test_it_replaces_a_default_that_is_shut_down_while_it_runs_and_no_model_that_somebody_named(
    changes: dict[str, str], first: str, fallback: str | None
) -> None:
    found = load(WORKING | {"OPENAI_API_KEY": "sk-proj-1"} | changes, today=lambda: date(2027, 1, 13))

    before, after = found.route(date(2027, 1, 13)), found.route(date(2027, 1, 14))

    assert before == Route(found.provider.choice, found.fallback)
    assert (str(after.first), after.fallback and str(after.fallback)) == (first, fallback)


def test_it_cannot_be_changed_afterwards() -> None:
    found: Any = load(WORKING)

    with pytest.raises(FrozenInstanceError):
        found.log_level = "DEBUG"


def test_it_lists_all_problems_of_an_empty_environment_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        load({})

    bot, app, model = caught.value.problems
    assert "SLACK_BOT_TOKEN is missing" in bot
    assert "Install App" in bot
    assert "SLACK_APP_TOKEN is missing" in app
    assert "connections:write" in app
    assert "SLACK_SIGNING_SECRET and PORT" in app
    for vendor in PROVIDERS.values():
        assert vendor.key_variable is None or vendor.key_optional or vendor.key_variable in model
    assert "LLM_PROVIDER=offline" in model
    assert str(caught.value) == f"- {bot}\n- {app}\n- {model}"


BROKEN = {
    "SLACK_BOT_TOKEN": "xapp-1-2",
    "SLACK_APP_TOKEN": "xoxb-3-4",
    "SLACK_SIGNING_SECRET": "two words",
    "SLACK_API_URL": "ftp://slack.com",
    "PORT": "eighty",
    "HEALTH_PORT": "70000",
    "LLM_PROVIDER": "clod",
    "CONTENT_RETENTION_DAYS": "-1",
    "LOG_LEVEL": "LOUD",
}


def test_it_names_each_of_many_broken_variables_once() -> None:
    found = problems(**BROKEN)

    assert sorted(sentence.split()[0] for sentence in found) == sorted(BROKEN)


def test_it_counts_an_empty_or_blank_value_as_not_set() -> None:
    blank = dict.fromkeys((*BROKEN, "LLM_MODEL", "ANTHROPIC_BASE_URL", "DATABASE_URL", "OPENAI_API_KEY"), "  ")

    found = load(blank | WORKING)

    assert found == load(WORKING)


def test_it_ignores_space_around_a_value() -> None:
    found = load(WORKING | {"SLACK_BOT_TOKEN": f" {BOT}\n", "LLM_PROVIDER": " claude "})

    assert found == load(WORKING)


@pytest.mark.parametrize(
    ("variable", "value", "fix"),
    [
        ("SLACK_BOT_TOKEN", "xapp-1-x", "SLACK_APP_TOKEN"),
        ("SLACK_APP_TOKEN", "xoxb-1-x", "SLACK_BOT_TOKEN"),
        ("SLACK_BOT_TOKEN", "xoxp-1-x", "user token"),
        ("SLACK_APP_TOKEN", "xoxp-1-x", "user token"),
        ("SLACK_BOT_TOKEN", "bot-1-x", "xoxb-"),
        ("SLACK_APP_TOKEN", "XAPP-1-x", "xapp-"),
    ],
)
def test_it_tells_which_kind_of_token_stands_where(variable: str, value: str, fix: str) -> None:
    [sentence] = problems(**{variable: value})

    assert sentence.startswith(variable)
    assert fix in sentence
    assert value not in sentence


@pytest.mark.parametrize("variable", SECRET_VARIABLES)
@pytest.mark.parametrize("spoiler", ['"', "'", " ", "<", ">", "\t", "\0", "é", "\u200b"])
def test_it_refuses_a_secret_with_characters_that_none_has(variable: str, spoiler: str) -> None:
    provider = {"OPENAI_API_KEY": "openai", "GEMINI_API_KEY": "gemini"}.get(variable, "claude")
    start = {"SLACK_BOT_TOKEN": "xoxb-", "SLACK_APP_TOKEN": "xapp-"}.get(variable, "")

    [sentence] = problems(**{"LLM_PROVIDER": provider, variable: f"{start}left{spoiler}right"})

    assert sentence.startswith(f"{variable} is malformed")
    assert "left" not in sentence
    assert "right" not in sentence


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        (("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"), "claude"),
        (("OPENAI_API_KEY", "GEMINI_API_KEY"), "openai"),
        (("GEMINI_API_KEY",), "gemini"),
    ],
)
def test_it_chooses_the_first_provider_that_has_a_key(keys: tuple[str, ...], name: str) -> None:
    found = config.provider(dict.fromkeys(keys, "a-key"))

    assert found.name == name
    assert found.model == PROVIDERS[name].default_model


def test_it_lets_the_operator_overrule_the_first_key() -> None:
    found = config.provider({"ANTHROPIC_API_KEY": "a", "GEMINI_API_KEY": "b", "LLM_PROVIDER": "GEMINI"})

    assert found.name == "gemini"
    assert found.key is not None
    assert found.key.get_secret_value() == "b"


def test_it_needs_no_key_offline() -> None:
    found = config.provider({"LLM_PROVIDER": "offline"})

    assert found.name == "offline"
    assert found.key is None


def test_it_lists_the_known_providers_for_an_unknown_one() -> None:
    [sentence] = problems(LLM_PROVIDER="clod")

    assert sentence.startswith("LLM_PROVIDER")
    assert all(name in sentence for name in PROVIDERS)
    assert "clod" not in sentence


def test_it_names_the_key_that_the_chosen_provider_lacks() -> None:
    [sentence] = problems(LLM_PROVIDER="openai")

    assert sentence.startswith("OPENAI_API_KEY is missing")


@pytest.mark.parametrize(
    ("provider", "key", "right"),
    [
        ("claude", "sk-proj-x", "OPENAI_API_KEY"),
        ("claude", "AIzaX", "GEMINI_API_KEY"),
        ("openai", "sk-ant-x", "ANTHROPIC_API_KEY"),
        ("gemini", "sk-ant-x", "ANTHROPIC_API_KEY"),
    ],
)
def test_it_recognises_another_vendors_key(provider: str, key: str, right: str) -> None:
    variable = str(PROVIDERS[provider].key_variable)

    [sentence] = problems(**{"LLM_PROVIDER": provider, variable: key})

    assert sentence.startswith(variable)
    assert right in sentence
    assert key not in sentence


@pytest.mark.parametrize("half", [{"SLACK_SIGNING_SECRET": SIGNING}, {"PORT": "3000"}])
def test_it_needs_both_halves_of_http_mode(half: dict[str, str]) -> None:
    [sentence] = problems(SLACK_APP_TOKEN="", **half)

    assert "SLACK_SIGNING_SECRET and PORT" in sentence


def test_it_receives_over_http_where_there_is_no_app_token() -> None:
    found = load(WORKING | {"SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": SIGNING, "PORT": "3000"})

    assert not found.socket_mode
    assert found.port == 3000


def test_it_prefers_socket_mode_where_both_are_set() -> None:
    found = load(WORKING | {"SLACK_SIGNING_SECRET": SIGNING, "PORT": "3000"})

    assert found.socket_mode


@pytest.mark.parametrize("variable", ["PORT", "HEALTH_PORT", "CONTENT_RETENTION_DAYS"])
@pytest.mark.parametrize("value", ["-1", "+1", "1.5", "1e3", "0x10", "١٢", "1_000", "²", "x", "99999", "9" * 5000])
def test_it_accepts_whole_numbers_only(variable: str, value: str) -> None:
    [sentence] = problems(**{variable: value})

    assert sentence.startswith(f"{variable} must be a whole number from ")
    assert value not in sentence


@pytest.mark.parametrize("port", [1, 65_535])
def test_it_takes_every_port(port: int) -> None:
    found = load(WORKING | {"PORT": str(port), "HEALTH_PORT": str(port)})

    assert (found.port, found.health_port) == (port, port)


@pytest.mark.parametrize("port", [0, 65_536])
def test_it_takes_nothing_else_for_a_port(port: int) -> None:
    fault = "must be a whole number from 1 to 65535."

    assert problems(PORT=str(port), HEALTH_PORT=str(port)) == [f"PORT {fault}", f"HEALTH_PORT {fault}"]


@pytest.mark.parametrize(
    "address",
    [
        "https://api.example.com",
        "https://api.example.com:8443/v1",
        "http://localhost:8080",
        "http://gateway/v1",
        "http://127.0.0.1:9",
        "http://10.1.2.3",
        "http://[::1]:9/",
    ],
)
def test_it_sends_secrets_over_https_or_inside_the_own_network(address: str) -> None:
    found = config.provider(WORKING | {"ANTHROPIC_BASE_URL": address})

    assert found.base_url == address


@pytest.mark.parametrize(
    "address",
    [
        "api.example.com",
        "http://api.example.com",
        "http://93.184.215.14",
        "ftp://localhost",
        "https://",
        "http://",
        "https://[",
        "http://[not-an-address]",
        "javascript:alert(1)",
    ],
)
@pytest.mark.parametrize("variable", ["SLACK_API_URL", "ANTHROPIC_BASE_URL"])
def test_it_refuses_to_send_secrets_anywhere_else(variable: str, address: str) -> None:
    [sentence] = problems(**{variable: address})

    assert sentence.startswith(f"{variable} must be an https:// address")


def test_it_reads_only_the_base_url_of_the_chosen_provider() -> None:
    found = load(WORKING | {"OPENAI_BASE_URL": "not an address"})

    assert found.provider.base_url is None


def test_it_gives_the_database_without_anything_else() -> None:
    assert config.database_url({}) == "sqlite:///precis.db"
    assert config.database_url({"DATABASE_URL": " sqlite:///other.db "}) == "sqlite:///other.db"


def test_it_masks_secrets_wherever_it_is_shown() -> None:
    found = load(WORKING | {"SLACK_SIGNING_SECRET": SIGNING})

    for text in (repr(found), str(found), f"{found.provider}", f"{found.slack_bot_token}"):
        assert not any(secret in text for secret in (BOT, APP, SIGNING, KEY))


READABLE = st.text(st.characters(codec="utf-8"), min_size=6, max_size=40)


@settings(deadline=None)
@given(
    values=st.dictionaries(st.sampled_from(SECRET_VARIABLES), READABLE),
    start=st.sampled_from(("", "xoxb-", "xapp-", "xoxp-", "sk-ant-", "sk-proj-", "AIza")),
    provider=st.sampled_from(("", "none", *PROVIDERS)),
)
def test_it_never_repeats_a_secret_in_an_error(values: dict[str, str], start: str, provider: str) -> None:
    secrets = {name: f"{start}\u2603{value}" for name, value in values.items()}

    with pytest.raises(ConfigError) as caught:
        load(secrets | {"LLM_PROVIDER": provider, "LOG_LEVEL": "WRONG"})
    with pytest.raises(ConfigError) as empty:
        load({"LLM_PROVIDER": provider, "LOG_LEVEL": "WRONG"} | dict.fromkeys(secrets, "\u2603"))

    for shown in (str(caught.value), repr(caught.value)):
        assert "\u2603" not in shown
        words = (value.strip() for value in values.values() if len(value.strip()) > 5)
        assert not any(word in shown and word not in str(empty.value) for word in words)
