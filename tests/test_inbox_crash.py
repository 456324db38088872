"""The inbox when processes are killed or frozen and the database is away: every job ends, and none is posted twice."""

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from bot.database import Database
from bot.inbox import Inbox
from tests.desk import locked, until

WORKER = Path(__file__).with_name("inbox_worker.py")
LEASE = 0.5


class Scene:
    """A database file, the processes that work on it, and what they have noted."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.path = folder / "precis.db"
        self.notes = folder / "notes"
        self.notes.touch()
        self.inbox = Inbox(database)
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *, tries: int = 5, limit: int = 256, lease: float = LEASE) -> subprocess.Popen[bytes]:
        arguments = [str(argument) for argument in (self.path, self.notes, lease, tries, limit)]
        process = subprocess.Popen(
            [sys.executable, str(WORKER), *arguments],
            env={**os.environ, "PYTHONPATH": str(WORKER.parents[1])},
            stderr=subprocess.DEVNULL,
        )
        self.processes.append(process)
        return process

    async def freeze(self, process: subprocess.Popen[bytes]) -> None:
        """Stop the process where it writes nothing: in the middle of a write it would keep the file to itself."""
        process.send_signal(signal.SIGSTOP)
        while self.locked():
            process.send_signal(signal.SIGCONT)
            await asyncio.sleep(0.01)
            process.send_signal(signal.SIGSTOP)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()

    async def put(self, count: int, seconds: float) -> None:
        await asyncio.gather(*(self.inbox.put(f"j{number}", "calls", {"seconds": seconds}) for number in range(count)))

    def noted(self, what: str, process: subprocess.Popen[bytes] | None = None) -> Counter[str]:
        """Count a kind of note per job, over all processes or for one."""
        lines = [line.split() for line in self.notes.read_text().splitlines()]
        return Counter(job for kind, job, pid in lines if kind == what and process in (None, self._process(pid)))

    def _process(self, pid: str) -> subprocess.Popen[bytes] | None:
        return next((process for process in self.processes if process.pid == int(pid)), None)

    async def done(self) -> None:
        await until(self.finished)

    def finished(self) -> bool:
        with closing(sqlite3.connect(self.path)) as other:
            return not other.execute("SELECT id FROM inbox WHERE due IS NOT NULL").fetchall()

    def locked(self) -> bool:
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=0.1)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
            return False

    def busy(self, process: subprocess.Popen[bytes]) -> bool:
        return bool(self.noted("call", process))


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    scene = Scene(tmp_path, database)
    yield scene
    for process in scene.processes:
        scene.kill(process)
    await database.close()


def dead(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is not None


async def test_it_finishes_after_a_restart_what_was_running_when_its_process_was_killed(scene: Scene) -> None:
    await scene.put(20, seconds=0.4)
    first = scene.start()
    await until(lambda: len(scene.noted("call")) == 20)
    scene.kill(first)
    second = scene.start()
    await scene.done()
    assert scene.noted("call", second) == dict.fromkeys(scene.noted("call", first), 1)
    assert scene.noted("post") == {f"j{number}": 1 for number in range(20)}


async def test_it_takes_over_from_a_killed_process(scene: Scene) -> None:
    await scene.put(20, seconds=3)
    victim = scene.start(limit=10)
    await until(lambda: len(scene.noted("call")) == 10)
    survivor = scene.start(limit=20)
    await until(lambda: len(scene.noted("call")) == 20)
    scene.kill(victim)
    orphans = set(scene.noted("call", victim)) - set(scene.noted("post", victim))
    await scene.done()
    assert orphans
    assert orphans <= set(scene.noted("post", survivor))
    assert scene.noted("post") == {f"j{number}": 1 for number in range(20)}


async def test_it_stays_silent_when_it_was_frozen_beyond_its_lease(scene: Scene) -> None:
    await scene.put(1, seconds=2)
    frozen = scene.start()
    await until(lambda: bool(scene.noted("call")))
    await scene.freeze(frozen)
    living = scene.start()
    await scene.done()
    frozen.send_signal(signal.SIGCONT)
    await until(lambda: bool(scene.noted("silent")))
    assert scene.noted("silent", frozen) == {"j0": 1}
    assert scene.noted("post") == scene.noted("post", living) == {"j0": 1}


async def test_it_carries_on_when_the_database_was_locked_for_seconds(scene: Scene) -> None:
    await scene.put(10, seconds=0.5)
    process = scene.start(limit=5)
    await until(lambda: len(scene.noted("call")) == 5)
    with locked(scene.path):
        await asyncio.sleep(3)
        assert not scene.noted("post")
    await scene.done()
    assert process.poll() is None
    assert scene.noted("call") == scene.noted("post") == {f"j{number}": 1 for number in range(10)}


async def test_it_gives_up_a_job_that_kills_its_process_five_times(scene: Scene) -> None:
    await scene.inbox.put("bad", "deaths", {})
    for _ in range(5):
        process = scene.start(lease=0.2)
        await until(partial(dead, process))
    scene.start(lease=0.2)
    await scene.done()
    assert (scene.noted("call"), scene.noted("give_up")) == ({"bad": 5}, {"bad": 1})


async def test_it_loses_nothing_in_twelve_kills_at_random(scene: Scene) -> None:
    await scene.put(300, seconds=0.3)
    for _ in range(12):
        process = scene.start(tries=30, limit=10)
        await until(partial(scene.busy, process))
        await asyncio.sleep(random.uniform(0, 0.6))
        scene.kill(process)
    assert not scene.finished()
    scene.start(tries=30)
    await scene.done()
    posts = scene.noted("post")
    assert set(posts) == {f"j{number}" for number in range(300)}
    assert scene.noted("give_up") == {}
    assert sum(posts.values()) - 300 <= 20  # a kill between a post and its note: some milliseconds of each kill
