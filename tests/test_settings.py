"""The settings of a workspace: defaults, changes that hold at once for every process, and a record of each."""

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.database import Database
from bot.settings import OPERATOR, Settings, WorkspaceSettings
from bot.store import Store

DEFAULTS = Settings(triage_channels=("C0SUPPORT1",), daily_budget_usd=5)
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


class Clock:
    moment = NOON

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    database = await Database.open(f"sqlite:///{tmp_path / 'precis.db'}")
    yield Store(database)
    await database.close()


@pytest.fixture
def settings(store: Store, clock: Clock) -> WorkspaceSettings:
    return WorkspaceSettings(store, "T1", DEFAULTS, now=clock)


async def test_it_holds_the_defaults_until_something_is_set(settings: WorkspaceSettings) -> None:
    assert await settings.read() == DEFAULTS


async def test_it_changes_one_field_and_leaves_the_others(settings: WorkspaceSettings) -> None:
    changed = await settings.change("daily_budget_usd", 2.5, by="U1")

    assert changed == await settings.read() == DEFAULTS.model_copy(update={"daily_budget_usd": 2.5})


async def test_it_holds_at_once_for_every_process(settings: WorkspaceSettings, tmp_path: Path, clock: Clock) -> None:
    other = await Database.open(f"sqlite:///{tmp_path / 'precis.db'}")
    elsewhere = WorkspaceSettings(Store(other), "T1", DEFAULTS)
    assert (await elsewhere.read()).quiet_channels == ()

    await settings.change("quiet_channels", ["C0QUIET001"], by="U1")
    assert (await elsewhere.read()).quiet_channels == ("C0QUIET001",)
    await settings.change("quiet_channels", None, by="U1")
    assert (await elsewhere.read()).quiet_channels == ()
    await other.close()


async def test_it_keeps_workspaces_apart(settings: WorkspaceSettings, store: Store) -> None:
    await settings.change("daily_budget_usd", 1, by="U1")

    assert await WorkspaceSettings(store, "T2", DEFAULTS).read() == DEFAULTS


async def test_it_writes_down_who_changed_what_and_why(settings: WorkspaceSettings, store: Store, clock: Clock) -> None:
    await settings.change("daily_budget_usd", 2, by="U1", reason="too dear")
    clock.moment += timedelta(minutes=1)
    await settings.change("daily_budget_usd", None, by=OPERATOR)

    reset, first = await store.changes("T1")
    assert (first.changed_by, first.name, first.old, first.new, first.reason) == (
        "U1",
        "daily_budget_usd",
        None,
        "2.0",
        "too dear",
    )
    assert (reset.changed_by, reset.old, reset.new) == (OPERATOR, "2.0", None)
    assert first.changed_at == "2026-11-28T12:00:00+00:00"


async def test_it_writes_nothing_down_where_nothing_changes(settings: WorkspaceSettings, store: Store) -> None:
    await settings.change("daily_budget_usd", None, by="U1")
    await settings.change("categories", settings.defaults.categories, by="U1")
    await settings.change("categories", settings.defaults.categories, by="U2")

    [change] = await store.changes("T1")
    assert (change.changed_by, change.name) == ("U1", "categories")


async def test_it_knows_what_it_made_under_an_id_where_that_is_asked_for_again(
    settings: WorkspaceSettings, store: Store
) -> None:
    for _ in range(2):
        await settings.change("digest_day", "fri", by="U1", id="job")

    change = await store.change("job")
    assert change is not None
    assert (change.old, change.new) == (None, '"fri"')


@pytest.mark.parametrize(
    ("name", "value"),
    [("daily_budget_usd", -1), ("requests_per_user_hour", 0), ("triage_channels", ["#support"]), ("categories", [])],
)
async def test_it_refuses_a_value_that_the_field_does_not_take(
    settings: WorkspaceSettings, store: Store, name: str, value: object
) -> None:
    with pytest.raises(ValidationError):
        await settings.change(name, value, by="U1")

    assert await settings.read() == DEFAULTS
    assert await store.changes("T1") == []


async def test_it_goes_on_with_the_default_where_it_cannot_read_a_value(
    settings: WorkspaceSettings, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    put = "INSERT INTO settings (workspace, name, value, changed_at, changed_by) VALUES ('T1', $1, $2, '', 'U1')"
    await store.database.write(put, "daily_budget_usd", '"a secret"')
    await store.database.write(put, "digest_channel", '"C0DIGEST01"')
    await store.database.write(put, "a_setting_of_tomorrow", "1")

    with caplog.at_level(logging.ERROR):
        found = [await settings.read() for _ in range(3)]

    assert found[0] == DEFAULTS.model_copy(update={"digest_channel": "C0DIGEST01"})
    assert len(caplog.records) == 1
    assert "daily_budget_usd" in caplog.text
    assert "secret" not in caplog.text
