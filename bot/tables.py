"""Tables of figures on a terminal."""

from rich.console import Console
from rich.table import Table

WIDEST = 1_000
"""Columns up to which a table may need as many as its cells have."""


def show(console: Console, table: Table) -> None:
    """Print a table as wide as its cells are: where a terminal is narrower it breaks the rows, and no figure is cut."""
    needed = console.measure(table, options=console.options.update(max_width=WIDEST)).maximum
    Console(file=console.file, width=max(console.width, needed)).print(table)
