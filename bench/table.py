"""A table of figures beside their bars, as `make bench` prints it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

STYLES = {True: "green", False: "bold red", None: ""}
MARKS = {True: " ✓", False: " ✗", None: ""}


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value as people read it. `met` says whether it keeps its bar, None where it has none."""

    text: str
    met: bool | None = None


@dataclass(slots=True)
class Table:
    """What one measurement found: a column for each setting, a row for each quantity, remarks below."""

    title: str
    columns: Sequence[str] = ("measured",)
    rows: list[tuple[str, Sequence[Figure], str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, what: str, *figures: Figure, bar: str = "") -> None:
        self.rows.append((what, figures, bar))

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)

    def show(self, console: Console) -> None:
        console.print()
        console.print(Text(self.title, style="bold"))
        if self.rows:
            console.print(self.grid())
        for sentence in self.notes:
            console.print(Text(sentence, style="dim"))

    def grid(self) -> Grid:
        grid = Grid(box=box.SIMPLE_HEAD)
        grid.add_column("")
        for column in self.columns:
            grid.add_column(column, justify="right", no_wrap=True)
        grid.add_column("bar")
        for what, figures, bar in self.rows:
            cells = [Text(each.text + MARKS[each.met], style=STYLES[each.met]) for each in figures]
            grid.add_row(what, *cells, bar)
        return grid


def figure(form: str, value: float, at_most: float | None = None) -> Figure:
    """A number in the given format, held against the most it may be."""
    return Figure(form.format(value), None if at_most is None else value <= at_most)


def seconds(value: float, at_most: float | None = None) -> Figure:
    return figure("{:.2f} s", value, at_most)


def milliseconds(value: float, at_most: float | None = None) -> Figure:
    """From seconds, both of them."""
    return figure("{:.0f} ms", value * 1000, None if at_most is None else at_most * 1000)


def megabytes(value: float | None, at_most: float | None = None) -> Figure:
    """From bytes; a megabyte is a million of them. None is what this machine does not tell."""
    return Figure("unknown") if value is None else figure("{:.0f} MB", value / 1e6, at_most)


def count(value: float, at_most: float | None = None) -> Figure:
    return figure("{:,.2f}" if value % 1 else "{:,.0f}", value, at_most)


def yes(found: bool) -> Figure:
    return Figure("yes" if found else "no", found)
