"""From launch to connected: how long it takes, what it keeps in memory, and how much of it is imports."""

import asyncio
import os
import sys
import time
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
"""Seconds after connecting, when memory is read."""

IMPORT = "import time; begun = time.perf_counter(); import bot.app, adapters.{}; print(time.perf_counter() - begun)"


async def measure(scale: Scale) -> Table:
    workspace, _ = scene(1)
    found = Table("Start: python -m bot run, one provider configured", NAMES)
    async with staged(workspace) as stage:
        await start(stage, PROVIDERS["offline"], "first")  # compiles what was never imported before
    runs = [await started(PROVIDERS[name], scale.runs) for name in NAMES]
    imports = [median([await imported(name) for _ in range(scale.runs)]) for name in NAMES]
    found.add("launch to connected", *(table.seconds(time, SECONDS) for time, _ in runs), bar=f"< {SECONDS:.0f} s")
    found.add("of which imports", *map(table.seconds, imports))
    found.add("resident memory, idle", *(table.megabytes(size, MEGABYTES) for _, size in runs), bar=f"< {MEGABYTES} MB")
    found.note(f"Median of {scale.runs}; two calls to Slack and a connection are part of a start.")
    return found


async def started(vendor: Vendor, runs: int) -> tuple[float, float | None]:
    """Seconds and bytes, the median of some starts, each at a Slack of its own."""
    found = []
    for number in range(runs):
        async with staged(scene(1)[0]) as stage:
            found.append(await start(stage, vendor, str(number)))
    sizes = [size for _, size in found if size is not None]
    return median(time for time, _ in found), median(sizes) if sizes else None


async def start(stage: Stage, vendor: Vendor, place: str) -> tuple[float, int | None]:
    settings = {"LLM_PROVIDER": vendor.name}
    if vendor.key_variable and vendor.base_url_variable:
        settings |= {vendor.key_variable: KEY, vendor.base_url_variable: stage.model.url}
    begun = time.perf_counter()
    async with launched(stage.slack, stage.place(place), settings) as app:
        took = time.perf_counter() - begun
        await asyncio.sleep(IDLE)
        resident = app.resident()
        await app.stop()
    return took, resident


async def imported(name: str) -> float:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", IMPORT.format(name)),
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return float(output)
