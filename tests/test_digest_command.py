"""`python -m bot digest`: the figures of a week on the command line, and posting them once."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import Precis
from bot.config import Config
from bot.digest import order
from bot.sandbox import Sandbox
from bot.week import Week
from tests import commands
from tests.weeks import DEFAULTS, REPORTS, Office, calls, logged, waiting

ENV = f"DIGEST_CHANNEL={REPORTS}\nTIMEZONE=Europe/Berlin\nDIGEST_DAY=sun\nDIGEST_TIME=23:59\n"
"""Late in the week, so that nothing is posted by itself."""


async def run(*arguments: str, cwd: Path) -> tuple[int, str]:
    return await commands.run("-m", "bot", "digest", *arguments, cwd=cwd)


@pytest.fixture
def office(slack: Sandbox, settings: Config) -> Office:
    found = Office(slack, settings, "2026-11-23 08:00")
    late = DEFAULTS.model_copy(update={"digest_day": "sun", "digest_time": "23:59"})
    found.config = replace(found.config, settings=late)
    return found


@pytest.fixture(autouse=True)
async def precis(office: Office, tmp_path: Path) -> AsyncIterator[Precis]:
    """Three calls in 2026-W47, in a database that the commands find too."""
    (tmp_path / ".env").write_text(ENV)
    async with office.open() as running:
        await logged(running, calls(3))
        yield running


async def test_it_shows_a_week(office: Office, tmp_path: Path) -> None:
    status, output = await run("--week", "2026-W47", cwd=tmp_path)

    assert status == 0, output
    assert "In week 47 (16 November to 22 November 2026) 3 calls to models cost $0.03." in output
    assert "GPT-4o mini" in output
    assert "Where it went: C0GENERAL1 $0.03. No budget is set." in output


async def test_it_gives_the_same_figures_as_json(office: Office, tmp_path: Path) -> None:
    status, output = await run("--week", "2026-w47", "--json", cwd=tmp_path)

    assert status == 0, output
    found = json.loads(output)
    assert (found["week"], found["timezone"], found["total"]["calls"]) == ("2026-W47", "Europe/Berlin", 3)
    assert [model["model"] for model in found["models"]] == ["openai/gpt-4o-mini"]


async def test_it_says_in_one_line_that_a_week_is_empty(office: Office, tmp_path: Path) -> None:
    status, output = await run("--week", "2026-W40", cwd=tmp_path)

    assert (status, output) == (
        0,
        "In week 40 (28 September to 4 October 2026) no model was asked, so there is nothing to compare.\n",
    )


async def test_it_has_the_bot_post_at_once_and_only_once(office: Office, tmp_path: Path) -> None:
    first = await run("--week", "2026-W46", "--post", cwd=tmp_path)
    second = await run("--week", "2026-W46", "--post", cwd=tmp_path)

    assert first[0] == 0, first[1]
    assert f"It is posted in {REPORTS}." in first[1]
    assert second[0] == 1
    assert f"The digest of 2026-W46 was posted in {REPORTS}" in second[1]
    assert ["week 46" in post["text"] for post in office.posts()] == [True]


async def given_up(office: Office, precis: Precis) -> None:
    """Order a digest that Slack refuses, until it is tried no more."""
    ring = order("T0SANDBOX", Week(2026, 46), precis.services.now(), asked=True)
    await precis.services.inbox.put(ring.id, ring.queue, ring.body)
    for _ in range(8):
        await precis.services.inbox.idle()
        office.clock.wind(10)
    assert await waiting(precis) == []


async def test_it_has_the_bot_post_what_was_given_up(office: Office, precis: Precis, tmp_path: Path) -> None:
    office.slack.fail("chat.postMessage", error="not_in_channel", times=5)
    await given_up(office, precis)

    _, output = await run("--week", "2026-W46", "--post", cwd=tmp_path)

    assert f"It is posted in {REPORTS}." in output
    assert ["week 46" in post["text"] for post in office.posts()] == [True]


async def test_it_finds_the_post_of_a_digest_that_was_given_up(office: Office, precis: Precis, tmp_path: Path) -> None:
    office.slack.fail("chat.postMessage", lost=True)
    office.slack.fail("conversations.history", error="not_in_channel", times=4)
    await given_up(office, precis)

    _, output = await run("--week", "2026-W46", "--post", cwd=tmp_path)

    assert f"It is posted in {REPORTS}." in output
    assert ["week 46" in post["text"] for post in office.posts()] == [True]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--week", "2026-W60"), "'2026-W60' is not a week such as 2026-W47."),
        (("--week", "2099-W01", "--post"), "2099-W01 is not over yet"),
    ],
)
async def test_it_refuses_a_week_that_cannot_be_shown_or_posted(
    office: Office, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    status, output = await run(*arguments, cwd=tmp_path)

    assert status == 2
    assert words in output
    assert office.posts() == []


async def test_it_says_what_is_missing_to_post(office: Office, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TIMEZONE=Europe/Berlin\n")

    status, output = await run("--week", "2026-W47", "--post", cwd=tmp_path)

    assert status == 2
    assert "set DIGEST_CHANNEL to its id" in output


@pytest.mark.parametrize("line", ["DIGEST_DAY=someday", "DIGEST_TIME=9", "TIMEZONE=Mars/Base"])
async def test_it_names_the_variable_that_is_wrong(office: Office, tmp_path: Path, line: str) -> None:
    (tmp_path / ".env").write_text(line)

    status, output = await run(cwd=tmp_path)

    assert status == 2
    assert f"{line.partition('=')[0]} must be" in output
