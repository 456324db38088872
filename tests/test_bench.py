"""The benchmark: its smallest measurement runs in a process of its own and prints its table."""

import re
from pathlib import Path

from tests import commands


async def run(*arguments: str, cwd: Path) -> tuple[int, str]:
    return await commands.run("-m", "bench", *arguments, cwd=cwd, seconds=120)


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
