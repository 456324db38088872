"""`check`: each thing that can be wrong is named once, with what puts it right, and no key is shown."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapters import PROVIDERS, Vendor
from bot.checks import setup
from bot.checks.finding import Finding, State
from bot.cli import installation, main
from bot.cli.check import look
from bot.database import Database
from bot.sandbox import Sandbox, Workspace
from bot.settings import Settings, WorkspaceSettings
from bot.store import Store
from tests.conftest import ADA, ELSEWHERE, GENERAL, MANIFEST
from tests.vendors import KEY, SERVERS, Answer, ClaudeServer, OpenAIServer, VendorServer

TODAY = date(2026, 11, 22)
MINI = "gpt-4o-mini"
AFTERWARDS = date(2027, 1, 20)
OWN_MODEL = "llama3.2:3b"
"""A model of a server of one's own, which has no default."""

OWN_SERVER = PROVIDERS["compatible"]
DEAD = "http://127.0.0.1:9"
PAGE = b"<html>Welcome</html>"
OFFLINE = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "LLM_PROVIDER": "offline"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(params=SERVERS, ids=lambda server: server.name)
async def server(request: pytest.FixtureRequest) -> AsyncIterator[VendorServer]:
    async with request.param() as server:
        yield server


@pytest.fixture
async def openai() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as server:
        yield server


def of(server: VendorServer) -> Vendor:
    return PROVIDERS[server.name]


def what(vendor: Vendor, model: str = "") -> str:
    """How the row of a provider is called."""
    return f"{vendor.label} {model or vendor.default_model or OWN_MODEL}"


def reaching(server: VendorServer, **changes: str) -> dict[str, str]:
    """An environment in which that vendor answers; Slack is not asked, because its tokens are missing."""
    return configured(of(server), server.url) | changes


def configured(vendor: Vendor, address: str) -> dict[str, str]:
    named = {"COMPATIBLE_MODEL": OWN_MODEL} if vendor.name == "compatible" else {}
    return {"LLM_PROVIDER": vendor.name, str(vendor.key_variable): KEY, str(vendor.base_url_variable): address} | named


async def row(environment: dict[str, str], what: str, today: date = TODAY) -> Finding:
    [found] = [one for one in await look(environment, today, False) if one.what == what]
    assert KEY not in found.sentence
    return found


async def failed(server: VendorServer, answer: Answer, model: str = "", today: date = TODAY, **changes: str) -> str:
    """What is said of a provider that gives this answer to all it is asked."""
    server.then(*[answer] * 3)
    found = await row(reaching(server, **changes), what(of(server), model), today)
    assert found.state is State.PROBLEM
    return found.sentence


async def rows(environment: dict[str, str], what: str) -> list[tuple[State, str]]:
    return [(one.state, one.sentence) for one in await look(environment, TODAY, True) if one.what == what]


# Configuration


async def test_it_has_a_row_for_each_problem_of_the_configuration() -> None:
    found = await rows({"PORT": "http", "LLM_PROVIDER": "offline"}, "configuration")

    assert [state for state, _ in found] == [State.PROBLEM] * 3
    assert [sentence.partition(" ")[0] for _, sentence in found] == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "PORT"]


async def test_it_says_who_answers_where_the_configuration_is_sound() -> None:
    environment = {**OFFLINE, "OPENAI_API_KEY": KEY, "LLM_FALLBACK": "openai"}

    assert await rows(environment, "configuration") == [
        (State.OK, "Slack by Socket Mode; offline/offline-rules-1 answers, openai/gpt-4o-mini where that cannot.")
    ]


async def test_it_checks_the_rest_where_the_configuration_is_wrong(slack: Sandbox, openai: OpenAIServer) -> None:
    environment = reaching(openai, SLACK_BOT_TOKEN=slack.bot_token, SLACK_API_URL=slack.api_url, PORT="http")

    found = {one.what: one.state for one in await look(environment, TODAY, False)}

    assert found == {
        "configuration": State.PROBLEM,
        "Slack bot token": State.OK,
        "Slack scopes": State.OK,
        "OpenAI gpt-4o-mini": State.OK,
        "database": State.OK,
        "prices": State.OK,
        "model": State.WARNING,
    }


async def test_it_sends_a_key_that_stands_in_the_wrong_variable_nowhere(openai: OpenAIServer) -> None:
    environment = {"LLM_PROVIDER": "openai", "OPENAI_API_KEY": "sk-ant-0123456789"}

    found = await look(environment, TODAY, False)

    assert "move it to ANTHROPIC_API_KEY and set LLM_PROVIDER=claude." in " ".join(one.sentence for one in found)
    assert not [one for one in found if one.what.startswith("OpenAI")]


async def test_it_sends_no_key_where_the_address_is_refused() -> None:
    environment = {"LLM_PROVIDER": "openai", "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "http://models.example.com/v1"}

    assert not [one for one in await look(environment, TODAY, False) if one.what.startswith("OpenAI")]


# Slack


def asking(slack: Sandbox) -> dict[str, str]:
    return OFFLINE | {
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
    }


async def slack_rows(slack: Sandbox, **changes: str) -> dict[str, tuple[State, str]]:
    found = await look(asking(slack) | changes, TODAY, False)
    return {one.what: (one.state, one.sentence) for one in found if one.what.startswith("Slack")}


async def test_it_says_who_the_bot_is_and_that_it_may_do_what_it_needs(slack: Sandbox) -> None:
    assert await slack_rows(slack) == {
        "Slack bot token": (State.OK, f"@precis in Acme, {slack.url}."),
        "Slack scopes": (State.OK, "All that manifest.json asks for are granted."),
        "Slack app token": (State.OK, "Socket Mode is open to the app."),
    }
    assert [call.method for call in slack.calls] == ["auth.test", "apps.connections.open"]


async def test_it_says_in_which_channels_it_is_not(slack: Sandbox, workspace: Workspace) -> None:
    await admins_set(triage_channels=[GENERAL, ELSEWHERE], digest_channel="C0NOWHERE1")

    found = await look(asking(slack), TODAY, False)

    assert [(one.state, one.sentence) for one in found if one.what == "Slack channels"] == [
        (State.WARNING, "Precis is not in #elsewhere (triage_channels): invite it there."),
        (
            State.WARNING,
            "There is no channel C0NOWHERE1 that Precis can see (digest_channel): invite it there, or choose another.",
        ),
    ]


async def test_it_says_that_it_is_in_all_channels(slack: Sandbox) -> None:
    found = await slack_rows(slack, TRIAGE_CHANNELS=GENERAL, DIGEST_CHANNEL=GENERAL)

    assert found["Slack channels"] == (State.OK, "Precis is in each that is set: 1.")


async def test_it_names_the_scopes_that_are_missing(workspace: Workspace) -> None:
    granted = set(MANIFEST["oauth_config"]["scopes"]["bot"]) - {"users:read", "chat:write"}
    async with Sandbox.start(workspace, scopes=granted) as slack:
        found = await slack_rows(slack)

    assert found["Slack scopes"] == (
        State.PROBLEM,
        "The app lacks chat:write, users:read: paste manifest.json into its App Manifest page, then reinstall the app.",
    )


def test_it_says_that_slack_named_no_scopes() -> None:
    assert installation.scopes(None).state is State.WARNING


@pytest.mark.parametrize(
    ("variable", "token", "page"),
    [("SLACK_BOT_TOKEN", "xoxb-wrong", "Install App"), ("SLACK_APP_TOKEN", "xapp-wrong", "Basic Information")],
)
async def test_it_says_which_token_slack_refuses(slack: Sandbox, variable: str, token: str, page: str) -> None:
    found = await slack_rows(slack, **{variable: token})

    assert [row for row in found.values() if row[0] is not State.OK] == [
        (State.PROBLEM, f"Slack does not accept {variable}: copy it again from your app's {page} page.")
    ]


async def test_it_says_that_slack_cannot_be_reached() -> None:
    found = await look({**OFFLINE, "SLACK_API_URL": "http://127.0.0.1:9/api/"}, TODAY, False)

    silent = [one.sentence for one in found if one.what.startswith("Slack")]
    assert silent == ["Slack cannot be reached at http://127.0.0.1:9/api/: check the network, then start again."] * 2


# Providers


async def test_it_finds_a_provider_that_would_answer(server: VendorServer) -> None:
    found = await row(reaching(server), what(of(server)))

    assert found == Finding(what(of(server)), State.OK, "The key is accepted and the model is known.")
    assert {call.method for call in server.received} == {"GET"}


async def test_it_asks_every_provider_that_has_a_key(openai: OpenAIServer) -> None:
    async with ClaudeServer() as claude:
        environment = reaching(openai) | reaching(claude, LLM_FALLBACK="openai/gpt-6-luna")
        found = await look(environment, TODAY, False)

    assert {one.what for one in found} >= {"Claude claude-haiku-4-5", "OpenAI gpt-6-luna"}
    assert [call.path for call in openai.received] == ["/v1/models/gpt-6-luna"]
    assert len(claude.received) == 1


async def test_it_asks_the_offline_rules_too() -> None:
    found = await row({"LLM_PROVIDER": "offline"}, "Offline rules offline-rules-1")

    assert (found.state, found.sentence) == (State.OK, "It needs no key and no network.")


async def test_it_says_that_a_key_is_wrong(server: VendorServer) -> None:
    assert await failed(server, server.problem("auth")) == (
        f"{of(server).label} does not accept {of(server).key_variable}: copy the key again from the vendor's console."
    )


async def test_it_says_that_a_key_is_not_for_that_model(server: VendorServer) -> None:
    said = await failed(server, server.problem("forbidden"))

    assert said.startswith(f"{of(server).label} accepts {of(server).key_variable} but not for ")
    assert re.search(r": give the key access to it, or set (LLM|COMPATIBLE)_MODEL to another model\.$", said)


@pytest.mark.parametrize("kind", ["billing", "final_429"])
async def test_it_says_that_an_account_is_used_up(openai: OpenAIServer, kind: str) -> None:
    assert await failed(openai, openai.problem(kind)) == (
        "The account behind OPENAI_API_KEY is out of credit or quota: top it up, or set LLM_PROVIDER to another."
    )


async def test_it_says_that_a_model_has_been_retired(openai: OpenAIServer) -> None:
    said = await failed(openai, openai.problem("not_found"), MINI, AFTERWARDS, LLM_MODEL=MINI)

    assert said == "OpenAI has retired gpt-4o-mini on 2027-01-14: set LLM_MODEL=gpt-6-luna."


@pytest.mark.parametrize("kind", SERVERS[:3], ids=lambda server: server.name)
async def test_it_says_that_a_key_does_not_reach_a_model_that_exists(kind: type[VendorServer]) -> None:
    async with kind() as server:
        said = await failed(server, server.problem("not_found"))

    known = of(server).default_model
    assert said.startswith(f"{of(server).label} does not know {known} for this key: set LLM_MODEL=")


@pytest.mark.parametrize(
    ("changes", "fix"),
    [
        ({"LLM_MODEL": "gpt-4o-mimi"}, "set LLM_MODEL=gpt-4o-mini"),
        ({"LLM_PROVIDER": "offline", "LLM_FALLBACK": "openai/gpt-4o-mimi"}, "set LLM_FALLBACK=openai/gpt-4o-mini"),
    ],
)
async def test_it_offers_the_closest_name_for_a_misspelt_model(
    openai: OpenAIServer, changes: dict[str, str], fix: str
) -> None:
    said = await failed(openai, openai.problem("not_found"), "gpt-4o-mimi", TODAY, **changes)

    assert said == f"OpenAI does not know gpt-4o-mimi; did you mean gpt-4o-mini? Then {fix}."


async def test_it_offers_the_known_names_where_none_is_close(openai: OpenAIServer) -> None:
    said = await failed(openai, openai.problem("not_found"), "zzz", LLM_MODEL="zzz")

    assert said.startswith("OpenAI does not know zzz: set LLM_MODEL to another model, such as gpt-4o-mini, gpt-6-luna")


async def test_it_says_that_a_server_is_down(server: VendorServer) -> None:
    found = await row(configured(of(server), DEAD), what(of(server)))

    assert found.state is State.PROBLEM
    assert found.sentence == (
        f"{of(server).base_url_variable} leads to a server that does not answer: start that server, or correct the "
        "address."
    )


@pytest.mark.parametrize("status", [200, 404])
async def test_it_says_that_an_address_leads_to_a_web_page(server: VendorServer, status: int) -> None:
    page = Answer(PAGE, status, {"content-type": "text/html"})

    assert await failed(server, page) == (
        f"{of(server).base_url_variable} does not lead to an API that {of(server).label} speaks: correct it."
    )


async def test_it_says_that_the_legacy_sdk_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("google.generativeai", *(name for name in sys.modules if name.startswith("google.generativeai."))):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "adapters.gemini_legacy", raising=False)

    found = await row(configured(PROVIDERS["gemini-legacy"], DEAD), what(PROVIDERS["gemini-legacy"]))

    assert found.state is State.PROBLEM
    assert found.sentence == (
        "Its SDK is not installed: install it as the README says, or set LLM_PROVIDER to another."
    )


async def test_it_asks_the_legacy_sdk_only_where_it_is_chosen() -> None:
    found = await look({"LLM_PROVIDER": "offline", "GEMINI_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": DEAD}, TODAY, False)

    assert [one.what for one in found if one.what.startswith("Gemini")] == ["Gemini gemini-3.5-flash"]


async def test_it_says_that_a_server_of_ones_own_lacks_the_model(openai: OpenAIServer) -> None:
    openai.then(openai.problem("not_found"))

    found = await row(configured(OWN_SERVER, openai.url), what(OWN_SERVER))

    assert found.sentence == (
        "Compatible server does not know llama3.2:3b: set COMPATIBLE_MODEL to another model, such as one that the "
        "server has."
    )


async def test_it_says_that_a_server_of_ones_own_wants_a_key(openai: OpenAIServer) -> None:
    openai.then(openai.problem("auth"))

    found = await row(configured(OWN_SERVER, openai.url) | {"COMPATIBLE_API_KEY": ""}, what(OWN_SERVER))

    assert found.sentence == "Compatible server wants a key: set COMPATIBLE_API_KEY."


@pytest.mark.parametrize("kind", ["rate_limited", "overloaded", "server_error"])
async def test_it_only_warns_of_what_passes(server: VendorServer, kind: str) -> None:
    server.then(*[server.problem(kind)] * 3)

    found = await row(reaching(server), what(of(server)))

    assert (found.state, found.sentence) == (
        State.WARNING,
        f"{of(server).label} has no answer at the moment ({kind}): check again in a few minutes.",
    )


# Database, prices, models


async def test_it_opens_the_database_and_writes_to_it(folder: Path) -> None:
    await (await Database.open("sqlite:///precis.db")).close()

    assert await rows({}, "database") == [(State.OK, "It opens, its tables are up to date, and it takes writes.")]


async def test_it_makes_no_database_where_there_is_none(folder: Path) -> None:
    assert await rows({}, "database") == [(State.OK, "There is none yet: the first start makes it.")]
    assert list(folder.iterdir()) == []


async def test_it_says_what_is_wrong_with_the_database(folder: Path) -> None:
    (folder / "precis.db").write_bytes(b"no database at all" * 100)

    [(damaged, _)] = await rows({}, "database")
    [(absent, _)] = await rows({"DATABASE_URL": "sqlite:///no/such/folder/precis.db"}, "database")
    [(foreign, sentence)] = await rows({"DATABASE_URL": "mysql://app:PASSWORD@db.example/precis"}, "database")

    assert {damaged, absent, foreign} == {State.PROBLEM}
    assert "PASSWORD" not in sentence


async def test_it_says_how_many_models_the_operator_prices(folder: Path) -> None:
    assert await rows(OFFLINE, "prices") == [(State.OK, "The published ones hold.")]
    (folder / "prices.toml").write_text("[openai.tiny]\ninput = 0\noutput = 0\n")
    assert await rows(OFFLINE, "prices") == [(State.OK, "prices.toml prices 1 model.")]


async def test_it_says_what_is_wrong_with_the_operators_prices(folder: Path) -> None:
    (folder / "prices.toml").write_text("[openai.tiny]\ninput = -1\noutput = 0\n")

    [(state, sentence)] = await rows(OFFLINE, "prices")

    assert state is State.PROBLEM
    assert sentence.startswith('prices.toml: [openai."tiny"] has no amount in input')


@pytest.mark.parametrize("variable", ["DAILY_BUDGET_USD", "MONTHLY_BUDGET_USD"])
async def test_it_says_that_a_budget_stops_a_model_without_a_price(folder: Path, variable: str) -> None:
    environment = {"OPENAI_API_KEY": KEY, "LLM_MODEL": "tiny-7b"}
    assert await rows(environment, "prices") == [(State.OK, "The published ones hold.")]

    [(state, sentence)] = await rows({**environment, variable: "5"}, "prices")
    (folder / "prices.toml").write_text("[openai.tiny-7b]\ninput = 0\noutput = 0\n")
    [(priced, _)] = await rows({**environment, variable: "5"}, "prices")

    assert state is State.PROBLEM
    assert sentence == (
        "A budget is set and nobody knows what tiny-7b costs, so it is never asked: give it a price in prices.toml, "
        'under [openai."tiny-7b"].'
    )
    assert priced is State.OK


async def test_it_warns_of_what_happens_to_the_models_in_use() -> None:
    environment = {"LLM_PROVIDER": "offline", "LLM_FALLBACK": "openai", "OPENAI_API_KEY": KEY, "GEMINI_API_KEY": KEY}

    assert await rows(environment, "model") == [
        (
            State.WARNING,
            "gpt-4o-mini shuts down on 2027-01-14, 53 days; successor gpt-6-luna at $0.10/$0.50.",
        )
    ]


# What admins have set in Slack


async def admins_set(**values: object) -> None:
    """A database in the working folder, as the bot leaves it after `/llm-provider` and the Home tab."""
    database = await Database.open("sqlite:///precis.db")
    settings = WorkspaceSettings(Store(database), "T0ACME", Settings())
    for name, value in values.items():
        await settings.change(name, value, by=ADA)
    await database.close()


def answered_by(provider: str, model: str) -> list[dict[str, object]]:
    return [{"provider": provider, "model": model, "percent": 100}]


async def test_it_asks_for_the_model_that_admins_have_chosen(folder: Path, openai: OpenAIServer) -> None:
    await admins_set(default_model=answered_by("openai", "gpt-9"))
    openai.then(*[openai.problem("not_found")] * 3)

    found = await row(reaching(openai), "OpenAI gpt-9")

    assert found.state is State.PROBLEM
    assert found.sentence.startswith("OpenAI does not know gpt-9: choose another model with /llm-provider, such as ")
    assert "OpenAI gpt-4o-mini" not in [one.what for one in await look(reaching(openai), TODAY, False)]


async def test_it_says_how_to_choose_what_was_probably_meant(folder: Path, openai: OpenAIServer) -> None:
    await admins_set(triage_model=answered_by("openai", "gpt-6-lunar"))
    openai.then(*[openai.problem("not_found")] * 3)

    found = await row(reaching(openai), "OpenAI gpt-6-lunar")

    assert found.sentence.endswith("did you mean gpt-6-luna? Then choose gpt-6-luna with /llm-provider.")


def test_it_warns_of_a_variable_that_is_misspelt() -> None:
    found = setup.misspelt(["DAILY_BUDGET", "TRIAGE_CHANEL", "DATABASE_URL", "HTTPS_PROXY", "PATH"])

    assert [(one.state, one.sentence) for one in found] == [
        (State.WARNING, "Nothing reads DAILY_BUDGET: did you mean DAILY_BUDGET_USD?"),
        (State.WARNING, "Nothing reads TRIAGE_CHANEL: did you mean TRIAGE_CHANNELS?"),
    ]


async def test_it_says_who_answers_by_what_admins_have_chosen(folder: Path) -> None:
    environment = OFFLINE | {"OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY}
    await admins_set(
        triage_model=answered_by("openai", "gpt-6-luna"),
        fallback={"provider": "claude", "model": "claude-haiku-4-5"},
    )

    [(state, sentence)] = await rows(environment, "configuration")

    assert state is State.OK
    assert sentence == (
        "Slack by Socket Mode; in use, as set with /llm-provider: offline/offline-rules-1, claude/claude-haiku-4-5, "
        "openai/gpt-6-luna."
    )


async def test_it_says_that_what_admins_have_chosen_lost_its_key(folder: Path) -> None:
    await admins_set(default_model=answered_by("claude", "claude-haiku-4-5"))

    [(state, sentence)] = await rows(OFFLINE, "Claude claude-haiku-4-5")

    assert state is State.PROBLEM
    assert sentence == (
        "It was chosen for a workspace and is not configured: set ANTHROPIC_API_KEY, or choose another with "
        "/llm-provider."
    )


async def test_it_warns_of_what_happens_to_the_models_that_admins_have_chosen(folder: Path) -> None:
    await admins_set(summarise_model=answered_by("openai", "gpt-4o-mini"))

    [(state, sentence)] = await rows(OFFLINE | {"OPENAI_API_KEY": KEY}, "model")

    assert state is State.WARNING
    assert sentence.startswith("gpt-4o-mini shuts down on 2027-01-14")


async def test_it_holds_models_against_the_budget_that_admins_have_set(folder: Path) -> None:
    await admins_set(daily_budget_usd=5, default_model=answered_by("openai", "tiny-7b"))

    [(state, sentence)] = await rows(OFFLINE | {"OPENAI_API_KEY": KEY}, "prices")

    assert state is State.PROBLEM
    assert "nobody knows what tiny-7b costs" in sentence


# The command


def precis(*args: str, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(main, ["check", *args])


def test_it_ends_with_0_where_there_is_no_problem() -> None:
    ended = precis("--offline", **OFFLINE)

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert [line.split()[:2] for line in ended.stdout.splitlines()[1:]] == [
        ["configuration", "ok"],
        ["database", "ok"],
        ["prices", "ok"],
    ]


def test_it_ends_with_0_where_it_only_warns() -> None:
    ended = precis("--offline", **OFFLINE, LLM_FALLBACK="gemini", GEMINI_API_KEY=KEY)

    assert ended.exit_code == 0
    assert "warning" in ended.stdout


def test_it_ends_with_1_where_there_is_a_problem() -> None:
    ended = precis("--offline")

    assert (ended.exit_code, ended.stderr) == (1, "")
    assert ended.stdout.count("problem") == 3


async def test_it_shows_no_secret(slack: Sandbox, openai: OpenAIServer) -> None:
    secrets = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": "xapp-wrong"}
    openai.then(openai.problem("auth"))

    ended = await asyncio.to_thread(precis, **reaching(openai, SLACK_API_URL=slack.api_url, **secrets))

    assert ended.exit_code == 1
    assert "does not accept OPENAI_API_KEY" in " ".join(ended.stdout.split())
    assert not [secret for secret in (*secrets.values(), KEY) if secret in ended.output]


def test_it_compares_with_the_manifest_that_is_shipped() -> None:
    assert installation.needed() == set(json.loads(installation.MANIFEST.read_text())["oauth_config"]["scopes"]["bot"])
    assert installation.needed() == set(MANIFEST["oauth_config"]["scopes"]["bot"])
