"""Support cases in a real file: one case however many processes meet, and labels that outlive texts."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.database import Database
from bot.store import Call, Case, CaseMessage, Correction, Sorted, Store
from bot.store.triage import MOST_MESSAGES, state
from tests.weeks import CALL

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
BEGIN = int(AT.timestamp())
FOUND = Sorted(
    covered="",
    call="call-1",
    category="bug",
    urgency="p2",
    noise=False,
    confidence=0.9,
    reason="The export fails.",
    likeliest="bug how-to",
    text="The export fails",
)


def ts(seconds: float) -> str:
    return f"{BEGIN + seconds:.6f}"


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[tuple[Store, Store]]:
    """Two processes on one file."""
    databases = [await Database.open(f"sqlite:///{tmp_path}/precis.db") for _ in range(2)]
    yield Store(databases[0]), Store(databases[1])
    for database in databases:
        await database.close()


@pytest.fixture
def store(stores: tuple[Store, Store]) -> Store:
    return stores[0]


async def opened(store: Store, seconds: float = 0, author: str | None = "U1") -> str:
    id = await store.join_case("T1", "C1", ts(seconds), author, 60)
    await store.open_case(id, author or "B1", quiet=False, at=AT)
    return id


async def sorted_as(store: Store, id: str, **changes: object) -> bool:
    covered = state(await store.case_messages(id))
    return await store.sort_case(id, replace(FOUND, covered=covered, **changes), AT, AT)  # type: ignore[arg-type]


async def found(store: Store, id: str) -> Case:
    case = await store.case(id)
    assert case is not None
    return case


async def test_it_makes_one_case_of_two_messages_at_once(stores: tuple[Store, Store]) -> None:
    ids = await asyncio.gather(*(opened(stores[number % 2], number) for number in range(10)))

    assert len(set(ids)) == 1
    assert len(await stores[0].case_messages(ids[0])) == 10
    assert len(await stores[0].database.read("SELECT 1 FROM triage")) == 1


@pytest.mark.parametrize(("seconds", "same"), [(60, True), (60.01, False), (-60, True), (-60.01, False)])
async def test_it_joins_what_an_author_wrote_within_a_minute(store: Store, seconds: float, same: bool) -> None:
    first = await opened(store)

    assert (await opened(store, seconds) == first) == same


async def test_it_measures_the_minute_from_the_latest_message(store: Store) -> None:
    first = await opened(store)
    await opened(store, 50)

    assert await opened(store, 100) == first


async def test_it_joins_no_other_author_channel_bot_or_closed_case(store: Store) -> None:
    first = await opened(store)
    others = [await opened(store, 1, "U2"), await opened(store, 2, None), await opened(store, 3, None)]
    elsewhere = await store.join_case("T1", "C2", ts(4), "U1", 60)
    await store.close_case(first, "U9", AT)

    assert len({first, *others, elsewhere, await opened(store, 5)}) == 6


async def test_it_bounds_a_case(store: Store) -> None:
    ids = [await opened(store, number) for number in range(MOST_MESSAGES + 1)]

    assert len(set(ids)) == 2


async def test_it_refuses_a_verdict_on_messages_that_have_changed(store: Store) -> None:
    id = await opened(store)
    before = state(await store.case_messages(id))
    await store.note_edit("T1", "C1", ts(0), ts(30))

    assert await store.sort_case(id, replace(FOUND, covered=before), AT, began=AT) is False
    assert await sorted_as(store, id) is True


async def test_it_ignores_an_edit_that_is_older_than_the_last(store: Store) -> None:
    id = await opened(store)
    await store.note_edit("T1", "C1", ts(0), ts(30))
    await store.note_edit("T1", "C1", ts(0), ts(20))

    [message] = await store.case_messages(id)
    assert message.edited == ts(30)


async def test_it_has_the_most_urgent_card_posted_first_and_each_once(store: Store) -> None:
    ids = [await opened(store, seconds, f"U{seconds}") for seconds in range(4)]
    for id, urgency in zip(ids, ("p3", "p1", "p2", "p1"), strict=True):
        await sorted_as(store, id, urgency=urgency)
    order = []
    while (waiting := await store.next_card("T1", "C1")) is not None:
        order.append(waiting)
        await store.note_card(await found(store, waiting), f"card {waiting}", AT, keep_text=True)

    assert order == [ids[1], ids[3], ids[2], ids[0]]
    assert await store.note_card(await found(store, ids[0]), "another", AT, keep_text=True) is False


async def test_it_has_the_latest_correction_hold(store: Store) -> None:
    id = await opened(store)
    await sorted_as(store, id)
    later = AT + timedelta(seconds=5)
    await store.correct("press-2", id, "category", "billing", by="U2", at=later)
    await store.correct("press-1", id, "category", "account", by="U1", at=AT)
    await store.correct("press-1", id, "category", "account", by="U1", at=AT)

    assert (await found(store, id)).category == "billing"
    assert [each.id for each in await store.corrections()] == ["press-1", "press-2"]
    assert [each.id for each in await store.corrections(since=later)] == ["press-2"]


async def test_it_keeps_labels_when_texts_are_forgotten(store: Store) -> None:
    id = await opened(store)
    await sorted_as(store, id)
    await store.correct("press-1", id, "category", "billing", by="U1", at=AT)
    await store.forget_texts(AT)
    kept = await found(store, id)
    await store.forget_texts(AT + timedelta(seconds=1))

    case = await found(store, id)
    [correction] = await store.corrections()
    assert (kept.text, kept.reason) == ("The export fails", "The export fails.")
    assert (case.text, case.reason, case.category) == (None, None, "billing")
    assert (correction.text, correction.new) == (None, "billing")


async def test_it_forgets_the_text_of_a_correction_with_that_of_its_case(store: Store) -> None:
    id = await opened(store)
    await sorted_as(store, id)
    await store.correct("press-1", id, "category", "billing", by="U1", at=AT + timedelta(days=29))
    await store.forget_texts(AT + timedelta(seconds=1))

    [correction] = await store.corrections()
    assert (correction.text, correction.new) == (None, "billing")


async def test_it_forgets_the_prompt_of_a_case_though_our_clock_was_behind_slacks(store: Store) -> None:
    id = await opened(store)
    before = (AT - timedelta(seconds=5)).isoformat()
    await store.log_call(replace(CALL, called_at=before, task="triage", job=id, prompt="words", answer="words"))

    await store.remove_case(await found(store, id))

    [call] = await store.calls()
    assert (call.prompt, call.answer) == (None, None)


def words(id: str, call: str = "call") -> Call:
    """A call that a case has taken, with its texts."""
    return replace(CALL, id=call, task="triage", job=id, prompt="words", answer="words")


async def test_it_writes_no_text_of_a_call_whose_case_another_process_has_deleted(stores: tuple[Store, Store]) -> None:
    here, there = stores
    id = await opened(here)
    await there.remove_case(await found(there, id))
    await here.log_call(words(id), began=AT)

    [call] = await here.calls()
    assert (call.prompt, call.answer) == (None, None)


async def test_it_writes_no_text_of_what_was_read_before_another_process_found_a_message_gone(
    stores: tuple[Store, Store],
) -> None:
    here, there = stores
    id, after = await opened(here), AT + timedelta(seconds=1)
    covered = state(await here.case_messages(id))
    await there.forget_case(id, after)
    await there.forget_case(id, AT)  # found it gone too, and had begun earlier
    await there.log_call(words(id, "new"), began=after)
    await here.log_call(words(id, "old"), began=AT)
    await here.sort_case(id, replace(FOUND, covered=covered), AT, began=AT)
    old = await found(here, id)
    await there.sort_case(id, replace(FOUND, covered=covered), AT, began=after)
    new = await found(here, id)

    assert {call.id: (call.prompt, call.answer) for call in await here.calls()} == {
        "new": ("words", "words"),
        "old": (None, None),
    }
    assert [(each.text, each.reason) for each in (old, new)] == [(None, None), (FOUND.text, FOUND.reason)]


@pytest.mark.parametrize(
    ("row", "table", "joined"),
    [
        (Case, "triage", {"model", "corrected_by", "categorised", "dismissed_by"}),
        (CaseMessage, "triage_messages", set()),
        (Correction, "corrections", set()),
    ],
)
async def test_it_has_a_column_for_every_field_and_no_other(
    store: Store, row: type, table: str, joined: set[str]
) -> None:
    columns = await store.database.read(f"SELECT name FROM pragma_table_info('{table}')")

    assert {str(column["name"]) for column in columns} == {field.name for field in fields(row)} - joined
