"""What the commands print about calls: a table for people, JSON for programs."""

from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot import tables
from bot.amounts import plural
from bot.costs import NONE
from bot.purposes import WORK
from bot.store import Call, Totals

TEXTS = ("prompt", "answer")
"""Columns that hold what people wrote: they stay in the database."""


def totals(calls: Sequence[Call]) -> Totals:
    return Totals(
        calls=len(calls),
        failed=sum(call.outcome != "ok" for call in calls),
        input_tokens=sum(call.input_tokens or 0 for call in calls),
        output_tokens=sum(call.output_tokens or 0 for call in calls),
        cost_usd=sum(call.cost_usd or 0.0 for call in calls),
        unpriced=sum(call.input_tokens is not None and call.cost_usd is None for call in calls),
    )


def as_json(calls: Sequence[Call]) -> dict[str, object]:
    rows = [{name: value for name, value in asdict(call).items() if name not in TEXTS} for call in calls]
    return {"calls": rows, "totals": asdict(totals(calls))}


def show_calls(console: Console, calls: Sequence[Call]) -> None:
    """A row per call and a line of totals."""
    if not calls:
        console.print(NONE)
        return
    table = Table("time (UTC)", "task", "model", "input", "output", "cost", "seconds", "outcome", box=None)
    for column in table.columns[:3]:
        column.no_wrap, column.overflow = True, "fold"
    for column in table.columns[3:7]:
        column.justify = "right"
    for call in calls:
        table.add_row(*map(escape, cells(call)))
    tables.show(console, table)
    console.print(summed(totals(calls)))


def cells(call: Call) -> tuple[str, ...]:
    return (
        call.called_at[5:16].replace("T", " "),
        call.task if call.purpose == WORK else f"{call.task} ({call.purpose})",
        call.served_model or call.requested_model,
        number(call.input_tokens),
        number(call.output_tokens),
        dollars(call),
        f"{call.latency_ms / 1000:.1f}",
        outcome(call),
    )


def outcome(call: Call) -> str:
    """How it ended, and whom it stood in for."""
    ended = call.error or call.outcome
    return f"{ended}, instead of {call.instead_of}" if call.instead_of else ended


def number(tokens: int | None) -> str:
    return "" if tokens is None else f"{tokens:,}"


def dollars(call: Call) -> str:
    if call.cost_usd is not None:
        return f"${call.cost_usd:.6f}"
    return "" if call.input_tokens is None else "unknown"


def summed(sums: Totals) -> str:
    tokens = f"{sums.input_tokens:,} input and {sums.output_tokens:,} output tokens"
    unpriced = f", {sums.unpriced} of unknown price" if sums.unpriced else ""
    return f"{plural(sums.calls, 'call')}, {sums.failed:,} failed; {tokens}; ${sums.cost_usd or 0:.6f}{unpriced}"
