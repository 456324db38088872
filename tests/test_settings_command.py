"""`settings`: shown, explained, set and put back as an operator does it, with every change in the audit."""

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot import config
from bot.categories import DEFAULT_CATEGORIES, DEFAULT_URGENCY_RULES
from bot.cli import main
from bot.sandbox import Sandbox
from bot.setting_forms import FORMS
from bot.settings import Settings
from tests import commands
from tests.test_project import Recorder

MODEL = {"provider": "openai", "model": "tiny"}
FILE = """\
# Ours
[[categories]]
name = "shipping"
description = "parcels that are late, \\"lost\\" or broken"
owner = "S0SHIPPING"
emoji = ":package:"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, so that nobody's `.env` and database are used."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def precis(*args: str, input: str | None = None, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(main, ["settings", *args], input=input)


@pytest.fixture
def known(folder: Path) -> None:
    """A database that knows one workspace, because a setting was set there."""
    assert precis("digest_channel", "C0REPORTS1", "--workspace", "T1").exit_code == 0


def rows(sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect("precis.db") as connection:
        return connection.execute(sql).fetchall()


def stored(name: str) -> object:
    [(value,)] = rows(f"SELECT value FROM settings WHERE name = '{name}'")
    return json.loads(str(value))


def shown(name: str, *args: str, **environment: str) -> str:
    """The value as it is printed, without the comments above it."""
    ended = precis(name, *args, **environment)
    assert (ended.exit_code, ended.stderr) == (0, "")
    return "\n".join(line for line in ended.stdout.splitlines() if not line.startswith("#"))


def test_it_has_a_form_for_every_setting_and_no_other() -> None:
    assert set(FORMS) == set(Settings.model_fields)


def test_it_knows_the_variable_of_every_default() -> None:
    environment = Recorder({})
    config.settings(environment)

    assert environment.asked == {form.variable for form in FORMS.values() if form.variable}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TRIAGE_CHANNELS", "C0SUPPORT1"),
        ("DIGEST_CHANNEL", "C0SUPPORT1"),
        ("DIGEST_DAY", "fri"),
        ("DIGEST_TIME", "17:30"),
        ("DAILY_BUDGET_USD", "5"),
        ("MONTHLY_BUDGET_USD", "50"),
        ("MAX_REQUESTS_PER_USER_HOUR", "7"),
        ("TIMEZONE", "Europe/Berlin"),
    ],
)
@pytest.mark.usefixtures("known")
def test_it_says_which_variable_a_value_is_from(variable: str, value: str) -> None:
    name = next(name for name, form in FORMS.items() if form.variable == variable)
    precis(name, "--reset")

    ended = precis(name, **{variable: value})

    assert f"# Now: from {variable}." in ended.stdout
    assert ended.stdout.splitlines()[-1] == value


@pytest.mark.usefixtures("known")
def test_it_lists_every_setting_with_its_value_and_where_it_comes_from() -> None:
    listed = precis(TRIAGE_CHANNELS="C0SUPPORT1").stdout

    lines = [line.split() for line in listed.splitlines()]
    assert [line[0] for line in lines[1:-1]] == list(FORMS)
    assert ["triage_channels", "C0SUPPORT1", "from", "TRIAGE_CHANNELS"] in lines
    assert ["quiet_channels", "none", "the", "default"] in lines
    [reports] = [line for line in lines if line[0] == "digest_channel"]
    assert reports[1:3] == ["C0REPORTS1", "set"]
    assert reports[-2:] == ["by", "operator"]


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("name", "written", "kept", "text"),
    [
        ("triage_channels", "C0SUPPORT1,C0SUPPORT2", ["C0SUPPORT1", "C0SUPPORT2"], "C0SUPPORT1, C0SUPPORT2"),
        ("quiet_channels", "C0QUIET001 C0QUIET001", ["C0QUIET001"], "C0QUIET001"),
        ("quiet-channels", '["C0QUIET001"]', ["C0QUIET001"], "C0QUIET001"),
        ("triage_bots", "none", [], "none"),
        ("confidence_floor", "0.7", 0.7, "0.7"),
        ("digest_channel", "none", "", "none"),
        ("daily_budget_usd", "$12.50", 12.5, "12.5"),
        ("daily_budget_usd", "0", 0, "0"),
        ("daily_budget_usd", "off", None, "off"),
        ("requests_per_user_hour", "20", 20, "20"),
        ("timezone", "Europe/Berlin", "Europe/Berlin", "Europe/Berlin"),
        ("triage_model", "openai/tiny", [MODEL | {"percent": 100}], "openai/tiny=100"),
        (
            "default_model",
            "claude/small=90, OpenAI/tiny=10",
            [{"provider": "claude", "model": "small", "percent": 90}, MODEL | {"percent": 10}],
            "claude/small=90 openai/tiny=10",
        ),
        ("default_model", "default", None, "default"),
        ("fallback", "openai/tiny", MODEL, "openai/tiny"),
        ("fallback", "off", "off", "off"),
        ("shadow", "openai/tiny 5", MODEL | {"percent": 5, "task": ""}, "openai/tiny 5"),
        ("shadow", "openai/tiny 5 triage", MODEL | {"percent": 5, "task": "triage"}, "openai/tiny 5 triage"),
        ("shadow", "off", None, "off"),
        ("shadow_daily_usd", "2", 2, "2"),
        ("audit_channel", "C0AUDIT001", "C0AUDIT001", "C0AUDIT001"),
        ("urgency_rules", DEFAULT_URGENCY_RULES.upper().replace("P", "p"), None, None),
    ],
)
def test_it_sets_what_is_written_in_plain_words(name: str, written: str, kept: object, text: str | None) -> None:
    ended = precis(name, written, DAILY_BUDGET_USD="99")

    meant = name.replace("-", "_")
    expected = (kept, text) if text is not None else (written, written)
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert "It holds for the next message, without a restart." in ended.stdout
    assert (stored(meant), shown(meant, DAILY_BUDGET_USD="99")) == expected


@pytest.mark.usefixtures("known")
def test_it_writes_every_change_into_the_audit_as_the_operators() -> None:
    precis("confidence_floor", "0.7")
    precis("confidence_floor", "--reset")

    changes = rows("SELECT workspace, changed_by, old, new FROM audit WHERE name = 'confidence_floor' ORDER BY rowid")
    assert changes == [("T1", "operator", None, "0.7"), ("T1", "operator", "0.7", None)]
    assert shown("confidence_floor") == "0.5"


@pytest.mark.usefixtures("known")
def test_it_has_the_bot_tell_of_a_change_in_the_audit_channel() -> None:
    precis("confidence_floor", "0.6")
    precis("audit_channel", "C0AUDIT001")
    precis("confidence_floor", "0.7")

    changes = rows("SELECT id FROM audit WHERE name = 'audit_channel' OR new = '0.7' ORDER BY rowid")
    jobs = rows("SELECT queue, body FROM inbox ORDER BY rowid")
    assert [(queue, json.loads(str(body))) for queue, body in jobs] == [
        ("audit", {"change": id, "channel": "C0AUDIT001"}) for (id,) in changes
    ]


@pytest.mark.usefixtures("known")
def test_it_takes_categories_from_a_file(folder: Path) -> None:
    (folder / "ours.toml").write_text(FILE)

    ended = precis("categories", "--file", "ours.toml")

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout.startswith("categories is now shipping, other (set ")
    kept = stored("categories")
    assert isinstance(kept, list)
    assert kept[0] == {
        "name": "shipping",
        "description": 'parcels that are late, "lost" or broken',
        "owner": "S0SHIPPING",
        "emoji": "package",
    }


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("name", FORMS)
def test_it_reads_back_what_it_prints(name: str) -> None:
    before = precis(name).stdout

    ended = precis(name, "--file", "-", input=before)

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert stored(name) == Settings(digest_channel="C0REPORTS1").model_dump(mode="json")[name]
    assert precis(name).stdout.splitlines()[3:] == before.splitlines()[3:]


@pytest.mark.usefixtures("known")
def test_it_takes_categories_as_a_json_list_too() -> None:
    given = [category.model_dump() for category in DEFAULT_CATEGORIES[:2]]

    precis("categories", json.dumps(given))

    assert stored("categories") == [
        category.model_dump() for category in (*DEFAULT_CATEGORIES[:2], Settings().categories[-1])
    ]


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("args", "sentences"),
    [
        (("triage_channels", "general"), ["triage_channels: 'general' is not the id of a channel (C… or G…)."]),
        (("triage_bots", "U1"), ["triage_bots: 'U1' is not the id of a bot (B…) or an app (A…)."]),
        (("digest_day", "someday"), ["digest_day takes a day of the week: mon, tue, wed, thu, fri, sat or sun."]),
        (("digest_time", "25:00"), ["digest_time: give a time such as 09:00 or 17:30."]),
        (("pending_report", "maybe"), ["pending_report takes on or off: 'maybe' is neither."]),
        (("confidence_floor", "80"), ["confidence_floor: give a number from 0 to 1."]),
        (("confidence_floor", "much"), ["confidence_floor takes a number from 0 to 1: 'much' is no number."]),
        (
            ("daily_budget_usd", "inf"),
            ["daily_budget_usd takes an amount in US dollars such as 5, or off for no limit: 'inf' is no number."],
        ),
        (
            ("daily_budget_usd", "-5"),
            ["daily_budget_usd takes an amount in US dollars such as 5, or off for no limit."],
        ),
        (
            ("daily_budget_usd", ""),
            ["daily_budget_usd takes an amount in US dollars such as 5, or off for no limit. --reset puts it back"],
        ),
        (
            ("requests_per_user_hour", "1.5"),
            ["requests_per_user_hour takes a whole number from 1, or off for no limit."],
        ),
        (("confidence_floor", "off"), ["confidence_floor takes a number from 0 to 1: 'off' is no number."]),
        (("triage_model", "tiny"), ["'tiny' is no model such as openai/gpt-4o-mini."]),
        (("triage_model", "clod/tiny"), ["triage_model, number 1: choose one of claude, openai, "]),
        (("triage_model", "openai/tiny=90"), ["triage_model: the shares add up to 100 per cent."]),
        (
            ("triage_model", "openai/tiny=many"),
            ["triage_model, number 1: the percent is a whole number from 0 to 100."],
        ),
        (("triage_model", "openai/tiny=900"), ["triage_model, number 1: the percent is a whole number from 0 to 100."]),
        (("fallback", "clod/tiny"), ["fallback: choose one of claude, openai, "]),
        (("shadow", "openai/tiny 500"), ["shadow takes a model with the per cent of the prompts that it is sent"]),
        (("shadow", "openai/tiny 5 sing"), ["shadow: choose one of summarise, triage, "]),
        (("timezone", "Berlin"), ["timezone: give the name of a time zone such as Europe/Berlin."]),
        (
            ("urgency_rules", "p1: all"),
            [
                "urgency_rules: the urgency rules are four lines that begin with p1:, p2:, p3: and p4:, in this order.",
            ],
        ),
        (("categories", "bug"), ["categories takes a TOML file (--file) such as python -m bot settings categories "]),
        (("categories", "a = 1"), ["the file holds a table [[categories]] for each category, and nothing else."]),
        (("categories", "5"), ["categories takes a TOML file (--file)"]),
        (
            ("categories", '[{"name": "A", "description": "x", "colour": "red"}, {"name": 5, "emoji": "Bug"}]'),
            [
                "categories, number 1: a category's name is at most 40 small letters, digits and single hyphens.",
                "categories, number 1: 'colour' is none of name, description, owner, emoji.",
                "categories, number 2: the name is text in quotation marks.",
                "categories, number 2: the description is missing.",
                "categories, number 2: a category's emoji is a name as Slack writes it between colons, such as bug.",
            ],
        ),
    ],
)
def test_it_says_in_a_sentence_each_what_is_wrong(args: tuple[str, ...], sentences: list[str]) -> None:
    ended = precis(*args)

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert all(sentence in ended.stderr for sentence in sentences)
    assert len(ended.stderr.splitlines()) == len(sentences)
    assert rows("SELECT name FROM audit") == [("digest_channel",)]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("triage_chanels",), "There is no setting 'triage_chanels': did you mean triage_channels?"),
        (("xyz",), "There is no setting 'xyz': python -m bot settings lists them all."),
        (("SLACK_BOT_TOKEN", "xoxb-1"), "SLACK_BOT_TOKEN is a secret, and no setting"),
        (("--reset",), "Name one setting, then give it one thing"),
        (("timezone", "UTC", "--reset"), "Name one setting, then give it one thing"),
        (("timezone",), "There is no database at sqlite:///precis.db yet"),
        (("timezone", "UTC"), "The database knows no workspace yet: set SLACK_BOT_TOKEN, or name it with --workspace"),
    ],
)
def test_it_says_what_cannot_be_set(args: tuple[str, ...], sentence: str) -> None:
    ended = precis(*args)

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert sentence in ended.stderr


def test_it_says_that_a_file_is_no_text(folder: Path) -> None:
    (folder / "odd.toml").write_bytes(b"\xff\xfe")

    ended = precis("categories", "--file", "odd.toml")

    assert ended.exit_code == 2
    assert "save it as a text file in UTF-8" in ended.stderr


@pytest.mark.usefixtures("known")
def test_it_asks_which_workspace_is_meant() -> None:
    with sqlite3.connect("precis.db") as connection:
        connection.execute("INSERT INTO settings VALUES ('T2', 'timezone', '\"Asia/Tokyo\"', '2026-11-22', 'U1')")

    assert "choose one with --workspace, of T1, T2" in precis("timezone").stderr
    assert "The database knows no workspace T3: it knows T1, T2." in precis("timezone", "--workspace", "T3").stderr
    assert shown("timezone", "--workspace", "T2") == "Asia/Tokyo"


async def test_it_asks_slack_for_the_workspace_of_a_new_database(slack: Sandbox, folder: Path) -> None:
    (folder / ".env").write_text(f"SLACK_BOT_TOKEN={slack.bot_token}\nSLACK_API_URL={slack.api_url}\n")

    status, output = await commands.run("-m", "bot", "settings", "timezone", "Asia/Tokyo", cwd=folder)
    again, _ = await commands.run("-m", "bot", "settings", "timezone", cwd=folder)

    assert (status, again) == (0, 0), output
    assert rows("SELECT workspace, name FROM settings") == [(slack.workspace.team_id, "timezone")]
    assert [call.method for call in slack.calls] == ["auth.test"]


async def test_it_says_that_slack_refuses_the_token(slack: Sandbox, folder: Path) -> None:
    (folder / ".env").write_text(f"SLACK_BOT_TOKEN=xoxb-other\nSLACK_API_URL={slack.api_url}\n")

    status, output = await commands.run("-m", "bot", "settings", "timezone", "Asia/Tokyo", cwd=folder)

    assert status == 2
    assert output == "Slack does not accept SLACK_BOT_TOKEN: copy it again from your app's Install App page.\n"
