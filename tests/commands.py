"""The project's commands, run as an operator does: in a folder of their own, with nothing else in the environment."""

import asyncio
import os
import sys
from pathlib import Path

from tests.conftest import ROOT


async def run(*arguments: str, cwd: Path, seconds: float = 60) -> tuple[int, str]:
    """`python` with these arguments: its exit status, and all that it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), seconds)
    assert process.returncode is not None
    return process.returncode, output.decode()
