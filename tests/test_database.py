"""The database: durable, grouped, never blocking, and plain about what is wrong with it."""

import asyncio
import os
import resource
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import sqlite_utils

from bot import migrations, store
from bot.commits import Commits
from bot.database import Database, DatabaseError, Lost, Row, Unavailable, Value
from bot.store.calls import FORGET_CALLS
from bot.store.summaries import FORGET_SUMMARIES
from tests.clocks import PATIENCE

ROOT = Path(__file__).parents[1]
NOBODY = 65534
CALL: Row = {
    "called_at": "2026-11-22T10:00:00+00:00",
    "task": "summary",
    "prompt_version": "1",
    "provider": "offline",
    "requested_model": "rules",
    "latency_ms": 3,
    "attempt": 1,
    "outcome": "ok",
}
PUT = "INSERT INTO inbox (id, queue) VALUES ($1, 'q')"
LEFT = "SELECT (SELECT count(*) FROM summaries) + (SELECT count(*) FROM calls WHERE prompt IS NOT NULL) AS left"


@pytest.fixture(params=["file", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/precis.db" if request.param == "file" else "sqlite://"


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = await Database.open(url, clock=lambda: 1234.5)
    yield database
    await database.close()


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[Database]:
    """A database in the file precis.db of the test's folder."""
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    yield database
    await database.close()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program that keeps the file to itself."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def unprivileged() -> Iterator[None]:
    """Run as a user whom file permissions stop, also where the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def commits(path: Path) -> int:
    """Count the transactions in a write-ahead log: the frames that carry a database size."""
    log = path.with_name(f"{path.name}-wal").read_bytes()
    size = 24 + struct.unpack(">I", log[8:12])[0]
    return sum(log[at + 4 : at + 8] != bytes(4) for at in range(32, len(log), size))


async def ids(database: Database) -> list[object]:
    return [row["id"] for row in await database.read("SELECT id FROM inbox ORDER BY id")]


async def test_it_returns_the_rows_of_a_statement(database: Database) -> None:
    rows = await database.write("INSERT INTO inbox (id, queue) VALUES ($1, $2) RETURNING queue, id", "a", "q")
    assert rows == [{"queue": "q", "id": "a"}]
    assert await database.write(PUT, "b") == []
    assert await database.write("SELECT id FROM inbox") == [{"id": "a"}, {"id": "b"}]


async def test_it_tells_the_time_by_the_clock_it_was_given(database: Database) -> None:
    assert await database.read("SELECT now() AS n") == [{"n": 1234.5}]
    assert await database.write("SELECT now() AS n") == [{"n": 1234.5}]


async def test_it_reads_what_was_written_but_never_writes_in_a_read(database: Database) -> None:
    await database.write(PUT, "a")
    with pytest.raises(DatabaseError):
        await database.read("DELETE FROM inbox RETURNING id")
    assert await ids(database) == ["a"]
    await database.write(PUT, "b")
    assert await ids(database) == ["a", "b"]


async def test_it_adds_a_row(database: Database) -> None:
    await database.insert("calls", {"id": "1", "user": "U1", "cost_usd": None, **CALL})
    [row] = await database.read('SELECT id, "user", cost_usd, latency_ms FROM calls')
    assert row == {"id": "1", "user": "U1", "cost_usd": None, "latency_ms": 3}


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("nothing", {"id": "secret"}),
        ("calls", {"id": "secret"}),
        ("calls", {"id": "secret", "colour": "red", **CALL}),
        ("calls", {"id": "secret", **CALL, "latency_ms": 2**70}),
    ],
)
async def test_it_refuses_a_row_that_does_not_fit_and_keeps_it_out_of_the_sentence(
    database: Database, table: str, row: Row
) -> None:
    with pytest.raises(DatabaseError) as refused:
        await database.insert(table, row)
    assert not isinstance(refused.value, Unavailable)
    assert "please report" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert await database.read("SELECT name FROM sqlite_master WHERE name = 'nothing'") == []
    assert await database.read("SELECT id FROM calls") == []


async def test_it_refuses_a_value_that_does_not_fit_and_carries_on(database: Database) -> None:
    with pytest.raises(DatabaseError, match="OverflowError"):
        await database.write("SELECT $1", 2**70)
    with pytest.raises(DatabaseError, match="OverflowError"):
        await database.read("SELECT $1", 2**70)
    await database.write(PUT, "a")
    assert await ids(database) == ["a"]


async def test_it_keeps_text_that_was_cut_inside_a_character(database: Database) -> None:
    await database.write(PUT, "a\ud83d")
    await database.insert("inbox", {"id": "b\ud83d", "queue": "q"})
    assert await ids(database) == ["a?", "b?"]


async def test_it_spares_the_neighbours_of_a_statement_that_fails(database: Database) -> None:
    await database.write(PUT, "taken")
    outcomes = await asyncio.gather(
        database.write(PUT, "a"),
        database.write(PUT, "taken"),
        database.insert("calls", {"id": "1"}),
        database.insert("calls", {"id": "1", **CALL, "latency_ms": 2**64}),
        database.write("NONSENSE $1", "x"),
        database.write("SELECT $1", 2**64),
        database.write(PUT, "b"),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [list, *[DatabaseError] * 5, list]
    assert await ids(database) == ["a", "b", "taken"]


async def test_it_runs_several_statements_or_none(database: Database) -> None:
    await database.write_together((PUT, ("a",)), ("UPDATE inbox SET queue = $2 WHERE id = $1", ("a", "other")))
    outcomes = await asyncio.gather(
        database.write(PUT, "b"),
        database.write_together((PUT, ("c",)), (PUT, ("a",))),
        database.write(PUT, "d"),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes] == [list, DatabaseError, list]
    assert await ids(database) == ["a", "b", "d"]
    assert await database.read("SELECT queue FROM inbox WHERE id = 'a'") == [{"queue": "other"}]


@pytest.fixture
async def bare() -> AsyncIterator[tuple[Commits, sqlite3.Connection]]:
    """Group commit alone, over an empty table `t` in memory."""
    with ThreadPoolExecutor(1) as thread, closing(memory()) as connection:
        commits = Commits(connection, thread, check=lambda: None, explain=lambda error: DatabaseError(repr(error)))
        yield commits, connection


def memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.execute("CREATE TABLE t (x)")
    return connection


def add(connection: sqlite3.Connection, value: Value) -> list[Row]:
    connection.execute("INSERT INTO t VALUES (?)", (value,))
    return []


async def test_it_settles_every_write_whatever_goes_wrong_in_one(bare: tuple[Commits, sqlite3.Connection]) -> None:
    commits, connection = bare

    def fail() -> list[Row]:
        raise ZeroDivisionError

    outcomes = await asyncio.gather(
        commits.add(partial(add, connection, 1)),
        commits.add(fail),
        commits.add(partial(add, connection, 2)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [list, DatabaseError, list]
    assert connection.execute("SELECT x FROM t").fetchall() == [(1,), (2,)]


async def test_it_does_not_stay_in_a_transaction_that_was_left_open(bare: tuple[Commits, sqlite3.Connection]) -> None:
    commits, connection = bare
    connection.execute("BEGIN")
    add(connection, "left")
    await commits.add(partial(add, connection, 1))
    assert connection.execute("SELECT x FROM t").fetchall() == [(1,)]


async def test_it_settles_every_write_where_no_transaction_can_begin() -> None:
    def unable() -> None:
        raise OverflowError

    with ThreadPoolExecutor(1) as thread, closing(memory()) as connection:
        commits = Commits(connection, thread, check=unable, explain=lambda error: DatabaseError(repr(error)))
        writes = [commits.add(partial(add, connection, number)) for number in range(3)]
        outcomes = await asyncio.wait_for(asyncio.gather(*writes, return_exceptions=True), PATIENCE)
    assert [type(outcome) for outcome in outcomes] == [DatabaseError] * 3


async def test_it_writes_what_comes_in_while_many_texts_are_being_forgotten(database: Database) -> None:
    old: Row = {**CALL, "prompt": "text", "answer": "text"}
    summary: Row = {column.name: "x" for column in fields(store.KeptSummary)}
    summary |= {"made_at": "2026-11-22T10:00:00+00:00", "messages": 1}
    await asyncio.gather(
        *(database.insert("calls", {"id": str(number), **old}) for number in range(1100)),
        *(database.insert("summaries", {**summary, "id": str(number)}) for number in range(1100)),
    )
    forgetting = asyncio.create_task(store.Store(database).forget_texts(datetime(2026, 11, 23, tzinfo=UTC)))
    left = set()
    while not forgetting.done():
        [row] = await database.write(LEFT)
        left.add(row["left"])
    await forgetting
    assert left >= {2000, 1800, 1100, 900, 100}
    assert await database.read(LEFT) == [{"left": 0}]


@pytest.mark.parametrize(
    ("statement", "index"), [(FORGET_CALLS, "calls_kept"), (FORGET_SUMMARIES, "summaries_made_at")]
)
async def test_it_finds_the_texts_to_forget_by_an_index(database: Database, statement: str, index: str) -> None:
    plan = [str(step["detail"]) for step in await database.write(f"EXPLAIN QUERY PLAN {statement}", "2026")]
    assert any(f"INDEX {index} (" in step for step in plan)
    assert not any("SCAN" in step for step in plan)


def deleted(file: Path) -> None:
    file.unlink()


def replaced(file: Path) -> None:
    shutil.copy(file, file.with_name("backup"))
    file.with_name("backup").replace(file)


def unmounted(file: Path) -> None:
    file.parent.rename(file.parent.with_name("elsewhere"))


@pytest.mark.parametrize("vanish", [deleted, replaced, unmounted])
async def test_it_refuses_everything_once_its_file_has_gone(tmp_path: Path, vanish: Callable[[Path], None]) -> None:
    (tmp_path / "data").mkdir()
    database = await Database.open(f"sqlite:///{tmp_path}/data/precis.db")
    await database.write(PUT, "a")
    vanish(tmp_path / "data" / "precis.db")
    for outcome in await asyncio.gather(
        database.write(PUT, "b"), database.insert("calls", {"id": "1", **CALL}), ids(database), return_exceptions=True
    ):
        assert isinstance(outcome, Lost)
        assert "precis.db was deleted or replaced while Precis was using it: start Precis again." in str(outcome)
    assert not await database.writable()
    await database.close()


async def test_it_promises_nothing_that_was_written_as_its_file_went(tmp_path: Path) -> None:
    def clock() -> float:
        (tmp_path / "precis.db").unlink()
        return 1.0

    database = await Database.open(f"sqlite:///{tmp_path}/precis.db", clock=clock)
    with pytest.raises(Lost):
        await database.write("INSERT INTO inbox (id, queue, due) VALUES ('a', 'q', now())")
    await database.close()


async def test_it_finds_its_file_again_after_the_working_folder_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    database = await Database.open("sqlite:///own.db")
    monkeypatch.chdir("/")
    await database.write(PUT, "a")
    assert await ids(database) == ["a"]
    await database.close()


async def test_it_repeats_a_statement_until_nothing_is_left(database: Database) -> None:
    for id in "abcde":
        await database.write(PUT, id)
    some = "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE queue = $1 LIMIT 2) RETURNING id"
    assert await database.repeat(some, "q") == 5
    assert await database.repeat(some, "q") == 0
    assert await ids(database) == []


async def test_it_commits_in_groups_what_comes_in_together(file: Database, tmp_path: Path) -> None:
    before = commits(tmp_path / "precis.db")
    await asyncio.gather(*(file.write(PUT, str(number)) for number in range(500)))
    assert 1 <= commits(tmp_path / "precis.db") - before <= 10
    assert len(await ids(file)) == 500


async def test_it_has_committed_when_it_returns(file: Database, tmp_path: Path) -> None:
    await file.write(PUT, "a")
    with closing(sqlite3.connect(tmp_path / "precis.db")) as other:
        assert other.execute("SELECT id FROM inbox").fetchall() == [("a",)]


async def test_it_keeps_its_promises_to_others_when_one_caller_is_cancelled(database: Database) -> None:
    tasks = [asyncio.create_task(database.write(PUT, id)) for id in "abc"]
    await asyncio.sleep(0)
    tasks[1].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [list, asyncio.CancelledError, list]
    assert await ids(database) == ["a", "b", "c"]


async def test_it_fails_a_whole_group_that_does_not_reach_the_disk_and_recovers(file: Database, tmp_path: Path) -> None:
    await file.write(PUT, "a")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "precis.db-wal").stat().st_size, hard))
    try:
        outcomes = await asyncio.gather(file.write(PUT, "b"), file.write(PUT, "c"), return_exceptions=True)
        assert not await file.writable()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [type(outcome) for outcome in outcomes] == [Unavailable, Unavailable]
    assert await file.writable()
    await file.write(PUT, "d")
    assert await ids(file) == ["a", "d"]


async def test_it_waits_for_a_lock_without_blocking_the_loop(file: Database, tmp_path: Path) -> None:
    with locked(tmp_path / "precis.db"):
        first = asyncio.create_task(file.write(PUT, "a"))
        for _ in range(50):
            await asyncio.sleep(0.01)
        later = asyncio.create_task(file.write(PUT, "b"))
        await asyncio.sleep(0.1)
        assert not first.done()
        assert await ids(file) == []
    await asyncio.gather(first, later)
    assert await ids(file) == ["a", "b"]


async def test_it_says_that_another_program_keeps_it_locked(file: Database, tmp_path: Path) -> None:
    assert await file.writable()
    with locked(tmp_path / "precis.db"):
        probe = asyncio.create_task(file.writable())
        await asyncio.sleep(1)
        with pytest.raises(Unavailable, match="locked by another program: close that program"):
            await file.write(PUT, "late")
        assert not await probe
    assert await file.writable()
    assert await ids(file) == []


async def test_it_finishes_what_is_queued_before_it_closes(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    assert await ids(database) == []
    writes = [asyncio.create_task(database.write(PUT, str(number))) for number in range(100)]
    await asyncio.sleep(0)
    await asyncio.gather(database.close(), database.close())
    await asyncio.gather(*writes)
    await database.close()
    assert os.listdir(tmp_path) == ["precis.db"]
    with pytest.raises(DatabaseError, match="closed"):
        await database.write(PUT, "late")
    with closing(sqlite3.connect(tmp_path / "precis.db")) as other:
        assert other.execute("SELECT count(*) FROM inbox").fetchone() == (100,)


async def test_it_accepts_a_path_relative_to_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await (await Database.open("sqlite:///own.db")).close()
    assert (tmp_path / "own.db").is_file()


async def test_it_opens_a_file_whose_name_would_mean_something_in_an_address(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/50% of #1.db")
    assert await ids(database) == []
    await database.close()


def missing(folder: Path) -> str:
    return f"sqlite:///{folder}/absent/precis.db"


def a_folder(folder: Path) -> str:
    return f"sqlite:///{folder}"


def garbage(folder: Path) -> str:
    (folder / "photo.db").write_bytes(bytes(range(256)) * 64)
    return f"sqlite:///{folder}/photo.db"


def damaged(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "old.db")) as other:
        migrations.STEPS.apply(sqlite_utils.Database(other))
    with (folder / "old.db").open("r+b") as broken:
        broken.seek(100)
        broken.write(b"\xff" * 3000)
    return f"sqlite:///{folder}/old.db"


def newer(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "new.db")) as other:
        database = sqlite_utils.Database(other)
        migrations.STEPS.apply(database)
        database.table("_sqlite_migrations").insert(
            {"migration_set": "precis", "name": "9999_later", "applied_at": "x"}
        )
    return f"sqlite:///{folder}/new.db"


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        (missing, "create the folder"),
        (a_folder, "is a folder: name a file"),
        (garbage, "not a Precis database: point DATABASE_URL"),
        (damaged, "is damaged: restore it"),
        (newer, "later version of Precis: update Precis"),
        (lambda _: "postgresql://u:secret@db/precis", "set DATABASE_URL to a file"),
        (lambda _: "postgres://u:secret@db/precis", "set DATABASE_URL to a file"),
        (lambda _: "mysql://u:secret@db/precis", "DATABASE_URL is not an address"),
        (lambda _: "sqlite:///precis.db?mode=ro", "DATABASE_URL is not an address"),
        (lambda _: "sqlite:///", "DATABASE_URL is not an address"),
    ],
)
async def test_it_says_what_to_do_about_a_database_it_cannot_open(
    tmp_path: Path, address: Callable[[Path], str], sentence: str
) -> None:
    with pytest.raises(DatabaseError, match=sentence) as refused:
        await Database.open(address(tmp_path))
    assert "secret" not in str(refused.value)
    assert not isinstance(refused.value, Unavailable)


async def test_it_says_that_another_program_has_locked_the_file_it_opens(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "precis.db")) as other:
        other.execute("CREATE TABLE t (x)")
    with locked(tmp_path / "precis.db"), pytest.raises(Unavailable, match="locked by another program"):
        await Database.open(f"sqlite:///{tmp_path}/precis.db")


async def test_it_waits_for_a_lock_when_it_opens(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "precis.db")) as other:
        other.execute("CREATE TABLE t (x)")
    with locked(tmp_path / "precis.db"):
        opening = asyncio.create_task(Database.open(f"sqlite:///{tmp_path}/precis.db"))
        await asyncio.sleep(0.8)
        assert not opening.done()
    database = await opening
    assert await ids(database) == []
    await database.close()


async def test_it_can_be_opened_many_times_at_once(tmp_path: Path) -> None:
    databases = await asyncio.gather(*(Database.open(f"sqlite:///{tmp_path}/precis.db") for _ in range(12)))
    for number, database in enumerate(databases):
        await database.write(PUT, str(number))
    assert len(await ids(databases[0])) == 12
    for database in databases:
        await database.close()
    assert os.listdir(tmp_path) == ["precis.db"]


@pytest.mark.parametrize(
    ("folder_mode", "file_mode"), [(0o777, 0o444), (0o555, 0o666), (0o555, 0o444), (0o777, 0o000), (0o555, None)]
)
async def test_it_says_that_it_may_not_write(folder_mode: int, file_mode: int | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "precis.db")
        if file_mode is not None:
            await (await Database.open(f"sqlite:///{file}")).close()
            os.chmod(file, file_mode)
        os.chmod(folder, folder_mode)
        with unprivileged(), pytest.raises(Unavailable, match="let Precis"):
            await Database.open(f"sqlite:///{file}")
        os.chmod(folder, 0o777)


async def test_it_brings_an_older_database_up_to_date_and_keeps_its_rows(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "precis.db", isolation_level=None)) as other:
        migrations.STEPS.apply(sqlite_utils.Database(other), stop_before="0002_calls")
        other.execute(PUT.replace("$1", "'kept'"))
    for _ in range(2):
        database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
        assert await ids(database) == ["kept"]
        assert await database.read("SELECT * FROM calls") == []
        await database.close()


def test_it_can_be_opened_by_several_processes_at_once(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys, time; from bot.database import Database\n"
        "async def main():\n"
        "    time.sleep(max(0, float(sys.argv[2]) - time.time()))\n"
        "    database = await Database.open(sys.argv[1])\n"
        "    await database.write('INSERT INTO inbox (id, queue) VALUES ($1, $1)', sys.argv[3])\n"
        "    await database.close()\n"
        "asyncio.run(main())\n"
    )
    together = str(time.time() + 1.5)
    url = f"sqlite:///{tmp_path}/precis.db"
    processes = [
        subprocess.Popen([sys.executable, "-c", script, url, together, str(number)], cwd=ROOT) for number in range(4)
    ]
    assert [process.wait(20) for process in processes] == [0, 0, 0, 0]
    with closing(sqlite3.connect(tmp_path / "precis.db")) as other:
        assert other.execute("SELECT count(*) FROM inbox").fetchone() == (4,)


async def test_it_answers_short_questions_while_a_report_takes_its_time(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path / 'precis.db'}")
    endless = """
        WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers LIMIT 5000000)
        SELECT max(number) AS most FROM numbers"""

    report = asyncio.create_task(database.report(endless))
    await asyncio.sleep(0)
    short = await database.read("SELECT 1 AS one")
    under_way = not report.done()

    assert short == [{"one": 1}]
    assert under_way
    assert await report == [{"most": 5_000_000}]
    await database.close()


async def test_it_lets_no_report_write(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path / 'precis.db'}")

    with pytest.raises(DatabaseError):
        await database.report("DELETE FROM inbox RETURNING id")
    await database.close()
