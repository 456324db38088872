"""Blind votes: which answers are put before a voter, who may see them, and what is kept of the verdicts."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bot.ballots import ROUNDS, Tally, pairs, tally
from bot.sandbox import Sandbox, Workspace
from bot.store import Eval, Vote
from handlers import ballot_cards, ballots, comparisons
from handlers.ballot_cards import LEFT, RIGHT, SAME
from handlers.replies import GIVEN_UP
from tests.comparing import MODELS, Admin, comparing
from tests.conftest import BEN, GENERAL, PRIVATE, Start, talk
from tests.desk import until
from tests.test_end_to_end import SUMMARY
from tests.vendors import Received

VENDORS = ("claude", "openai", "gemini", "offline")


def evals(prompts: int, answers: Mapping[str, str | None] | None = None) -> list[Eval]:
    """What each model answered to so many prompts; `answers` by provider, else each its own."""
    return [
        Eval(
            id=f"{provider}-{number}",
            workspace="T1",
            evaluated_at="2026-11-22T10:00:00+00:00",
            task="summarise",
            source=f"call-{number}",
            asked_at="2026-11-22T09:00:00+00:00",
            channel=GENERAL,
            prompt_digest="d",
            provider=provider,
            model=f"{provider}-model",
            outcome="ok",
            answer=(answers or {}).get(provider, f"{provider} on {number}"),
        )
        for number in range(prompts)
        for provider in VENDORS
    ]


def test_it_takes_each_pair_from_another_prompt_and_gives_every_model_its_turn() -> None:
    for seed in map(str, range(50)):
        found = pairs(evals(9), seed)

        sides = [side.split("-") for pair in found for side in (pair.left, pair.right)]
        shown = [provider for provider, _ in sides]
        assert len(found) == ROUNDS
        assert all(pair.left.split("-")[1] == pair.right.split("-")[1] for pair in found)
        assert len({number for _, number in sides}) == ROUNDS
        assert {shown.count(provider) for provider in VENDORS} == {2, 3}


def test_it_puts_a_model_on_either_side() -> None:
    sides = {pair.left.split("-")[0] for seed in range(20) for pair in pairs(evals(5), str(seed))}

    assert sides == set(VENDORS)


def test_it_takes_several_pairs_of_a_prompt_where_there_are_few() -> None:
    found = pairs(evals(1), "seed")

    assert len({frozenset((pair.left, pair.right)) for pair in found}) == ROUNDS


def test_it_asks_nothing_about_answers_that_are_alike_or_gone() -> None:
    assert pairs(evals(3, dict.fromkeys(VENDORS, "the same")), "seed") == []
    assert pairs(evals(3, {**dict.fromkeys(VENDORS), "claude": "alone"}), "seed") == []


VOTE = Vote(
    id="1",
    workspace="T1",
    voted_at="2026-11-22T10:00:00+00:00",
    voter="U1",
    task="summarise",
    left_model="a",
    right_model="b",
    verdict="left",
)


def test_it_adds_up_how_each_model_fared() -> None:
    votes = [
        VOTE,
        replace(VOTE, verdict="right"),
        replace(VOTE, verdict="same"),
        replace(VOTE, left_model="b", right_model="c", verdict="left"),
    ]

    assert tally(votes) == [Tally("b", 2, 1, 1), Tally("a", 1, 1, 1), Tally("c", 0, 0, 1)]


def blocks(message: Mapping[str, Any]) -> str:
    return str(message["blocks"])


async def begun(admin: Admin) -> dict[str, Any]:
    """Compare, then begin to vote; returns the message with the first round."""
    shown = await admin.compare()
    await admin.press(comparisons.VOTE, ts=shown["ts"])
    await until(lambda: len(admin.messages) > 1)
    return admin.messages[-1]


def answer_apart(admin: Admin) -> None:
    for name, server in admin.servers.items():
        server.answer({**SUMMARY, "headline": f"Written by number {list(admin.servers).index(name)}."})


async def test_it_asks_five_times_and_tells_at_the_end_whose_answers_they_were(
    slack: Sandbox, workspace: Workspace, start: Start
) -> None:
    threads = [talk(workspace) for _ in range(6)]
    async with comparing(slack, start) as admin:
        answer_apart(admin)
        await admin.summarised(*threads)
        shown = await begun(admin)

        for number, action in enumerate((LEFT, RIGHT, SAME, LEFT, RIGHT), 1):
            assert f"Round {number} of 5" in shown["text"]
            assert not any(model in str(shown) for model in MODELS)
            await admin.press(action)
            shown = admin.messages[-1]

        votes = await admin.precis.database.read("SELECT * FROM votes ORDER BY voted_at")
        evals = await admin.precis.database.read("SELECT id, provider, model FROM evals")

    models = {row["id"]: "/".join([str(row["provider"]), str(row["model"])]) for row in evals}
    assert [vote["verdict"] for vote in votes] == ["left", "right", "same", "left", "right"]
    assert {(vote["voter"], vote["task"]) for vote in votes} == {(admin.id, "summarise")}
    assert all(models[vote["eval"]] == vote["left_model"] != vote["right_model"] for vote in votes)
    assert len(admin.messages) == 2
    assert "That was the last round." in shown["text"]
    assert shown["text"].count("You preferred ") == 4
    assert sum(model in shown["text"] for model in MODELS) == 4


async def test_it_shows_only_answers_about_conversations_that_the_voter_may_see(
    slack: Sandbox, workspace: Workspace, start: Start
) -> None:
    secret = [talk(workspace, PRIVATE) for _ in range(4)]
    public = workspace.post(BEN, GENERAL, "PUBLIC-MATTER: the office moves to the harbour in May. " * 20)
    async with comparing(slack, start, admin_users=(BEN,)) as ada:
        for name, server in ada.servers.items():
            server.answer(partial(telling, name))
        await ada.summarised(*secret, channel=PRIVATE)
        await ada.summarised(public)
        ben = Admin(slack, ada.precis, ada.servers, id=BEN)
        shown = [await begun(ben)]
        for _ in range(ROUNDS):
            await ben.press(SAME)
            shown.append(ben.messages[-1])
        table = ben.messages[0]

    assert "Claude Haiku 4.5: Calls 5" in table["text"]
    assert [message["text"].count("Of the public matter") for message in shown[:-1]].count(0) <= 1
    assert "Of a secret matter" not in str(shown)
    assert "roll back" not in str(shown)


def telling(name: str, received: Received) -> Mapping[str, object]:
    """A model that says in which conversation it was asked."""
    matter = "the public matter" if "PUBLIC-MATTER" in str(received.body) else "a secret matter"
    return {**SUMMARY, "headline": f"Of {matter}, as {sorted(VENDORS).index(name)} sees it."}


async def test_it_has_nothing_to_show_to_who_may_see_none_of_it(
    slack: Sandbox, workspace: Workspace, start: Start
) -> None:
    secret = talk(workspace, PRIVATE)
    async with comparing(slack, start, admin_users=(BEN,)) as ada:
        answer_apart(ada)
        await ada.summarised(secret, channel=PRIVATE)

        shown = await begun(Admin(slack, ada.precis, ada.servers, id=BEN))

    assert shown["text"] == ballots.NOTHING_TO_SEE


async def test_it_skips_what_was_purged_between_two_rounds(slack: Sandbox, workspace: Workspace, start: Start) -> None:
    threads = [talk(workspace) for _ in range(5)]
    async with comparing(slack, start) as admin:
        answer_apart(admin)
        await admin.summarised(*threads)
        await begun(admin)
        await admin.press(LEFT)
        services = admin.precis.services
        await services.store.forget_texts(services.settings.now())

        await admin.press(RIGHT)

        votes = await admin.precis.database.read("SELECT verdict FROM votes")
        assert [vote["verdict"] for vote in votes] == ["left", "right"]
        assert admin.messages[-1]["text"].count("You preferred ") == 2


async def test_it_counts_the_first_press_of_a_round_and_begins_one_vote_for_a_table(
    slack: Sandbox, thread: str, start: Start
) -> None:
    async with comparing(slack, start) as admin:
        answer_apart(admin)
        await admin.summarised(thread)
        shown = await begun(admin)
        person = slack.person(admin.id)

        presses = [person.press(action_id=action, channel=person.dm(), ts=shown["ts"]) for action in (RIGHT, LEFT)]
        await asyncio.gather(*presses)
        await admin.precis.services.inbox.idle()
        again = await admin.press(comparisons.VOTE, ts=admin.messages[0]["ts"])
        await again.answered()

        votes = await admin.precis.database.read("SELECT verdict FROM votes")
        jobs = await admin.precis.database.read("SELECT posted, error FROM inbox WHERE queue = 'vote'")
        assert len(votes) == 1
        assert jobs == [{"posted": shown["ts"], "error": None}]
        assert "Round 2 of" in admin.messages[1]["text"]
        assert [answer["text"] for answer in again.answers] == [ballots.BEGUN]
        assert len(admin.messages) == 3


async def test_it_begins_at_another_press_the_vote_that_slack_failed_to_show(
    slack: Sandbox, thread: str, start: Start
) -> None:
    async with comparing(slack, start) as admin:
        answer_apart(admin)
        await admin.summarised(thread)
        shown = await admin.compare()
        slack.fail("chat.postMessage", error="internal_error", times=2)
        await admin.press(comparisons.VOTE, ts=shown["ts"])
        await admin.precis.database.write("UPDATE inbox SET tries = 4 WHERE queue = 'ballot'")  # one more, then no more
        await until(lambda: admin.messages[-1]["text"] == GIVEN_UP)
        await admin.precis.services.inbox.idle()
        again = await admin.press(comparisons.VOTE, ts=shown["ts"])

        assert again.answers == []
        assert len(admin.messages) == 2
        assert "Round 1 of" in admin.messages[1]["text"]
        await admin.press(LEFT)
        assert [vote["verdict"] for vote in await admin.precis.database.read("SELECT verdict FROM votes")] == ["left"]


async def test_it_goes_on_with_a_vote_at_another_press_where_slack_failed_to_show_the_next_round(
    slack: Sandbox, thread: str, start: Start
) -> None:
    async with comparing(slack, start) as admin:
        answer_apart(admin)
        await admin.summarised(thread)
        shown = await begun(admin)
        slack.fail("chat.update", error="internal_error", times=2)
        await admin.press(LEFT)
        await admin.precis.database.write("UPDATE inbox SET tries = 4 WHERE queue = 'vote'")  # one more, then no more
        await until(lambda: admin.messages[-1]["text"] == ballots.PRESS_AGAIN)
        await admin.precis.services.inbox.idle()
        assert "Round 1 of" in admin.messages[1]["text"]
        await admin.press(RIGHT, ts=shown["ts"])

        assert "Round 2 of" in admin.messages[1]["text"]
        assert [vote["verdict"] for vote in await admin.precis.database.read("SELECT verdict FROM votes")] == ["left"]


async def test_it_lets_nothing_in_an_answer_come_alive(slack: Sandbox, thread: str, start: Start) -> None:
    async with comparing(slack, start) as admin:
        for name, server in admin.servers.items():
            server.answer({**SUMMARY, "headline": f"<!channel> <@U0BEN00001> <https://evil.example|{name}>"})
        await admin.summarised(thread)

        shown = await begun(admin)

    assert "&lt;!channel&gt;" in blocks(shown)
    assert "<!channel>" not in str(shown)
    assert "<https://evil" not in str(shown)


def test_it_cuts_long_answers_inside_slacks_limits() -> None:
    points = [{"text": f"Point {number}: " + "and so on & so forth " * 30, "sources": [1]} for number in range(60)]
    long = json.dumps({**SUMMARY, "points": points})

    shown = ballot_cards.round(1, 5, long, long, "{}")

    texts = [block["text"]["text"] for block in shown.blocks if block["type"] == "section"]
    assert max(map(len, texts)) <= 3_000
    assert sum(map(len, texts)) + 60 * len(shown.blocks) < 13_000
    assert sum(text.endswith("…") for text in texts) >= 2
