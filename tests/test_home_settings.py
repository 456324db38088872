"""The settings on App Home: each in a window of its own, checked beside its input, by admins only."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.app import Precis
from bot.config import Config
from bot.sandbox import Sandbox, Workspace
from tests.conftest import ADA, BEN, GENERAL, PRIVATE
from tests.homes import audit, home, modal, opened, press, save, submit, words
from tests.support import BUG, QUIET, REPORTS, SUPPORT, cards, furnish, settled, sorting
from tests.vendors import OpenAIServer

OWNER = "U0OWNER001"
RULES = "p1: all\np2: some\np3: few\np4: one"


@pytest.fixture
async def app(slack: Sandbox, workspace: Workspace, settings: Config) -> AsyncIterator[Precis]:
    """Precis, with Ada and Olga, who are admins, before their Home."""
    furnish(workspace)
    workspace.add_user(OWNER, "olga", is_owner=True)
    async with OpenAIServer() as server, sorting(settings, server) as precis:
        server.answer(lambda received: BUG)
        await slack.connected()
        await opened(slack, precis, ADA)
        await opened(slack, precis, OWNER)
        yield precis


def demote(slack: Sandbox, precis: Precis, user: str) -> None:
    """Take somebody's rank; Slack's word on it has run out."""
    slack.workspace.users[user] = replace(slack.workspace.users[user], is_admin=False, is_owner=False)
    precis.services.admins.known.clear()


@pytest.mark.parametrize(
    ("name", "value", "held"),
    [
        ("triage_channels", [SUPPORT], (SUPPORT,)),
        ("triage_channels", [], ()),
        ("quiet_channels", [QUIET, GENERAL], (QUIET, GENERAL)),
        ("triage_bots", "B0HELPDESK, A0FORMS", ("B0HELPDESK", "A0FORMS")),
        ("triage_bots", None, ()),
        ("urgency_rules", RULES, RULES),
        ("confidence_floor", "0.8", 0.8),
        ("pending_report", "on", True),
        ("digest_channel", GENERAL, GENERAL),
        ("digest_channel", None, ""),
        ("digest_day", "fri", "fri"),
        ("digest_time", "17:30", "17:30"),
        ("audit_channel", GENERAL, GENERAL),
        ("shadow_daily_usd", "0.5", 0.5),
        ("daily_budget_usd", "2.5", 2.5),
        ("monthly_budget_usd", None, None),
        ("requests_per_user_hour", "5", 5),
        ("requests_per_user_hour", None, None),
        ("timezone", "Asia/Tokyo", "Asia/Tokyo"),
    ],
)
async def test_it_saves_a_setting_and_writes_down_who_did(
    slack: Sandbox, app: Precis, name: str, value: Any, held: object
) -> None:
    errors = await save(slack, app, ADA, name, value)

    assert errors == {}
    assert slack.person(ADA).modal is None
    assert getattr(await app.services.settings.read(), name) == held
    changed_by, changed, new = (await audit(app))[-1]
    assert (changed_by, changed) == (ADA, name)
    assert json.loads(new or "") == (list(held) if isinstance(held, tuple) else held)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("triage_channels", ["D0DIRECT01"], "is not the id of a channel"),
        ("digest_channel", "U0ADA00001", "is not the id of a channel"),
        ("triage_bots", "helpdesk", "is not the id of a bot"),
        ("urgency_rules", "p1: all", "four lines that begin with p1:"),
        ("confidence_floor", "1.5", "a number from 0 to 1"),
        ("confidence_floor", "much", "a number from 0 to 1"),
        ("daily_budget_usd", "-1", "an amount in US dollars"),
        ("monthly_budget_usd", "inf", "an amount in US dollars"),
        ("requests_per_user_hour", "0", "a whole number from 1"),
        ("requests_per_user_hour", "2.5", "a whole number from 1"),
        ("digest_time", "25:00", "a time such as 09:00"),
        ("shadow_daily_usd", "-1", "an amount in US dollars"),
        ("timezone", "Mars/Olympus", "a time zone such as Europe/Berlin"),
    ],
)
async def test_it_says_beside_the_input_what_is_wrong(
    slack: Sandbox, app: Precis, name: str, value: Any, said: str
) -> None:
    before = await audit(app)

    errors = await save(slack, app, ADA, name, value)

    assert list(errors) == [name]
    assert said in errors[name]
    assert modal(slack, ADA)["private_metadata"] == name
    assert await audit(app) == before


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("quiet_channels", "Leave it empty for none."),
        ("digest_channel", "Leave it empty for nowhere."),
        ("monthly_budget_usd", "Leave it empty for no limit."),
    ],
)
async def test_it_says_what_leaving_it_empty_means(slack: Sandbox, app: Precis, name: str, hint: str) -> None:
    await press(slack, app, ADA, "home_edit", name)

    assert modal(slack, ADA)["blocks"][0]["hint"]["text"].endswith(hint)


async def test_it_asks_whether_a_budget_of_nothing_is_meant(slack: Sandbox, app: Precis) -> None:
    await save(slack, app, ADA, "daily_budget_usd", "0")
    asked = words(modal(slack, ADA))
    before = await app.services.settings.read()
    await submit(slack, app, ADA, {})

    assert "stops all calls" in asked
    assert before.daily_budget_usd is None
    assert (await app.services.settings.read()).daily_budget_usd == 0
    assert slack.person(ADA).modal is None


async def test_it_shows_what_holds_in_the_window(slack: Sandbox, app: Precis) -> None:
    await press(slack, app, ADA, "home_edit", "triage_channels")

    [block] = modal(slack, ADA)["blocks"]
    assert block["element"]["initial_conversations"] == [SUPPORT, GENERAL]


async def test_it_lets_nobody_else_open_a_setting(slack: Sandbox, app: Precis) -> None:
    demote(slack, app, ADA)

    await press(slack, app, ADA, "home_edit", "timezone")

    assert "Only owners and admins" in words(modal(slack, ADA))
    assert "Time zone" not in words(home(slack, ADA))


async def test_it_lets_nobody_else_save_a_setting(slack: Sandbox, app: Precis) -> None:
    await press(slack, app, ADA, "home_edit", "timezone")
    demote(slack, app, ADA)
    before = await audit(app)

    await submit(slack, app, ADA, {"timezone": "Asia/Tokyo"})

    assert "Only owners and admins" in words(modal(slack, ADA))
    assert await audit(app) == before


async def test_it_lets_nobody_else_stop_all_calls(slack: Sandbox, app: Precis) -> None:
    await save(slack, app, ADA, "daily_budget_usd", "0")
    demote(slack, app, ADA)

    await submit(slack, app, ADA, {})

    assert "Only owners and admins" in words(modal(slack, ADA))
    assert (await app.services.settings.read()).daily_budget_usd is None


async def test_it_has_the_last_of_two_admins_win_and_keeps_both_in_the_audit(slack: Sandbox, app: Precis) -> None:
    await press(slack, app, ADA, "home_edit", "timezone")
    await press(slack, app, OWNER, "home_edit", "timezone")
    await submit(slack, app, OWNER, {"timezone": "Asia/Tokyo"})
    await submit(slack, app, ADA, {"timezone": "Europe/Berlin"})

    assert (await app.services.settings.read()).timezone == "Europe/Berlin"
    assert (await audit(app))[-2:] == [
        (OWNER, "timezone", '"Asia/Tokyo"'),
        (ADA, "timezone", '"Europe/Berlin"'),
    ]
    assert "Europe/Berlin" in words(home(slack, OWNER))


async def test_it_overwrites_nothing_but_the_field_of_an_old_window(slack: Sandbox, app: Precis) -> None:
    await press(slack, app, ADA, "home_edit", "confidence_floor")
    await save(slack, app, OWNER, "timezone", "Asia/Tokyo")
    await submit(slack, app, ADA, {"confidence_floor": "0.7"})

    held = await app.services.settings.read()
    assert (held.timezone, held.confidence_floor) == ("Asia/Tokyo", 0.7)


async def test_it_keeps_a_private_channel_that_an_admin_is_not_in(slack: Sandbox, app: Precis) -> None:
    await app.services.settings.change("triage_channels", [SUPPORT, PRIVATE], by=ADA)
    await press(slack, app, OWNER, "home_edit", "triage_channels")
    window = modal(slack, OWNER)
    await submit(slack, app, OWNER, {"triage_channels": [GENERAL]})

    assert window["blocks"][0]["element"]["initial_conversations"] == [SUPPORT]
    assert f"Kept besides, because you are not in it: <#{PRIVATE}>" in words(window)
    assert "secret-plans" not in words(window) + words(home(slack, OWNER))
    assert (await app.services.settings.read()).triage_channels == (GENERAL, PRIVATE)


async def test_it_keeps_a_private_digest_channel_unless_another_is_chosen(slack: Sandbox, app: Precis) -> None:
    await app.services.settings.change("digest_channel", PRIVATE, by=ADA)
    await press(slack, app, OWNER, "home_edit", "digest_channel")
    await submit(slack, app, OWNER, {"digest_channel": None})
    kept = (await app.services.settings.read()).digest_channel
    await save(slack, app, OWNER, "digest_channel", GENERAL)

    assert kept == PRIVATE
    assert (await app.services.settings.read()).digest_channel == GENERAL


async def test_it_lets_a_quiet_channel_go_live(slack: Sandbox, app: Precis) -> None:
    quiet = await slack.person(BEN).say(QUIET, "The export fails")
    await settled(slack, app)
    await press(slack, app, ADA, "home_live", QUIET)
    live = await slack.person(ADA).say(QUIET, "The import fails")
    await settled(slack, app)

    held = await app.services.settings.read()
    assert (held.triage_channels, held.quiet_channels) == ((SUPPORT, GENERAL, QUIET), ())
    assert [(by, name) for by, name, _ in (await audit(app))[-2:]] == [
        (ADA, "triage_channels"),
        (ADA, "quiet_channels"),
    ]
    assert "home_live" not in words(home(slack, ADA))
    assert (cards(slack, quiet, QUIET), len(cards(slack, live, QUIET))) == ([], 1)


async def test_it_changes_nothing_where_two_let_a_channel_go_live(slack: Sandbox, app: Precis) -> None:
    before = len(await audit(app))
    views = {user: home(slack, user)["id"] for user in (ADA, OWNER)}

    await asyncio.gather(
        *(slack.person(user).press(view=view, action_id="home_live", value=QUIET) for user, view in views.items())
    )
    await settled(slack, app)

    assert len(await audit(app)) == before + 2


async def test_it_lets_nobody_else_go_live(slack: Sandbox, app: Precis) -> None:
    demote(slack, app, ADA)

    await press(slack, app, ADA, "home_live", QUIET)

    assert (await app.services.settings.read()).quiet_channels == (QUIET,)
    assert "Only owners and admins" in words(modal(slack, ADA))


async def test_it_says_so_where_a_setting_cannot_be_written(slack: Sandbox, app: Precis) -> None:
    await press(slack, app, ADA, "home_edit", "timezone")
    await app.database.write("ALTER TABLE audit RENAME TO away")

    errors = await submit(slack, app, ADA, {"timezone": "Asia/Tokyo"})

    assert errors == {"timezone": "I could not take that, please try again."}


async def test_it_tells_a_change_in_the_audit_channel(slack: Sandbox, app: Precis) -> None:
    await save(slack, app, ADA, "audit_channel", REPORTS)
    await save(slack, app, ADA, "quiet_channels", [GENERAL])
    await save(slack, app, ADA, "urgency_rules", RULES)

    first, second, third = [post["text"] for post in slack.person(ADA).sees(REPORTS)]
    assert first == f"Ada Moreau changed the audit channel from as configured to <#{REPORTS}>."
    assert second == f"Ada Moreau changed the quiet channels: added <#{GENERAL}>; removed <#{QUIET}>."
    assert third.startswith("Ada Moreau changed the urgency rules: p1 from “many people cannot work")
    assert third.endswith("p4 from “a question, a wish or a remark that can wait.” to one.")
