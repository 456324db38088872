"""Each vendor answers `/tldr` through its own SDK against its loopback server, and each failure has its sentence."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from adapters import PROVIDERS
from bot import app, config
from bot.app import Precis
from bot.config import Config
from bot.sandbox import Sandbox
from bot.sandbox.person import Person
from bot.settings import Settings
from bot.store import Store
from handlers import notices
from tests.clocks import PATIENCE, Clock
from tests.conftest import ADA, BEN, GENERAL, PRIVATE, Start
from tests.gateways import QUICK, at
from tests.support import settled
from tests.test_tldr import link
from tests.vendors import KEY, SERVERS

SUMMARY = {
    "headline": "They roll back at 14:00 & <!channel> is told.",
    "points": [
        {"text": "Fonts are missing on the second server.", "sources": [2]},
        {"text": "Invented, with no source.", "sources": [77]},
    ],
    "decisions": [{"text": "Roll back to 4.1.", "by": "Ada Moreau", "sources": [3, 4, 99]}],
    "actions": [{"text": "Write to the customers.", "owner": "Ben Castellan", "due": "Friday", "sources": [4]}],
    "open_questions": [{"text": "Who owns the font package?", "sources": [5]}],
}
VENDORS = {server.name: server for server in SERVERS}


@pytest.mark.parametrize("name", VENDORS)
async def test_it_answers_with_this_vendor(slack: Sandbox, thread: str, start: Start, name: str) -> None:
    async with VENDORS[name]() as server, start(provider=at(server)) as precis:
        server.answer(SUMMARY)
        await slack.connected()
        asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
        await precis.services.inbox.idle()
        [call] = await Store(precis.database).calls()

    [answer] = asked.answers
    assert answer["blocks"][0]["text"]["text"] == "They roll back at 14:00 & <!channel> is told."
    assert answer["blocks"][0]["text"]["type"] == "plain_text"
    assert "Invented" not in str(answer["blocks"])
    assert "<!channel>" not in answer["text"]
    assert "Ben Castellan: Write to the customers. (due Friday)" in answer["text"]
    assert (call.provider, call.outcome, call.dropped_entries) == (name, "ok", 1)
    assert call.input_tokens is not None
    assert call.input_tokens > 0
    assert bool(call.cost_usd) == bool(PROVIDERS[name].prices)


@pytest.mark.parametrize("name", VENDORS)
@pytest.mark.parametrize(
    ("problem", "said", "kind"),
    [
        ("auth", "does not accept Precis's key", "auth"),
        ("forbidden", "accepts Precis's key but not for", "forbidden"),
        ("rate_limited", "takes no more requests", "rate_limited"),
        ("server_error", "has a fault", "server_error"),
        ("not_found", "does not know", "model_not_found"),
    ],
)
async def test_it_says_what_went_wrong_and_logs_the_call(
    slack: Sandbox, thread: str, start: Start, name: str, problem: str, said: str, kind: str
) -> None:
    async with VENDORS[name]() as server, start(QUICK, provider=at(server)) as precis:
        server.always(server.problem(problem))
        await slack.connected()
        asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
        await precis.services.inbox.idle()
        calls = await Store(precis.database).calls()

    assert said in asked.answers[0]["text"]
    assert "the model that is set" not in asked.answers[0]["text"]
    assert {(call.outcome, call.error, call.cost_usd) for call in calls} == {("failed", kind, None)}
    assert len(calls) == len(server.received)


async def test_it_asks_the_successor_from_the_day_of_a_shutdown_though_it_was_started_before(
    slack: Sandbox, thread: str, settings: Config
) -> None:
    clock = Clock()
    clock.now = datetime(2027, 1, 14, tzinfo=UTC).timestamp()
    async with VENDORS["openai"]() as server:
        before = config.load(
            {
                "SLACK_BOT_TOKEN": slack.bot_token,
                "SLACK_APP_TOKEN": slack.app_token,
                "OPENAI_API_KEY": KEY,
                "OPENAI_BASE_URL": server.url,
            },
            today=lambda: date(2027, 1, 13),
        )
        changed = replace(settings, provider=before.provider, unnamed=before.unnamed)
        async with app.running(changed, policy=QUICK, clock=clock) as precis:
            server.answer(SUMMARY)
            await slack.connected()
            await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
            await precis.services.inbox.idle()

    assert before.provider.model == "gpt-4o-mini"
    assert [received.body["model"] for received in server.received] == ["gpt-6-luna"]


async def test_it_calls_a_budget_used_up_only_where_it_is(slack: Sandbox, thread: str, start: Start) -> None:
    budget = Settings(daily_budget_usd=1)
    async with VENDORS["openai"]() as server:
        unpriced = replace(at(server), model="gpt-of-tomorrow")
        async with start(provider=unpriced, settings=budget) as precis:
            await slack.connected()
            asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
            await precis.services.inbox.idle()

    said = asked.answers[0]["text"]
    assert said.startswith("A budget is set and nobody knows what gpt-of-tomorrow costs, so it is never asked.")
    assert server.received == []


async def test_it_charges_for_an_answer_that_is_no_use(slack: Sandbox, thread: str, start: Start) -> None:
    async with VENDORS["openai"]() as server, start(provider=at(server)) as precis:
        server.answer("not JSON at all")
        await slack.connected()
        asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
        await precis.services.inbox.idle()
        first, repair = await Store(precis.database).calls()

    assert "an answer that I cannot use" in asked.answers[0]["text"]
    assert (first.outcome, first.error) == (repair.outcome, repair.error) == ("failed", "bad_output")
    assert (first.attempt, repair.attempt, repair.prompt_version) == (1, 2, f"{first.prompt_version}-repair")
    assert first.cost_usd is not None
    assert first.cost_usd > 0


async def test_it_says_who_answered_where_the_chosen_provider_could_not(
    slack: Sandbox, thread: str, start: Start
) -> None:
    async with VENDORS["claude"]() as claude, VENDORS["openai"]() as openai:
        claude.always(claude.problem("auth"))
        openai.answer(SUMMARY)
        fallback = at(openai)
        started = start(QUICK, provider=at(claude), providers={"openai": fallback}, fallback=fallback.choice)
        async with started as precis:
            await slack.connected()
            asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
            await precis.services.inbox.idle()

    assert "answered by GPT-4o mini, Claude was unavailable" in asked.answers[0]["text"]


async def alarmed(precis: Precis) -> None:
    """Wait until the admins have been told, also where another message to them goes first."""
    await precis.services.inbox.idle()
    async with asyncio.timeout(PATIENCE):
        while await precis.database.read("SELECT 1 FROM inbox WHERE queue = $1 AND due IS NOT NULL", notices.QUEUE):
            await asyncio.sleep(0.01)


def alarms(person: Person) -> list[str]:
    return [message["text"] for message in person.sees(person.dm()) if "budget" in message["text"]]


async def test_it_stops_at_the_budget_and_tells_the_admins_once(slack: Sandbox, thread: str, start: Start) -> None:
    async with VENDORS["openai"]() as server:
        settings = Settings(daily_budget_usd=0)
        async with start(provider=at(server), settings=settings, admin_users=(BEN,)) as precis:
            await slack.connected()
            ada = slack.person(ADA)
            asked = [await ada.command("/tldr", link(slack, GENERAL, thread), channel=GENERAL) for _ in range(3)]
            await alarmed(precis)
        received = list(server.received)

    assert received == []
    assert all("The budget for models is used up" in one.answers[0]["text"] for one in asked)
    [told] = alarms(slack.person(BEN))
    assert told.startswith("The daily budget of $0.00 for models is used up")


async def test_it_tells_the_digest_channel_once_of_a_budget_where_no_admin_is_listed(
    slack: Sandbox, thread: str, start: Start
) -> None:
    async with VENDORS["openai"]() as server:
        settings = Settings(daily_budget_usd=0, digest_channel=PRIVATE)
        async with start(provider=at(server), settings=settings) as precis:
            await slack.connected()
            slack.fail("chat.postMessage", lost=True)
            for _ in range(2):
                await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
                await alarmed(precis)

    posted = [message["text"] for message in slack.workspace.history(PRIVATE) if "budget" in message["text"]]
    assert len(posted) == 1
    assert posted[0].startswith("The daily budget of $0.00 for models is used up")


async def test_it_tells_the_admins_again_where_a_budget_that_was_raised_is_used_up_too(
    slack: Sandbox, thread: str, start: Start
) -> None:
    async with VENDORS["openai"]() as server:
        settings = Settings(daily_budget_usd=0)
        async with start(provider=at(server), settings=settings, admin_users=(BEN,)) as precis:
            await slack.connected()
            for usd in (0, 0.000001):
                await precis.services.settings.change("daily_budget_usd", usd, by=BEN)
                await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
                await alarmed(precis)

    assert [told.partition(" for ")[0] for told in alarms(slack.person(BEN))] == [
        "The daily budget of $0.00",
        "The daily budget of $0.000001",
    ]


async def test_it_tells_an_admin_once_of_a_budget_though_slacks_answer_is_lost(
    slack: Sandbox, thread: str, start: Start
) -> None:
    async with VENDORS["openai"]() as server:
        settings = Settings(daily_budget_usd=0)
        async with start(provider=at(server), settings=settings, admin_users=(BEN,)) as precis:
            await slack.connected()
            await settled(slack, precis)  # what else admins are told
            slack.fail("chat.postMessage", lost=True)
            await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
            await alarmed(precis)

    assert len(alarms(slack.person(BEN))) == 1


async def test_it_tells_the_admins_once_of_a_month_that_the_inbox_forgets(
    slack: Sandbox, thread: str, start: Start
) -> None:
    async with VENDORS["openai"]() as server:
        settings = Settings(monthly_budget_usd=0)
        async with start(provider=at(server), settings=settings, admin_users=(BEN,)) as precis:
            await slack.connected()
            for _ in range(2):
                await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
                await alarmed(precis)
                forgotten = await precis.services.inbox.forget_finished(0)

    [told] = alarms(slack.person(BEN))
    assert forgotten > 0
    assert told.startswith("The monthly budget of $0.00 for models is used up")
