"""Opening the SQLite file: its address, its settings, its tables, and why it cannot be opened."""

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import sqlite_utils

from bot import migrations
from bot.commits import NAP, PATIENCE
from bot.troubles import DatabaseError, code, explain

TOUCH = "PRAGMA user_version = 0"
"""The smallest real write. BEGIN IMMEDIATE alone succeeds on a file that is read-only."""

SETTINGS = ("journal_mode = wal", "synchronous = full", "secure_delete = on")


def locate(url: str) -> Path | None:
    """The file that a database address names, None for one in memory. Raises DatabaseError for any other address."""
    if url in (":memory:", "sqlite://", "sqlite:///:memory:"):
        return None
    if url.startswith(("postgres:", "postgresql:", "postgresql+")):
        raise DatabaseError(
            "DATABASE_URL names a PostgreSQL server, which this version of Precis cannot use: "
            "set DATABASE_URL to a file, for example sqlite:///precis.db."
        )
    path = url.removeprefix("sqlite:///")
    if path in ("", url) or "?" in path:
        raise DatabaseError("DATABASE_URL is not an address Precis knows: set it to a file, like sqlite:///precis.db.")
    return Path(path)


def name(path: Path | None) -> str:
    """How a sentence about this database begins."""
    return f"The database {path}" if path else "The database in memory"


def moved(path: Path, opened: os.stat_result) -> bool:
    """Say whether the path no longer leads to the file that was opened. Takes microseconds."""
    try:
        return not os.path.samestat(opened, path.stat())
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False  # nothing can be said at the moment; SQLite will find out


def connect(path: Path | None, clock: Callable[[], float]) -> sqlite_utils.Database:
    """Open the file for writing, with every table up to date. Raises DatabaseError.

    Blocks; waits up to PATIENCE seconds for another program, for example another Precis that opens it too.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return _prepare(path, clock)
        except sqlite3.Error as error:
            if code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise _unusable(path, error) from error
        time.sleep(NAP / 10)


def connect_reports(path: Path, clock: Callable[[], float]) -> sqlite3.Connection:
    """Open an existing file for reading only. Raises DatabaseError."""
    try:
        return _attach(f"{path.absolute().as_uri()}?mode=ro", clock, patience=PATIENCE)
    except sqlite3.Error as error:
        raise _unusable(path, error) from error


def _prepare(path: Path | None, clock: Callable[[], float]) -> sqlite_utils.Database:
    connection = _attach(str(path) if path else ":memory:", clock, patience=NAP)
    try:
        for setting in SETTINGS:
            connection.execute(f"PRAGMA {setting}")
        database = sqlite_utils.Database(connection, execute_plugins=False)
        connection.execute("BEGIN IMMEDIATE")  # a second process waits here and then finds nothing left to do
        if migrations.unknown(database):
            raise DatabaseError(
                f"{name(path)} was written by a later version of Precis: "
                "update Precis, or point DATABASE_URL at another file."
            )
        migrations.STEPS.apply(database)
        connection.execute(TOUCH)
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return database


def _attach(address: str, clock: Callable[[], float], *, patience: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        address, timeout=patience, isolation_level=None, check_same_thread=False, uri=address.startswith("file:")
    )
    connection.create_function("now", 0, clock, deterministic=True)  # the same instant throughout a statement
    return connection


def _unusable(path: Path | None, error: sqlite3.Error) -> DatabaseError:
    if path and not path.parent.is_dir():
        return DatabaseError(f"{name(path)} has no folder to live in: create the folder {path.parent}.")
    if path and path.is_dir():
        return DatabaseError(f"{name(path)} is a folder: name a file in DATABASE_URL.")
    return explain(error, name(path))
