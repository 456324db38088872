"""The audit channel while Slack fails: a change is told there later, and once."""

from dataclasses import replace

from bot.config import Config
from bot.sandbox import Sandbox
from handlers import audits
from tests.test_changes import CHANGE
from tests.weeks import REPORTS, Office


async def test_it_tells_a_change_once_where_slack_fails_for_minutes(slack: Sandbox, settings: Config) -> None:
    office = Office(slack, settings, "2026-11-23 08:00")
    async with office.open(audit_channel=REPORTS, digest_channel="") as precis:
        services = precis.services
        change = replace(CHANGE, changed_at=services.now().isoformat(), changed_by="operator")
        await services.store.change_setting(change)
        office.slack.fail("chat.postMessage", status=500, times=7)

        await audits.tell(change.id, services.settings, services.inbox)
        for _ in range(24):
            await services.inbox.idle()
            office.clock.wind(15)

    assert ["changed the time zone" in post["text"] for post in office.posts()] == [True]
