"""The jobs of the night and the morning: each once a day, and what it leaves behind."""

from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.config import Config
from bot.database import Row
from bot.providers import ProviderConfig
from bot.sandbox import Sandbox
from bot.scheduler import daily
from bot.settings import Settings
from handlers import notices
from tests.conftest import ADA, BEN, Start
from tests.support import settled
from tests.vendors import KEY
from tests.weeks import CALL, Office, ring

OLD, RECENT = "2026-10-01T10:00:00+00:00", "2026-11-20T10:00:00+00:00"
MINI = ProviderConfig("openai", "gpt-4o-mini", SecretStr(KEY), None)


@pytest.fixture
def office(slack: Sandbox, settings: Config) -> Office:
    return Office(slack, settings, "2026-11-23 02:59:59")


async def jobs(office: Office, queue: str) -> list[str]:
    async with office.open() as precis:
        rows = await precis.database.read("SELECT id FROM inbox WHERE queue = $1 ORDER BY id", queue)
    return [str(row["id"]) for row in rows]


async def test_it_blanks_at_night_what_has_expired_and_keeps_the_rest(office: Office) -> None:
    async with office.open() as precis:
        await precis.services.inbox.idle()
        store = precis.services.store
        for name, at in (("old", OLD), ("recent", RECENT)):
            await store.log_call(replace(CALL, id=name, called_at=at, prompt="words", answer="words"))
            text: Row = {"corrected_by": ADA, "field": "category", "old": "bug", "new": "other", "text": "words"}
            await precis.database.insert("corrections", text | {"id": name, "triage": "t", "corrected_at": at})
        await ring(precis)
        early = await store.calls()

        office.wind("2026-11-23 03:00")
        await ring(precis)

        late = await store.calls()
        labels = {each.id: (each.new, each.text) for each in await store.corrections()}
    assert [call.prompt for call in early] == ["words", "words"]
    assert {call.id: (call.prompt, call.answer, call.cost_usd) for call in late} == {
        "old": (None, None, 0.01),
        "recent": ("words", "words", 0.01),
    }
    assert labels == {"old": ("other", None), "recent": ("other", "words")}


async def test_it_does_each_job_once_a_day_however_often_it_is_started(office: Office) -> None:
    for moment in ("2026-11-23 05:00", "2026-11-23 05:01", "2026-11-24 02:00", "2026-11-24 09:30"):
        office.wind(moment)
        async with office.open() as precis:
            await precis.services.inbox.idle()

    assert await jobs(office, "purge") == ["purge:2026-11-23", "purge:2026-11-24"]
    assert await jobs(office, "checkpoint") == ["checkpoint:2026-11-23", "checkpoint:2026-11-24"]
    assert await jobs(office, "lifecycle") == ["lifecycle:2026-11-22", "lifecycle:2026-11-23", "lifecycle:2026-11-24"]


async def test_it_empties_the_write_ahead_log(office: Office, tmp_path: Path) -> None:
    async with office.open() as precis:
        await precis.services.inbox.idle()
        await precis.services.store.log_call(replace(CALL, prompt="word " * 100_000))
        before = (tmp_path / "precis.db-wal").stat().st_size

        assert await precis.database.checkpoint()
        assert before > 500_000
        assert (tmp_path / "precis.db-wal").stat().st_size == 0
        assert len(await precis.services.store.calls()) == 1


async def test_it_forgets_jobs_that_were_done_more_than_a_week_ago(office: Office) -> None:
    async with office.open() as precis:
        await precis.services.inbox.idle()
    office.wind("2026-12-02 05:00")
    async with office.open() as precis:
        await precis.services.inbox.idle()

    assert await jobs(office, "purge") == ["purge:2026-12-02"]


async def test_it_tells_each_admin_of_each_warning_once(office: Office) -> None:
    office.config = replace(office.config, provider=MINI, admin_users=(ADA, BEN))
    told = []
    for moment in ("2026-11-23 09:30", "2026-11-24 09:30", "2026-12-08 09:30"):
        office.wind(moment)
        async with office.open() as precis:
            await precis.services.inbox.idle()
            office.clock.wind(5)
            await precis.services.inbox.idle()
        told.append([list(office.slack.workspace.dm(user).messages.values()) for user in (ADA, BEN)])

    assert [[len(each) for each in users] for users in told] == [[1, 1]] * 3
    assert told[0][0][0]["text"].startswith("gpt-4o-mini shuts down on 2027-01-14, 52 days; successor gpt-6-luna")


@pytest.mark.parametrize("told_before", [True, False])
async def test_it_tells_an_admin_once_though_slacks_answers_are_lost(
    slack: Sandbox, start: Start, told_before: bool
) -> None:
    async with start(admin_users=(ADA,)) as precis:
        if told_before:
            await notices.tell("first", "Something changes.", precis.services)
            await settled(slack, precis)
        slack.fail("chat.postMessage", lost=True, times=2)
        await notices.tell("second", "Something else changes.", precis.services)
        await settled(slack, precis)

    said = [message["text"] for message in slack.workspace.history(slack.workspace.dm(ADA).id)]
    assert said == [*["Something changes."] * told_before, "Something else changes."]
    repeated = [call.method for call in slack.calls if call.method in ("chat.postMessage", "chat.delete")]
    assert repeated == ["chat.postMessage"] * 2 if told_before else ["chat.postMessage"] * 3 + ["chat.delete"] * 2


async def test_it_leaves_an_admin_one_message_though_the_other_could_not_be_deleted_at_once(
    slack: Sandbox, start: Start
) -> None:
    async with start(admin_users=(ADA,)) as precis:
        slack.fail("chat.postMessage", lost=True)
        slack.fail("chat.delete", error="internal_error")
        await notices.tell("first", "Something changes.", precis.services)
        await settled(slack, precis)

    assert [message["text"] for message in slack.workspace.history(slack.workspace.dm(ADA).id)] == [
        "Something changes."
    ]


def test_it_takes_the_last_hour_that_has_come() -> None:
    last, berlin = daily("purge", time(3)), Settings(timezone="Europe/Berlin")

    before = last(berlin, datetime(2026, 11, 23, 1, 59, tzinfo=UTC))
    after = last(berlin, datetime(2026, 11, 23, 2, 0, tzinfo=UTC))

    assert before is not None
    assert after is not None
    assert (before.id, after.id) == ("purge:2026-11-22", "purge:2026-11-23")
