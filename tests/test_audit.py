"""`python -m bot audit`: every change of the settings, for people and for programs."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bot.database import Database
from bot.store import Store
from tests.commands import run
from tests.test_changes import CHANGE

CHANGES = [
    replace(CHANGE, id="old", changed_at="2025-01-01T08:00:00+00:00", changed_by="operator"),
    replace(CHANGE, id="new", changed_at="2026-11-23T09:00:00+00:00", workspace="T2", reason="why not"),
]


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    database = await Database.open(f"sqlite:///{tmp_path / 'precis.db'}")
    for change in CHANGES:
        await Store(database).change_setting(change)
    await database.close()
    return tmp_path


async def test_it_lists_every_change_the_newest_first(folder: Path) -> None:
    status, output = await run("-m", "bot", "audit", cwd=folder)

    assert status == 0
    assert output.splitlines() == [
        "2026-11-23 09:00 UTC  U1 changed the time zone from as configured to UTC. Reason: why not",
        "2025-01-01 08:00 UTC  The operator changed the time zone from as configured to UTC.",
    ]


async def test_it_lists_the_changes_since_a_day_as_json(folder: Path) -> None:
    status, output = await run("-m", "bot", "audit", "--since", "2026-01-01", "--json", cwd=folder)

    assert (status, json.loads(output)) == (0, [asdict(CHANGES[1])])


async def test_it_says_that_nothing_was_changed(folder: Path) -> None:
    _, output = await run("-m", "bot", "audit", "--since", "2100-01-01", cwd=folder)

    assert output == "Nothing has been changed in that time.\n"
