"""From launch to connected: how long it takes, what it keeps in memory, and how much of it is imports."""

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from statistics import median

from adapters import PROVIDERS, Vendor
from bench import table
from bench.process import ROOT, launched
from bench.stage import Scale, Stage, scene, staged
from bench.table import Table
from tests.vendors import KEY

NAMES = ("claude", "openai", "gemini")
SECONDS = 2.0
MEGABYTES = 110
IDLE = 1.0
"""Seconds after it is ready, when memory is read."""

IMPORT = "import time; begun = time.perf_counter(); import bot.app, adapters.{}; print(time.perf_counter() - begun)"


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds from launch until it was connected and until it could ask its model, and bytes of memory then."""

    connected: float
    ready: float
    resident: int | None


async def measure(scale: Scale) -> Table:
    workspace, _ = scene(1)
    found = Table("Start: python -m bot run, one provider configured", NAMES)
    async with staged(workspace) as stage:
        await start(stage, PROVIDERS["offline"], "first")  # compiles what was never imported before
    runs = [await started(PROVIDERS[name], scale.runs) for name in NAMES]
    imports = [median([await imported(name) for _ in range(scale.runs)]) for name in NAMES]
    found.add(
        "launch to connected",
        *(table.seconds(median(each.connected for each in starts), SECONDS) for starts in runs),
        bar=f"< {SECONDS:.0f} s",
    )
    found.add(
        "launch to ready to ask the model", *(table.seconds(median(each.ready for each in starts)) for starts in runs)
    )
    found.add("of which imports", *map(table.seconds, imports))
    found.add(
        "resident memory, idle", *(table.megabytes(idle(starts), MEGABYTES) for starts in runs), bar=f"< {MEGABYTES} MB"
    )
    found.note(f"Median of {scale.runs}; two calls to Slack and a connection are part of a start.")
    return found


async def started(vendor: Vendor, runs: int) -> list[Start]:
    """Some starts, each at a Slack of its own."""
    found = []
    for number in range(runs):
        async with staged(scene(1)[0]) as stage:
            found.append(await start(stage, vendor, str(number)))
    return found


def idle(starts: list[Start]) -> float | None:
    sizes = [each.resident for each in starts if each.resident is not None]
    return median(sizes) if sizes else None


async def start(stage: Stage, vendor: Vendor, place: str) -> Start:
    settings = {"LLM_PROVIDER": vendor.name}
    if vendor.key_variable and vendor.base_url_variable:
        settings |= {vendor.key_variable: KEY, vendor.base_url_variable: stage.model.url}
    begun = time.perf_counter()
    async with launched(stage.slack, stage.place(place), settings) as app:
        connected = time.perf_counter() - begun
        await app.ready()
        ready = time.perf_counter() - begun
        await asyncio.sleep(IDLE)
        resident = app.resident()
        await app.stop()
    return Start(connected, ready, resident)


async def imported(name: str) -> float:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", IMPORT.format(name)),
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return float(output)
