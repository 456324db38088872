"""What support cases come to: every figure against a plain computation over the same rows, and how it is printed."""

import asyncio
import io
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from bot.cli import main
from bot.database import Database, Row
from bot.evals import Proportion
from bot.store import Store, TriageFigures
from bot.triage_report import as_json, show, span
from handlers import links

UNTIL = datetime(2026, 11, 22, 12, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=7)
CATEGORIES = ("bug", "billing", "other")
URGENCIES = ("p1", "p2", "p3", "p4")
PEOPLE = ("U1", "U2", "U3", "U4", "U5", "U6", "U7", "U8")


def generated(count: int, seed: int = 5) -> tuple[list[Row], list[Row], list[Row]]:
    """Cases of all kinds, some outside the period, some at its very edges; their messages; what people did."""
    dice = random.Random(seed)
    edges = [SINCE, SINCE - timedelta(seconds=1), UNTIL, UNTIL - timedelta(seconds=1)]
    edges += [UNTIL - timedelta(days=1), UNTIL - timedelta(days=1) + timedelta(seconds=1)]
    moments = edges + [UNTIL - timedelta(seconds=round(dice.uniform(-9e4, 7e5), 3)) for _ in range(count - len(edges))]
    cases = [case(dice, number, moment) for number, moment in enumerate(moments)]
    messages = [message for one in cases for message in messages_of(dice, one)]
    acts = [act for message in messages for act in acts_of(dice, message)]
    return cases, messages, list({tuple(act.values())[:6]: act for act in acts}.values())


def case(dice: random.Random, number: int, moment: datetime, **changes: object) -> Row:
    triaged, quiet = dice.random() < 0.9, dice.random() < 0.5
    category, urgency, noise = dice.choice(CATEGORIES), dice.choice(URGENCIES), dice.random() < 0.2
    carded = triaged and not quiet and not noise
    done = carded and dice.random() < 0.5
    ts = f"{moment.timestamp():.6f}"
    row: Row = {
        "id": f"T1:C0{number % 3}:{ts}:{number}",
        "workspace": "T1" if number % 9 else "T2",
        "channel": f"C0{number % 3}",
        "ts": ts,
        "author": dice.choice(PEOPLE),
        "quiet": quiet,
        "status": "done" if done else "open",
        "opened_at": moment.isoformat(),
        "updated_at": moment.isoformat(),
        "triaged_at": moment.isoformat() if triaged else None,
        "call": f"call-{number}" if triaged and dice.random() < 0.9 else None,
        "model_category": category if triaged else None,
        "model_urgency": urgency if triaged else None,
        "model_noise": noise if triaged else None,
        "category": None if not triaged else dice.choice(CATEGORIES) if carded and dice.random() < 0.2 else category,
        "urgency": None if not triaged else dice.choice(URGENCIES) if carded and dice.random() < 0.2 else urgency,
        "noise": None if not triaged else carded and dice.random() < 0.1 or noise,
        "trouble": "overloaded" if not triaged and dice.random() < 0.7 else None,
        "troubled_at": moment.isoformat() if not triaged else None,
        "done_at": (moment + timedelta(seconds=dice.randrange(9_000))).isoformat() if done else None,
        "card_ts": dice.choice(["", ts, ts, ts]) if carded else None,
        "assignee": dice.choice(["U1", None]),
    }
    row["troubled_at"] = row["troubled_at"] if row["trouble"] else None
    return row | changes  # type: ignore[return-value]


def messages_of(dice: random.Random, one: Row) -> Iterable[Row]:
    for more in range(dice.choice([1, 1, 2])):
        ts = f"{float(str(one['ts'])) + more:.6f}"
        yield {
            "workspace": one["workspace"],
            "channel": one["channel"],
            "ts": ts,
            "author": one["author"],
            "edited": ts,
            "triage": one["id"],
        }


def acts_of(dice: random.Random, message: Row) -> Iterable[Row]:
    for _ in range(dice.choice([0, 0, 1, 2, 3])):
        act = dice.choice(["replied", "replied", "done", "labelled"])
        yield {
            "workspace": message["workspace"],
            "channel": message["channel"],
            "ts": message["ts"],
            "person": dice.choice(PEOPLE),
            "act": act,
            "label": dice.choice(CATEGORIES) if act == "labelled" else "",
            "acted_ts": f"{float(str(message['ts'])) + dice.randrange(1, 90_000) + dice.random():.6f}",
            "undone": act != "replied" and dice.random() < 0.2,
        }


@pytest.fixture
async def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    monkeypatch.chdir(tmp_path)
    database = await Database.open("sqlite:///precis.db")
    yield Store(database)
    await database.close()


async def keep(store: Store, cases: Iterable[Row], messages: Iterable[Row] = (), acts: Iterable[Row] = ()) -> None:
    tables = {"triage": cases, "triage_messages": messages, "acts": acts}
    await asyncio.gather(*(store.database.insert(table, row) for table, rows in tables.items() for row in rows))


async def figures(store: Store, channel: str | None = None) -> TriageFigures:
    return await store.triage_figures("T1", since=SINCE, until=UNTIL, channel=channel)


@pytest.mark.parametrize("channel", [None, "C01"])
async def test_it_counts_as_a_plain_computation_does(store: Store, channel: str | None) -> None:
    cases, *rest = generated(400)
    await keep(store, cases, *rest)

    found = await figures(store, channel)

    within = [one for one in cases if is_within(one, channel)]
    sorted_ones = [one for one in within if one["triaged_at"]]
    carded = [one for one in sorted_ones if one["card_ts"]]
    live = [one for one in sorted_ones if not one["quiet"]]
    left = sorted((one for one in cases if is_left(one, channel)), key=opened)
    done = [one for one in live if one["done_at"]]
    differs = {
        name: [one for one in carded if one[name] != one[f"model_{name}"]] for name in ("category", "urgency", "noise")
    }
    assert 60 < len(within) < 330
    assert (found.cases, found.noise) == (len(within), sum(bool(one["noise"]) for one in within))
    assert {(each.category, each.urgency): each.cases for each in found.counts} == Counter(
        (one["category"], one["urgency"]) for one in sorted_ones if not one["noise"]
    )
    assert found.unsorted == {"overloaded": sum(bool(one["trouble"]) for one in within)}
    assert found.unusable == sum(one["call"] is None for one in sorted_ones)
    assert found.uncarded == sum(one["card_ts"] == "" for one in sorted_ones)
    assert found.corrected == Proportion(
        len({str(one["id"]) for each in differs.values() for one in each}), len(carded)
    )
    assert (found.recategorised, found.rerated, found.dismissed) == tuple(map(len, differs.values()))
    assert found.done == len(done)
    assert found.done_seconds == pytest.approx(median(taken(one) for one in done), abs=0.01)
    assert found.open == len(left)
    assert [each.id for each in found.oldest] == [one["id"] for one in left[:10]]


def is_within(one: Row, channel: str | None) -> bool:
    return (
        one["workspace"] == "T1"
        and SINCE <= datetime.fromisoformat(opened(one)) < UNTIL
        and channel in (None, one["channel"])
    )


def is_left(one: Row, channel: str | None) -> bool:
    """Whether it is open at the end of the period, in which it need not have been opened."""
    begun_before = datetime.fromisoformat(opened(one)) < UNTIL
    request = bool(one["triaged_at"]) and not one["quiet"] and not one["noise"] and one["status"] == "open"
    return one["workspace"] == "T1" and begun_before and request and channel in (None, one["channel"])


def opened(one: Row) -> str:
    return str(one["opened_at"])


def taken(one: Row) -> float:
    return (datetime.fromisoformat(str(one["done_at"])) - datetime.fromisoformat(opened(one))).total_seconds()


async def test_it_compares_quiet_channels_as_a_plain_computation_does(store: Store) -> None:
    cases, messages, acts = generated(400)
    await keep(store, cases, messages, acts)

    found = {each.channel: each for each in (await figures(store)).quiet}

    assert set(found) == {"C00", "C01", "C02"}
    for channel, each in found.items():
        quiet = [one for one in cases if is_within(one, channel) and one["quiet"] and one["triaged_at"]]
        did = {str(one["id"]): did_about(one, messages, acts) for one in quiet}
        old = [one for one in quiet if datetime.fromisoformat(opened(one)) <= UNTIL - timedelta(days=1)]
        requests = [bool(did[str(one["id"])]) for one in old if not one["model_noise"]]
        noise = [not did[str(one["id"])] for one in old if one["model_noise"]]
        labels = [(one, label) for one in quiet if (label := last_label(did[str(one["id"])]))]
        replied = [(one, reply) for one in quiet if (reply := first_reply(did[str(one["id"])]))]
        assert each.handled == Proportion.counted(bool(did[str(one["id"])]) for one in quiet)
        assert (each.requests, each.noise) == (Proportion.counted(requests), Proportion.counted(noise))
        assert each.attention == Proportion.counted([*requests, *noise])
        assert each.labels == Proportion.counted(
            label == one["model_category"] and not one["model_noise"] for one, label in labels
        )
        assert each.labels.of > 5
        soon = {"": [waited(one, reply) for one, reply in replied]}
        for one, reply in replied:
            if not one["model_noise"]:
                soon.setdefault(str(one["model_urgency"]), []).append(waited(one, reply))
        assert {each.urgency: each.replies for each in each.replies} == {name: len(all) for name, all in soon.items()}
        assert {each.urgency: each.median_seconds for each in each.replies} == {
            name: pytest.approx(median(all), abs=0.01) for name, all in soon.items()
        }
        first = Counter(str(reply["person"]) for _, reply in replied)
        assert [(each.person, each.cases) for each in each.responders] == sorted(
            first.items(), key=lambda pair: (-pair[1], pair[0])
        )[:5]


def did_about(one: Row, messages: list[Row], acts: list[Row]) -> list[Row]:
    """What people did about a case, in order; the author's replies to themself are none."""
    places = {(each["workspace"], each["channel"], each["ts"]) for each in messages if each["triage"] == one["id"]}
    found = [each for each in acts if (each["workspace"], each["channel"], each["ts"]) in places and not each["undone"]]
    found = [each for each in found if each["act"] != "replied" or each["person"] != one["author"]]
    return sorted(found, key=lambda each: str(each["acted_ts"]))


def last_label(acts: list[Row]) -> str:
    return next((str(each["label"]) for each in reversed(acts) if each["act"] == "labelled"), "")


def first_reply(acts: list[Row]) -> Row | None:
    return next((each for each in acts if each["act"] == "replied"), None)


def waited(one: Row, reply: Row) -> float:
    return float(str(reply["acted_ts"])) - float(str(one["ts"]))


async def test_it_finds_nothing_where_there_is_nothing(store: Store) -> None:
    found = await figures(store)

    assert (found.cases, found.counts, found.open, found.quiet) == (0, (), 0, ())
    assert (found.done_seconds, found.corrected.value) == (None, None)


MOMENT = UNTIL - timedelta(days=3, hours=2, minutes=5)
LIVE = case(random.Random(1), 1, MOMENT, quiet=False, triaged_at="x", card_ts="1", noise=False, model_noise=False)
LIVE |= {"status": "open", "done_at": None, "call": "call-1", "trouble": None, "troubled_at": None, "assignee": None}
LIVE |= dict.fromkeys(("category", "model_category"), "bug") | dict.fromkeys(("urgency", "model_urgency"), "p2")


async def printed(store: Store) -> str:
    console = Console(file=io.StringIO(), width=140)
    show(console, await figures(store), lambda each: links.thread_address("T1", each.channel, each.ts))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


async def test_it_prints_a_row_per_category_and_what_became_of_the_cards(store: Store) -> None:
    done = LIVE | {"id": "2", "status": "done", "done_at": (MOMENT + timedelta(minutes=90)).isoformat()}
    corrected = LIVE | {"id": "3", "model_category": "billing", "category": "bug", "urgency": "p1", "assignee": "U9"}
    unsorted = LIVE | {
        "id": "4",
        "triaged_at": None,
        "trouble": "overloaded",
        "troubled_at": "x",
        "noise": None,
        "card_ts": None,
    }
    uncarded = LIVE | {"id": "5", "card_ts": "", "call": None, "category": "other", "status": "done"}
    await keep(store, [LIVE, done, corrected, unsorted, uncarded])

    lines = (await printed(store)).splitlines()

    assert lines[0] == "5 cases since 2026-11-15 12:00 UTC: 4 requests, 0 noise."
    assert lines[1] == "Not sorted: 1 (overloaded 1). python -m bot calls tells what went wrong."
    assert lines[2] == "No usable answer from the model, left to a person: 1."
    assert [line.split() for line in lines[3:7]] == [
        ["category", "p1", "p2", "p3", "p4", "all"],
        ["bug", "1", "2", "3"],
        ["other", "1", "1"],
        ["all", "1", "3", "0", "0", "4"],
    ]
    assert lines[7].startswith(
        "Corrected by people: 1 of 3 (33 %, 95 % interval 6 to 79 %) cards: category 1, urgency 1"
    )
    assert lines[8] == "Done: 1, half of them within 1 h 30 min."
    assert lines[9] == "Cards that Slack did not take: 1."
    assert lines[10] == "Open now: 2:"
    assert lines[12].split()[:7] == ["3", "d", "2", "h", "p1", "bug", "U9"]
    assert lines[13].split()[4:7] == ["p2", "bug", "nobody"]
    link = lines[13].split()[-1]
    assert links.parse(link, "https://acme.slack.com/", "T1") == links.Link("C01", str(LIVE["ts"]), str(LIVE["ts"]))


async def test_it_prints_how_far_people_and_the_model_agree(store: Store) -> None:
    quiet = LIVE | {"quiet": True, "card_ts": None, "author": "U1"}
    others = [quiet | {"id": f"quiet-{number}", "ts": f"{1 + number}.000000"} for number in range(2)]
    message: Row = {
        "workspace": "T1",
        "channel": "C01",
        "ts": quiet["ts"],
        "author": "U1",
        "edited": "",
        "triage": quiet["id"],
    }
    act: Row = {"workspace": "T1", "channel": "C01", "ts": quiet["ts"], "undone": False, "label": ""}
    later = float(str(quiet["ts"]))
    acts = [
        act | {"person": "U1", "act": "replied", "acted_ts": f"{later + 5:.6f}"},
        act | {"person": "U2", "act": "replied", "acted_ts": f"{later + 60:.6f}"},
        act | {"person": "U2", "act": "labelled", "label": "bug", "acted_ts": f"{later + 61:.6f}"},
    ]
    await keep(store, [quiet, *others], [message], acts)

    text = await printed(store)

    assert "Quiet channel C01: 3 cases sorted, nothing posted." in text
    assert "Answered or marked by people: 1 of 3 (33 %, " in text
    assert "Agreed after a day on whether anybody has to act: 1 of 3 (33 %, " in text
    assert "Same category as the emoji that people put: 1 of 1 (100 %, " in text
    assert "First reply after 1 min (median of 1)." in text
    assert "p2: first reply after 1 min (median of 1)." in text
    assert "Replied first: U2 1." in text
    assert "Open:" not in text
    assert "Corrected" not in text


async def test_it_prints_names_to_the_letter(store: Store) -> None:
    await keep(store, [LIVE | {"category": "[red]"}])

    assert "[red]" in await printed(store)


async def test_it_gives_programs_every_figure(store: Store) -> None:
    await keep(store, *generated(60))
    found = await figures(store)

    written = json.loads(json.dumps(as_json(found)))

    assert set(written) == set(asdict(found))
    assert written["corrected"]["of"] == found.corrected.of
    assert written["corrected"]["interval"] == list(found.corrected.interval or ())
    assert written["quiet"][0]["attention"]["hits"] == found.quiet[0].attention.hits
    assert written["since"] == SINCE.isoformat()
    assert as_json(replace(found, corrected=Proportion(0, 0)))["corrected"] == {
        "hits": 0,
        "of": 0,
        "value": None,
        "interval": None,
    }


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (93_700, "1 d 2 h"),
        (86_401, "1 d"),
        (172_800, "2 d"),
    ],
)
def test_it_tells_a_span_by_its_two_largest_units(seconds: float, words: str) -> None:
    assert span(seconds) == words


def precis(*args: str) -> Result:
    return CliRunner().invoke(main, ["triage", *args])


@pytest.fixture
async def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case of today in the database of the working folder."""
    monkeypatch.chdir(tmp_path)
    database = await Database.open("sqlite:///precis.db")
    at = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    await keep(Store(database), [LIVE | {"opened_at": at, "channel": "C0SUPPORT1"}])
    await database.close()


@pytest.mark.usefixtures("log")
def test_it_prints_what_the_database_holds() -> None:
    assert "1 case since" in precis().stdout
    assert "2 h" in precis().stdout
    assert json.loads(precis("--json", "--channel", "C0SUPPORT1").stdout)["cases"] == 1
    assert precis("--channel", "C0OTHER001").stdout == "No support messages in that time.\n"
    assert precis("--since", "1h").stdout.startswith("No support messages in that time.\nOpen now: 1:\n")


@pytest.mark.usefixtures("log")
def test_it_wants_a_channels_id() -> None:
    ended = precis("--channel", "general")

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "--channel takes the Slack id of a channel" in ended.stderr
