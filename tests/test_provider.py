"""`/llm-provider`: what Slack received, what the audit holds, and which provider answered the next `/tldr`."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from adapters.base import Request
from bot.app import Precis
from bot.sandbox import Sandbox, Workspace
from bot.sandbox.interaction import Interaction
from bot.settings import OPERATOR
from bot.store import Call
from tests.conftest import ADA, BEN, ELSEWHERE, GENERAL, GUEST, STRANGER, Start, talk
from tests.gateways import OFFLINE, QUICK, at, origin
from tests.test_changes import CHANGE
from tests.test_end_to_end import SUMMARY
from tests.test_tldr import ask, link
from tests.vendors import ClaudeServer, OpenAIServer, Received
from tests.weeks import CALL

AUDIT = "C0AUDIT001"
LUNA = "gpt-6-luna"
CLAUDE, MINI = "Claude Haiku 4.5 (claude)", "GPT-4o mini (openai)"
ALL = (ADA, BEN, GUEST, STRANGER)
NOT_ADMINS = (BEN, GUEST, STRANGER)
DENIED = "Only owners and admins"


def answers(received: Received) -> Mapping[str, object]:
    return {"ready": True} if "ready" in json.dumps(received.body) else SUMMARY


@dataclass(frozen=True)
class Desk:
    """A workspace in which Claude answers and OpenAI could; nothing has a key for Gemini."""

    slack: Sandbox
    precis: Precis
    claude: ClaudeServer
    openai: OpenAIServer

    async def type(self, text: str, user: str = ADA) -> Interaction:
        typed = await self.slack.person(user).command("/llm-provider", text, channel=GENERAL)
        await self.precis.services.inbox.idle()
        return typed

    async def said(self, text: str, user: str = ADA) -> str:
        """The last thing that came of typing this."""
        typed = await self.type(text, user)
        assert typed.ack is not None
        return str(typed.answers[-1]["text"] if typed.answers else typed.ack["text"])

    async def press(self, action_id: str, value: str | None = None, user: str = ADA, ts: str = "") -> str:
        """Press a button, or choose in a menu, on the newest message that has it."""
        pressed = await self.slack.person(user).press(
            channel=GENERAL, ts=ts or self.shown(action_id, user), action_id=action_id, value=value
        )
        await self.precis.services.inbox.idle()
        await pressed.answered()
        return str(pressed.answers[-1]["text"])

    def shown(self, action_id: str, user: str) -> str:
        seen = self.slack.person(user).sees(GENERAL)
        return str([message["ts"] for message in seen if f"'{action_id}'" in str(message.get("blocks"))][-1])

    async def changes(self) -> list[tuple[str, str, Any]]:
        """Who changed what to what, the oldest first."""
        rows = reversed(await self.precis.services.store.changes(self.slack.workspace.team_id))
        return [(row.changed_by, row.name, json.loads(row.new) if row.new else None) for row in rows]

    async def answerer(self) -> str:
        """The model that answers a `/tldr` about a thread of its own."""
        return (await self.tldr()).requested_model

    async def tldr(self) -> Call:
        asked = await ask(self.slack, self.precis, link(self.slack, GENERAL, talk(self.slack.workspace)))
        return next(call for call in await self.calls("work") if call.job == asked.trigger_id)

    async def calls(self, purpose: str) -> list[Call]:
        return [call for call in await self.precis.services.store.calls() if call.purpose == purpose]


@pytest.fixture
async def desk(slack: Sandbox, workspace: Workspace, start: Start) -> AsyncIterator[Desk]:
    for user in (GUEST, STRANGER):
        workspace.join(user, GENERAL)
    workspace.add_channel(AUDIT, "audit", members=[ADA, workspace.bot_user_id])
    async with AsyncExitStack() as stack:
        claude = await stack.enter_async_context(ClaudeServer())
        openai = await stack.enter_async_context(OpenAIServer())
        for server in (claude, openai):
            server.answer(answers)
        providers = {one.name: one for one in (at(claude), at(openai), OFFLINE)}
        precis = await stack.enter_async_context(start(QUICK, provider=at(claude), providers=providers))
        await slack.connected()
        yield Desk(slack, precis, claude, openai)


def share(provider: str, model: str, percent: int = 100) -> dict[str, object]:
    return {"provider": provider, "model": model, "percent": percent}


MINI_ALONE = [share("openai", "gpt-4o-mini")]
COMMANDS: Mapping[str, tuple[str, object]] = {
    "set openai": ("default_model", MINI_ALONE),
    "set openai gpt-6-luna for summarise": ("summarise_model", [share("openai", LUNA)]),
    "split claude=90 openai/gpt-6-luna=10 for summarise": (
        "summarise_model",
        [share("claude", "claude-haiku-4-5", 90), share("openai", LUNA, 10)],
    ),
    "fallback openai": ("fallback", {"provider": "openai", "model": "gpt-4o-mini"}),
    "fallback off": ("fallback", "off"),
    "shadow openai 25 for triage": (
        "shadow",
        {"provider": "openai", "model": "gpt-4o-mini", "percent": 25, "task": "triage"},
    ),
    "budget daily 5": ("daily_budget_usd", 5.0),
    "budget monthly 100": ("monthly_budget_usd", 100.0),
    "budget shadow 0.50": ("shadow_daily_usd", 0.5),
}


@pytest.mark.parametrize("text", COMMANDS)
async def test_it_makes_an_admins_change_and_answers_the_admin_alone(desk: Desk, text: str) -> None:
    typed = await desk.type(f"{text} because we compare")

    [answer] = typed.answers
    assert answer["response_type"] == "ephemeral"
    assert "That holds from the next request on." in answer["text"]
    assert await desk.changes() == [(ADA, *COMMANDS[text])]
    [change] = await desk.precis.services.store.changes(desk.slack.workspace.team_id)
    assert change.reason == "we compare"
    assert not [message for message in desk.slack.workspace.history(GENERAL) if message.get("bot_id")]


@pytest.mark.parametrize("user", NOT_ADMINS)
async def test_it_lets_nobody_else_change_anything(desk: Desk, user: str, caplog: pytest.LogCaptureFixture) -> None:
    before = len(desk.slack.calls)
    said = [await desk.said(text, user) for text in COMMANDS]

    assert all(DENIED in one for one in said)
    assert await desk.changes() == []
    assert await desk.answerer() == "claude-haiku-4-5"
    assert desk.openai.received == []
    assert len([record for record in caplog.records if f"{user} wanted to change" in record.message]) == len(COMMANDS)
    assert [call.method for call in desk.slack.calls[before:]].count("users.info") <= 4


@pytest.mark.parametrize("user", ALL)
async def test_it_shows_everybody_who_answers(desk: Desk, user: str) -> None:
    await desk.type("set openai for triage")
    said = await desk.said("", user)

    assert f"default: {CLAUDE} · as configured" in said
    assert f"summarise: {CLAUDE} · by default" in said
    assert f"triage: {MINI} · since <!date^" in said
    assert "by Ada Moreau" in said
    assert "fallback: nobody · as configured" in said
    assert "budget: no daily limit · no monthly limit · shadow calls: $1.00 of $1.00 left today" in said
    assert f"{MINI} is asked · no answers today" in said
    assert "trial calls (check): 1 call, $0.0000" not in said
    assert "trial calls (check): 1 call, under $0.0001" in said


@pytest.mark.parametrize("user", ALL)
async def test_it_has_menus_for_admins_alone(desk: Desk, user: str) -> None:
    typed = await desk.type("", user)

    menus = "static_select" in str(typed.answers[0]["blocks"])
    assert menus is (user == ADA)


@pytest.mark.parametrize("user", ALL)
async def test_it_shows_everybody_what_was_changed_and_what_can_be_typed(desk: Desk, user: str) -> None:
    await desk.type("set openai for triage because cheaper")
    history, help = await desk.said("history", user), await desk.said("help", user)

    assert f"Ada Moreau changed the model for triage from the default model to {MINI}." in history
    assert ("Reason: cheaper" in history) is (user == ADA)
    assert "/llm-provider split claude=90 openai=10" in help


@pytest.mark.parametrize("user", ALL)
async def test_it_tells_admins_alone_of_changes_beyond_models_and_budgets(desk: Desk, user: str) -> None:
    await desk.precis.services.settings.change("quiet_channels", ["C0SECRET01"], by=ADA)
    history = await desk.said("history", user)

    assert ("C0SECRET01" in history) is (user == ADA)


@pytest.mark.parametrize("user", ALL)
async def test_it_names_channels_in_the_digest_to_admins_alone(desk: Desk, user: str) -> None:
    week_ago = (desk.precis.services.now() - timedelta(days=7)).isoformat()
    await desk.precis.services.store.log_call(replace(CALL, called_at=week_ago, channel="C0SECRET01"))
    digest = await desk.type("digest", user)

    assert ("C0SECRET01" in json.dumps(digest.answers[-1])) is (user == ADA)
    assert ("a channel $0.01" in digest.answers[-1]["text"]) is (user != ADA)


async def test_it_keeps_the_last_ten_changes_in_its_history(desk: Desk) -> None:
    for usd in range(1, 13):
        await desk.type(f"budget daily {usd}")
    lines = (await desk.said("history")).splitlines()

    assert len(lines) == 1 + 10
    assert "to $12.00" in lines[1]
    assert "to $3.00" in lines[10]


async def test_it_has_the_next_tldr_answered_by_the_new_model(desk: Desk) -> None:
    answered = [await desk.answerer()]
    for text in ("set openai", f"set openai {LUNA} for summarise", "reset for summarise", "reset"):
        await desk.type(text)
        answered.append(await desk.answerer())

    assert answered == ["claude-haiku-4-5", "gpt-4o-mini", LUNA, "gpt-4o-mini", "claude-haiku-4-5"]


async def test_it_says_who_answers_after_a_reset_and_who_is_not_concerned(desk: Desk) -> None:
    await desk.type("set openai for triage")
    switched = await desk.said(f"set openai {LUNA}")
    reset = await desk.said("reset for triage")

    assert switched.endswith("triage keeps its own.")
    assert reset.endswith(
        "The model for triage: the default model. That holds from the next request on. That is GPT-6 luna (openai)."
    )


@pytest.mark.parametrize("text", ["set openai for triage", "reset for triage", "budget daily off", "shadow off"])
async def test_it_says_so_where_nothing_changes(desk: Desk, text: str) -> None:
    await desk.type(text)
    changes = await desk.changes()
    again = await desk.said(text)

    assert "That is how it was set already." in again
    assert await desk.changes() == changes


async def test_it_tries_a_model_before_it_switches(desk: Desk) -> None:
    said = await desk.said("set openai for triage")

    lookup, test = desk.openai.received
    [call] = await desk.calls("check")
    assert lookup.path.endswith("/models/gpt-4o-mini")
    assert test.method == "POST"
    assert f"{MINI} answered a test call in" in said
    assert "(under $0.0001)" in said
    assert (call.outcome, call.task, call.user, call.channel) == ("ok", "check", ADA, GENERAL)
    assert call.cost_usd is not None


async def test_it_does_not_switch_to_a_model_that_fails_until_an_admin_insists(desk: Desk) -> None:
    desk.openai.always(desk.openai.problem("auth"))
    refused = await desk.said("set openai for triage because trying")
    held = await desk.changes()
    insisted = await desk.press("provider_anyway")

    assert "OpenAI does not accept Precis's key" in refused
    assert refused.endswith("Nothing has been changed.")
    assert held == []
    assert f"The model for triage: {MINI}" in insisted
    assert await desk.changes() == [(ADA, "triage_model", MINI_ALONE)]
    [change] = await desk.precis.services.store.changes(desk.slack.workspace.team_id)
    assert change.reason == "trying"


async def test_it_offers_close_names_where_the_vendor_does_not_know_the_model(desk: Desk) -> None:
    desk.openai.then(desk.openai.problem("not_found"))
    said = await desk.said("set openai gpt-4o-mni")

    assert said.startswith("OpenAI does not know the model gpt-4o-mni. Did you mean gpt-4o-mini?")
    assert await desk.changes() == []
    assert await desk.calls("check") == []


async def test_it_says_where_a_price_belongs_that_the_budget_asks_for(desk: Desk) -> None:
    await desk.type("budget daily 1")
    said = await desk.said("set openai gpt-of-tomorrow")

    assert said.startswith("A budget is set and nobody knows what gpt-of-tomorrow costs, so it is never asked.")
    assert "prices.toml" in said
    assert await desk.calls("check") == []


@pytest.mark.parametrize("user", NOT_ADMINS)
async def test_it_asks_anew_who_presses_an_old_button(desk: Desk, workspace: Workspace, user: str) -> None:
    """The button was shown to somebody who was an admin then."""
    fields = {"is_restricted": user == GUEST, "is_stranger": user == STRANGER}
    desk.precis.services.admins.known[user] = True
    desk.openai.always(desk.openai.problem("auth"))
    await desk.type("set openai for triage", user)
    await desk.type("", user)
    desk.precis.services.admins.known.clear()

    pressed = [
        await desk.press("provider_anyway", user=user),
        await desk.press("provider_do_model_triage", "set openai gpt-4o-mini for triage", user),
        await desk.press("provider_do_budget", "budget daily 1", user),
    ]

    assert all(DENIED in one for one in pressed), fields
    assert await desk.changes() == []


MENUS: Mapping[str, tuple[str, tuple[str, object]]] = {
    "provider_do_model_default": ("set openai gpt-4o-mini for default", COMMANDS["set openai"]),
    "provider_do_model_summarise": (
        "split claude/claude-haiku-4-5=90 openai/gpt-6-luna=10 for summarise",
        COMMANDS["split claude=90 openai/gpt-6-luna=10 for summarise"],
    ),
    "provider_do_model_triage": ("set openai gpt-4o-mini for triage", ("triage_model", MINI_ALONE)),
    "provider_do_model_extract": ("set openai gpt-4o-mini for extract", ("extract_model", MINI_ALONE)),
    "provider_do_model_route": ("set openai gpt-4o-mini for route", ("route_model", MINI_ALONE)),
    "provider_do_fallback": ("fallback openai gpt-4o-mini", COMMANDS["fallback openai"]),
    "provider_do_shadow": (
        "shadow openai gpt-4o-mini 5",
        ("shadow", {"provider": "openai", "model": "gpt-4o-mini", "percent": 5, "task": ""}),
    ),
    "provider_do_budget": ("budget monthly 100", COMMANDS["budget monthly 100"]),
}


@pytest.mark.parametrize("menu", MENUS)
async def test_it_does_by_menu_what_can_be_typed(desk: Desk, menu: str) -> None:
    value, change = MENUS[menu]
    await desk.type("")
    said = await desk.press(menu, value)

    assert "That holds from the next request on." in said
    assert await desk.changes() == [(ADA, *change)]


async def test_it_puts_a_model_back_to_the_default_by_word_and_by_menu(desk: Desk) -> None:
    for task in ("summarise", "route"):
        await desk.type(f"set openai for {task}")
    await desk.type("")
    said = [await desk.press("provider_do_model_route", "reset for route"), await desk.said("reset for summarise")]

    assert all("the default model. That holds from the next request on." in one for one in said)
    assert (await desk.changes())[2:] == [(ADA, "route_model", None), (ADA, "summarise_model", None)]


async def test_it_has_a_menu_for_each_setting(desk: Desk) -> None:
    typed = await desk.type("")

    blocks = typed.answers[0]["blocks"]
    menus = {block["accessory"]["action_id"] for block in blocks if "accessory" in block}
    assert menus == set(MENUS)


async def test_it_shows_history_and_help_by_button(desk: Desk) -> None:
    await desk.type("")

    assert "Nothing has been changed yet" in await desk.press("provider_do_history")
    assert "/llm-provider fallback openai" in await desk.press("provider_do_help")


async def test_it_offers_the_successor_of_a_model_that_goes_away_wherever_that_is_used(desk: Desk) -> None:
    await desk.type("set openai for triage")
    await desk.type("fallback openai")
    status = await desk.said("")
    said = await desk.press("provider_do_successor_0_triage")

    assert f"successor {LUNA} at" in status
    assert "The model for triage: GPT-6 luna (openai)" in said
    assert (await desk.changes())[-1] == (ADA, "triage_model", [share("openai", LUNA)])
    assert "provider_do_successor_0_fallback" in str(desk.slack.person(ADA).sees(GENERAL))


async def test_it_has_the_fallback_stand_in_from_the_next_job_on(desk: Desk) -> None:
    await desk.type("fallback openai")
    desk.claude.always(desk.claude.problem("auth"))
    stood_in = await desk.tldr()
    status = await desk.said("")

    assert desk.openai.received[-1].body["model"] == "gpt-4o-mini"
    assert stood_in.error == "auth"
    assert f"{CLAUDE} is asked · no answers today · last failure <!date^" in status
    assert "it did not accept the key" in status


async def test_it_says_that_a_failing_model_is_left_alone(desk: Desk) -> None:
    desk.claude.always(desk.claude.problem("auth"))
    for _ in range(5):
        await desk.tldr()

    assert f"{CLAUDE} failed repeatedly and is left alone for 1 s" in await desk.said("")


async def test_it_sends_a_candidate_the_same_prompt_and_shows_nobody(desk: Desk) -> None:
    await desk.type("shadow openai 100")
    answered = await desk.tldr()
    await desk.openai.arrived.wait()
    while not (shadows := await desk.calls("shadow")):
        await desk.precis.services.inbox.idle()

    [shadow] = shadows
    assert (answered.provider, shadow.provider) == ("claude", "openai")
    assert (shadow.prompt, shadow.job, shadow.outcome) == (answered.prompt, answered.job, "ok")
    assert "trial calls (shadow): 1 call" in await desk.said("")


async def test_it_asks_before_a_budget_of_nothing_stops_all_calls(desk: Desk) -> None:
    asked = await desk.said("budget daily 0")
    held = await desk.changes()
    stopped = await desk.press("provider_anyway")
    refused = await ask(desk.slack, desk.precis, link(desk.slack, GENERAL, talk(desk.slack.workspace)))

    assert "stops all calls" in asked
    assert held == []
    assert "The daily budget: $0.00" in stopped
    assert "budget for models is used up" in refused.answers[0]["text"]
    assert desk.claude.received == []


async def test_it_shows_what_is_left_of_a_budget(desk: Desk) -> None:
    await desk.type("budget daily 5")
    await desk.tldr()

    assert "$4.99" in (await desk.said(""))
    assert "of $5.00 left today" in (await desk.said(""))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("set opanai", "Did you mean openai?"),
        ("set gemini", "whoever runs Precis has to set GEMINI_API_KEY"),
        ("compute", "I do not know “compute”. This is what I understand:"),
        ("split claude=90 openai=5", "These shares add up to 95 %"),
    ],
)
async def test_it_says_at_once_what_it_cannot_understand(desk: Desk, text: str, said: str) -> None:
    typed = await desk.type(text)

    assert typed.ack is not None
    assert said in typed.ack["text"]
    assert typed.answers == []
    assert await desk.changes() == []


async def test_it_tells_each_change_once_in_the_audit_channel(desk: Desk) -> None:
    await desk.precis.services.settings.change("audit_channel", AUDIT, by=OPERATOR)
    desk.slack.fail("chat.postMessage", lost=True)
    typed = await desk.slack.person(ADA).command("/llm-provider", "set openai because <!here> cheaper", channel=GENERAL)
    await typed.answered()
    await settled(desk, "audit")

    [post] = desk.slack.workspace.history(AUDIT)
    assert post["text"] == (
        f"Ada Moreau changed the default model from as configured to {MINI}. Reason: &lt;!here&gt; cheaper"
    )


async def test_it_tells_a_change_once_though_slacks_clock_is_behind(desk: Desk) -> None:
    services = desk.precis.services
    ahead = datetime.fromtimestamp(desk.slack.workspace.clock() + 200, UTC)
    await services.store.change_setting(replace(CHANGE, id="ahead", changed_at=ahead.isoformat(), changed_by=OPERATOR))
    desk.slack.fail("chat.postMessage", lost=True)
    await services.inbox.put("audit:ahead", "audit", {"change": "ahead", "channel": AUDIT})
    await settled(desk, "audit")

    assert len(desk.slack.workspace.history(AUDIT)) == 1


async def settled(desk: Desk, queue: str) -> None:
    """Wait until the jobs of a queue are done, also those that are tried again later."""
    while await desk.precis.database.read("SELECT 1 FROM inbox WHERE queue = $1 AND due IS NOT NULL", queue):
        await desk.precis.services.inbox.idle()


async def test_it_answers_though_the_audit_channel_cannot_be_posted_in(desk: Desk) -> None:
    await desk.precis.services.settings.change("audit_channel", ELSEWHERE, by=OPERATOR)

    assert "The default model: GPT-4o mini (openai)" in await desk.said("set openai")


async def test_it_makes_a_change_once_though_its_job_is_tried_again(desk: Desk) -> None:
    desk.slack.fail("response_url", status=500, times=1)
    typed = await desk.slack.person(ADA).command("/llm-provider", "set openai", channel=GENERAL)
    await typed.answered()

    assert await desk.changes() == [(ADA, "default_model", MINI_ALONE)]
    assert len(desk.openai.received) == 2


async def test_it_lets_the_last_of_two_admins_win_and_keeps_both_rows(desk: Desk) -> None:
    desk.precis.services.admins.known[BEN] = True
    both = [
        await desk.slack.person(user).command("/llm-provider", f"budget daily {usd}", channel=GENERAL)
        for user, usd in ((ADA, 5), (BEN, 7))
    ]
    await desk.precis.services.inbox.idle()

    changes = await desk.changes()
    assert all(one.answers for one in both)
    assert sorted(user for user, _, _ in changes) == [ADA, BEN]
    assert (await desk.precis.services.settings.read()).daily_budget_usd == changes[-1][2]


async def test_it_masks_a_key_that_somebody_gives_as_a_reason(desk: Desk) -> None:
    await desk.type("set openai because the new key sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD works")

    [change] = await desk.precis.services.store.changes(desk.slack.workspace.team_id)
    assert "sk-proj" not in str(change)


async def test_it_lists_those_that_the_operator_names_as_admins(
    slack: Sandbox, workspace: Workspace, start: Start
) -> None:
    async with start(admin_users=(BEN, GUEST)) as precis:
        workspace.join(GUEST, GENERAL)
        await slack.connected()
        for user in (BEN, GUEST):
            await slack.person(user).command("/llm-provider", "budget daily 3", channel=GENERAL)
        await precis.services.inbox.idle()
        changes = await precis.services.store.changes(slack.workspace.team_id)

    assert [change.changed_by for change in changes] == [BEN]


async def test_it_uses_a_switch_made_through_another_process(
    slack: Sandbox, workspace: Workspace, start: Start
) -> None:
    """Only the first is connected to Slack; the second takes jobs from the same database."""
    async with ClaudeServer() as claude, OpenAIServer() as openai:
        for server in (claude, openai):
            server.answer(answers)
        providers = {one.name: one for one in (at(claude), at(openai))}
        connected = start(provider=at(claude), providers=providers)
        behind = start(
            provider=at(claude),
            providers=providers,
            slack_app_token=None,
            slack_signing_secret=SecretStr("secret"),
        )
        async with connected as first, behind as second:
            await slack.connected()
            before = [await answerer(one) for one in (first, second)]
            typed = await slack.person(ADA).command("/llm-provider", "set openai", channel=GENERAL)
            await typed.answered()
            after = [await answerer(one) for one in (first, second)]

    assert (before, after) == (["Claude Haiku 4.5"] * 2, ["GPT-4o mini"] * 2)


async def answerer(process: Precis) -> str:
    """The model that answers the next question of a process."""
    question = Request("summarise", "Be brief.", "What happened?", "p1", 300)
    asked = await process.services.gateway.ask(question, origin(uuid4().hex, ADA))
    return asked.model
