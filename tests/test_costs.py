"""What calls come to: every figure against a plain computation over the same rows, and how it is printed."""

import asyncio
import csv
import io
import json
import math
import random
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from bot.cli import main
from bot.cli.costs import BY
from bot.costs import as_csv, as_json, show
from bot.database import Database
from bot.settings import OPERATOR, Settings, WorkspaceSettings
from bot.store import By, Call, Costs, Line, Store

UNTIL = datetime(2026, 11, 22, 12, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=40)
BERLIN = ZoneInfo("Europe/Berlin")
"""Its clocks go back on 2026-10-25, within the period."""

KEYS: dict[By, Callable[[Call], str]] = {
    "model": lambda call: f"{call.provider}/{call.requested_model}",
    "task": lambda call: call.task,
    "channel": lambda call: call.channel or "",
    "user": lambda call: call.user or "",
    "day": lambda call: datetime.fromisoformat(call.called_at).astimezone(BERLIN).date().isoformat(),
}


def generated(count: int, seed: int = 7) -> list[Call]:
    """Calls of all kinds, some outside the period, some at its very edges."""
    dice = random.Random(seed)
    edges = [SINCE, SINCE - timedelta(microseconds=1), UNTIL, UNTIL - timedelta(microseconds=1)]
    moments = edges + [UNTIL - timedelta(seconds=dice.uniform(-1e5, 4e6)) for _ in range(count - len(edges))]
    return [call(dice, number, moment) for number, moment in enumerate(moments)]


def call(dice: random.Random, number: int, moment: datetime) -> Call:
    metered, answered = dice.random() < 0.9, dice.random() < 0.85
    return Call(
        id=f"call-{number}",
        called_at=moment.isoformat(),
        task=dice.choice(["summarise", "triage"]),
        prompt_version="1",
        provider=(provider := dice.choice(["openai", "claude"])),
        requested_model=dice.choice(["gpt-4o-mini", "gpt-6-luna"]) if provider == "openai" else "claude-haiku-4-5",
        latency_ms=dice.randrange(40, 9_000),
        attempt=1,
        outcome="ok" if answered else "failed",
        error=None if answered else "overloaded",
        input_tokens=dice.randrange(9_000) if metered else None,
        cached_tokens=dice.randrange(500) if metered else None,
        output_tokens=dice.randrange(900) if metered else None,
        cost_usd=dice.random() / 100 if metered and dice.random() < 0.8 else None,
        channel=dice.choice(["C1", "C2", None]),
        user=dice.choice(["U1", "U2", None]),
        purpose=dice.choice(["work", "work", "work", "shadow", "compare"]),
    )


def computed(calls: Iterable[Call], name: str, purpose: str) -> Line:
    """A line in plain Python, from the definitions of its figures."""
    found = list(calls)
    times = sorted(call.latency_ms for call in found if call.outcome == "ok")
    costs = [call.cost_usd for call in found if call.cost_usd is not None]
    return Line(
        name=name,
        purpose=purpose,
        calls=len(found),
        failed=len(found) - len(times),
        input_tokens=sum(call.input_tokens or 0 for call in found),
        cached_tokens=sum(call.cached_tokens or 0 for call in found),
        output_tokens=sum(call.output_tokens or 0 for call in found),
        cost_usd=round(math.fsum(costs), 9) if costs else None,
        unpriced=sum(call.input_tokens is not None and call.cost_usd is None for call in found),
        p50_ms=times[math.ceil(0.50 * len(times)) - 1] if times else None,
        p95_ms=times[math.ceil(len(times) * 95 / 100) - 1] if times else None,
    )


def expected(calls: Sequence[Call], by: By) -> list[Line]:
    """The lines of the period, in any order."""
    within = [call for call in calls if SINCE <= datetime.fromisoformat(call.called_at) < UNTIL]
    groups: dict[tuple[str, str], list[Call]] = {}
    for call in within:
        name = KEYS[by](call) if call.purpose == "work" else "trials"
        groups.setdefault((name, call.purpose), []).append(call)
    return [computed(group, name, purpose) for (name, purpose), group in groups.items()]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    yield Store(database)
    await database.close()


async def spent(store: Store, calls: Iterable[Call], by: By = "model", zone: ZoneInfo = BERLIN) -> Costs | None:
    for call in calls:
        await store.log_call(call)
    return await store.costs(by=by, since=SINCE, until=UNTIL, zone=zone)


@pytest.mark.parametrize("by", get_args(By))
async def test_it_adds_up_as_a_plain_computation_does(store: Store, by: By) -> None:
    calls = generated(600)

    found = await spent(store, calls, by)

    assert found is not None
    assert sorted(map(rounded, found.lines), key=key) == sorted(expected(calls, by), key=key)
    within = [call for call in calls if SINCE <= datetime.fromisoformat(call.called_at) < UNTIL]
    assert 400 < len(within) < 600
    assert rounded(found.total) == computed(within, "total", "")


def key(line: Line) -> tuple[str, str]:
    return line.purpose, line.name


def rounded(line: Line) -> Line:
    """Without the last digits, which depend on the order of adding."""
    return line if line.cost_usd is None else replace(line, cost_usd=round(line.cost_usd, 9))


CALL = call(random.Random(1), 1, UNTIL - timedelta(days=1))
CALL = replace(CALL, purpose="work", outcome="ok", error=None, cost_usd=0.01, input_tokens=5_000, channel="C1")


@pytest.mark.parametrize("answered", [1, 2, 3, 19, 20, 21, 100])
async def test_it_takes_the_nearest_rank(store: Store, answered: int) -> None:
    calls = [replace(CALL, id=str(number), latency_ms=number) for number in range(1, answered + 1)]

    found = await spent(store, [*calls, replace(CALL, id="failed", outcome="failed", latency_ms=60_000)])

    assert found is not None
    assert (found.total.p50_ms, found.total.p95_ms) == (math.ceil(answered / 2), math.ceil(answered * 0.95))


async def test_it_counts_days_in_the_time_zone(store: Store) -> None:
    moments = ["2026-10-24T21:59:59.9+00:00", "2026-10-24T22:00:00+00:00", "2026-10-25T22:30:00+00:00"]

    found = await spent(store, [replace(CALL, id=at, called_at=at) for at in moments], "day")

    assert found is not None
    assert [(line.name, line.calls) for line in found.lines] == [("2026-10-24", 1), ("2026-10-25", 2)]


async def test_it_counts_no_call_of_the_first_day_before_the_period(store: Store) -> None:
    found = await spent(
        store,
        [
            replace(CALL, id="in", called_at=SINCE.isoformat()),
            replace(CALL, id="out", called_at=(SINCE - timedelta(seconds=1)).isoformat()),
        ],
        "day",
    )

    assert found is not None
    assert [line.calls for line in found.lines] == [1]


async def test_it_puts_the_dearest_first_and_trials_last(store: Store) -> None:
    found = await spent(
        store,
        [
            replace(CALL, id="1", channel="C1", cost_usd=None),
            replace(CALL, id="2", channel="C2", cost_usd=0.01),
            replace(CALL, id="3", channel="C3", cost_usd=0.02),
            replace(CALL, id="4", channel="C4", cost_usd=9.0, purpose="shadow"),
        ],
        "channel",
    )

    assert found is not None
    assert [line.name for line in found.lines] == ["C3", "C2", "C1", "trials"]


async def test_it_finds_nothing_where_there_is_nothing(store: Store) -> None:
    assert await spent(store, [replace(CALL, called_at=UNTIL.isoformat())]) is None
    assert await spent(store, [replace(CALL, id="old", called_at="2020-01-01T00:00:00+00:00")], "day") is None


def line(name: str, **changes: object) -> Line:
    return Line(**(asdict(computed([CALL], name, "work")) | changes))


def printed(*lines: Line) -> str:
    console = Console(file=io.StringIO(), width=140)
    show(console, Costs(list(lines), line("total", purpose="")), "channel")
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_it_prints_a_row_for_each_line_and_the_total() -> None:
    shown = printed(line("C1", calls=1_234, failed=5, p50_ms=1_250, p95_ms=None), line("", purpose="work"))

    rows = [row.split() for row in shown.splitlines()]
    assert rows[0] == ["channel", "calls", "failed", "input", "cached", "output", "cost", "unpriced", "p50", "p95"]
    assert rows[1][:3] == ["C1", "1,234", "5"]
    assert rows[1][-4:] == ["$0.0100", "1.2", "s", "–"]
    assert rows[2][0] == "(none)"
    assert rows[3][:2] == ["total", "1"]


@pytest.mark.parametrize(
    ("known", "unpriced", "row"),
    [
        (0.0123, 0, ["$0.0123", "1.0"]),
        (0.0123, 3, ["$0.0123", "3", "1.0"]),
        (None, 3, ["unknown", "3", "1.0"]),
        (None, 0, ["20", "–", "1.0"]),
        (0.0, 0, ["$0.0000", "1.0"]),
    ],
)
def test_it_never_takes_an_unknown_price_for_nothing(known: float | None, unpriced: int, row: list[str]) -> None:
    one = line("C1", cost_usd=known, unpriced=unpriced, output_tokens=20, p50_ms=1_000, p95_ms=None)

    assert printed(one).splitlines()[1].split()[-2 - len(row) : -2] == row


def test_it_says_how_many_prices_are_unknown() -> None:
    console = Console(file=io.StringIO(), width=140)
    show(console, Costs([line("C1")], line("total", purpose="", unpriced=3)), "channel")

    assert isinstance(console.file, io.StringIO)
    assert "\n3 of unknown price, which the costs leave out.\n" in console.file.getvalue()
    assert "unknown price" not in printed(line("C1"))


def test_it_names_what_trials_were_for() -> None:
    assert "trials (shadow)" in printed(line("trials", purpose="shadow"))


def test_it_prints_a_name_to_the_letter() -> None:
    assert "compatible/tiny[/]7b[red]" in printed(line("compatible/tiny[/]7b[red]"))


def test_it_gives_sheets_the_lines_without_the_total() -> None:
    found = list(csv.DictReader(io.StringIO(as_csv(Costs([line("a, b"), line("C2", cost_usd=None)], line("total"))))))

    assert [row["name"] for row in found] == ["a, b", "C2"]
    assert [row["cost_usd"] for row in found] == ["0.01", ""]
    assert list(csv.DictReader(io.StringIO(as_csv(None)))) == []


def test_it_gives_programs_the_lines_and_the_total() -> None:
    found = json.loads(json.dumps(as_json(Costs([line("C1")], line("total")), "channel")))

    assert found == {"by": "channel", "lines": [asdict(line("C1"))], "total": asdict(line("total"))}
    assert as_json(None, "day") == {"by": "day", "lines": [], "total": None}


def precis(*args: str, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(main, ["costs", *args])


@pytest.fixture
async def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two calls of today in the database of the working folder."""
    monkeypatch.chdir(tmp_path)
    database = await Database.open("sqlite:///precis.db")
    now = datetime.now(UTC).isoformat()
    await Store(database).log_call(replace(CALL, called_at=now))
    await Store(database).log_call(replace(CALL, id="2", called_at=now, task="triage", cost_usd=None))
    await database.close()


def test_it_offers_every_way_to_add_up() -> None:
    assert get_args(By) == BY


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("by", BY)
def test_it_prints_what_the_log_holds(by: str) -> None:
    ended = precis("--by", by)

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[-3].split()[:2] == ["total", "2"]
    assert " $0.0100         1 " in ended.stdout.splitlines()[-3]
    assert ended.stdout.splitlines()[-2] == "1 of unknown price, which the costs leave out."


@pytest.mark.usefixtures("log")
def test_it_prints_for_programs() -> None:
    assert [line["name"] for line in json.loads(precis("--by", "task", "--json").stdout)["lines"]] == [
        CALL.task,
        *({"summarise", "triage"} - {CALL.task}),
    ]
    assert len(list(csv.DictReader(io.StringIO(precis("--by", "task", "--csv").stdout)))) == 2


async def test_it_begins_a_day_where_the_workspace_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    database = await Database.open("sqlite:///precis.db")
    late = datetime.now(UTC).replace(hour=23, minute=30) - timedelta(days=2)
    await Store(database).log_call(replace(CALL, called_at=late.isoformat()))
    await WorkspaceSettings(Store(database), "T1", Settings()).change("timezone", "Asia/Tokyo", by=OPERATOR)
    await database.close()

    ended = await asyncio.to_thread(precis, "--by", "day", "--json", TIMEZONE="America/Lima")

    assert [line["name"] for line in json.loads(ended.stdout)["lines"]] == [f"{late + timedelta(days=1):%Y-%m-%d}"]


@pytest.mark.usefixtures("log")
def test_it_says_that_there_was_no_call() -> None:
    ended = precis("--since", "0h")

    assert (ended.exit_code, ended.stdout) == (0, "No calls in that time.\n")


@pytest.mark.usefixtures("log")
def test_it_says_that_the_time_zone_is_none() -> None:
    ended = precis("--by", "day", TIMEZONE="Berlin")

    assert ended.exit_code == 2
    assert "TIMEZONE must be the name of a time zone such as Europe/Berlin." in ended.stderr


def test_it_cuts_no_figure_where_the_terminal_is_narrow() -> None:
    console = Console(file=io.StringIO(), width=40)
    show(console, Costs([line("openai/gpt-4o-mini", calls=1_234)], line("total", purpose="")), "model")

    assert isinstance(console.file, io.StringIO)
    [row] = [shown.split() for shown in console.file.getvalue().splitlines() if "gpt-4o-mini" in shown]
    assert row[:2] == ["openai/gpt-4o-mini", "1,234"]
    assert "$0.0100" in row
