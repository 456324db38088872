"""`/llm-provider compare`: what it asks first, what it then shows, and what it leaves alone."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.base import Usage
from bot.origin import Origin
from bot.replay import Quote
from bot.sandbox import Sandbox, Workspace
from bot.settings import Settings
from bot.transcript import Message
from bot.triager import Triager
from handlers import compare, comparisons
from handlers.services import Services
from tests.comparing import MODELS, Admin, comparing, table
from tests.conftest import ADA, BEN, GENERAL, GUEST, STRANGER, Start, talk
from tests.desk import until
from tests.support import settled
from tests.test_end_to_end import SUMMARY
from tests.test_replay import sent
from tests.threads import conversations, place
from tests.vendors import Received


def text(message: dict[str, Any]) -> str:
    return str(message["text"])


async def test_it_asks_with_the_cost_of_each_model_before_it_asks_any(
    slack: Sandbox, start: Start, thread: str
) -> None:
    async with comparing(slack, start) as admin:
        await admin.summarised(thread)
        received = admin.received

        said = await admin.type()

        assert said == compare.COUNTING
        [question] = admin.messages
        assert "Compare 4 models on the last prompt of the task summarise?" in text(question)
        assert "There are no more than 1 in the log." in text(question)
        # 120 tokens in and 34 out, as the loopback vendor reported them, at 1.00 and 5.00 dollars a million.
        assert "Claude Haiku 4.5: about $0.0003" in text(question)
        assert "GPT-4o mini (in use): under $0.0001" in text(question)
        assert "Offline rules: free" in text(question)
        assert admin.received == received


def placed(workspace: Workspace, data: Path, count: int) -> list[str]:
    chosen = [
        each
        for each in conversations(data / "slack-threads-mifos" / "threads.jsonl")
        if 3 <= len(each["messages"]) <= 60
    ]
    begin = 1_700_000_000
    return [place(workspace, GENERAL, each, begin + 10_000 * number) for number, each in enumerate(chosen[:count])]


def gemini(received: Received) -> tuple[str, str]:
    parts = received.body["systemInstruction"]["parts"], received.body["contents"][0]["parts"]
    return str(parts[0][0]["text"]), str(parts[1][0]["text"])


async def test_it_shows_a_table_whose_costs_are_those_of_the_call_log(
    slack: Sandbox, workspace: Workspace, start: Start, data: Path
) -> None:
    threads = placed(workspace, data, 20)
    async with comparing(slack, start) as admin:
        await admin.summarised(*threads)
        openai = admin.servers["openai"]
        asked = sorted(map(sent, openai.received))
        openai.received.clear()

        shown = await admin.compare("20")

        rows = await admin.precis.database.read(
            "SELECT provider, count(*) AS calls, sum(cost_usd) AS usd FROM calls WHERE purpose = 'compare'"
            " GROUP BY provider"
        )
        services = admin.precis.services
        plan = await services.replay.plan(compare.Compare.model_validate_json(value(shown)).wanted)
        figures = await services.replay.figures(plan)
        received = {name: server.received for name, server in admin.servers.items()}

    found = table(shown)
    usd = {str(row["provider"]): float(str(row["usd"])) for row in rows}
    assert len(asked) == 20
    assert {str(row["provider"]): row["calls"] for row in rows} == dict.fromkeys(
        ("claude", "openai", "gemini", "offline"), 20
    )
    assert {each.choice.provider: each.cost_usd for each in figures} == pytest.approx(usd)
    assert [found[name][2] for name in ("Claude Haiku 4.5", "Gemini 3.5 Flash", "Offline rules")] == [
        f"${usd['claude']:.4f}",
        f"${usd['gemini']:.4f}",
        "free",
    ]
    assert found["GPT-4o mini (in use)"][:3] == ["20", "0", f"${usd['openai']:.4f}"]
    assert f"4 models on the last 20 prompts of the task summarise: ${sum(usd.values()):.4f} in all." in text(shown)
    assert all(sorted(map(sent, received[name])) == asked for name in ("openai", "claude"))
    assert sorted(map(gemini, received["gemini"])) == asked


def value(message: dict[str, Any]) -> str:
    return str(message["blocks"][-1]["elements"][0]["value"])


async def test_it_turns_the_question_into_progress_and_then_into_the_table(
    slack: Sandbox, start: Start, thread: str
) -> None:
    async with comparing(slack, start) as admin:
        await admin.summarised(thread)
        shown = await admin.compare()

        updates = [call.args["text"] for call in slack.calls if call.method == "chat.update"]
        assert len(admin.messages) == 1
        assert updates[:2] == ["Comparing…", "Comparing… 1 of 4 answers."]
        assert updates[-1] == shown["text"]
        assert list(table(shown)) == ["Model", f"{MODELS[0]} (in use)", *MODELS[1:]]
        assert table(shown)["Model"] == ["Calls", "Failures", "Cost", "p50", "p95", "Cited"]
        assert table(shown)["Claude Haiku 4.5"][-1] == "80 % of 5"
        assert "Claude Haiku 4.5: Calls 1, Failures 0, Cost $0.0003" in text(shown)


async def test_it_asks_nothing_again_that_it_has_kept(slack: Sandbox, start: Start, thread: str) -> None:
    async with comparing(slack, start) as admin:
        await admin.summarised(thread)
        first = await admin.compare()
        received = admin.received

        await admin.type("20 summarise")
        question = admin.messages[-1]
        await admin.press(comparisons.COMPARE)

        assert text(question).count("1 of 1 answers are kept already") == 4
        assert table(admin.messages[-1]) == table(first)
        assert admin.received == received


async def test_it_offers_what_is_left_when_prompts_have_been_purged(
    slack: Sandbox, workspace: Workspace, start: Start
) -> None:
    threads = [talk(workspace) for _ in range(3)]
    async with comparing(slack, start) as admin:
        await admin.summarised(*threads)
        services = admin.precis.services
        newest = (await services.store.calls())[-1].called_at
        await services.store.forget_texts(services.settings.now().fromisoformat(newest))

        await admin.type("3")
        shown = text(admin.messages[-1])
        await admin.press(comparisons.COMPARE)

        assert "2 of 3 prompts have been purged." in shown
        assert "the last prompt of the task summarise" in shown
        assert table(admin.messages[-1])["Claude Haiku 4.5"][0] == "1"


async def test_it_says_that_nothing_is_left(slack: Sandbox, start: Start, thread: str) -> None:
    async with comparing(slack, start, content_retention_days=0) as admin:
        await admin.summarised(thread)

        await admin.type()

        [said] = admin.messages
        assert text(said).startswith("There is nothing to compare: no prompt of the task summarise is kept")
        assert "1 of 1 prompts have been purged." in text(said)
        assert [block["type"] for block in said["blocks"]] == ["section"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("20 sumarise", "Did you mean summarise?"),
        ("5 poetry", "Choose summarise or triage."),
        ("0", "I compare 1 to 100 prompts at a time."),
        ("101 triage", "I compare 1 to 100 prompts at a time."),
        ("20 triage please", "compare 20 summarise"),
    ],
)
async def test_it_says_what_is_wrong_with_the_command(slack: Sandbox, start: Start, typed: str, said: str) -> None:
    async with comparing(slack, start) as admin:
        answer = await admin.type(typed)

        assert said in answer
        assert admin.messages == []


async def test_it_compares_nothing_when_that_is_cancelled(slack: Sandbox, start: Start, thread: str) -> None:
    async with comparing(slack, start) as admin:
        await admin.summarised(thread)
        received = admin.received
        await admin.type()

        await admin.press(comparisons.CANCEL)

        assert text(admin.messages[-1]) == compare.CANCELLED
        assert admin.received == received


async def test_it_runs_once_however_often_the_button_is_pressed(slack: Sandbox, start: Start, thread: str) -> None:
    async with comparing(slack, start) as admin:
        await admin.summarised(thread)
        await admin.type()
        person, ts = slack.person(admin.id), admin.messages[-1]["ts"]

        presses = [person.press(action_id=comparisons.COMPARE, channel=person.dm(), ts=ts) for _ in range(3)]
        await asyncio.gather(*presses)
        await admin.precis.services.inbox.idle()

        assert len(admin.servers["claude"].received) == 1


async def test_it_asks_one_question_though_slacks_answer_is_lost(slack: Sandbox, start: Start, thread: str) -> None:
    async with comparing(slack, start) as admin:
        await admin.summarised(thread)
        slack.fail("chat.postMessage", lost=True)
        await admin.type()
        await settled(slack, admin.precis)

        assert len(admin.messages) == 1
        await admin.press(comparisons.COMPARE)
        assert table(admin.messages[0])


async def test_it_asks_nothing_twice_where_two_admins_compare_at_once(
    slack: Sandbox, workspace: Workspace, start: Start
) -> None:
    workspace.users[BEN] = replace(workspace.users[BEN], is_admin=True)
    async with comparing(slack, start) as ada:
        await ada.summarised(*(talk(workspace) for _ in range(3)))
        ben = Admin(slack, ada.precis, ada.servers, id=BEN)
        await ada.type()
        await ben.type()
        for server in ada.servers.values():
            server.received.clear()
            server.latency = 0.1

        await asyncio.gather(ada.press(comparisons.COMPARE), ben.press(comparisons.COMPARE))

        assert [len(server.received) for server in ada.servers.values()] == [3, 3, 3]
        assert table(ada.messages[-1]) == table(ben.messages[-1])


async def test_it_asks_again_where_it_would_cost_more_than_it_said(slack: Sandbox, start: Start, thread: str) -> None:
    async with comparing(slack, start) as admin:
        await admin.summarised(thread)
        await admin.type()
        quoted = admin.messages[-1]
        candidate = {"provider": "openai", "model": "gpt-4o"}
        await admin.precis.services.settings.change("fallback", candidate, by=ADA)
        received = admin.received

        await admin.press(comparisons.COMPARE)
        asked = admin.messages[-1]
        untouched = admin.received
        await admin.press(comparisons.COMPARE)

        assert "gpt-4o:" not in text(quoted)
        assert asked["ts"] == quoted["ts"]
        assert text(asked).startswith("This costs more than I told you, so I ask again. Compare 5 models")
        assert "gpt-4o: about $0.0006" in text(asked)
        assert untouched == received
        assert table(admin.messages[-1])["Claude Haiku 4.5"][0] == "1"


async def test_it_asks_again_where_it_has_become_unknown_what_it_costs(
    slack: Sandbox, start: Start, thread: str
) -> None:
    async with comparing(slack, start) as admin:
        await admin.summarised(thread)
        await admin.type()
        unpriced = {"provider": "openai", "model": "nobody-knows"}
        await admin.precis.services.settings.change("fallback", unpriced, by=ADA)

        await admin.press(comparisons.COMPARE)
        asked = text(admin.messages[-1])
        await admin.press(comparisons.COMPARE)

        assert "and what is unknown" in asked
        assert table(admin.messages[-1])["Claude Haiku 4.5"][0] == "1"


def test_a_quote_covers_what_costs_no_more() -> None:
    quote, unknown = Quote(1.0, unknown=False), Quote(1.0, unknown=True)

    assert quote.covers(Quote(0.5, unknown=False))
    assert quote.covers(quote)
    assert not quote.covers(Quote(1.1, unknown=False))
    assert not quote.covers(unknown)
    assert unknown.covers(unknown)


@pytest.mark.parametrize("typed", ["20 sumarise", "mail ben@example.com", "20 triage sk-proj-abc"])
async def test_it_writes_down_nothing_of_what_it_does_not_understand(slack: Sandbox, start: Start, typed: str) -> None:
    async with comparing(slack, start) as admin:
        await admin.type(typed)

        assert await admin.precis.database.read("SELECT body FROM inbox WHERE queue = 'provider'") == []


@pytest.mark.parametrize("user", [BEN, GUEST, STRANGER])
async def test_it_compares_for_admins_only(
    slack: Sandbox, workspace: Workspace, start: Start, thread: str, user: str
) -> None:
    workspace.join(user, GENERAL)
    async with comparing(slack, start) as admin:
        await admin.summarised(thread)

        said = await Admin(slack, admin.precis, admin.servers, id=user).type()

        assert said == compare.NOT_AN_ADMIN
        assert slack.person(user).sees(slack.person(user).dm()) == []


async def test_it_obeys_only_who_is_an_admin_still_when_they_press(
    slack: Sandbox, workspace: Workspace, start: Start, thread: str
) -> None:
    async with comparing(slack, start) as admin:
        await admin.summarised(thread)
        await admin.type()
    workspace.users[admin.id] = replace(workspace.users[admin.id], is_admin=False)

    async with comparing(slack, start) as later:
        pressed = await later.press(comparisons.COMPARE)
        await pressed.answered()

        assert [answer["text"] for answer in pressed.answers] == [compare.NOT_AN_ADMIN]
        assert later.received == 0


async def test_it_counts_what_a_provider_cannot_answer_and_goes_on_with_the_others(
    slack: Sandbox, workspace: Workspace, start: Start
) -> None:
    threads = [talk(workspace) for _ in range(2)]
    async with comparing(slack, start) as admin:
        await admin.summarised(*threads)
        claude = admin.servers["claude"]
        claude.always(claude.problem("auth"))

        found = table(await admin.compare())

    assert found["Claude Haiku 4.5"][:5] == ["2", "2", "$0.0000", "–", "–"]
    assert found["Gemini 3.5 Flash"][:2] == ["2", "0"]


async def test_it_says_what_the_budget_did_not_allow(slack: Sandbox, start: Start, thread: str) -> None:
    async with comparing(slack, start, settings=Settings(daily_budget_usd=0.004)) as admin:
        await admin.summarised(thread)

        shown = await admin.compare()

        assert "The budget did not allow all answers of Claude Haiku 4.5, Gemini 3.5 Flash." in text(shown)
        assert table(shown)["GPT-4o mini (in use)"][0] == "1"
        assert admin.servers["claude"].received == []


async def test_it_names_what_has_no_known_price(slack: Sandbox, start: Start, thread: str) -> None:
    async with comparing(slack, start) as admin:
        await admin.summarised(thread)
        claude = admin.servers["claude"]
        claude.always(claude.reply(SUMMARY, model="claude-nobody-knows"))

        shown = await admin.compare()

        assert table(shown)["Claude Haiku 4.5"][2] == "1 unknown"
        assert "and 1 call of unknown price in all" in text(shown)


async def test_it_shows_lines_where_slack_takes_no_table(slack: Sandbox, start: Start, thread: str) -> None:
    async with comparing(slack, start) as admin:
        await admin.summarised(thread)
        server = admin.servers["gemini"]
        server.latency = 0.5

        def late(received: Received) -> Mapping[str, object]:
            slack.fail("chat.update", error="invalid_blocks")
            return SUMMARY

        server.answer(late)
        shown = await admin.compare()

        assert "table" not in {block["type"] for block in shown["blocks"]}
        assert "Gemini 3.5 Flash: Calls 1, Failures 0" in str(shown["blocks"])


async def test_it_asks_no_model_again_where_only_the_table_could_not_be_shown(
    slack: Sandbox, start: Start, thread: str
) -> None:
    async with comparing(slack, start) as admin:
        await admin.summarised(thread)
        claude, gemini = admin.servers["claude"], admin.servers["gemini"]
        claude.always(claude.problem("auth"))
        gemini.latency = 0.5

        def late(received: Received) -> Mapping[str, object]:
            slack.fail("chat.update", error="internal_error")
            return SUMMARY

        gemini.answer(late)
        await admin.type()
        await admin.press(comparisons.COMPARE)
        await until(lambda: text(admin.messages[-1]).startswith("4 models"))

        assert len(claude.received) == 1
        assert table(admin.messages[-1])["Claude Haiku 4.5"][1] == "1"


async def test_it_compares_the_labels_of_triage_with_those_of_the_model_in_use_and_with_peoples(
    slack: Sandbox, start: Start
) -> None:
    async with comparing(slack, start) as admin:
        calls = await sorted_cases(admin)
        for number, (call, field, new) in enumerate(
            [(calls[0], "category", "billing"), (calls[1], "urgency", "p4"), (calls[2], "support", "no")]
        ):
            await corrected(admin, number, call, field, new)
        admin.servers["claude"].answer({**VERDICT, "category": "billing"})
        admin.servers["gemini"].answer({**VERDICT, "noise": True})

        found = table(await admin.compare("4 triage"))

    assert found["Model"][-2:] == ["Agrees", "Correct"]
    assert found["GPT-4o mini (in use)"][-2:] == ["–", "33 % of 3 (6–79 %)"]
    assert found["Claude Haiku 4.5"][-2:] == ["0 % of 4", "33 % of 3 (6–79 %)"]
    assert found["Gemini 3.5 Flash"][-2:] == ["0 % of 4", "33 % of 3 (6–79 %)"]


async def test_it_holds_the_others_against_the_model_in_use_whoever_has_sorted_the_cases(
    slack: Sandbox, start: Start
) -> None:
    async with comparing(slack, start) as admin:
        await sorted_cases(admin)
        claude = [{"provider": "claude", "model": "claude-haiku-4-5", "percent": 100}]
        await admin.precis.services.settings.change("triage_model", claude, by=ADA)
        for name in ("claude", "gemini"):
            admin.servers[name].answer({**VERDICT, "category": "billing"})

        found = table(await admin.compare("4 triage"))

    assert found["Claude Haiku 4.5 (in use)"][-2] == "–"
    assert found["GPT-4o mini"][-2] == "0 % of 4"
    assert found["Gemini 3.5 Flash"][-2] == "100 % of 4"


async def test_it_holds_nobody_against_what_the_model_in_use_could_not_answer(slack: Sandbox, start: Start) -> None:
    async with comparing(slack, start) as admin:
        await sorted_cases(admin)
        openai = admin.servers["openai"]
        openai.then(openai.reply("no JSON"), openai.reply(VERDICT))
        openai.always(openai.problem("auth"))
        admin.servers["claude"].answer(VERDICT)

        found = table(await admin.compare("4 triage"))

    assert found["GPT-4o mini (in use)"][1] == "3"
    assert found["Claude Haiku 4.5"][-2] == "100 % of 1"


async def test_it_tells_the_digest_what_each_model_got_right_and_how_many_tokens_it_took(
    slack: Sandbox, start: Start
) -> None:
    async with comparing(slack, start) as admin:
        await sorted_cases(admin)
        services = admin.precis.services
        taken = """
            UPDATE triage SET call = calls.id, category = 'bug', noise = 0, assignee = $1
            FROM calls WHERE job = triage.id"""
        await services.store.database.write(taken, ADA)
        claude = admin.servers["claude"]
        claude.always(claude.reply({**VERDICT, "noise": True}, usage=Usage(input_total=240, output_total=9)))
        admin.servers["gemini"].answer(VERDICT)
        await admin.compare("4 triage")
        await admin.compare("4 triage")

        span = datetime(2023, 11, 1, tzinfo=UTC), services.now() + timedelta(days=1)
        labels = {each.model: (each.hits, each.of) for each in await services.store.labels(*span)}
        pairs = {(each.model, each.other): each for each in await services.store.pairs(*span)}

    assert labels["claude/claude-haiku-4-5"] == (0, 4)
    assert labels["gemini/gemini-3.5-flash"] == (4, 4)
    there = pairs["openai/gpt-4o-mini", "claude/claude-haiku-4-5"]
    assert (there.pairs, there.ratio) == (4, 2.0)


VERDICT = {"reason": "r", "category": "bug", "second": "other", "urgency": "p2", "confidence": 0.9, "noise": False}


async def sorted_cases(admin: Admin) -> list[str]:
    """Have four cases sorted as bugs; the ids of their calls."""
    admin.servers["openai"].answer(VERDICT)
    services = admin.precis.services
    return [await sorted_case(f"170000000{number}.000100", services) for number in range(4)]


async def sorted_case(ts: str, services: Services) -> str:
    id = await services.store.join_case(services.workspace.team, GENERAL, ts, None, 0)
    await services.store.open_case(id, BEN, quiet=False, at=services.now())
    said = [Message(ts, "author", f"The export fails with error {ts}.")]
    origin = Origin(services.workspace.team, GENERAL, BEN, id, services.now())
    return (await Triager(services.gateway).triage(said, await services.settings.read(), origin)).call


async def corrected(admin: Admin, number: int, call: str, field: str, new: str) -> None:
    await admin.precis.database.insert(
        "corrections",
        {
            "id": f"correction-{number}",
            "triage": f"case-{number}",
            "call": call,
            "corrected_at": f"2026-11-22T10:00:0{number}+00:00",
            "corrected_by": BEN,
            "field": field,
            "old": "x",
            "new": new,
            "text": None,
        },
    )
