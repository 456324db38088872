"""App Home: what everybody finds there, what admins find besides, and when it is drawn."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from bot.app import Precis
from bot.config import Config
from bot.sandbox import Sandbox, Workspace
from bot.store import Call, KeptSummary
from handlers.home import SETTLING, redraw
from tests.clocks import Clock
from tests.conftest import ADA, BEN, GENERAL, GUEST, PRIVATE, STRANGER
from tests.homes import home, modal, opened, press, save, words
from tests.support import BILLING, QUIET, SUPPORT, THANKS, by_words, cards, furnish, methods, settled, sorting
from tests.vendors import OpenAIServer

OWNER = "U0OWNER001"


@pytest.fixture
async def app(slack: Sandbox, workspace: Workspace, settings: Config) -> AsyncIterator[Precis]:
    furnish(workspace)
    workspace.add_user(OWNER, "olga", is_owner=True)
    async with OpenAIServer() as server, sorting(settings, server) as precis:
        await slack.connected()
        yield precis


async def summarised(precis: Precis, user: str, channel: str, headline: str, *, subject: str = "24h") -> None:
    """A summary that somebody asked for."""
    now, id = datetime.now(UTC).isoformat(), uuid4().hex
    team = precis.services.workspace.team
    await precis.services.store.log_call(
        Call(
            id=id,
            called_at=now,
            task="summarise",
            prompt_version="1",
            provider="openai",
            requested_model="gpt-4o-mini",
            latency_ms=10,
            attempt=1,
            outcome="ok",
            input_tokens=10,
            cost_usd=0.01,
            workspace=team,
            channel=channel,
            user=user,
        )
    )
    await precis.services.store.keep_summary(
        KeptSummary(
            id=id,
            key=id,
            made_at=now,
            workspace=team,
            channel=channel,
            subject=subject,
            messages=3,
            covered="",
            summary=f'{{"headline": "{headline}"}}',
            model="gpt-4o-mini",
            call=id,
        )
    )
    await precis.services.store.note_asker(user, id, datetime.now(UTC))


@pytest.mark.parametrize("user", [BEN, GUEST, STRANGER])
async def test_it_tells_everybody_what_precis_does_and_nothing_of_the_settings(
    slack: Sandbox, app: Precis, user: str
) -> None:
    shown = words(await opened(slack, app, user))

    assert "I summarise long Slack threads" in shown
    assert shown.count("• `") == 3
    assert "You have not asked for a summary lately" in shown
    assert "Support channels" not in shown
    assert "home_" not in shown


async def test_it_shows_triage_at_a_glance(slack: Sandbox, workspace: Workspace, settings: Config) -> None:
    furnish(workspace)
    async with OpenAIServer() as server, sorting(settings, server) as precis:
        server.answer(by_words({"invoice": BILLING, "Thanks": THANKS}))
        await slack.connected()
        corrected = await slack.person(ADA).say(SUPPORT, "The export fails")
        done = await slack.person(BEN).say(SUPPORT, "Where is my invoice?")
        await slack.person(GUEST).say(SUPPORT, "Thanks a lot")
        answered = await slack.person(STRANGER).say(QUIET, "The import fails")
        await slack.person(BEN).say(QUIET, "I look into it", thread_ts=answered)
        await settled(slack, precis)
        await act(slack, precis, corrected, "triage_category", "how-to")
        await act(slack, precis, done, "triage_done")

        shown = words(await opened(slack, precis, ADA))

    assert "*4 cases*: 3 requests, 1 noise." in shown
    assert "• By urgency: p2 2, p3 1" in shown
    assert "• By category: billing 1, bug 1, how-to 1" in shown
    assert "• Corrected by people: 1 of 2 (50 %, 95 % interval 9 to 91 %) cards" in shown
    assert "• Done: 1, half of them within " in shown
    assert "• Open now: 1" in shown
    assert "1 case sorted in 14 days, 1 answered or marked by people." in shown


async def test_it_shows_what_last_week_has_left(slack: Sandbox, app: Precis) -> None:
    for channel in (SUPPORT, QUIET):
        await slack.person(BEN).say(channel, "The export fails")
    await settled(slack, app)
    week_ago = (app.services.now() - timedelta(days=8)).isoformat()
    await app.database.write("UPDATE triage SET opened_at = $1", week_ago)

    shown = words(await opened(slack, app, ADA))

    assert "No support messages this week." in shown
    assert "• Open now: 1" in shown
    assert f"<#{QUIET}> is quiet. 1 case sorted in 14 days" in shown


async def act(slack: Sandbox, precis: Precis, ts: str, action: str, value: str | None = None) -> None:
    """Press on the card of a message."""
    [card] = cards(slack, ts)
    await slack.person(BEN).press(channel=SUPPORT, ts=card["ts"], action_id=action, value=value)
    await settled(slack, precis)


@pytest.mark.parametrize("user", [ADA, OWNER])
async def test_it_shows_admins_the_settings_and_the_figures(slack: Sandbox, app: Precis, user: str) -> None:
    await summarised(app, BEN, GENERAL, "The fonts")

    shown = words(await opened(slack, app, user))

    assert f"*Support channels*: <#{SUPPORT}> <#{GENERAL}>" in shown
    assert "*Pending report*: off" in shown
    assert "kept for 30 days" in shown
    assert "1 call, $0.0100" in shown
    assert "openai/gpt-4o-mini: 1 call" in shown
    assert "No support messages this week." in shown
    assert f"<#{QUIET}> is quiet." in shown
    assert "Ada Moreau changed the support channels from as configured to" in shown
    assert "The fonts" not in shown


async def test_it_counts_who_is_listed_by_the_operator_as_an_admin(
    slack: Sandbox, workspace: Workspace, settings: Config
) -> None:
    furnish(workspace)
    async with OpenAIServer() as server, sorting(settings, server, admin_users=(BEN, GUEST)) as precis:
        await slack.connected()

        assert "Support channels" in words(await opened(slack, precis, BEN))
        assert "Support channels" not in words(await opened(slack, precis, GUEST))


async def test_it_shows_people_their_own_summaries_with_links(slack: Sandbox, app: Precis) -> None:
    await summarised(app, BEN, GENERAL, "Fonts <!here> & *more*", subject="1700000000.000100")
    await summarised(app, BEN, SUPPORT, "A day")
    await summarised(app, ADA, GENERAL, "Hers alone")

    shown = words(await opened(slack, app, BEN))

    assert f"/archives/{GENERAL}/p1700000000000100|Fonts &lt;!here&gt; &amp; *more*>" in shown
    assert f"/archives/{SUPPORT}|A day>" in shown
    assert "Hers alone" not in shown


async def test_it_shows_no_summary_of_what_somebody_may_not_see_any_more(slack: Sandbox, app: Precis) -> None:
    await summarised(app, BEN, PRIVATE, "The secret plan")
    await summarised(app, ADA, PRIVATE, "The secret plan")
    await summarised(app, GUEST, GENERAL, "Once a member")

    assert "secret plan" not in words(await opened(slack, app, BEN))
    assert "secret plan" in words(await opened(slack, app, ADA))
    assert "Once a member" not in words(await opened(slack, app, GUEST))


async def test_it_shows_the_latest_summary_of_a_conversation_and_five_at_the_most(slack: Sandbox, app: Precis) -> None:
    for number in range(7):
        await summarised(app, BEN, GENERAL, f"Span {number}", subject=f"{number}h")
    await summarised(app, BEN, GENERAL, "Anew", subject="6h")

    shown = words(await opened(slack, app, BEN))

    assert [f"Span {number}" in shown for number in range(7)] == [False, False, True, True, True, True, False]
    assert "Anew" in shown


async def test_it_draws_nothing_for_the_tab_of_messages(slack: Sandbox, app: Precis) -> None:
    await slack.person(BEN).open_home("messages")
    await settled(slack, app)

    assert methods(slack, "views.publish") == []


async def test_it_draws_several_changes_at_once_and_for_admins_who_have_opened_home_alone(
    slack: Sandbox, workspace: Workspace, settings: Config
) -> None:
    workspace.add_user(OWNER, "olga", is_owner=True)
    clock = Clock()
    async with OpenAIServer() as server, sorting(settings, server, clock=clock) as app:
        await slack.connected()
        await opened(slack, app, ADA)
        await opened(slack, app, BEN)
        drawn = len(methods(slack, "views.publish"))
        for floor in (0.6, 0.7, 0.9):
            await app.services.settings.change("confidence_floor", floor, by=OWNER)
            await redraw(app.services)
            await app.services.inbox.idle()
        waiting = len(methods(slack, "views.publish"))
        clock.wind(SETTLING)
        await settled(slack, app)

    assert (waiting, len(methods(slack, "views.publish"))) == (drawn, drawn + 1)
    assert "*Confidence floor*: 0.9" in words(home(slack, ADA))
    assert slack.person(OWNER).home is None


async def test_it_draws_again_on_request(slack: Sandbox, app: Precis) -> None:
    await opened(slack, app, ADA)
    await summarised(app, ADA, GENERAL, "Just now")

    await press(slack, app, ADA, "home_refresh", "refresh")

    assert "Just now" in words(home(slack, ADA))


async def test_it_draws_when_slack_fails_for_a_while(slack: Sandbox, app: Precis) -> None:
    slack.fail("views.publish", status=503, times=4)

    assert "I summarise" in words(await opened(slack, app, BEN))


async def test_it_hides_the_settings_from_who_was_an_admin(slack: Sandbox, app: Precis) -> None:
    await opened(slack, app, ADA)
    slack.workspace.users[ADA] = replace(slack.workspace.users[ADA], is_admin=False)
    app.services.admins.known.clear()

    await press(slack, app, ADA, "home_edit", "timezone")

    assert "Only owners and admins" in words(modal(slack, ADA))
    assert "Support channels" not in words(home(slack, ADA))


async def test_it_stays_within_slacks_limits_at_its_largest(slack: Sandbox, app: Precis) -> None:
    longest = "n" * 36
    change = app.services.settings.change
    await change(
        "categories",
        [
            {"name": f"{longest}{n:02}", "description": "&" * 200, "owner": f"U{n:020}", "emoji": "e" * 100}
            for n in range(19)
        ],
        by=ADA,
    )
    for name in ("triage_channels", "quiet_channels"):
        await change(name, [f"C{n:020}" for n in range(60)], by=ADA)
    await change("triage_bots", [f"B{n:020}" for n in range(200)], by=ADA)
    await change("urgency_rules", "\n".join(f"p{n}: {'<' * 290}" for n in range(1, 5)), by=ADA)
    for number in range(12):
        await summarised(app, ADA, GENERAL, "&" * 5000, subject=f"{number}h")
        await called(app, f"{'model' * 30}{number}")

    shown = await opened(slack, app, ADA)

    assert len(shown["blocks"]) <= 100
    assert f"*{longest}18*" in words(shown)
    assert "and 10 more" in words(shown)
    assert shown["blocks"][-1]["elements"][0]["action_id"] == "home_refresh"


async def called(precis: Precis, model: str) -> None:
    await precis.services.store.log_call(
        Call(
            id=model,
            called_at=(datetime.now(UTC) - timedelta(seconds=1)).isoformat(),
            task="triage",
            prompt_version="1",
            provider="openai",
            requested_model=model,
            latency_ms=10,
            attempt=1,
            outcome="failed",
            workspace=precis.services.workspace.team,
        )
    )


async def test_it_shows_a_change_made_in_its_window(slack: Sandbox, app: Precis) -> None:
    await opened(slack, app, ADA)

    await save(slack, app, ADA, "timezone", "Europe/Berlin")

    assert "*Time zone*: Europe/Berlin" in words(home(slack, ADA))
    assert "changed the time zone from as configured to Europe/Berlin" in words(home(slack, ADA))
