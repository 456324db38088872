"""The call log in a real file: every column comes back, and texts can be forgotten while figures stay."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import astuple, fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.database import Database, DatabaseError
from bot.store import Call, Store

CALL = Call(
    id="call-1",
    called_at="2026-11-22T10:00:00.250000+00:00",
    task="summarise",
    prompt_version="summarise-1",
    provider="openai",
    requested_model="gpt-4o-mini",
    served_model="gpt-4o-mini-2024-07-18",
    latency_ms=1234,
    attempt=2,
    outcome="failed",
    input_tokens=5_000,
    cached_tokens=1_024,
    cache_write_tokens=7,
    output_tokens=500,
    thinking_tokens=64,
    cost_usd=0.00105,
    price_table="genai-prices 0.0.0",
    error="truncated",
    dropped_entries=3,
    workspace="T1",
    channel="C1",
    user="U1",
    job="job-1",
    request_id="req-1",
    prompt="[1] Ada: it is 5 o'clock\n日本 👍",
    answer='{"headline": "half past; DROP TABLE calls"}',
    purpose="shadow",
    instead_of="claude",
    reserved_usd=0.0021,
    prompt_digest="d1",
)
BARE = Call(
    id="bare",
    called_at="2026-11-22T11:00:00+00:00",
    task="triage",
    prompt_version="triage-1",
    provider="claude",
    requested_model="claude-haiku-4-5",
    latency_ms=0,
    attempt=1,
    outcome="ok",
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    yield database
    await database.close()


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


def at(hour: int, minute: int = 0, second: int = 0, micro: int = 0) -> datetime:
    return datetime(2026, 11, 22, hour, minute, second, micro, tzinfo=UTC)


async def test_it_gives_back_every_column_of_a_call(store: Store) -> None:
    await store.log_call(CALL)

    [found] = await store.calls()
    assert found == CALL
    assert None not in astuple(found)


async def test_it_gives_back_what_is_unknown_as_none(store: Store) -> None:
    await store.log_call(BARE)

    assert await store.calls() == [BARE]


async def test_it_has_a_column_for_every_field_and_no_other(store: Store, tmp_path: Path) -> None:
    await store.log_call(CALL)

    with closing(sqlite3.connect(tmp_path / "precis.db")) as file:
        columns = [row[1] for row in file.execute("PRAGMA table_info(calls)")]
    assert sorted(columns) == sorted(field.name for field in fields(Call))


async def test_it_refuses_a_second_call_with_the_same_id(store: Store) -> None:
    await store.log_call(CALL)

    with pytest.raises(DatabaseError):
        await store.log_call(replace(CALL, task="other"))
    assert await store.calls() == [CALL]


async def test_it_lists_calls_from_the_oldest(store: Store) -> None:
    for hour in (12, 9, 10):
        await store.log_call(replace(BARE, id=f"at-{hour}", called_at=at(hour).isoformat()))

    assert [call.id for call in await store.calls()] == ["at-9", "at-10", "at-12"]


async def test_it_lists_calls_of_the_same_moment_in_one_order(store: Store) -> None:
    for id in ("b", "c", "a"):
        await store.log_call(replace(BARE, id=id))

    assert [call.id for call in await store.calls()] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("since", "ids"),
    [
        (None, ["first", "second", "third"]),
        (at(10), ["first", "second", "third"]),
        (at(10, micro=1), ["second", "third"]),
        (at(10, second=1), ["third"]),
        (at(11), []),
    ],
)
async def test_it_lists_the_calls_since_a_moment_to_the_microsecond(
    store: Store, since: datetime | None, ids: list[str]
) -> None:
    for id, moment in (("first", at(10)), ("second", at(10, micro=500)), ("third", at(10, second=1))):
        await store.log_call(replace(BARE, id=id, called_at=moment.isoformat()))

    assert [call.id for call in await store.calls(since=since)] == ids


async def test_it_lists_the_calls_of_one_task(store: Store) -> None:
    await store.log_call(CALL)
    await store.log_call(BARE)

    assert await store.calls(task="triage") == [BARE]
    assert await store.calls(task="") == []
    assert await store.calls(task="summarise", since=at(11)) == []


async def test_it_notes_how_many_entries_were_dropped(store: Store) -> None:
    await store.log_call(CALL)
    await store.log_call(BARE)

    await store.note_dropped("bare", 4)

    assert [call.dropped_entries for call in await store.calls()] == [3, 4]


async def test_it_forgets_the_texts_of_old_calls_and_keeps_their_figures(store: Store) -> None:
    young = replace(CALL, id="young", called_at=at(12).isoformat())
    await store.log_call(CALL)
    await store.log_call(young)

    await store.forget_texts(at(12))

    assert await store.calls() == [replace(CALL, prompt=None, answer=None), young]


@pytest.mark.parametrize("call", [replace(CALL, prompt=None), replace(CALL, answer=None)], ids=["answer", "prompt"])
async def test_it_forgets_either_text_alone(store: Store, call: Call) -> None:
    await store.log_call(call)

    await store.forget_texts(at(23))

    assert await store.calls() == [replace(CALL, prompt=None, answer=None)]


async def test_it_leaves_nothing_of_a_forgotten_text_in_its_files(
    database: Database, store: Store, tmp_path: Path
) -> None:
    await store.log_call(replace(CALL, prompt="UNFORGETTABLE " * 500, answer=None))

    await store.forget_texts(at(23))
    await database.close()

    assert "precis.db" in (files := contents(tmp_path))
    assert all(b"UNFORGETTABLE" not in content for content in files.values())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
