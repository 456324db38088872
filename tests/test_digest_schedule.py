"""When the digest is posted: by a hand-wound clock, each time just once, whatever happens around its hour."""

import asyncio

import pytest

from bot.config import Config
from bot.digest import order
from bot.sandbox import Sandbox
from bot.week import Week
from tests.conftest import ADA
from tests.weeks import REPORTS, Office, calls, logged, ring, shown, waiting

BEFORE, HOUR, ELEVEN = "2026-11-23 08:59:59", "2026-11-23 09:00", "2026-11-23 11:00"
"""On the Monday after 2026-W47, in Berlin."""

W47 = Week(2026, 47)


@pytest.fixture
def office(slack: Sandbox, settings: Config) -> Office:
    return Office(slack, settings, BEFORE)


async def test_it_posts_on_monday_at_nine_and_not_before(office: Office) -> None:
    async with office.open() as precis:
        await logged(precis, calls(3))

        await ring(precis)
        early = office.posts()
        office.wind(HOUR)
        await ring(precis)
        office.wind("2026-11-24 09:00")
        await ring(precis)

        [post] = office.posts()
        kept = await precis.services.store.digest("T0SANDBOX", "2026-W47")
    assert early == []
    assert "week 47" in post["text"]
    assert "3 calls to models cost $0.03" in post["text"]
    assert kept is not None
    assert (kept.channel, kept.ts) == (REPORTS, post["ts"])


@pytest.mark.parametrize("at", [ELEVEN, "2026-11-26 17:00", "2026-11-29 23:59"])
async def test_it_posts_at_the_start_what_was_missed_in_the_week(office: Office, at: str) -> None:
    async with office.open() as precis:
        await logged(precis, calls(3))
    office.wind(at)

    for _ in range(2):
        async with office.open() as precis:
            await precis.services.inbox.idle()

    [post] = office.posts()
    assert "week 47" in post["text"]


async def test_it_posts_once_when_two_processes_ring_at_the_same_moment(office: Office) -> None:
    async with office.open() as one, office.open() as other:
        await logged(one, calls(3))
        office.wind(HOUR)

        await asyncio.gather(ring(one), ring(other))
        await asyncio.gather(one.services.inbox.idle(), other.services.inbox.idle())

        assert await waiting(one) == []
    assert len(office.posts()) == 1


async def test_it_finds_its_post_again_after_a_crash_before_the_record(office: Office) -> None:
    async with office.open() as precis:
        await logged(precis, calls(3))
        office.slack.fail("chat.postMessage", lost=True)
        office.wind(HOUR)

        await ring(precis)
        unrecorded = await precis.services.store.digest("T0SANDBOX", "2026-W47")
        office.clock.wind(10)
        await precis.services.inbox.idle()

        [post] = office.posts()
        kept = await precis.services.store.digest("T0SANDBOX", "2026-W47")
    assert unrecorded is None
    assert kept is not None
    assert kept.ts == post["ts"]
    assert "week 47" in post["text"]


async def test_it_posts_once_after_slack_has_failed_for_minutes(office: Office) -> None:
    async with office.open() as precis:
        office.wind(HOUR)
        office.slack.fail("chat.postMessage", status=500, times=8)
        for _ in range(40):
            await ring(precis)
            office.clock.wind(15)

        kept = await precis.services.store.digest("T0SANDBOX", "2026-W47")
        told = await precis.database.read("SELECT id FROM inbox WHERE queue = 'notice'")
    [post] = office.posts()
    assert kept is not None
    assert (kept.ts, told) == (post["ts"], [])


async def test_it_posts_once_where_slack_had_taken_it_before_it_failed_for_minutes(office: Office) -> None:
    async with office.open() as precis:
        office.wind(HOUR)
        office.slack.fail("chat.postMessage", lost=True)
        office.slack.fail("conversations.history", error="internal_error", times=8)
        for _ in range(40):
            await ring(precis)
            office.clock.wind(15)

        kept = await precis.services.store.digest("T0SANDBOX", "2026-W47")
    [post] = office.posts()
    assert kept is not None
    assert kept.ts == post["ts"]


@pytest.mark.parametrize(
    ("at", "early", "hour", "late"),
    [
        ("02:30", "2026-03-29 01:59:59+01:00", "2026-03-29 03:30+02:00", "2026-03-29 05:00+02:00"),
        ("02:30", "2026-10-25 02:29:59+02:00", "2026-10-25 02:30+02:00", "2026-10-25 02:30+01:00"),
        ("09:00", "2026-03-29 08:59:59+02:00", "2026-03-29 09:00+02:00", "2026-03-29 10:00+02:00"),
        ("09:00", "2026-10-25 08:59:59+01:00", "2026-10-25 09:00+01:00", "2026-10-25 10:00+01:00"),
    ],
)
async def test_it_neither_skips_nor_doubles_when_clocks_change(
    office: Office, at: str, early: str, hour: str, late: str
) -> None:
    office.wind(early)
    async with office.open(digest_day="sun", digest_time=at) as precis:
        counts = []
        for moment in (early, hour, late):
            office.wind(moment)
            await ring(precis)
            counts.append(len(office.posts()))

    assert counts == [0, 1, 1]


async def test_it_waits_for_the_new_hour_where_a_peer_rings_at_the_old_one(office: Office) -> None:
    office.wind(HOUR)
    async with office.open(digest_time="11:00") as precis:
        await logged(precis, calls(3))
        peer = order("T0SANDBOX", W47, precis.services.now(), asked=False)
        await precis.services.inbox.put(peer.id, peer.queue, peer.body)

        counts = []
        for moment in (HOUR, "2026-11-23 09:30", "2026-11-23 10:59:59", ELEVEN, "2026-11-23 11:02"):
            office.wind(moment)
            await ring(precis)
            counts.append(len(office.posts()))

    assert counts == [0, 0, 0, 1, 1]


async def test_it_goes_by_the_time_that_was_set_on_sunday_night(office: Office) -> None:
    office.wind("2026-11-22 23:00")
    async with office.open() as precis:
        await logged(precis, calls(3))
        await ring(precis)
        last_week = [post["text"] for post in office.posts()]
        await precis.services.settings.change("digest_time", "07:00", by=ADA)

        texts = []
        for moment in ("2026-11-23 06:59:59", "2026-11-23 07:00", "2026-11-23 09:00"):
            office.wind(moment)
            await ring(precis)
            texts.append([post["text"] for post in office.posts()][len(last_week) :])

    assert [len(each) for each in texts] == [0, 1, 1]
    assert "week 47" in texts[-1][0]


async def test_it_follows_a_time_that_changes_while_the_digest_waits(office: Office) -> None:
    office.wind(HOUR)
    async with office.open(digest_time="11:00") as precis:
        peer = order("T0SANDBOX", W47, precis.services.now(), asked=False)
        await precis.services.inbox.put(peer.id, peer.queue, peer.body)
        await ring(precis)
        await precis.services.settings.change("digest_time", "09:30", by=ADA)

        office.wind("2026-11-23 09:30")
        await ring(precis)

    assert len(office.posts()) == 1


async def test_it_says_in_one_line_that_the_first_week_has_no_data(office: Office) -> None:
    office.wind(HOUR)
    async with office.open() as precis:
        await precis.services.inbox.idle()

    [post] = office.posts()
    assert post["text"].startswith("In week 47 (16 November to 22 November 2026) no model was asked")
    assert "\n" not in post["text"]
    assert [block["type"] for block in post["blocks"]] == ["section"]


async def test_it_names_a_model_of_unknown_price_and_sums_only_what_is_known(office: Office) -> None:
    async with office.open() as precis:
        await logged(precis, calls(3))
        await logged(precis, calls(5, provider="compatible", requested_model="tiny-7b", cost_usd=None))
        office.wind(HOUR)
        await ring(precis)

    [post] = office.posts()
    assert "8 calls to models cost $0.03, plus 5 whose price is unknown (compatible/tiny-7b)" in post["text"]
    assert "5 unknown" in shown(post)


async def test_it_posts_no_digest_of_a_week_that_another_has_followed(office: Office) -> None:
    async with office.open() as precis:
        stale = order("T0SANDBOX", W47, precis.services.now(), asked=False)
        await precis.services.inbox.put(stale.id, stale.queue, stale.body)
    office.wind("2026-12-01 09:00")

    async with office.open() as precis:
        await precis.services.inbox.idle()

    [post] = office.posts()
    assert "week 48" in post["text"]


async def test_it_waits_for_a_channel_to_be_set(office: Office) -> None:
    office.wind(HOUR)
    async with office.open() as precis:
        await precis.services.inbox.idle()
    async with office.open() as precis:
        await precis.services.settings.change("digest_channel", "", by=ADA)
        office.wind("2026-11-30 09:00")
        await ring(precis)
        silent = len(office.posts())

        await precis.services.settings.change("digest_channel", REPORTS, by=ADA)
        office.wind("2026-11-30 12:00")
        await ring(precis)

    assert silent == 1
    assert len(office.posts()) == 2
