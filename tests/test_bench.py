"""The benchmark: its smallest measurement runs in a process of its own and prints its table."""

import asyncio
import os
import re
import sys
from pathlib import Path

from tests.conftest import ROOT


async def run(*arguments: str, cwd: Path) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench", *arguments),
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode is not None
    return process.returncode, output.decode()


async def test_it_prints_its_figures_beside_their_bars(tmp_path: Path) -> None:
    status, output = await run("load", "--quick", cwd=tmp_path)

    rows = {what: figures for what, *figures in (re.split(r" {2,}", line.strip()) for line in output.splitlines())}
    assert status == 0, output
    assert "rate limits are off" in output
    assert rows["lost"] == rows["doubled"] == ["0 ✓", "0 ✓", "0"], output
    assert rows["model calls per summary"] == ["1", "1"], output
    assert list(tmp_path.iterdir()) == []


async def test_it_says_how_to_measure_what_needs_the_registry(tmp_path: Path) -> None:
    status, output = await run("disk", cwd=tmp_path)

    assert status == 0, output
    assert "BENCH_DISK=1" in output
