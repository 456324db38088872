"""What the command `costs` prints: a table for people, JSON and CSV for programs."""

import csv
import io
from dataclasses import asdict, fields

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot import tables
from bot.amounts import NOTHING, UNKNOWN, money, seconds
from bot.purposes import WORK
from bot.store import By, Costs, Line

NOBODY = "(none)"
"""Stands for the channel or the user of calls that belong to none."""

FIGURES = ("calls", "failed", "input", "cached", "output", "cost", "unpriced", "p50", "p95")
NONE = "No calls in that time."
QUANTILES = "p50 and p95 are latencies by nearest rank, over the calls that were answered."


def as_json(costs: Costs | None, by: By) -> dict[str, object]:
    """Every figure; `total` is null where there are no calls."""
    if costs is None:
        return {"by": by, "lines": [], "total": None}
    return {"by": by, "lines": [asdict(line) for line in costs.lines], "total": asdict(costs.total)}


def as_csv(costs: Costs | None) -> str:
    """A header and the lines without the total, which a sheet adds up by itself."""
    written = io.StringIO()
    writer = csv.DictWriter(written, [field.name for field in fields(Line)])
    writer.writeheader()
    writer.writerows(asdict(line) for line in (costs.lines if costs else ()))
    return written.getvalue()


def show(console: Console, costs: Costs | None, by: By) -> None:
    """A row per line, the total beneath."""
    if costs is None:
        console.print(NONE)
        return
    table = Table(by, *FIGURES, box=None, show_footer=True)
    table.columns[0].no_wrap, table.columns[0].overflow = True, "fold"
    for column in table.columns[1:]:
        column.justify = "right"
    for line in costs.lines:
        table.add_row(*map(escape, cells(line)))
    for column, cell in zip(table.columns, cells(costs.total), strict=True):
        column.footer = cell
    tables.show(console, table)
    if costs.total.unpriced:
        console.print(f"{costs.total.unpriced:,} of unknown price, which the costs leave out.")
    console.print(QUANTILES)


def cells(line: Line) -> tuple[str, ...]:
    return (
        f"trials ({line.purpose})" if line.purpose not in (WORK, "") else line.name or NOBODY,
        f"{line.calls:,}",
        f"{line.failed:,}",
        f"{line.input_tokens:,}",
        f"{line.cached_tokens:,}",
        f"{line.output_tokens:,}",
        cost(line),
        f"{line.unpriced:,}" if line.unpriced else "",
        seconds(line.p50_ms),
        seconds(line.p95_ms),
    )


def cost(line: Line) -> str:
    if line.cost_usd is not None:
        return money(line.cost_usd)
    return UNKNOWN if line.unpriced else NOTHING
