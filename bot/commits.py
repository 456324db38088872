"""Group commit: every write that queued up during the last commit goes into the next transaction.

Made for one thread that writes and one event loop that asks; the loop is never blocked and hears of a whole
transaction at once.
"""

import asyncio
import math
import sqlite3
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass

from bot.troubles import DatabaseError, code

Value = str | int | float | bytes | None
Row = dict[str, Value]

PATIENCE = 2.0
"""Seconds that a write waits for another program to release the file before it fails."""
NAP = 0.2
"""Seconds that SQLite waits for a lock at a stretch; between two stretches newly queued writes join the wait."""


@dataclass(frozen=True, slots=True)
class _Write:
    run: Callable[[], list[Row]]
    future: asyncio.Future[list[Row]]
    since: float


_Outcome = tuple[asyncio.Future[list[Row]], list[Row] | DatabaseError]


class Commits:
    """The writes of one SQLite connection, which is used on `thread` only and is in autocommit mode between them."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        thread: Executor,
        check: Callable[[], None],
        explain: Callable[[Exception], DatabaseError],
    ) -> None:
        """`check` raises where a transaction must not begin, or having been committed must not count."""
        self._connection = connection
        self._thread = thread
        self._check = check
        self._explain = explain
        self._loop = asyncio.get_running_loop()
        self._queue: deque[_Write] = deque()

    async def add(self, run: Callable[[], list[Row]]) -> list[Row]:
        """Have `run` called on the thread, inside a transaction, and return its rows once that is committed.

        Where `run` raises, this write alone fails, unless the transaction went with it. Raises DatabaseError: that of
        `run`, or what `explain` makes of anything else. A caller that is cancelled does not stop its write.
        """
        write = _Write(run, self._loop.create_future(), time.monotonic())
        self._queue.append(write)
        if len(self._queue) == 1:  # otherwise the one in front has brought a flush, which drains until nothing is left
            self._thread.submit(self._flush)
        return await write.future

    def _flush(self) -> None:
        """Commit all that is queued in one transaction."""
        batch = self._drain()
        while batch:
            try:
                self._begin()
            except Exception as error:
                batch = self._postpone(batch, error) + self._drain()
            else:
                self._report(self._commit(batch))
                batch = []

    def _begin(self) -> None:
        self._roll_back()
        self._check()
        self._connection.execute("BEGIN IMMEDIATE")

    def _roll_back(self) -> None:
        """Leave no transaction open, whatever went wrong: none could begin after it."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _drain(self) -> list[_Write]:
        batch = []
        while self._queue:
            batch.append(self._queue.popleft())
        return batch

    def _postpone(self, batch: list[_Write], error: Exception) -> list[_Write]:
        """Fail the writes that have waited long enough for the lock and return the others."""
        oldest = time.monotonic() - PATIENCE if code(error) == sqlite3.SQLITE_BUSY else math.inf
        self._report([(write.future, self._explain(error)) for write in batch if write.since <= oldest])
        return [write for write in batch if write.since > oldest]

    def _commit(self, batch: list[_Write]) -> list[_Outcome]:
        try:
            outcomes = [(write.future, self._attempt(write)) for write in batch]
            self._connection.execute("COMMIT")
            self._check()
        except Exception as error:
            with suppress(sqlite3.Error):  # then the next transaction tries again
                self._roll_back()
            return [(write.future, self._explain(error)) for write in batch]
        return outcomes

    def _attempt(self, write: _Write) -> list[Row] | DatabaseError:
        """Run one write of a batch. Raises only where its failure has undone the whole transaction."""
        try:
            return write.run()
        except DatabaseError as error:
            return error
        except Exception as error:
            if not self._connection.in_transaction:
                raise
            return self._explain(error)

    def _report(self, outcomes: list[_Outcome]) -> None:
        """Hand the results to the event loop at once; a loop that is closed waits for none."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(_settle, outcomes)


def _settle(outcomes: list[_Outcome]) -> None:
    for future, outcome in outcomes:
        if future.done():  # its caller was cancelled
            continue
        if isinstance(outcome, DatabaseError):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
