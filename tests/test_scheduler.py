"""The bell: it rings at the start and whenever its trigger says, and outlives a database that is away."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from apscheduler.triggers.interval import IntervalTrigger

from bot.database import Database
from bot.inbox import Inbox
from bot.scheduler import Bell, Ring, ringing
from bot.settings import Settings, WorkspaceSettings
from bot.store import Store
from tests.clocks import PATIENCE
from tests.desk import row

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    yield opened
    await opened.close()


class Calendar:
    """An appointment whose hour comes when a test says so."""

    def __init__(self) -> None:
        self.due: Ring | None = None
        self.seen: list[Settings] = []
        self.looked = asyncio.Event()

    def __call__(self, settings: Settings, now: datetime) -> Ring | None:
        self.seen.append(settings)
        self.looked.set()
        return self.due

    async def next(self) -> Settings:
        self.looked.clear()
        await asyncio.wait_for(self.looked.wait(), PATIENCE)
        return self.seen[-1]


def bell(database: Database, calendar: Calendar) -> Bell:
    settings = WorkspaceSettings(Store(database), "T1", Settings())
    return Bell(Inbox(database), settings, [calendar], lambda: NOW)


async def test_it_rings_at_the_start_and_then_by_its_trigger(database: Database) -> None:
    calendar = Calendar()
    async with ringing(bell(database, calendar), IntervalTrigger(seconds=0.01)):
        first = len(calendar.seen)
        calendar.due = Ring("digest:1", "digest", {"week": "2026-W47"})
        await calendar.next()
        await calendar.next()

        found = await row(database, "digest:1")
    assert first == 1
    assert (found["queue"], found["body"]) == ("digest", '{"week": "2026-W47"}')


async def test_it_reads_the_settings_anew_each_time(database: Database) -> None:
    calendar = Calendar()
    made = bell(database, calendar)
    await made.ring()
    await made.settings.change("digest_time", "07:00", by="U1")

    await made.ring()

    assert [settings.digest_time for settings in calendar.seen] == ["09:00", "07:00"]


async def test_it_rings_again_where_the_database_was_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    closed = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    made = bell(closed, Calendar())
    await closed.close()

    with caplog.at_level("WARNING", "precis.scheduler"):
        await made.ring()

    assert "The scheduler rings again in a minute." in caplog.text
