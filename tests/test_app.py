"""The whole process, as an operator runs it: starting, refusing to start, stopping, being killed."""

import asyncio
import logging
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from bot.app import StartError
from bot.database import Database
from bot.sandbox import Sandbox
from bot.store import Store
from tests.clocks import PATIENCE
from tests.conftest import ADA, GENERAL, ROOT, Start
from tests.test_tldr import link
from tests.vendors import KEY, ClaudeServer

SUMMARY = {
    "headline": "They roll back at 14:00.",
    "points": [{"text": "Fonts are missing.", "sources": [2]}],
    "decisions": [],
    "actions": [],
    "open_questions": [],
}


@asynccontextmanager
async def launched(slack: Sandbox, folder: Path, **extra: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m bot run` in a folder of its own, with nothing in its environment but what is given."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"),
        cwd=folder,
        env=environment | extra,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def ended(process: asyncio.subprocess.Process) -> tuple[int, str]:
    _, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode is not None
    return process.returncode, errors.decode()


@asynccontextmanager
async def claude(folder: Path) -> AsyncIterator[tuple[ClaudeServer, dict[str, str]]]:
    async with ClaudeServer() as server:
        server.answer(SUMMARY)
        yield server, {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": server.url}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_finishes_what_runs_and_exits_0_on_a_signal(
    slack: Sandbox, thread: str, tmp_path: Path, number: signal.Signals
) -> None:
    async with claude(tmp_path) as (server, keys), launched(slack, tmp_path, **keys) as process:
        server.latency = 1.0
        await slack.connected()
        asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
        await asyncio.wait_for(server.arrived.wait(), PATIENCE)
        process.send_signal(number)
        status, errors = await ended(process)

    assert status == 0, errors
    assert "Traceback" not in errors
    [answer] = asked.answers
    assert "They roll back" in answer["text"]


async def test_it_answers_once_when_it_is_killed_during_the_call(slack: Sandbox, thread: str, tmp_path: Path) -> None:
    async with claude(tmp_path) as (server, keys):
        server.latency = 1.0
        async with launched(slack, tmp_path, **keys) as process:
            await slack.connected()
            asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
            await asyncio.wait_for(server.arrived.wait(), PATIENCE)
            process.kill()
            await process.wait()
        async with launched(slack, tmp_path, **keys):
            await asked.answered()

    assert len(asked.answers) == 1
    assert len(server.received) == 2


async def test_it_keeps_the_answer_of_a_call_when_slack_fails_afterwards(
    slack: Sandbox, thread: str, tmp_path: Path
) -> None:
    async with claude(tmp_path) as (server, keys), launched(slack, tmp_path, **keys):
        await slack.connected()
        slack.fail("response_url", status=503, times=2)
        asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
        await asked.answered()

    assert len(server.received) == 1


async def test_it_gives_up_with_a_plain_message_when_slack_keeps_failing(
    slack: Sandbox, thread: str, tmp_path: Path
) -> None:
    slack.fail("conversations.replies", error="internal_error", times=50)
    async with launched(slack, tmp_path, LLM_PROVIDER="offline"):
        await slack.connected()
        asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
        await asked.answered()

    assert "tried several times" in asked.answers[0]["text"]


async def test_it_logs_no_text_and_no_secret(slack: Sandbox, thread: str, tmp_path: Path) -> None:
    async with claude(tmp_path) as (server, keys):
        server.then(server.problem("bad_request"))
        async with launched(slack, tmp_path, LOG_LEVEL="DEBUG", **keys) as process:
            await slack.connected()
            for _ in range(2):
                asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
                await asked.answered()
            slack.disconnect("refresh_requested")
            await asyncio.sleep(1.2)  # the time in which the lost connection is noticed
            process.terminate()
            _, errors = await ended(process)

    assert "connected to" in errors
    for secret in (KEY, slack.bot_token, slack.app_token, "ticket=", "blank page", "roll back"):
        assert secret not in errors


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SLACK_BOT_TOKEN", "xoxb-wrong", "does not accept SLACK_BOT_TOKEN"),
        ("SLACK_APP_TOKEN", "xapp-wrong", "does not accept SLACK_APP_TOKEN"),
        ("DATABASE_URL", "sqlite:////no/such/folder/precis.db", "folder"),
        ("DATABASE_URL", "postgresql://localhost/precis", "DATABASE_URL"),
        ("LLM_PROVIDER", "clod", "claude, openai, gemini"),
    ],
)
async def test_it_refuses_to_start_with_a_sentence_and_status_2(
    slack: Sandbox, tmp_path: Path, variable: str, value: str, said: str
) -> None:
    async with launched(slack, tmp_path, **{"LLM_PROVIDER": "offline", variable: value}) as process:
        status, errors = await ended(process)

    assert status == 2
    assert said in errors
    assert "Traceback" not in errors
    assert value not in errors or variable == "DATABASE_URL"


async def test_it_says_that_slack_cannot_be_reached(slack: Sandbox, tmp_path: Path) -> None:
    async with launched(slack, tmp_path, LLM_PROVIDER="offline", SLACK_API_URL="http://127.0.0.1:9/api/") as process:
        status, errors = await ended(process)

    assert status == 1
    assert "cannot be reached" in errors
    assert "Traceback" not in errors


async def test_it_closes_everything_when_it_cannot_start(start: Start) -> None:
    with pytest.raises(StartError):
        async with start(slack_api_url="http://127.0.0.1:9/api/"):
            pytest.fail("it started")


async def test_it_acknowledges_before_the_work_is_done(slack: Sandbox, thread: str, tmp_path: Path) -> None:
    async with claude(tmp_path) as (server, keys), launched(slack, tmp_path, **keys):
        server.latency = 5.0
        await slack.connected()
        asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)

    assert asked.ok
    assert asked.answers == []


async def test_it_keeps_no_text_where_retention_is_0(slack: Sandbox, thread: str, tmp_path: Path) -> None:
    async with (
        claude(tmp_path) as (server, keys),
        launched(slack, tmp_path, CONTENT_RETENTION_DAYS="0", **keys) as process,
    ):
        await slack.connected()
        asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
        await asked.answered()
        process.terminate()
        await ended(process)

    database = await Database.open(f"sqlite:///{tmp_path / 'precis.db'}")
    [call] = await Store(database).calls()
    await database.close()
    assert (call.prompt, call.answer, call.outcome) == (None, None, "ok")
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("precis.db*"))
    assert b"blank page" not in stored


async def test_it_leaves_quietly_when_stopped_while_it_starts(slack: Sandbox, tmp_path: Path) -> None:
    async with launched(slack, tmp_path, LLM_PROVIDER="offline") as process:
        await asyncio.sleep(0.5)  # in the middle of its imports
        process.send_signal(signal.SIGINT)
        status, errors = await ended(process)

    assert status == 0, errors
    assert "Traceback" not in errors


async def test_it_says_that_its_port_is_taken(slack: Sandbox, tmp_path: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = str(taken.getsockname()[1])
        async with launched(slack, tmp_path, LLM_PROVIDER="offline", HEALTH_PORT=port) as process:
            status, errors = await ended(process)

    assert status == 2
    assert f"Port {port} is taken" in errors
    assert "Traceback" not in errors


async def test_it_calls_a_fault_of_slacks_by_its_name(slack: Sandbox, tmp_path: Path) -> None:
    slack.fail("auth.test", status=503, times=5)
    async with launched(slack, tmp_path, LLM_PROVIDER="offline") as process:
        status, errors = await ended(process)

    assert status == 1
    assert "fault at the moment" in errors or "cannot be reached" in errors


async def test_it_ends_when_slack_withdraws_its_token(slack: Sandbox, tmp_path: Path) -> None:
    async with launched(slack, tmp_path, LLM_PROVIDER="offline") as process:
        await slack.connected()
        slack.fail("apps.connections.open", error="token_revoked", times=50)
        slack.close_sockets()
        status, errors = await ended(process)

    assert status == 2
    assert "does not accept SLACK_APP_TOKEN any more" in errors


async def test_it_logs_a_call_whose_row_could_not_be_written_at_once(
    slack: Sandbox, thread: str, tmp_path: Path
) -> None:
    async with claude(tmp_path) as (server, keys), launched(slack, tmp_path, **keys):
        server.latency = 1.0
        await slack.connected()
        asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
        await asyncio.wait_for(server.arrived.wait(), PATIENCE)
        with closing(sqlite3.connect(tmp_path / "precis.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            await asyncio.sleep(4.0)  # longer than a write waits
            other.execute("ROLLBACK")
        await asked.answered()

    assert len(asked.answers) == 1
    assert len(server.received) == 1


async def test_it_leaves_the_level_of_the_log_to_the_operator(slack: Sandbox, start: Start) -> None:
    """With each request, Bolt gives the logger that is called as its app the level of Bolt's own."""
    log = logging.getLogger("precis")
    log.setLevel("INFO")
    async with start():
        await slack.connected()
        await slack.person(ADA).command("/tldr", "help", channel=GENERAL)
        level = log.level
    log.setLevel("NOTSET")

    assert level == logging.INFO
