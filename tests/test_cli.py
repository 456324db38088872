"""The commands: what an operator sees, and with which status they end."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from adapters import PROVIDERS
from bot.cli import main
from bot.cli.moments import Since
from bot.config import ConfigError, load
from bot.database import Database
from bot.store import Call, Store

ROOT = Path(__file__).parents[1]
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, so that nobody's `.env` and database are used."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def precis(*args: str, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(main, args)


def process(folder: Path, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The real thing: `python -m bot`, with nothing set but this."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *args],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def call(id: str, ago: timedelta = timedelta(), **changes: object) -> Call:
    values: dict[str, object] = {
        "id": id,
        "called_at": (NOW - ago).isoformat(),
        "task": "summarise",
        "prompt_version": "summarise-1",
        "provider": "openai",
        "requested_model": "gpt-4o-mini",
        "latency_ms": 1500,
        "attempt": 1,
        "outcome": "ok",
        "input_tokens": 5_000,
        "output_tokens": 500,
        "cost_usd": 0.00105,
        "prompt": "private words",
        "answer": "private words",
    }
    return Call(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
async def log() -> None:
    """A log of five calls in the database of the working folder: two of today, one each of three earlier times."""
    database = await Database.open("sqlite:///precis.db")
    for row in (
        call("now"),
        call("unpriced", requested_model="tiny-7b", cost_usd=None),
        call("yesterday", timedelta(hours=30), task="triage"),
        call("last-week", timedelta(days=6)),
        call("long-ago", timedelta(days=30)),
    ):
        await Store(database).log_call(row)
    await database.close()


def listed(*args: str, **environment: str) -> list[str]:
    return [row["id"] for row in json.loads(precis("calls", "--json", *args, **environment).stdout)["calls"]]


def test_it_lists_every_problem_and_ends_with_2_where_nothing_is_set(folder: Path) -> None:
    ended = process(folder, "run")

    with pytest.raises(ConfigError) as caught:
        load({})
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == f"Precis cannot start yet:\n{caught.value}\n"
    assert len(caught.value.problems) == 3


def test_it_opens_no_database_before_the_configuration_is_sound(folder: Path) -> None:
    precis("run", SLACK_BOT_TOKEN="xoxb-1")

    assert list(folder.iterdir()) == []


def test_it_reads_the_env_file_of_the_working_folder(folder: Path) -> None:
    (folder / ".env").write_text("# mine\nSLACK_BOT_TOKEN='xoxb-1'\nLLM_PROVIDER=offline\nPORT\n")

    ended = precis("run")

    assert ended.exit_code == 2
    assert "SLACK_BOT_TOKEN is missing" not in ended.stderr
    assert "SLACK_APP_TOKEN is missing" in ended.stderr
    assert ended.stderr.count("\n- ") == 1


def test_it_prefers_the_environment_to_the_env_file(folder: Path) -> None:
    (folder / ".env").write_text("LLM_PROVIDER=offline\n")

    assert "LLM_PROVIDER names no provider" in precis("run", LLM_PROVIDER="clod").stderr


@pytest.mark.parametrize("content", ["PORT=1".encode("utf-16"), b"LLM_MODEL=caf\xe9\n"])
@pytest.mark.parametrize("command", ["run", "calls"])
def test_it_says_that_the_env_file_is_not_readable(folder: Path, command: str, content: bytes) -> None:
    (folder / ".env").write_bytes(content)

    ended = precis(command)

    assert ended.exit_code == 2
    assert ended.stderr == ".env cannot be read (UnicodeDecodeError): save it as a text file in UTF-8.\n"


def test_it_lists_the_known_providers_where_one_is_unknown() -> None:
    ended = precis("run", SLACK_BOT_TOKEN="xoxb-1", SLACK_APP_TOKEN="xapp-1", LLM_PROVIDER="clod")

    assert ended.exit_code == 2
    assert f"choose one of {', '.join(PROVIDERS)}" in ended.stderr


def test_it_knows_its_version(folder: Path) -> None:
    ended = process(folder, "--version")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert re.fullmatch(r"precis, version \d+\.\d+\.\d+\n", ended.stdout)


def test_it_says_that_there_is_no_database_yet(folder: Path) -> None:
    ended = precis("calls")

    assert ended.exit_code == 2
    assert "There is no database at sqlite:///precis.db yet" in ended.stderr
    assert list(folder.glob("*.db")) == []


@pytest.mark.usefixtures("log")
def test_it_says_that_there_are_no_calls() -> None:
    ended = precis("calls", "--task", "extract")

    assert ended.exit_code == 0
    assert ended.stdout == "No calls in that time.\n"


@pytest.mark.usefixtures("log")
def test_it_gives_programs_an_empty_list_of_no_calls() -> None:
    ended = precis("calls", "--json", "--task", "extract")

    assert json.loads(ended.stdout)["calls"] == []
    assert json.loads(ended.stdout)["totals"]["calls"] == 0


@pytest.mark.usefixtures("log")
def test_it_lists_the_calls_of_a_week() -> None:
    ended = precis("calls")

    assert ended.exit_code == 0
    assert ended.stdout.splitlines()[-1] == (
        "4 calls, 0 failed; 20,000 input and 2,000 output tokens; $0.003150, 1 of unknown price"
    )
    assert "private" not in ended.stdout


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("since", "ids"),
    [
        ("1h", {"now", "unpriced"}),
        ("29h", {"now", "unpriced"}),
        ("31h", {"now", "unpriced", "yesterday"}),
        ("7d", {"now", "unpriced", "yesterday", "last-week"}),
        ("1w", {"now", "unpriced", "yesterday", "last-week"}),
        ("5w", {"now", "unpriced", "yesterday", "last-week", "long-ago"}),
        ("2020-01-01", {"now", "unpriced", "yesterday", "last-week", "long-ago"}),
    ],
)
def test_it_lists_the_calls_since_a_moment(since: str, ids: set[str]) -> None:
    assert set(listed("--since", since)) == ids


@pytest.mark.usefixtures("log")
def test_it_lists_the_calls_of_one_task() -> None:
    assert listed("--task", "triage") == ["yesterday"]
    assert listed("--task", "extract") == []


@pytest.mark.usefixtures("log")
def test_it_gives_programs_json_without_texts() -> None:
    ended = precis("calls", "--json")

    found = json.loads(ended.stdout)
    assert found["totals"] == {
        "calls": 4,
        "failed": 0,
        "input_tokens": 20_000,
        "output_tokens": 2_000,
        "cost_usd": pytest.approx(0.00315),
        "unpriced": 1,
    }
    assert "private" not in ended.stdout


@pytest.mark.usefixtures("log")
def test_it_reads_the_database_that_is_configured(folder: Path) -> None:
    (folder / "precis.db").rename(folder / "other.db")

    assert len(listed(DATABASE_URL=f"sqlite:///{folder}/other.db")) == 4


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-11-23T10:30", datetime(2026, 11, 23, 10, 30, tzinfo=UTC)),
        ("2026-11-23T10:30:00Z", datetime(2026, 11, 23, 10, 30, tzinfo=UTC)),
        ("2026-11-23T10:30:00+02:00", datetime(2026, 11, 23, 8, 30, tzinfo=UTC)),
    ],
)
def test_it_takes_a_date_for_utc_unless_it_says_otherwise(value: str, moment: datetime) -> None:
    found = Since().convert(value, None, None)

    assert found == moment
    assert found.utcoffset() == timedelta()


@pytest.mark.parametrize(("value", "ago"), [("24h", timedelta(days=1)), ("7d", timedelta(7)), ("2w", timedelta(14))])
def test_it_takes_a_span_from_now(value: str, ago: timedelta) -> None:
    before = datetime.now(UTC)

    found = Since().convert(value, None, None)

    assert before - ago <= found <= datetime.now(UTC) - ago


@pytest.mark.parametrize("value", ["", "soon", "7", "7m", "-7d", "7 d", "1.5d", "123456h", "2026-13-01", "23.11.2026"])
def test_it_says_how_to_write_a_moment(value: str) -> None:
    ended = precis("calls", "--since", value)

    assert ended.exit_code == 2
    assert "is neither a span such as 24h, 7d or 2w, nor a date such as 2026-11-23." in " ".join(ended.stderr.split())
    with pytest.raises(click.BadParameter):
        Since().convert(value, None, None)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://app:PASSWORD@db.example/precis", "which this version of Precis cannot use"),
        ("mysql://app:PASSWORD@db.example/precis", "is not an address Precis knows"),
        ("sqlite:///no/such/folder/precis.db", "There is no database at"),
    ],
)
def test_it_says_what_is_wrong_with_the_database(url: str, sentence: str) -> None:
    ended = precis("calls", DATABASE_URL=url)

    assert ended.exit_code == 2
    assert ended.stderr.count("\n") == 1
    assert sentence in ended.stderr
    assert "PASSWORD" not in ended.stderr


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("--provider", "clod"), "'clod' is not one of"),
        (("--export", "absent", "--thread", "general/1"), "does not exist"),
        (("--thread", "general/1"), "--export and --thread go together"),
        (("--provider", "openai"), "OPENAI_API_KEY is missing"),
    ],
)
def test_it_explains_what_the_demo_lacks(args: tuple[str, ...], sentence: str) -> None:
    ended = precis("demo", *args)

    assert ended.exit_code == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.output


@pytest.mark.parametrize("command", main.commands.values(), ids=lambda command: command.name)
def test_it_explains_every_command_and_option(command: click.Command) -> None:
    ended = precis(str(command.name), "--help")

    assert ended.exit_code == 0
    assert " ".join(str(command.help).split()) in " ".join(ended.stdout.split())
    assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_it_refuses_an_unknown_command() -> None:
    ended = precis("fly")

    assert ended.exit_code == 2
    assert "No such command 'fly'" in ended.stderr


@pytest.mark.usefixtures("log")
def test_it_works_as_a_process_too(folder: Path) -> None:
    ended = process(folder, "calls", "--json")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(json.loads(ended.stdout)["calls"]) == 4
