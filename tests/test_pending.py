"""The pending report: what is urgent and open, told on weekdays at 16:00, once in each support channel."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot import pending
from bot.app import Precis
from bot.config import Config
from bot.sandbox import Sandbox, Workspace
from bot.scheduler import Bell
from bot.settings import Settings
from handlers import appointments
from handlers.pending import REPORT
from tests.clocks import PATIENCE, Fast
from tests.conftest import ADA, BEN, GENERAL, GUEST
from tests.support import BILLING, BUG, QUIET, SPEED, SUPPORT, THANKS, by_words, cards, furnish, settled, sorting
from tests.vendors import OpenAIServer

FRIDAY = datetime(2026, 11, 27, tzinfo=UTC)
URGENT = BUG | {"urgency": "p1", "category": "account"}


@pytest.fixture
async def clock() -> AsyncIterator[Fast]:
    """Noon on a Friday; time passes faster, and tests move the hands."""
    async with Fast.running(SPEED) as made:
        made.now = at(hours=12).timestamp()
        yield made


@pytest.fixture
async def app(slack: Sandbox, workspace: Workspace, settings: Config, clock: Fast) -> AsyncIterator[Precis]:
    furnish(workspace)
    async with OpenAIServer() as server:
        server.answer(by_words({"locked": URGENT, "invoice": BILLING, "thanks": THANKS}))
        async with sorting(settings, server, clock=clock) as precis:
            await precis.services.settings.change("pending_report", True, by=ADA)
            await slack.connected()
            yield precis


def at(*, days: int = 0, hours: float = 0.0) -> datetime:
    return FRIDAY + timedelta(days=days, hours=hours)


async def say(slack: Sandbox, precis: Precis, user: str, text: str, channel: str = SUPPORT) -> str:
    ts = await slack.person(user).say(channel, text)
    await settled(slack, precis)
    return ts


async def wind(slack: Sandbox, precis: Precis, clock: Fast, moment: datetime) -> None:
    """Wind the clock to a moment, ring as the scheduler does, and wait for what comes of it."""
    clock.now = moment.timestamp()
    services = precis.services
    await Bell(services.inbox, services.settings, appointments(services), services.now).ring()
    await settled(slack, precis)


def reports(slack: Sandbox, channel: str = SUPPORT) -> list[dict[str, Any]]:
    return [post for post in slack.person(ADA).sees(channel) if "still open" in post.get("text", "")]


async def test_it_tells_a_support_channel_what_is_urgent_and_open(slack: Sandbox, app: Precis, clock: Fast) -> None:
    slow = await say(slack, app, ADA, "The export fails")
    locked = await say(slack, app, BEN, "I am locked out")
    for text in ("I need an invoice", "thanks"):
        await say(slack, app, GUEST, text)
    await slack.person(BEN).press(channel=SUPPORT, ts=cards(slack, slow)[0]["ts"], action_id="triage_assign")
    await wind(slack, app, clock, at(hours=16.1))

    [report] = reports(slack)
    heading, first, second = report["text"].splitlines()
    assert heading == "2 urgent requests are still open:"
    assert first.startswith("• p1 · account · since ")
    assert f"/archives/{SUPPORT}/p{locked.replace('.', '')}|open it>" in first
    assert "nobody has taken it" in first
    assert second.startswith("• p2 · bug · since ")
    assert "assigned to Ben Castellan" in second
    assert "<@" not in report["text"]
    assert reports(slack, GENERAL) == []


async def test_it_tells_each_support_channel_of_its_own(slack: Sandbox, app: Precis, clock: Fast) -> None:
    await say(slack, app, ADA, "The export fails")
    await say(slack, app, BEN, "I am locked out", GENERAL)
    await say(slack, app, BEN, "I am locked out", QUIET)
    await wind(slack, app, clock, at(hours=16.1))

    assert [report["text"].splitlines()[1][:13] for report in reports(slack)] == ["• p2 · bug · "]
    assert len(reports(slack, GENERAL)) == 1
    assert reports(slack, QUIET) == []


async def test_it_waits_for_the_hour(slack: Sandbox, app: Precis, clock: Fast) -> None:
    await say(slack, app, ADA, "The export fails")
    await wind(slack, app, clock, at(hours=15.9))
    early = reports(slack)
    await wind(slack, app, clock, at(hours=16.1))

    assert (early, len(reports(slack))) == ([], 1)


async def test_it_goes_by_the_workspaces_clocks(slack: Sandbox, app: Precis, clock: Fast) -> None:
    await say(slack, app, ADA, "The export fails")
    await app.services.settings.change("timezone", "Europe/Berlin", by=ADA)
    await wind(slack, app, clock, at(hours=15.1))

    assert len(reports(slack)) == 1


async def test_it_posts_once_a_day_and_not_at_weekends(slack: Sandbox, app: Precis, clock: Fast) -> None:
    await say(slack, app, ADA, "The export fails")
    counts = []
    for day, hour in ((0, 16.1), (0, 20), (1, 16.1), (2, 16.1), (3, 16.1)):
        await wind(slack, app, clock, at(days=day, hours=hour))
        counts.append(len(reports(slack)))

    assert counts == [1, 1, 1, 1, 2]


async def test_it_posts_nothing_where_nothing_is_open(slack: Sandbox, app: Precis, clock: Fast) -> None:
    ts = await say(slack, app, ADA, "The export fails")
    await slack.person(BEN).press(channel=SUPPORT, ts=cards(slack, ts)[0]["ts"], action_id="triage_done")
    await settled(slack, app)
    await wind(slack, app, clock, at(hours=16.1))

    assert reports(slack) == []


async def test_it_is_off_by_default(slack: Sandbox, app: Precis, clock: Fast) -> None:
    await app.services.settings.change("pending_report", None, by=ADA)
    await say(slack, app, ADA, "The export fails")
    await wind(slack, app, clock, at(hours=16.1))

    assert reports(slack) == []


async def test_it_leaves_out_a_day_that_is_over(slack: Sandbox, app: Precis, clock: Fast) -> None:
    await say(slack, app, ADA, "The export fails")
    thursday = at(days=-1).date()
    await app.services.inbox.put(f"pending:{app.services.workspace.team}:{thursday}", "pending", {"day": str(thursday)})
    await wind(slack, app, clock, at(hours=15))

    assert reports(slack) == []


async def test_it_waits_where_a_peer_rings_early(slack: Sandbox, app: Precis, clock: Fast) -> None:
    """Its settings have been read before the time zone was changed."""
    await say(slack, app, ADA, "The export fails")
    await app.services.settings.change("timezone", "America/New_York", by=ADA)
    today = at().date()
    clock.now = at(hours=20.9).timestamp()
    await app.services.inbox.put(f"pending:{app.services.workspace.team}:{today}", "pending", {"day": str(today)})
    async with asyncio.timeout(PATIENCE):
        while not await app.database.read("SELECT 1 FROM inbox WHERE queue = 'pending' AND put_off > 0"):
            await asyncio.sleep(0.01)
    early = reports(slack)
    await wind(slack, app, clock, at(hours=21.1))

    assert (early, len(reports(slack))) == ([], 1)


async def test_it_posts_once_where_slack_fails_at_first(slack: Sandbox, app: Precis, clock: Fast) -> None:
    await say(slack, app, ADA, "The export fails")
    slack.fail("chat.postMessage", status=503, times=1)
    await wind(slack, app, clock, at(hours=16.1))

    assert len(reports(slack)) == 1


async def test_it_posts_once_where_slack_fails_for_minutes(slack: Sandbox, app: Precis, clock: Fast) -> None:
    await say(slack, app, ADA, "The export fails")
    slack.fail("chat.postMessage", status=503, times=7)
    await wind(slack, app, clock, at(hours=16.1))

    assert len(reports(slack)) == 1


async def test_it_posts_once_though_slacks_clock_is_behind(slack: Sandbox, app: Precis) -> None:
    await say(slack, app, ADA, "The export fails")
    slack.fail("chat.postMessage", lost=True)
    ahead = datetime.fromtimestamp(slack.workspace.clock() + 200, UTC)
    await app.services.inbox.put("ahead", REPORT, {"channel": SUPPORT, "at": ahead.isoformat()})
    await settled(slack, app)

    assert len(reports(slack)) == 1


async def test_it_names_twenty_and_counts_the_others(slack: Sandbox, app: Precis, clock: Fast) -> None:
    copied = "INSERT INTO triage SELECT {columns} FROM triage WHERE id = $1"
    await say(slack, app, ADA, "The export fails")
    [row] = await app.database.read("SELECT * FROM triage")
    for number in range(24):
        columns = ", ".join(f"'copy{number}'" if name == "id" else f'"{name}"' for name in row)
        await app.database.write(copied.format(columns=columns), row["id"])
    await wind(slack, app, clock, at(hours=16.1))

    lines = [line for block in reports(slack)[0]["blocks"] for line in block["text"]["text"].splitlines()]
    assert (lines[0], len(lines), lines[-1]) == ("*25 urgent requests are still open:*", 22, "… and 5 more")


@pytest.mark.parametrize(
    ("at", "wanted"),
    [
        ("2026-11-27T15:59", False),
        ("2026-11-27T16:00", True),
        ("2026-11-27T17:59", True),
        ("2026-11-27T18:00", False),
        ("2026-11-28T16:30", False),
    ],
)
def test_it_is_begun_within_two_hours_of_its_hour_on_weekdays(at: str, wanted: bool) -> None:
    settings = Settings(pending_report=True, timezone="Europe/Berlin")
    now = datetime.fromisoformat(at).replace(tzinfo=settings.zone)

    assert (pending.due(settings, now, "T1") is not None) is wanted
