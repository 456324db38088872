"""The database: SQLite with one writer thread that commits in groups, and read-only connections, one for reports.

This is the only door to it, and the place where another kind of database would come in by its address.

- SQL uses `$1`, `$2`, ... for its values and `now()` for the database's own clock: epoch seconds as a float, the same
  instant throughout a statement.
- Every failure is a `DatabaseError`; the one worth another try is `Unavailable`. Their text can be shown to people.
- A file that is deleted or replaced while it is open is noticed before and after each transaction: then every call
  raises `Lost`, and the process has to be started again.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

from bot import sqlite
from bot.commits import NAP, PATIENCE, Commits, Row, Value
from bot.troubles import LOST, READ, DatabaseError, Lost, Unavailable, explain

__all__ = ["Database", "DatabaseError", "Lost", "Row", "Unavailable", "Value"]

READERS = 5.0
"""Seconds that what was deleted waits for those who are reading the file."""


class Database:
    """One open database. Belongs to the event loop that opened it; every call is safe from any task of that loop.

    Cancelling a caller does not undo its write, which is already on its way.
    """

    def __init__(self, url: str, clock: Callable[[], float]) -> None:
        """Use `Database.open`."""
        self._path = sqlite.locate(url)
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="database-write")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="database-read") if self._path else self._writer
        self._reporter = ThreadPoolExecutor(1, thread_name_prefix="database-report") if self._path else self._writer
        self._ending: Future[None] | None = None
        self._commits: Commits
        self._open: list[sqlite3.Connection] = []
        self._file: tuple[Path, os.stat_result] | None = None

    @classmethod
    async def open(cls, url: str, *, clock: Callable[[], float] = time.time) -> "Database":
        """Open the database that `url` (the setting DATABASE_URL) names and bring its tables up to date.

        `sqlite:///precis.db` is a file in the working folder, `sqlite:////var/lib/precis.db` one with a full path;
        `sqlite://` and `:memory:` live in memory. `clock` is what `now()` returns, in epoch seconds.

        Several processes may open the same file at the same moment. Raises DatabaseError where the file cannot be used:
        an address that is not supported, a missing folder, not a database, damaged, written by a later Precis;
        Unavailable where it may not be written, or another program keeps it locked for longer than PATIENCE.
        """
        database = cls(url, clock)
        try:
            await database._loop.run_in_executor(database._writer, database._connect)
        except BaseException:
            await database.close()
            raise
        database._commits = Commits(database._sqlite.conn, database._writer, database._check_file, database._explain)
        return database

    async def write(self, sql: str, *args: Value) -> list[Row]:
        """Run one statement and return its rows (those of RETURNING, or of a SELECT). Durable when this returns.

        A statement sees every write that was asked for before it. Raises Unavailable where the database is locked, full
        or failing, after about PATIENCE seconds at the latest, and nothing was written; Lost where its file has gone;
        DatabaseError where it refuses the statement. A refused statement does not harm those that share its
        transaction.
        """
        self._check_open()
        return await self._commits.add(partial(_rows, self._sqlite.conn, sql, args))

    async def write_together(self, *statements: tuple[str, Sequence[Value]]) -> None:
        """Run several statements, each with its values: all of them, or none. Raises as `write` does."""
        self._check_open()
        await self._commits.add(partial(_together, self._sqlite.conn, statements))

    async def repeat(self, sql: str, *args: Value) -> int:
        """Run a statement that does a part of its work at a time until it returns no rows; return how many it did.

        Other writes get in between: the writer is left to them for as long as each part has taken. Raises as `write`
        does; then the parts before are done.
        """
        count, begun = 0, time.monotonic()
        while rows := await self.write(sql, *args):
            count += len(rows)
            await asyncio.sleep(time.monotonic() - begun)
            begun = time.monotonic()
        return count

    async def insert(self, table: str, row: Row) -> None:
        """Add one row to an existing table. Durable when this returns; raises as `write` does."""
        self._check_open()
        await self._commits.add(partial(self._insert, table, {column: _clean(value) for column, value in row.items()}))

    async def read(self, sql: str, *args: Value) -> list[Row]:
        """Run one query on a read-only connection and return its rows; sees whatever `write` has returned from.

        Queries run one after another on a thread of their own, so a long one delays the others but no write.
        Raises DatabaseError for a statement that would write, otherwise as `write` does.
        """
        self._check_open()
        return await self._loop.run_in_executor(self._reader, self._read, self._reads, sql, args)

    async def report(self, sql: str, *args: Value) -> list[Row]:
        """Run a query that may take long, as `read` does but on a connection that nobody waits for but reports."""
        self._check_open()
        return await self._loop.run_in_executor(self._reporter, self._read, self._reports, sql, args)

    async def writable(self) -> bool:
        """Say whether a real transaction reaches the disk right now; answers within PATIENCE + 1 seconds."""
        try:
            async with asyncio.timeout(PATIENCE + 1):
                await self.write(sqlite.TOUCH)
        except (DatabaseError, TimeoutError):
            return False
        return True

    async def checkpoint(self) -> bool:
        """Empty the write-ahead log into the file, as far as nobody is reading from it; then that is False.

        Raises as `write` does.
        """
        self._check_open()
        return await self._loop.run_in_executor(self._writer, self._checkpoint)

    async def clear(self) -> None:
        """Have what was deleted leave the file, its write-ahead log too.

        Raises Unavailable where somebody goes on reading for READERS seconds. Then what was deleted is found by no
        query any more, but stays in the file until this is called again. Otherwise raises as `write` does.
        """
        deadline = time.monotonic() + READERS
        while not await self.checkpoint():
            if time.monotonic() > deadline:
                raise Unavailable(READ.format(file=sqlite.name(self._path)))
            await asyncio.sleep(NAP)

    async def close(self) -> None:
        """Finish what is queued, empty the write-ahead log into the file and close it. May be called again."""
        if self._ending is None:
            self._ending = self._writer.submit(self._disconnect)
            self._writer.shutdown(wait=False)
        await asyncio.shield(asyncio.wrap_future(self._ending))

    def _connect(self) -> None:
        self._sqlite = sqlite.connect(self._path, self._clock)
        self._open.append(self._sqlite.conn)
        if self._path:
            self._file = self._path.absolute(), self._path.stat()
        self._reads, self._reports = self._read_only(), self._read_only()

    def _read_only(self) -> sqlite3.Connection:
        if not self._path:
            return self._sqlite.conn
        self._open.append(sqlite.connect_reports(self._path, self._clock))
        return self._open[-1]

    def _disconnect(self) -> None:
        """Close the writing connection last: it is the one that may empty and remove the write-ahead log."""
        for thread in {self._reader, self._reporter} - {self._writer}:
            thread.shutdown()
        while self._open:
            self._open.pop().close()

    def _checkpoint(self) -> bool:
        try:
            self._check_file()
            [row] = _rows(self._sqlite.conn, "PRAGMA wal_checkpoint(TRUNCATE)", ())
            return not row["busy"]
        except Exception as error:
            raise self._explain(error) from error

    def _check_open(self) -> None:
        if self._ending is not None:
            raise DatabaseError("The database is closed: start Precis again.")

    def _check_file(self) -> None:
        if self._file and sqlite.moved(*self._file):
            raise Lost(LOST.format(file=sqlite.name(self._path)))

    def _insert(self, table: str, row: Row) -> list[Row]:
        target = self._sqlite.table(table)
        if not target.exists():  # sqlite-utils would create it
            raise DatabaseError(f"The database has no table {table}: please report this mistake in Precis.")
        target.insert(row)
        return []

    def _read(self, connection: sqlite3.Connection, sql: str, args: Iterable[Value]) -> list[Row]:
        connection.execute("PRAGMA query_only = on")
        try:
            self._check_file()
            return _rows(connection, sql, args)
        except Exception as error:
            raise self._explain(error) from error
        finally:
            connection.execute("PRAGMA query_only = off")  # in memory this is the writing connection too

    def _explain(self, error: Exception) -> DatabaseError:
        return error if isinstance(error, DatabaseError) else explain(error, sqlite.name(self._path))


def _rows(connection: sqlite3.Connection, sql: str, args: Iterable[Value]) -> list[Row]:
    cursor = connection.execute(sql, {str(number): _clean(value) for number, value in enumerate(args, 1)})
    columns = [column[0] for column in cursor.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in cursor]


def _together(connection: sqlite3.Connection, statements: Iterable[tuple[str, Sequence[Value]]]) -> list[Row]:
    connection.execute("SAVEPOINT together")
    try:
        for sql, args in statements:
            _rows(connection, sql, args)
    except Exception:
        if connection.in_transaction:  # otherwise the failure has undone all of it
            connection.execute("ROLLBACK TO together")
            connection.execute("RELEASE together")
        raise
    connection.execute("RELEASE together")
    return []


def marks(first: int, count: int) -> str:
    """The parameters `$3, $4, ...` of a list in a statement."""
    return ", ".join(f"${number}" for number in range(first, first + count))


def _clean(value: Value) -> Value:
    """Replace what text in a database cannot hold: half a surrogate pair, which cut-off JSON escapes leave behind."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
