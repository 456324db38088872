"""What the digest looks like in Slack: within its limits, complete in words, and plain where blocks are refused."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.amounts import dollars
from bot.config import Config
from bot.digest import order
from bot.elsewhere import Candidate, Elsewhere
from bot.evals import Proportion
from bot.figures import BudgetUse, Figures, ModelFigures, as_json
from bot.sandbox import Sandbox
from bot.sandbox.blocks import message_blocks as checked
from bot.store import ChannelCost, Line, Totals, Votes
from bot.week import Week
from handlers.charts import distinct
from handlers.digest import content, plain
from handlers.digest_words import HEAD, headline, totals
from tests.weeks import Office, calls, logged, ring, shown, waiting

NOTHING = Proportion(0, 0)


def model(name: str, usd: float | None = 1.25, **changes: Any) -> ModelFigures:
    line = Line(
        name=name,
        purpose="work",
        calls=812,
        failed=3,
        input_tokens=1_234_567,
        cached_tokens=234_567,
        output_tokens=98_765,
        cost_usd=usd,
        unpriced=0 if usd is not None else 812,
        p50_ms=1_234,
        p95_ms=4_321,
    )
    made = ModelFigures(
        line=line,
        tasks={"triage": 512, "summarise": 300},
        stood_in=7,
        metered=812,
        priced=812 if usd is not None else 0,
        cache_write_tokens=10,
        thinking_tokens=4_321,
        thumbs=Proportion(21, 23),
        labels=Proportion(105, 120),
        votes=Votes(model=name, won=6, same=2, votes=10),
    )
    return replace(made, **changes)


def figures(*models: ModelFigures, **changes: Any) -> Figures:
    total = Totals(calls=812, failed=3, cost_usd=1.25, unpriced=0, input_tokens=1_234_567, output_tokens=98_765)
    made = Figures(
        week=Week(2026, 47),
        timezone="Europe/Berlin",
        complete=True,
        total=total,
        before=replace(total, calls=700, cost_usd=2.50),
        models=models,
        trials=(),
        channels=(ChannelCost(channel="C0GENERAL1", calls=9, cost_usd=0.75),),
        budgets=(BudgetUse(period="monthly", begun="2026-11-01", used_usd=5.0, cap_usd=20.0),),
        warnings=("gpt-4o-mini shuts down on 2027-01-14, 53 days; successor gpt-6-luna at $0.10/$0.50.",),
        elsewhere=elsewhere("as_good"),
    )
    return replace(made, **changes)


def elsewhere(outcome: Any, *, needed: int = 0, pick: bool = True, usd: float | None = 3.0) -> Elsewhere:
    luna = Candidate(model="openai/gpt-6-luna", usd=0.4, measured=True, labels=Proportion(100, 120))
    flash = Candidate(model="gemini/gemini-3.6-flash", usd=2.0, measured=False, labels=NOTHING)
    lite = Candidate(model="gemini/gemini-3.5-flash-lite", usd=None, measured=False, labels=NOTHING)
    return Elsewhere(
        candidates=(luna, flash, lite),
        actual_usd=usd,
        model="openai/gpt-4o-mini",
        labels=Proportion(105, 120),
        outcome=outcome,
        pick=luna if pick else None,
        needed=needed,
    )


MINI = model("openai/gpt-4o-mini")
TWELVE = [model(f"compatible/a-model-with-a-very-long-name-{number}", 1.0 + number) for number in range(12)]


def kinds(blocks: tuple[dict[str, Any], ...]) -> list[str]:
    return [block["type"] for block in blocks]


def test_it_shows_a_headline_a_chart_a_table_three_bullets_and_a_button() -> None:
    made = content(figures(MINI))

    assert kinds(made.blocks) == ["section", "context", "data_visualization", "table", "section", "actions"]
    assert made.blocks[0]["text"]["text"] == (
        "*In week 47 (16 November to 22 November 2026) 812 calls to models cost $1.25, 50 % less than the week before.*"
    )
    assert made.blocks[1]["elements"][0]["text"].startswith("812 calls ↑ 16 % · $1.25 ↓ 50 % · 3 failed → as before")
    assert made.blocks[4]["text"]["text"].count("• *") == 3
    [button] = made.blocks[5]["elements"]
    assert (button["text"]["text"], button["action_id"]) == ("Open /llm-provider", "provider_do_open")


def test_it_says_that_a_week_is_not_over_and_compares_it_with_none() -> None:
    running = figures(MINI, complete=False)

    assert headline(running) == "So far, in week 47 (16 November to 22 November 2026) 812 calls to models cost $1.25."
    assert totals(running).startswith("812 calls · $1.25 · 3 failed")
    assert as_json(running)["change"] == {"calls": None, "cost_usd": None}


def test_it_has_a_cell_for_every_figure_of_a_model() -> None:
    [head, row] = content(figures(MINI)).blocks[3]["rows"]

    cells = dict(zip([cell["text"] for cell in head], [cell["text"] for cell in row], strict=True))
    assert cells == dict(
        zip(
            HEAD,
            (
                "GPT-4o mini",
                "812: triage 512, summarise 300",
                "1.23M (235k)",
                "98.8k (4.32k)",
                "$1.25",
                "$0.15",
                "1.2 s / 4.3 s",
                "3",
                "7",
                "91 % of 23",
                "88 % of 120 (80–92 %)",
                "70 % of 10",
            ),
            strict=True,
        )
    )


@pytest.mark.parametrize("make", [content, plain])
def test_it_keeps_slacks_limits_with_twelve_models(make: Any) -> None:
    trials = [replace(each, line=replace(each.line, purpose="shadow")) for each in TWELVE]

    made = make(figures(*TWELVE, trials=trials))

    assert checked(list(made.blocks))
    assert len(made.blocks) < 20


def test_it_says_everything_in_words_too() -> None:
    trials = [replace(each, line=replace(each.line, purpose="shadow")) for each in TWELVE[:3]]
    made = content(figures(*TWELVE, trials=trials))

    assert 4_000 < len(made.text.encode()) <= 40_000
    assert "Tried beside them: " in made.text
    for each in TWELVE:
        assert each.model.partition("/")[2] in made.text
    assert "gpt-4o-mini shuts down on 2027-01-14" in made.text
    assert "<#C0GENERAL1> $0.75" in made.text
    assert "$5.00 of $20.00 (25 %)" in made.text


def test_it_shortens_names_to_twenty_characters_and_keeps_them_apart() -> None:
    labels = distinct(each.model.partition("/")[2] for each in TWELVE)

    assert len(set(labels)) == 12
    assert max(map(len, labels)) == 20


def test_it_charts_known_costs_only_and_calls_where_none_is_known() -> None:
    unknown = model("compatible/tiny-7b", None)
    both = content(figures(MINI, unknown)).blocks[2]
    alone = content(figures(unknown)).blocks[2]

    assert [point["label"] for point in both["chart"]["series"][0]["data"]] == ["GPT-4o mini"]
    assert (alone["title"], alone["chart"]["series"][0]["data"]) == (
        "Calls of each model",
        [{"label": "tiny-7b", "value": 812.0}],
    )


def test_it_never_sums_an_unknown_price_as_nothing() -> None:
    unknown = model("compatible/tiny-7b", None)
    total = replace(figures().total, cost_usd=None, unpriced=812)

    made = content(figures(unknown, total=total))

    assert "what they cost is unknown (compatible/tiny-7b)" in made.text
    assert "$0.00" not in json.dumps([made.text, made.blocks])


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (elsewhere("as_good"), "GPT-6 luna, $0.40 instead of $3.00 (83 % of 120 right, GPT-4o mini 88 % of 120)"),
        (elsewhere("worse"), "Everything cheaper is measurably worse on your labels: GPT-6 luna got 83 % of 120 right"),
        (elsewhere("too_few", needed=81), "too few labels to tell whether it is as good: 81 more are needed."),
        (elsewhere("dearer", pick=False), "None of them would have been cheaper."),
        (elsewhere("unknown", usd=None), "unknown in part, so nothing can be called cheaper."),
    ],
)
def test_it_says_who_would_do_elsewhere(found: Elsewhere, words: str) -> None:
    text = content(figures(MINI, elsewhere=found)).text or ""

    assert "GPT-6 luna $0.40, Gemini 3.6 Flash about $2.00 (about: estimate, ±30 %)" in text
    assert "Price unknown: Gemini 3.5 Flash-Lite." in text
    assert words in text


@pytest.mark.parametrize(
    ("usd", "written"),
    [(0.0, "$0.00"), (1234.5, "$1,234.50"), (0.0042, "$0.0042"), (0.00001, "under $0.0001"), (None, "unknown")],
)
def test_it_writes_dollars(usd: float | None, written: str) -> None:
    assert dollars(usd) == written


@pytest.mark.parametrize("refusal", ["invalid_blocks", "msg_blocks_too_long"])
async def test_it_posts_plain_blocks_where_slack_refuses_the_others(
    slack: Sandbox, settings: Config, refusal: str
) -> None:
    office = Office(slack, settings, "2026-11-23 08:00")
    async with office.open() as precis:
        await logged(precis, calls(3))
        slack.fail("chat.postMessage", error=refusal)
        office.wind("2026-11-23 09:00")
        await ring(precis)
        office.clock.wind(5)
        await precis.services.inbox.idle()

        kept = await precis.services.store.digest("T0SANDBOX", "2026-W47")
    [post] = office.posts()
    assert set(kinds(post["blocks"])) == {"section", "context", "actions"}
    assert "GPT-4o mini: summarise 3 calls; $0.03" in shown(post)
    assert kept is not None
    assert kept.ts == post["ts"]


async def test_it_is_shown_to_whoever_asks_and_leads_to_the_status(slack: Sandbox, settings: Config) -> None:
    office = Office(slack, settings, "2026-11-23 08:00")
    async with office.open() as precis:
        await logged(precis, calls(3))
        office.wind("2026-11-23 09:00")
        await ring(precis)
        asked = await slack.person("U0BEN00001").command("/llm-provider", "digest", channel="C0GENERAL1")
        await precis.services.inbox.idle()

        [post] = office.posts()
        pressed = await slack.person("U0ADA00001").press(
            channel="C0REPORTS1", ts=post["ts"], action_id="provider_do_open"
        )
        await precis.services.inbox.idle()

    assert "3 calls to models cost $0.03" in asked.answers[-1]["text"]
    assert "GPT-4o mini: summarise 3 calls" in str(asked.answers[-1]["blocks"])
    assert "default" in str(pressed.answers[-1]["blocks"])


async def test_it_tells_the_admins_when_it_cannot_post(slack: Sandbox, settings: Config) -> None:
    office = Office(slack, replace(settings, admin_users=("U0ADA00001",)), "2026-11-23 08:00")
    async with office.open() as precis:
        slack.fail("chat.postMessage", error="not_in_channel", times=5)
        office.wind("2026-11-23 09:00")
        for _ in range(8):
            await ring(precis)
            office.clock.wind(10)
        await ring(precis)

    told = slack.workspace.dm("U0ADA00001").messages.values()
    assert [message["text"].split(".")[0] for message in told] == [
        "I could not post the weekly digest in <#C0REPORTS1>"
    ]
    assert office.posts() == []


async def test_it_ends_one_that_was_asked_for_where_the_channel_has_gone(slack: Sandbox, settings: Config) -> None:
    office = Office(slack, replace(settings, admin_users=("U0ADA00001",)), "2026-11-23 08:00")
    async with office.open(digest_channel="", digest_day="sun") as precis:
        asked = order("T0SANDBOX", Week(2026, 46), precis.services.now(), asked=True)
        await precis.services.inbox.put(asked.id, asked.queue, asked.body)
        await precis.services.inbox.idle()

        left = await waiting(precis)

    [told] = slack.workspace.dm("U0ADA00001").messages.values()
    assert left == []
    assert told["text"].startswith("I could not post the weekly digest: choose a channel for it, then run")
