"""One row of what a check found."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a checked thing is. Only a problem keeps Precis from working."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was checked, how it is, and one plain sentence that says what to do where there is something to do.

    The sentence never holds a key, an address that may hold one, or what a vendor wrote.
    """

    what: str
    state: State
    sentence: str


def ok(what: str, sentence: str) -> Finding:
    return Finding(what, State.OK, sentence)


def warning(what: str, sentence: str) -> Finding:
    return Finding(what, State.WARNING, sentence)


def problem(what: str, sentence: str) -> Finding:
    return Finding(what, State.PROBLEM, sentence)
