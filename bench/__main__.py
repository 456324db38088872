"""`python -m bench [name ...]`: measure some or all, and print each table as soon as it is known."""

import asyncio
import os
import platform
import sys
from collections.abc import Awaitable, Callable

import click
from rich.console import Console

from bench import again, conversation, digest, disk, faults, incident, load, rules, start
from bench.process import NotStarted
from bench.stage import FULL, QUICK, SLACK_SECONDS, Scale
from bench.table import Table

MEASUREMENTS: dict[str, Callable[[Scale], Awaitable[Table]]] = {
    "load": load.measure,
    "conversation": conversation.measure,
    "again": again.measure,
    "start": start.measure,
    "faults": faults.measure,
    "digest": digest.measure,
    "incident": incident.measure,
    "rules": rules.measure,
    "disk": disk.measure,
}
LONGEST = 1_200.0
"""Seconds that one measurement may take."""

WIDTH = 110


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(MEASUREMENTS)))
@click.option("--quick", is_flag=True, help="Small numbers and a fast model: whether it works, not how well.")
def main(names: tuple[str, ...], quick: bool) -> None:
    """Measure Precis on this machine, without a network or a key: all of it, or what is named."""
    sys.exit(asyncio.run(measured(names or tuple(MEASUREMENTS), QUICK if quick else FULL)))


async def measured(names: tuple[str, ...], scale: Scale) -> int:
    """Print a table for each; 1 where something could not be measured at all, whatever the figures are."""
    console = Console(width=WIDTH, highlight=False)
    console.print(machine(), style="dim")
    console.print(
        f"Slack takes {SLACK_SECONDS * 1000:.0f} ms per call, its rate limits are off; the model takes "
        f"{scale.model_seconds} s per call; both on 127.0.0.1, over Socket Mode.",
        style="dim",
    )
    status = 0
    for name in names:
        try:
            async with asyncio.timeout(LONGEST):
                found = await MEASUREMENTS[name](scale)
        except (NotStarted, TimeoutError, RuntimeError) as problem:
            found = Table(name, notes=[f"could not be measured: {type(problem).__name__} {problem}"])
            status = 1
        found.show(console)
    return status


def machine() -> str:
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} processors, load {busy}"


if __name__ == "__main__":
    main()
