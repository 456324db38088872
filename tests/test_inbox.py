"""The inbox: one run per id, nothing lost, nothing said twice; time is wound by hand."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.database import Database, DatabaseError, Lost
from bot.inbox import Inbox, Job
from bot.store import jobs as statements
from tests.clocks import PATIENCE, Clock
from tests.desk import Desk, failing, locked, patient, row, serving, tried, until


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(clock: Clock) -> AsyncIterator[Database]:
    database = await Database.open("sqlite://", clock=clock)
    yield database
    await database.close()


@pytest.fixture
def inbox(database: Database) -> Inbox:
    return Inbox(database, poll=0.01)


async def test_it_runs_a_job_once_whether_its_id_comes_again_at_once_while_running_or_when_done(inbox: Inbox) -> None:
    gate = asyncio.Event()
    desk = Desk(patient(gate))
    async with serving(inbox, desk):
        at_once = await asyncio.gather(*(inbox.put("a", "q", {}) for _ in range(20)))
        await until(lambda: desk.began == ["a"])
        running = await inbox.put("a", "q", {})
        gate.set()
        await inbox.idle()
        done = await inbox.put("a", "q", {})
        await inbox.idle()
    assert (sum(at_once), running, done) == (1, False, False)
    assert desk.began == ["a"]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from("abcde"), max_size=30))
def test_it_runs_exactly_the_different_ids_whoever_puts_them(ids: list[str]) -> None:
    async def scene() -> tuple[int, list[str]]:
        database = await Database.open("sqlite://")
        inbox, desk = Inbox(database), Desk()
        async with serving(inbox, desk):
            new = sum(await asyncio.gather(*(inbox.put(id, "q", {}) for id in ids)))
            await inbox.idle()
        await database.close()
        return new, desk.ended

    new, ended = asyncio.run(scene())
    assert sorted(ended) == sorted(set(ids))
    assert new == len(ended)


async def test_it_hands_the_body_over_and_blanks_it_when_the_job_is_done(inbox: Inbox, database: Database) -> None:
    bodies = []

    async def work(job: Job) -> None:
        bodies.append(dict(job.body))
        assert await job.save("the answer")
        assert await job.note_posted("1700000000.000100")

    async with serving(inbox, Desk(work)):
        await inbox.put("a", "q", {"channel": "C1", "limit": 200, "share": None})
        await inbox.idle()
    assert bodies == [{"channel": "C1", "limit": 200, "share": None}]
    done = await row(database, "a")
    assert (done["body"], done["answer"], done["due"], done["error"]) == (None, None, None, None)
    assert done["posted"] == "1700000000.000100"


async def test_it_leaves_no_trace_of_an_answer_in_the_file(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")

    async def work(job: Job) -> None:
        await job.save("the board met in secret " * 400)

    inbox = Inbox(database)
    async with serving(inbox, Desk(work)):
        await inbox.put("a", "q", {"channel": "C0SECRET"})
        await inbox.idle()
    await database.close()
    left = (tmp_path / "precis.db").read_bytes()
    assert b"secret" not in left
    assert b"C0SECRET" not in left


async def test_it_gives_the_next_try_what_the_last_one_kept(inbox: Inbox, clock: Clock) -> None:
    seen = []

    async def work(job: Job) -> None:
        seen.append((job.tries, job.answer, job.posted))
        await job.save("text")
        assert job.answer == "text"
        if job.tries == 2:
            await job.note_posted("1.2")
            assert job.posted == "1.2"
        if job.tries < 3:
            raise ConnectionError

    async with serving(inbox, Desk(work)):
        await inbox.put("a", "q", {})
        await inbox.idle()
        clock.wind(1)
        await until(lambda: len(seen) == 2)
        await inbox.idle()
        clock.wind(2)
        await until(lambda: len(seen) == 3)
    assert seen == [(1, None, None), (2, "text", None), (3, "text", "1.2")]


async def test_it_tries_five_times_at_growing_intervals_and_then_gives_up(
    inbox: Inbox, database: Database, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(failing(LookupError("the board met in secret")))
    async with serving(inbox, desk):
        await inbox.put("a", "q", {"channel": "C1"})
        await inbox.idle()
        for tries, seconds in enumerate((1, 2, 4, 8), 1):
            assert len(desk.began) == tries
            clock.wind(seconds - 0.01)
            await asyncio.sleep(0.05)
            assert len(desk.began) == tries
            clock.wind(0.01)
            await until(partial(tried, desk, tries + 1))
            await inbox.idle()
    assert (desk.ended, desk.given_up) == ([], ["a"])
    given_up = await row(database, "a")
    assert (given_up["due"], given_up["body"], given_up["error"]) == (None, None, "LookupError")
    assert "Job a of queue q failed at try 5: LookupError" in caplog.messages
    assert "secret" not in caplog.text


async def test_it_closes_a_job_that_cannot_even_be_given_up(inbox: Inbox, database: Database, clock: Clock) -> None:
    desk = Desk(failing(LookupError()), at_last=failing(ConnectionError()))
    async with serving(inbox, desk):
        await inbox.put("a", "q", {})
        for _ in range(12):
            await inbox.idle()
            clock.wind(8)
            await asyncio.sleep(0.02)
    assert desk.began == ["a"] * 5
    assert desk.given_up == ["a"] * 4
    assert (await row(database, "a"))["due"] is None
    assert (await row(database, "a"))["error"] == "LookupError"


async def test_it_gives_up_a_job_whose_every_try_ended_without_a_word(
    inbox: Inbox, database: Database, clock: Clock
) -> None:
    await inbox.put("a", "q", {})
    await database.write("UPDATE inbox SET tries = 5, owner = 'dead', due = now() + 5, wait = 5")
    desk = Desk()
    async with serving(inbox, desk):
        await inbox.idle()
        assert desk.given_up == []
        clock.wind(5)
        await until(lambda: desk.given_up == ["a"])
        await inbox.idle()
    assert desk.began == []
    assert (await row(database, "a"))["error"] == "Killed"


async def test_it_counts_how_often_a_job_was_taken_also_where_the_try_does_not_count(
    inbox: Inbox, database: Database, clock: Clock
) -> None:
    seen = []

    async def work(job: Job) -> None:
        seen.append((job.tries, job.taken))
        if len(seen) == 1:
            await asyncio.Event().wait()
        if len(seen) == 2:
            raise ConnectionError

    async with serving(inbox, Desk(work)):
        await inbox.put("a", "q", {})
        await until(lambda: len(seen) == 1)
    other = Inbox(database, poll=0.01)
    async with serving(other, Desk(work)):
        await other.idle()
        clock.wind(1)
        await until(lambda: len(seen) == 3)
        await other.idle()
    assert seen == [(1, 1), (1, 2), (2, 3)]


async def test_it_gives_up_a_row_that_somebody_damaged(inbox: Inbox, database: Database, clock: Clock) -> None:
    async def work(job: Job) -> None:
        job.body["channel"]

    for id, body in (("a", None), ("b", "{"), ("c", "[1]")):
        await inbox.put(id, "q", {})
        await database.write("UPDATE inbox SET body = $2, tries = 4 WHERE id = $1", id, body)
    desk = Desk(work)
    async with serving(inbox, desk):
        await inbox.idle()
    assert sorted(desk.given_up) == ["a", "b", "c"]
    assert (await row(database, "c"))["error"] == "KeyError"


async def test_it_treats_a_cancellation_that_nobody_asked_for_as_a_failure(
    inbox: Inbox, database: Database, clock: Clock
) -> None:
    desk = Desk(failing(asyncio.CancelledError()))
    async with serving(inbox, desk):
        await inbox.put("a", "q", {})
        await inbox.idle()
        assert (await row(database, "a"))["error"] == "CancelledError"
        clock.wind(1)
        await until(lambda: len(desk.began) == 2)


async def test_it_puts_a_job_off(inbox: Inbox, clock: Clock) -> None:
    desk = Desk()
    async with serving(inbox, desk):
        await inbox.put("later", "q", {}, delay=60)
        await inbox.idle()
        clock.wind(59.9)
        await asyncio.sleep(0.05)
        assert (desk.began, await inbox.depth()) == ([], 0)
        clock.wind(0.2)
        await until(lambda: desk.ended == ["later"])


async def test_it_starts_a_job_at_once_without_waiting_for_the_next_look(database: Database) -> None:
    inbox, desk = Inbox(database, poll=3600), Desk()
    async with serving(inbox, desk):
        await asyncio.sleep(0.05)
        await inbox.put("a", "q", {})
        await until(lambda: desk.ended == ["a"])


async def test_it_looks_again_exactly_when_the_next_job_is_due(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    inbox, desk = Inbox(database, poll=3600), Desk()
    async with serving(inbox, desk):
        await inbox.put("a", "q", {}, delay=0.3)
        await asyncio.sleep(0.2)
        assert desk.began == []
        await until(lambda: desk.ended == ["a"])
    await database.close()


async def test_it_runs_no_more_at_a_time_than_the_limit(database: Database) -> None:
    inbox, most = Inbox(database, poll=3600), 0

    async def work(_: Job) -> None:
        nonlocal most
        most = max(most, len(desk.began) - len(desk.ended))
        await asyncio.sleep(0.01)

    desk = Desk(work)
    async with serving(inbox, desk, limit=3):
        await asyncio.gather(*(inbox.put(str(number), "q", {}) for number in range(20)))
        await inbox.idle()
    assert most == 3
    assert len(set(desk.ended)) == len(desk.ended) == 20


async def test_it_counts_what_is_due_or_running_but_not_what_is_put_off(inbox: Inbox) -> None:
    gate = asyncio.Event()
    desk = Desk(patient(gate))
    async with serving(inbox, desk, limit=2):
        await asyncio.gather(*(inbox.put(str(number), "q", {}) for number in range(5)))
        await inbox.put("later", "q", {}, delay=60)
        await until(lambda: len(desk.began) == 2)
        assert await inbox.depth() == 5
        gate.set()
        await inbox.idle()
        assert await inbox.depth() == 0


async def test_it_leaves_the_queues_of_others_alone(inbox: Inbox, database: Database) -> None:
    desk = Desk()
    async with serving(inbox, desk):
        await inbox.put("a", "other", {})
        await asyncio.sleep(0.05)
        await inbox.idle()
    untouched = await row(database, "a")
    assert (untouched["owner"], untouched["tries"], desk.began) == (None, 0, [])


async def test_it_waits_for_running_jobs_when_it_stops(inbox: Inbox, database: Database) -> None:
    gate = asyncio.Event()
    desk = Desk(patient(gate))
    async with serving(inbox, desk):
        await inbox.put("a", "q", {})
        await until(lambda: desk.began == ["a"])
        stop = asyncio.create_task(inbox.stop(5))
        await asyncio.sleep(0.02)
        await inbox.put("b", "q", {})
        await asyncio.sleep(0.05)
        assert not stop.done()
        gate.set()
        await stop
    assert desk.ended == ["a"]
    assert desk.began == ["a"]
    assert (await row(database, "a"))["due"] is None


@pytest.mark.parametrize("cancelled", [False, True])
async def test_it_hands_unfinished_jobs_back_for_another_process_to_take_at_once(
    inbox: Inbox, database: Database, *, cancelled: bool
) -> None:
    stuck, desk = Desk(patient(asyncio.Event())), Desk()
    inbox.perform("q", stuck.work, stuck.give_up)
    serve = asyncio.create_task(inbox.serve())
    await inbox.put("a", "q", {})
    await until(lambda: stuck.began == ["a"])
    if cancelled:
        serve.cancel()
    else:
        await inbox.stop(0.05)
    await asyncio.wait([serve])
    assert serve.cancelled() == cancelled
    back = await row(database, "a")
    assert (back["owner"], back["tries"], back["due"]) == (None, 0, 1_000_000.0)
    other = Inbox(database)
    async with serving(other, desk):
        await other.idle()
    assert (stuck.ended, desk.ended, stuck.given_up) == ([], ["a"], [])


async def test_it_hands_back_jobs_it_had_taken_but_not_begun_when_it_is_cancelled(
    inbox: Inbox, database: Database
) -> None:
    for number in range(20):
        await inbox.put(str(number), "q", {})
    desk = Desk(patient(asyncio.Event()))
    inbox.perform("q", desk.work, desk.give_up)
    serve = asyncio.create_task(inbox.serve())
    for _ in range(3):
        await asyncio.sleep(0)
    serve.cancel()
    await asyncio.wait([serve])
    assert await database.read("SELECT id FROM inbox WHERE owner IS NOT NULL OR tries <> 0") == []


async def test_it_begins_nothing_that_it_gets_only_after_it_was_told_to_stop(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    inbox, desk = Inbox(database), Desk()
    await inbox.put("a", "q", {})
    inbox.perform("q", desk.work, desk.give_up)
    with locked(tmp_path / "precis.db"):
        serve = asyncio.create_task(inbox.serve())
        await asyncio.sleep(0.1)
        stop = asyncio.create_task(inbox.stop(5))
        await asyncio.sleep(0.1)
        assert not stop.done()
    await asyncio.gather(stop, serve)
    back = await row(database, "a")
    await database.close()
    assert (desk.began, back["owner"], back["tries"]) == ([], None, 0)


async def test_it_stops_before_it_has_begun(inbox: Inbox) -> None:
    desk = Desk()
    inbox.perform("q", desk.work, desk.give_up)
    await inbox.put("a", "q", {})
    await inbox.stop(5)
    await inbox.serve()
    assert desk.began == []


async def test_it_lets_another_process_take_over_and_silences_the_first(database: Database, clock: Clock) -> None:
    gate = asyncio.Event()
    first_saved, second_saved = [], []

    async def slow(job: Job) -> None:
        await gate.wait()
        first_saved.append((await job.save("old"), await job.note_posted("1.1"), job.answer))

    async def quick(job: Job) -> None:
        second_saved.append(await job.save("new"))
        await gate.wait()
        await asyncio.sleep(0.05)
        second_saved.append(await job.note_posted("2.2"))

    first, second = Inbox(database, lease=1000, poll=3600), Inbox(database, poll=0.01)
    frozen, living = Desk(slow), Desk(quick)
    await first.put("a", "q", {})
    async with serving(first, frozen):
        await until(lambda: frozen.began == ["a"])
        clock.wind(1001)
        async with serving(second, living):
            await until(lambda: second_saved == [True])
            gate.set()
            await second.idle()
            await first.idle()
    assert first_saved == [(False, False, None)]
    assert second_saved == [True, True]
    done = await row(database, "a")
    assert (done["due"], done["posted"], done["tries"]) == (None, "2.2", 2)


async def test_it_does_not_start_its_own_job_again_when_the_lease_has_lapsed_unnoticed(
    database: Database, clock: Clock
) -> None:
    gate = asyncio.Event()
    desk = Desk(patient(gate))
    inbox = Inbox(database, lease=1000, poll=0.01)
    async with serving(inbox, desk):
        await inbox.put("a", "q", {})
        await until(lambda: desk.began == ["a"])
        for _ in range(6):
            clock.wind(1001)
            await asyncio.sleep(0.05)
        held = await row(database, "a")
        assert (held["tries"], held["taken"], held["due"]) == (1, 7, clock.now + 1000)
        gate.set()
        await inbox.idle()
    assert desk.began == desk.ended == ["a"]


async def test_it_does_not_wait_for_a_clock_that_was_set_back(inbox: Inbox, database: Database, clock: Clock) -> None:
    await inbox.put("due", "q", {})
    await inbox.put("later", "q", {}, delay=60)
    await inbox.put("leased", "q", {})
    await database.write("UPDATE inbox SET owner = 'dead', due = now() + 5, wait = 5 WHERE id = 'leased'")
    clock.wind(-3600)
    desk = Desk()
    async with serving(inbox, desk):
        await until(lambda: desk.ended == ["due"])
        await asyncio.sleep(0.05)
        assert desk.ended == ["due"]
        clock.wind(5)
        await until(lambda: desk.ended == ["due", "leased"])
        clock.wind(54.9)
        await asyncio.sleep(0.05)
        assert desk.ended == ["due", "leased"]
        clock.wind(0.2)
        await until(lambda: desk.ended == ["due", "leased", "later"])


async def test_it_notices_a_clock_that_is_set_back_while_it_serves(database: Database, clock: Clock) -> None:
    inbox = Inbox(database, lease=0.3, poll=3600)
    desk = Desk(failing(ConnectionError()))
    async with serving(inbox, desk):
        await inbox.put("a", "q", {})
        await inbox.idle()
        clock.wind(-3600)
        await asyncio.sleep(0.3)
        clock.wind(1)
        await until(lambda: len(desk.began) == 2)


@pytest.mark.parametrize("away", [False, True])
async def test_it_soon_stops_although_a_job_does_not_end_and_the_database_may_be_locked(
    tmp_path: Path, *, away: bool
) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    inbox, gate = Inbox(database, lease=60), asyncio.Event()

    async def stubborn(_: Job) -> None:
        while not gate.is_set():
            with suppress(asyncio.CancelledError):
                await gate.wait()

    desk = Desk(stubborn)
    inbox.perform("q", desk.work, desk.give_up, limit=1)
    serve = asyncio.create_task(inbox.serve())
    await inbox.put("a", "q", {})
    await until(lambda: desk.began == ["a"])
    with locked(tmp_path / "precis.db") if away else nullcontext():
        await inbox.stop(0)
    if not away:
        assert (await row(database, "a"))["owner"] is None
    gate.set()
    await serve
    await database.close()


async def test_it_ends_when_its_file_has_gone_and_takes_nothing_more(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    inbox, desk = Inbox(database, poll=0.01), Desk()
    inbox.perform("q", desk.work, desk.give_up)
    serve = asyncio.create_task(inbox.serve())
    await inbox.put("a", "q", {})
    await inbox.idle()
    (tmp_path / "precis.db").unlink()
    with pytest.raises(Lost):
        await inbox.put("b", "q", {})
    with pytest.raises(Lost, match="was deleted or replaced while Precis was using it: start Precis again"):
        await asyncio.wait_for(serve, PATIENCE)
    await inbox.stop(5)
    await database.close()
    assert desk.began == ["a"]


async def test_it_keeps_the_lease_of_a_long_job(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    first, second = Inbox(database, lease=1, poll=0.02), Inbox(database, lease=1, poll=0.02)
    gate = asyncio.Event()
    desk, other = Desk(patient(gate)), Desk()
    async with serving(first, desk):
        await first.put("a", "q", {})
        await until(lambda: desk.began == ["a"])
        async with serving(second, other):
            await asyncio.sleep(2)
            gate.set()
            await first.idle()
    await database.close()
    assert (desk.ended, other.began) == (["a"], [])


async def test_it_keeps_the_lease_again_when_the_database_is_back(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    first, second = Inbox(database, lease=0.3, poll=3600), Inbox(database, lease=0.3, poll=0.02)
    gate = asyncio.Event()
    desk, other = Desk(patient(gate)), Desk()
    async with serving(first, desk):
        await first.put("a", "q", {})
        await until(lambda: desk.began == ["a"])
        with locked(tmp_path / "precis.db"):
            await asyncio.sleep(2.5)
        await asyncio.sleep(0.2)
        async with serving(second, other):
            await asyncio.sleep(0.8)
            gate.set()
            await first.idle()
    await database.close()
    assert (desk.ended, other.began) == (["a"], [])


async def test_it_does_not_revive_a_job_that_ends_as_its_lease_is_extended(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    gate = asyncio.Event()
    desk = Desk(patient(gate))
    inbox = Inbox(database, lease=0.3, poll=0.02)
    async with serving(inbox, desk):
        await inbox.put("a", "q", {})
        await until(lambda: desk.began == ["a"])
        with locked(tmp_path / "precis.db"):
            gate.set()  # the end of the job queues up first, the heartbeat behind it
            await asyncio.sleep(0.5)
        await inbox.idle()
        assert (await row(database, "a"))["due"] is None
        await asyncio.sleep(0.5)
    await database.close()
    assert desk.began == ["a"]


async def test_it_shares_the_jobs_of_one_file_without_taking_any_twice(tmp_path: Path) -> None:
    databases = [await Database.open(f"sqlite:///{tmp_path}/precis.db") for _ in range(3)]
    inboxes = [Inbox(database, poll=0.01) for database in databases]

    async def work(_: Job) -> None:
        await asyncio.sleep(0.002)

    desk = Desk(work)
    async with serving(inboxes[0], desk, limit=7), serving(inboxes[1], desk, limit=7), serving(inboxes[2], desk):
        await asyncio.gather(*(inboxes[number % 3].put(str(number), "q", {}) for number in range(300)))
        await asyncio.gather(*(inbox.idle() for inbox in inboxes))
    for database in databases:
        await database.close()
    assert set(Counter(desk.ended).values()) == {1}
    assert len(desk.ended) == 300


async def test_it_refuses_a_job_that_cannot_be_written(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    await database.close()
    with pytest.raises(DatabaseError):
        await Inbox(database).put("a", "q", {})


async def test_it_says_once_in_the_log_what_keeps_it_from_serving_and_once_that_it_is_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    inbox, desk, gate = Inbox(database, lease=0.3, poll=0.01), Desk(), asyncio.Event()
    stuck = Desk(patient(gate))
    inbox.perform("stuck", stuck.work, stuck.give_up)
    async with serving(inbox, desk):
        await inbox.put("a", "stuck", {})
        await until(lambda: stuck.began == ["a"])
        with locked(tmp_path / "precis.db"):
            await asyncio.sleep(5)
        await until(lambda: len(caplog.messages) == 4)
        await asyncio.sleep(0.5)
        gate.set()
    await database.close()
    file = f"The database {tmp_path}/precis.db is locked by another program: close that program, then try again."
    assert sorted(caplog.messages) == [
        "The inbox can keep its jobs again.",
        "The inbox can take jobs again.",
        f"The inbox cannot keep its jobs. {file}",
        f"The inbox cannot take jobs. {file}",
    ]


async def test_it_forgets_finished_jobs_and_keeps_the_others(inbox: Inbox, database: Database, clock: Clock) -> None:
    async with serving(inbox, Desk()):
        await asyncio.gather(*(inbox.put(str(number), "q", {}) for number in range(2100)))
        await inbox.idle()
        clock.wind(100)
        await inbox.put("young", "q", {})
        await inbox.put("later", "q", {}, delay=60)
        await inbox.idle()
        assert await inbox.forget_finished(100.5) == 0
        assert await inbox.forget_finished(99) == 2100
    assert sorted([str(left["id"]) for left in await database.read("SELECT id FROM inbox")]) == ["later", "young"]


async def test_it_forgets_jobs_that_nobody_performs_but_none_that_wait_for_it(
    inbox: Inbox, database: Database, clock: Clock
) -> None:
    desk = Desk()
    inbox.perform("q", desk.work, desk.give_up)
    await inbox.put("waits", "q", {})
    await inbox.put("orphan", "removed", {"channel": "C1"})
    await database.write("UPDATE inbox SET owner = 'dead', due = now() + 5, wait = 5 WHERE id = 'orphan'")
    await inbox.put("later", "removed", {}, delay=200)
    clock.wind(104)
    assert await inbox.forget_finished(100) == 0
    clock.wind(2)
    assert await inbox.forget_finished(100) == 1
    assert [left["id"] for left in await database.read("SELECT id FROM inbox ORDER BY id")] == ["later", "waits"]


async def test_it_finds_what_to_forget_by_the_index(database: Database) -> None:
    plan = [str(step["detail"]) for step in await database.write(f"EXPLAIN QUERY PLAN {statements.FORGET_DONE}", 9)]
    assert any("INDEX inbox_started (started<" in step for step in plan)
    assert not any("SCAN" in step for step in plan)


async def test_it_watches_the_clock_by_the_index(database: Database) -> None:
    statement = statements.CATCH_UP.format(queues="$1, $2")
    plan = [str(step["detail"]) for step in await database.write(f"EXPLAIN QUERY PLAN {statement}", "q", "r")]
    assert any("INDEX inbox_due (queue=? AND due>" in step for step in plan)
    assert not any("SCAN" in step for step in plan)


@pytest.mark.parametrize("statement", [statements.TAKE, statements.soonest(2)])
async def test_it_finds_due_jobs_by_the_index(database: Database, statement: str) -> None:
    plan = [str(step["detail"]) for step in await database.write(f"EXPLAIN QUERY PLAN {statement}", "q", "me", 5, 9)]
    assert any("INDEX inbox_due (queue=? AND due" in step for step in plan)
    assert not any("SCAN" in step for step in plan if step != "SCAN CONSTANT ROW")


async def test_it_keeps_body_and_answer_out_of_the_way_a_job_prints(inbox: Inbox) -> None:
    printed = []

    async def work(job: Job) -> None:
        await job.save("secret")
        printed.append(repr(job))

    async with serving(inbox, Desk(work)):
        await inbox.put("a", "q", {"channel": "secret"})
        await inbox.idle()
    assert "id='a'" in printed[0]
    assert "secret" not in printed[0]
