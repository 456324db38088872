"""What the commands print: totals that add up, unknown prices said aloud, and no text of anybody's."""

import io
import json
from collections.abc import Sequence
from dataclasses import fields, replace

from rich.console import Console

from bot.reports import as_json, show_calls, totals
from bot.store import Call, Totals

CALL = Call(
    id="call-1",
    called_at="2026-11-22T10:00:00.250000+00:00",
    task="summarise",
    prompt_version="summarise-1",
    provider="openai",
    requested_model="gpt-4o-mini",
    served_model="gpt-4o-mini-2024-07-18",
    latency_ms=1250,
    attempt=1,
    outcome="ok",
    input_tokens=5_000,
    output_tokens=500,
    cost_usd=0.00105,
    prompt="the words of a private thread",
    answer="the words of a model",
)
UNPRICED = replace(CALL, id="call-2", served_model="tiny-7b", cost_usd=None)
UNMETERED = replace(
    CALL,
    id="call-3",
    served_model=None,
    input_tokens=None,
    output_tokens=None,
    cost_usd=None,
    outcome="failed",
    error="timed_out",
)
FREE = replace(CALL, id="call-4", cost_usd=0.0)


def printed(*calls: Call) -> str:
    console = Console(file=io.StringIO(), width=140)
    show_calls(console, calls)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def row(call: Call) -> Sequence[str]:
    return printed(call).splitlines()[1].split()


def test_it_adds_up() -> None:
    assert totals([CALL, UNPRICED, UNMETERED, FREE]) == Totals(
        calls=4, failed=1, input_tokens=15_000, output_tokens=1_500, cost_usd=0.00105, unpriced=1
    )


def test_it_adds_nothing_up_to_zero() -> None:
    assert totals([]) == Totals(calls=0, failed=0, input_tokens=0, output_tokens=0, cost_usd=0.0, unpriced=0)


def test_it_prints_a_row_for_a_call() -> None:
    assert row(CALL) == [
        *("11-22", "10:00", "summarise", "gpt-4o-mini-2024-07-18"),
        *("5,000", "500", "$0.001050", "1.2", "ok"),
    ]


def test_it_says_that_a_price_is_unknown() -> None:
    assert "unknown" in row(UNPRICED)
    assert "$0.000000, 1 of unknown price" in printed(UNPRICED)


def test_it_tells_free_from_unknown() -> None:
    assert "$0.000000" in row(FREE)
    assert "unknown" not in printed(FREE, CALL)


def test_it_leaves_blank_what_no_vendor_counted() -> None:
    assert row(UNMETERED)[3:] == ["gpt-4o-mini", "1.2", "timed_out"]


def test_it_says_what_a_trial_was_for_and_whom_a_call_stood_in_for() -> None:
    assert "summarise (shadow)" in printed(replace(CALL, purpose="shadow"))
    assert "ok, instead of claude" in printed(replace(CALL, instead_of="claude"))
    assert "work" not in printed(CALL)


def test_it_prints_the_totals_last() -> None:
    assert printed(CALL, UNPRICED, UNMETERED).splitlines()[-1].rstrip() == (
        "3 calls, 1 failed; 10,000 input and 1,000 output tokens; $0.001050, 1 of unknown price"
    )


def test_it_says_that_there_are_no_calls() -> None:
    assert printed() == "No calls in that time.\n"


def test_it_prints_a_models_name_to_the_letter() -> None:
    assert row(replace(CALL, served_model="tiny[/]7b[red]"))[3] == "tiny[/]7b[red]"


def test_it_prints_no_text_of_anybodys() -> None:
    assert "words" not in printed(CALL)
    assert "words" not in json.dumps(as_json([CALL]))


def test_it_gives_programs_every_figure() -> None:
    found = json.loads(json.dumps(as_json([CALL, UNPRICED])))

    assert set(found) == {"calls", "totals"}
    assert found["totals"]["unpriced"] == 1
    assert [call["cost_usd"] for call in found["calls"]] == [0.00105, None]
    assert found["calls"][0]["called_at"] == CALL.called_at
    assert set(found["calls"][0]) == {field.name for field in fields(Call)} - {"prompt", "answer"}
