"""The screen of `/llm-provider` at its largest: within Slack's limits, and every model in words."""

from dataclasses import replace

import pytest

from adapters import PROVIDERS
from adapters.models import MODELS
from bot.budget import Left
from bot.catalogue import Catalogue
from bot.choices import DEFAULT, TASKS, Choice, Sample
from bot.lifecycle import Warning
from bot.overview import Health, Overview, replacements
from bot.sandbox.blocks import message_blocks
from bot.settings import Settings
from bot.store import LastError, Line, Standing
from handlers import provider_cards

AT = "2026-11-23T09:00:00+00:00"
LONG = [Choice("openai", f"a-model-with-a-rather-long-name-that-somebody-has-tuned-{number}") for number in range(12)]
EVERYTHING = Catalogue(
    {**{name: vendor.default_model for name, vendor in PROVIDERS.items()}, "openai": LONG[0].model},
)
EVERY_SETTING = [*(f"{task}_model" for task in (*TASKS, DEFAULT)), "fallback", "shadow"]


def line(choice: Choice, purpose: str = "work") -> Line:
    return Line(
        name=str(choice) if purpose == "work" else "trials",
        purpose=purpose,
        calls=1_234,
        failed=12,
        input_tokens=1,
        cached_tokens=0,
        output_tokens=1,
        cost_usd=12.3456,
        unpriced=3,
        p50_ms=800,
        p95_ms=2_345,
    )


LARGEST = Overview(
    tasks=dict.fromkeys((DEFAULT, *TASKS), [(choice, 20) for choice in LONG[:5]]),
    own=frozenset((DEFAULT, *TASKS)),
    fallback=LONG[5],
    shadow=Sample(provider="openai", model=LONG[6].model, percent=5, task="triage"),
    standing={name: Standing(name=name, value="{}", changed_at=AT, changed_by="U1") for name in EVERY_SETTING},
    settings=Settings(daily_budget_usd=5, monthly_budget_usd=100),
    left=Left(3.21, 80.0, 0.5),
    health=[
        Health(one, 12.0, LastError(provider=one.provider, model=one.model, error="timed_out", called_at=AT), 2_345)
        for one in LONG
    ],
    week=[*map(line, LONG), line(LONG[0], "check"), line(LONG[0], "shadow")],
    warnings=[
        Warning(one, "shutdown", f"{one.model} shuts down on 2027-01-14, 53 days; successor x at $0.10/$0.50.", "x")
        for one in LONG[:3]
    ],
)


@pytest.mark.parametrize("catalogue", [None, EVERYTHING])
def test_it_fits_into_a_message_with_twelve_models(catalogue: Catalogue | None) -> None:
    content = provider_cards.status(LARGEST, lambda user: "Ada Moreau", catalogue)

    shown = message_blocks(list(content.blocks))
    assert all(choice.model in str(shown) for choice in LONG)
    assert "… and 2 more" in str(shown)


def test_it_leaves_lines_out_before_slack_would_refuse_them() -> None:
    warned = [Warning(one, "shutdown", "x" * 400, "x") for one in LONG]
    content = provider_cards.status(replace(LARGEST, warnings=warned), lambda user: "Ada Moreau", EVERYTHING)

    shown = message_blocks(list(content.blocks))
    assert "… and 6 more" in str(shown)


def test_it_says_everything_in_the_text_too() -> None:
    few = replace(LARGEST, health=LARGEST.health[:2], week=LARGEST.week[-2:], warnings=LARGEST.warnings[:1])
    content = provider_cards.status(few, lambda user: "Ada <Moreau>", EVERYTHING)

    assert "failed repeatedly and is left alone for 12 s · p95 today 2.3 s · last failure" in content.text
    assert "it took too long" in content.text
    assert "trial calls (shadow): 1,234 calls, 12 failed, $12.3456 and 3 calls of unknown price" in content.text
    assert "$3.21 of $5.00 left today · $80.00 of $100.00 left this month" in content.text
    assert "by Ada &lt;Moreau&gt;" in content.text
    assert "⚠️ a-model" in content.text


def test_it_puts_a_successor_into_every_place_of_the_model() -> None:
    shared = LONG[0]
    found = replacements(LARGEST, shared, "x")

    assert list(found) == [DEFAULT, *TASKS]
    assert found["triage"].startswith("split openai/x=20 openai/a-model")
    assert found["triage"].endswith("=20 for triage")
    assert replacements(LARGEST, LONG[5], "x") == {"fallback": "fallback openai x"}
    assert replacements(LARGEST, LONG[6], "x") == {"shadow": "shadow openai x 5 for triage"}


def test_it_describes_every_model_it_offers() -> None:
    assert {choice.model for choice in EVERYTHING.choices} >= {
        row.id for row in MODELS.values() if row.provider in EVERYTHING.models
    }
