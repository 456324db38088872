"""How much disk the run environment takes: `requirements.lock` installed into an empty environment."""

import asyncio
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import table
from bench.process import ROOT
from bench.stage import Scale
from bench.table import Table

MEGABYTES = 250


async def measure(scale: Scale) -> Table:
    found = Table("Disk: the run environment, requirements.lock in an empty virtual environment")
    if os.environ.get("BENCH_DISK") != "1":
        found.note("skipped: it needs the package registry. Measure it with BENCH_DISK=1 python -m bench disk")
        return found
    with TemporaryDirectory(prefix="precis-bench-") as folder:
        await run(sys.executable, "-m", "venv", folder)
        empty = size(Path(folder))
        lock = ROOT / "requirements.lock"
        pip = (f"{folder}/bin/python", "-m", "pip", "--quiet", "--disable-pip-version-check")
        await run(*pip, "install", "--require-hashes", "-r", str(lock))
        whole = size(Path(folder))
    found.add("disk used", table.megabytes(whole, MEGABYTES), bar=f"< {MEGABYTES} MB")
    found.add("of which the empty environment with pip", table.megabytes(empty))
    return found


async def run(*command: str) -> None:
    """Raises `RuntimeError` where the command fails."""
    process = await asyncio.create_subprocess_exec(*command)
    try:
        if await process.wait():
            raise RuntimeError(f"{' '.join(command[1:4])} failed")
    finally:
        if process.returncode is None:
            process.kill()


def size(folder: Path) -> int:
    """Bytes of disk that a folder takes, links not followed."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))
