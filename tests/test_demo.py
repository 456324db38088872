"""The demo, as the README's first command runs it."""

from pathlib import Path

import pytest

from bot import demo
from bot.sandbox import Workspace
from tests import commands


async def run(*arguments: str, cwd: Path) -> tuple[int, str]:
    return await commands.run("-W", "error", "-m", "bot", "demo", *arguments, cwd=cwd)


async def test_it_shows_three_answers_and_the_call_log(tmp_path: Path) -> None:
    status, output = await run(cwd=tmp_path)

    assert status == 0, output
    assert "Orchard Freight on Saturday" in output
    assert output.count("no second call") == 2
    assert output.count("only you can see this") == 2
    assert output.count("Precis · a window") == 1
    assert output.count("in the thread, for everyone") == 1
    assert "1 call, 0 failed" in output
    assert list(tmp_path.iterdir()) == []


async def test_it_summarises_a_thread_of_a_real_export(tmp_path: Path, data: Path) -> None:
    export = data / "slack-export-hyperledger" / "export"
    workspace = Workspace.from_export(export)
    channel = max(workspace.channels.values(), key=lambda each: max(map(len, each.threads.values()), default=0))
    root = max(channel.threads, key=lambda each: len(channel.threads[each]))

    status, output = await run("--export", str(export), "--thread", f"{channel.name}/{root}", cwd=tmp_path)

    assert status == 0, output
    assert "Its links work while the demo runs; they opened:" in output
    assert "1 call, 0 failed" in output


@pytest.mark.parametrize("thread", ["no-such-channel/1.2", "release-planning/1.2"])
async def test_it_says_which_threads_there_are(tmp_path: Path, thread: str) -> None:
    status, output = await run("--export", str(demo.SHIPPED), "--thread", thread, cwd=tmp_path)

    assert status == 2
    assert "release-planning" in output
    assert "Traceback" not in output


async def test_it_needs_a_key_for_a_vendor(tmp_path: Path) -> None:
    status, output = await run("--provider", "claude", cwd=tmp_path)

    assert status == 2
    assert "ANTHROPIC_API_KEY is missing" in output
