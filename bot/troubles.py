"""What can go wrong with the database, as sentences for people.

    DatabaseError       the database cannot do what was asked
    ├── Lost            nor anything else: its file is no longer the one that was opened
    └── Unavailable     not at the moment: the same call may work later

The text says what to do next and never holds SQL or values. The original error is the `__cause__`.
"""

import logging
import sqlite3

log = logging.getLogger(__name__)

LOST = "{file} was deleted or replaced while Precis was using it: start Precis again."
READ = (
    "{file} still holds the deleted texts, because another program is reading it: "
    "close that program, then run this command again."
)
LOCKED = "{file} is locked by another program: close that program, then try again."
PASSING = {
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_FULL: "{file} has no room left on its disk: free some space, then try again.",
    sqlite3.SQLITE_IOERR: "{file} is on a disk that fails: check the disk, then try again.",
    sqlite3.SQLITE_READONLY: "{file} or its folder is read-only: let Precis write to both, then try again.",
    sqlite3.SQLITE_CANTOPEN: "{file} cannot be opened: let Precis read and write it and its folder, then try again.",
    sqlite3.SQLITE_NOMEM: "{file} gets too little memory: free some, then try again.",
}
LASTING = {
    sqlite3.SQLITE_CORRUPT: "{file} is damaged: restore it from a backup, or point DATABASE_URL at another file.",
    sqlite3.SQLITE_NOTADB: "{file} is not a Precis database: point DATABASE_URL at another file.",
}


class DatabaseError(Exception):
    """The database cannot do what was asked, and asking again does not help."""


class Lost(DatabaseError):
    """The database's path leads to another file or to none, so nothing can be kept: the process must start again."""


class Unavailable(DatabaseError):
    """The database cannot be used at the moment (locked, full, failing disk); nothing was written, unless the call that
    raises this says otherwise."""


class Outage:
    """What the database keeps someone from doing: said in the log once when it begins, and once when it is over."""

    def __init__(self, who: str, what: str) -> None:
        self._who = who
        self._what = what
        self._said: str | None = None

    def note(self, error: DatabaseError | None) -> None:
        """Tell how it went just now."""
        sentence = str(error) if error else None
        if sentence == self._said:
            return
        self._said = sentence
        if sentence:
            log.warning("%s cannot %s. %s", self._who, self._what, sentence)
        else:
            log.warning("%s can %s again.", self._who, self._what)


def explain(error: Exception, file: str) -> DatabaseError:
    """Turn a failure of SQLite, or of Python on the way there, into a sentence that begins with `file`."""
    trouble = code(error)
    explained: DatabaseError
    if trouble in PASSING:
        explained = Unavailable(PASSING[trouble].format(file=file))
    elif trouble in LASTING:
        explained = DatabaseError(LASTING[trouble].format(file=file))
    else:
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        explained = DatabaseError(f"{file} refused a statement ({name}): please report this mistake in Precis.")
    explained.__cause__ = error
    return explained


def code(error: Exception) -> int:
    """The primary result code, without SQLite's finer distinctions; 0 where SQLite was not reached."""
    extended: int = getattr(error, "sqlite_errorcode", 0)
    return extended & 0xFF
