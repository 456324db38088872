"""Jobs that put themselves off, and jobs that are woken: nothing is lost, nothing counts that was no try."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.database import Database
from bot.inbox import Inbox, Job, Later, Work
from tests.clocks import Clock, Fast
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


def putting_off(times: int, seconds: float) -> Work:
    """Work that puts itself off so many times before it is done."""

    async def work(job: Job) -> None:
        if job.put_off < times:
            raise Later(seconds)

    return work


def counted(things: list[Any], number: int) -> bool:
    return len(things) == number


async def test_it_calls_a_job_again_after_the_seconds_that_the_job_asked_for(inbox: Inbox, clock: Clock) -> None:
    desk = Desk(putting_off(1, 60))
    async with serving(inbox, desk):
        await inbox.put("a", "q", {})
        await inbox.idle()
        clock.wind(59.9)
        await asyncio.sleep(0.05)
        assert (desk.began, await inbox.depth()) == (["a"], 0)
        clock.wind(0.2)
        await until(lambda: desk.ended == ["a"])
    assert desk.began == ["a", "a"]


async def test_it_counts_no_try_and_logs_no_failure_where_a_job_puts_itself_off(
    inbox: Inbox, database: Database, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(putting_off(7, 1))
    async with serving(inbox, desk):
        await inbox.put("a", "q", {})
        for times in range(1, 8):
            await until(partial(tried, desk, times))
            await inbox.idle()
            off = await row(database, "a")
            assert (off["owner"], off["due"], off["wait"], off["tries"]) == (None, clock.now + 1, 1, 0)
            clock.wind(1)
        await until(lambda: desk.ended == ["a"])
    assert (desk.given_up, caplog.messages) == ([], [])
    assert (await row(database, "a"))["error"] is None


async def test_it_gives_the_next_call_what_was_kept_before_the_job_put_itself_off(inbox: Inbox, clock: Clock) -> None:
    seen = []

    async def work(job: Job) -> None:
        seen.append((dict(job.body), job.answer, job.posted))
        await job.save("text")
        await job.note_posted("1.2")
        if job.put_off == 0:
            raise Later(1)

    async with serving(inbox, Desk(work)):
        await inbox.put("a", "q", {"channel": "C1"})
        await inbox.idle()
        clock.wind(1)
        await until(lambda: len(seen) == 2)
    assert seen == [({"channel": "C1"}, None, None), ({"channel": "C1"}, "text", "1.2")]


async def test_it_tells_a_job_whether_something_may_have_been_done_that_its_row_does_not_know(
    inbox: Inbox, database: Database, clock: Clock
) -> None:
    seen = []

    async def work(job: Job) -> None:
        seen.append((job.tries, job.taken, job.put_off))
        if len(seen) in (1, 3):
            raise Later(1)
        if len(seen) == 2:
            raise ConnectionError

    async with serving(inbox, Desk(work)):
        await inbox.put("a", "q", {})
        for times in range(1, 4):
            await until(partial(counted, seen, times))
            await inbox.idle()
            clock.wind(1)
        await until(lambda: len(seen) == 4)
    assert seen == [(1, 1, 0), (1, 1, 1), (2, 2, 1), (2, 2, 2)]


async def test_it_neither_works_again_nor_tires_where_giving_up_puts_itself_off(
    inbox: Inbox, database: Database, clock: Clock
) -> None:
    desk = Desk(failing(LookupError()), at_last=putting_off(6, 1))
    await inbox.put("a", "q", {})
    await database.write("UPDATE inbox SET tries = 4, taken = 4")
    async with serving(inbox, desk):
        for times in range(1, 7):
            await until(partial(counted, desk.given_up, times))
            await inbox.idle()
            assert (await row(database, "a"))["taken"] == 5
            clock.wind(1)
        await until(lambda: len(desk.given_up) == 7)
        await inbox.idle()
    assert desk.began == ["a"]
    closed = await row(database, "a")
    assert (closed["due"], closed["error"]) == (None, "LookupError")


async def test_it_calls_a_job_again_at_once_that_asks_for_no_delay(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    inbox, desk = Inbox(database, poll=3600), Desk(putting_off(100, 0))
    async with serving(inbox, desk):
        await asyncio.gather(*(inbox.put(str(number), "q", {}) for number in range(5)))
        await until(lambda: len(desk.ended) == 5)
    await database.close()
    assert len(desk.began) == 505


async def test_it_runs_a_job_that_is_taken_again_at_the_moment_it_puts_itself_off(tmp_path: Path, clock: Clock) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db", clock=clock)
    inbox, later = Inbox(database, poll=0.01), putting_off(20, 0)

    async def work(job: Job) -> None:
        await asyncio.sleep(random.uniform(0, 0.005))
        await later(job)

    desk = Desk(work)
    async with serving(inbox, desk):
        await asyncio.gather(*(inbox.put(str(number), "q", {}) for number in range(50)))
        await until(lambda: len(desk.ended) == 50)
    await database.close()
    assert len(desk.began) == 1050


async def test_it_leaves_a_job_to_whoever_took_it_over_though_it_is_put_off_too_late(
    database: Database, clock: Clock
) -> None:
    gate, done = asyncio.Event(), asyncio.Event()

    async def late(_: Job) -> None:
        await gate.wait()
        raise Later(1000)

    first, second = Inbox(database, lease=1000, poll=3600), Inbox(database, poll=0.01)
    frozen, living = Desk(late), Desk(patient(done))
    await first.put("a", "q", {})
    async with serving(first, frozen):
        await until(lambda: frozen.began == ["a"])
        clock.wind(1001)
        async with serving(second, living):
            await until(lambda: living.began == ["a"])
            gate.set()
            await first.idle()
            assert (await row(database, "a"))["owner"] is not None
            done.set()
            await second.idle()
    assert (await row(database, "a"))["due"] is None


async def test_it_loses_no_job_that_is_cancelled_while_it_puts_itself_off(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    inbox, desk, gate, taken = Inbox(database), Desk(putting_off(1, 0.1)), asyncio.Event(), asyncio.Event()

    async def work(job: Job) -> None:
        taken.set()
        await gate.wait()
        await desk.work(job)

    inbox.perform("q", work, desk.give_up)
    serve = asyncio.create_task(inbox.serve())
    await inbox.put("a", "q", {})
    await taken.wait()
    with locked(tmp_path / "precis.db"):
        gate.set()
        await until(lambda: desk.began == ["a"])
        stop = asyncio.create_task(inbox.stop(0))
        await asyncio.sleep(0.1)
    await asyncio.gather(stop, serve)
    left = await row(database, "a")
    assert (left["owner"], left["tries"], desk.ended) == (None, 0, [])
    async with serving(Inbox(database, poll=0.01), desk):
        await until(lambda: desk.ended == ["a"])
    await database.close()


async def test_it_puts_a_job_off_once_the_database_is_back(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    gate = asyncio.Event()

    async def work(job: Job) -> None:
        await gate.wait()
        if job.put_off == 0:
            raise Later(0.1)

    desk = Desk(work)
    async with serving(Inbox(database, poll=0.01), desk):
        await Inbox(database).put("a", "q", {})
        await until(lambda: desk.began == ["a"])
        with locked(tmp_path / "precis.db"):
            gate.set()
            await asyncio.sleep(2.5)
        await until(lambda: desk.ended == ["a"])
    await database.close()
    assert desk.began == ["a", "a"]


async def test_it_does_not_wait_for_a_clock_that_was_set_back_since_a_job_put_itself_off(
    inbox: Inbox, database: Database, clock: Clock
) -> None:
    desk = Desk(putting_off(1, 60))
    async with serving(inbox, desk):
        await inbox.put("a", "q", {})
        await inbox.idle()
    clock.wind(-3600)
    other = Inbox(database, lease=0.3, poll=0.01)
    async with serving(other, desk):
        await asyncio.sleep(0.2)
        clock.wind(59.9)
        await asyncio.sleep(0.05)
        assert desk.began == ["a"]
        clock.wind(0.2)
        await until(lambda: desk.ended == ["a"])


async def test_it_shares_jobs_that_put_themselves_off_among_processes(tmp_path: Path) -> None:
    databases = [await Database.open(f"sqlite:///{tmp_path}/precis.db") for _ in range(2)]
    inboxes = [Inbox(database, poll=0.02) for database in databases]
    desk = Desk(putting_off(3, 0.05))
    async with serving(inboxes[0], desk, limit=7), serving(inboxes[1], desk):
        await asyncio.gather(*(inboxes[number % 2].put(str(number), "q", {}) for number in range(100)))
        await until(lambda: len(desk.ended) == 100)
    for database in databases:
        await database.close()
    assert set(Counter(desk.ended).values()) == {1}
    assert set(Counter(desk.began).values()) == {4}


async def test_it_runs_a_job_that_is_woken_whether_it_is_new_or_done(inbox: Inbox, database: Database) -> None:
    seen = []

    async def work(job: Job) -> None:
        seen.append((dict(job.body), job.answer, job.posted, job.tries, job.taken))
        await job.save("text")
        await job.note_posted("1.2")

    async with serving(inbox, Desk(work)):
        for _ in range(3):
            await inbox.wake("a", "q", {"channel": "C1"})
            await inbox.idle()
    assert seen == [({"channel": "C1"}, None, None, 1, 1)] * 3
    assert (await row(database, "a"))["body"] is None


async def test_it_runs_a_job_once_more_that_is_woken_while_it_runs(inbox: Inbox) -> None:
    gate = asyncio.Event()
    desk = Desk(patient(gate))
    async with serving(inbox, desk):
        await inbox.wake("a", "q", {})
        await until(lambda: desk.began == ["a"])
        await asyncio.gather(*(inbox.wake("a", "q", {}) for _ in range(20)))
        await asyncio.sleep(0.05)
        assert desk.began == ["a"]
        gate.set()
        await until(lambda: len(desk.ended) == 2)
        await inbox.idle()
    assert desk.began == desk.ended == ["a", "a"]


async def test_it_runs_a_job_once_that_is_woken_while_it_waits(inbox: Inbox, clock: Clock) -> None:
    desk = Desk(putting_off(1, 60))
    async with serving(inbox, desk):
        await inbox.wake("a", "q", {})
        await inbox.idle()
        await inbox.wake("a", "q", {})
        await asyncio.sleep(0.05)
        assert desk.began == ["a"]
        clock.wind(60)
        await until(lambda: desk.ended == ["a"])
        await inbox.idle()
    assert desk.began == ["a", "a"]


async def test_it_runs_a_job_again_that_is_woken_by_its_own_work(inbox: Inbox) -> None:
    async def work(job: Job) -> None:
        if len(desk.began) < 50:
            await inbox.wake(job.id, job.queue, job.body)

    desk = Desk(work)
    async with serving(inbox, desk):
        await inbox.wake("a", "q", {})
        await until(lambda: len(desk.ended) == 50)
        await inbox.idle()
    assert len(desk.began) == 50


async def test_it_wakes_a_job_that_was_given_up(inbox: Inbox, database: Database) -> None:
    desk = Desk(failing(LookupError()))
    await inbox.put("a", "q", {})
    await database.write("UPDATE inbox SET tries = 4")
    async with serving(inbox, desk):
        await until(lambda: desk.given_up == ["a"])
        await inbox.idle()
        desk.then = None
        await inbox.wake("a", "q", {})
        await until(lambda: desk.ended == ["a"])
        await inbox.idle()
    assert (await row(database, "a"))["error"] is None


@pytest.mark.parametrize(("posted", "error"), [(None, None), (None, "LookupError"), ("1.2", "LookupError")])
async def test_it_renews_a_job_that_ended_in_vain_and_knows_what_that_has_posted(
    inbox: Inbox, database: Database, posted: str | None, error: str | None
) -> None:
    seen = []

    async def work(job: Job) -> None:
        seen.append((dict(job.body), job.answer, job.posted, job.tries, job.taken))

    async with serving(inbox, Desk(work)):
        await inbox.put("a", "q", {"channel": "C1"})
        await inbox.idle()
        await database.write("UPDATE inbox SET posted = $1, error = $2, tries = 6, taken = 6", posted, error)
        assert await inbox.put("a", "q", {"channel": "C2"}) is False
        assert await inbox.put("a", "q", {"channel": "C2"}, renew=True) is True
        await inbox.idle()
    assert seen == [({"channel": "C1"}, None, None, 1, 1), ({"channel": "C2"}, None, posted, 1, 7)]
    assert (await row(database, "a"))["error"] is None


async def test_it_renews_no_job_that_has_posted_or_is_not_over(inbox: Inbox, database: Database) -> None:
    gate = asyncio.Event()

    async def work(job: Job) -> None:
        await gate.wait()
        await job.note_posted("1.2")

    desk = Desk(work)
    await inbox.put("a", "q", {})
    waits = await inbox.put("a", "q", {}, renew=True)
    async with serving(inbox, desk):
        await until(lambda: desk.began == ["a"])
        runs = await inbox.put("a", "q", {}, renew=True)
        gate.set()
        await inbox.idle()
        done = await inbox.put("a", "q", {}, renew=True)
        new = await inbox.put("b", "q", {}, renew=True)
        await inbox.idle()
    assert (waits, runs, done, new) == (False, False, False, True)
    assert desk.ended == ["a", "b"]


async def test_it_remembers_that_a_running_job_was_woken_when_its_lease_has_lapsed_unnoticed(
    database: Database, clock: Clock
) -> None:
    gate = asyncio.Event()
    desk = Desk(patient(gate))
    inbox = Inbox(database, lease=1000, poll=0.01)
    async with serving(inbox, desk):
        await inbox.wake("a", "q", {})
        await until(lambda: desk.began == ["a"])
        await inbox.wake("a", "q", {})
        clock.wind(1001)
        await asyncio.sleep(0.05)
        assert (await row(database, "a"))["taken"] == 2
        gate.set()
        await until(lambda: len(desk.ended) == 2)


async def test_it_misses_no_wake_at_whatever_moment_it_comes(tmp_path: Path) -> None:
    databases = [await Database.open(f"sqlite:///{tmp_path}/precis.db") for _ in range(2)]
    inboxes = [Inbox(database, poll=0.02) for database in databases]
    written = seen = 0

    async def work(_: Job) -> None:
        nonlocal seen
        found = written
        await asyncio.sleep(random.uniform(0, 0.002))
        seen = max(seen, found)

    def all_seen() -> bool:
        return seen == written

    desk = Desk(work)
    async with serving(inboxes[0], desk), serving(inboxes[1], desk):
        for number in range(300):
            written += 1
            await inboxes[number % 2].wake("a", "q", {})
            if number % 3 == 0:
                await until(all_seen)
            await asyncio.sleep(random.uniform(0, 0.004))
        await until(all_seen)
    for database in databases:
        await database.close()
    assert desk.given_up == []


async def test_it_keeps_a_fast_clocks_time(tmp_path: Path) -> None:
    async with Fast.running(60) as clock:
        database = await Database.open(f"sqlite:///{tmp_path}/precis.db", clock=clock)
        inbox, desk = Inbox(database, poll=60, speed=60), Desk(putting_off(1, 30))
        async with serving(inbox, desk):
            began = clock()
            await inbox.put("a", "q", {}, delay=30)
            await until(lambda: desk.ended == ["a"])
            took = clock() - began
        await database.close()
    assert 60 <= took < 90


async def test_it_keeps_the_lease_of_a_job_by_a_fast_clock(tmp_path: Path) -> None:
    gate = asyncio.Event()
    desk, other = Desk(patient(gate)), Desk()
    async with Fast.running(60) as clock:
        database = await Database.open(f"sqlite:///{tmp_path}/precis.db", clock=clock)
        first, second = (Inbox(database, lease=0.6, poll=0.02, speed=60) for _ in range(2))
        async with serving(first, desk):
            await first.put("a", "q", {})
            await until(lambda: desk.began == ["a"])
            async with serving(second, other):
                await asyncio.sleep(1.5)
                gate.set()
                await first.idle()
        await database.close()
    assert (desk.ended, other.began) == (["a"], [])
