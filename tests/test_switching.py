"""What people type behind `/llm-provider`: what becomes of it, and what they are told where that is nothing."""

import pytest

from bot.catalogue import Catalogue, Misunderstood
from bot.choices import Choice
from bot.switching import ASKED, Help, History, Status, Switch, parse

CATALOGUE = Catalogue({"claude": "my-claude", "openai": "gpt-4o-mini", "offline": "offline-rules-1"})
MINI, LUNA, CLAUDE = (
    Choice("openai", "gpt-4o-mini"),
    Choice("openai", "gpt-6-luna"),
    Choice("claude", "my-claude"),
)


def switch(text: str) -> Switch:
    asked = parse(text, CATALOGUE)
    assert isinstance(asked, Switch)
    return asked


def misunderstood(text: str) -> str:
    with pytest.raises(Misunderstood) as caught:
        parse(text, CATALOGUE)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("", Status()),
        ("  ", Status()),
        ("status", Status()),
        ("History", History()),
        ("help", Help()),
        ("compute", Help(unknown="compute")),
    ],
)
def test_it_shows_what_is_asked_for(text: str, asked: object) -> None:
    assert parse(text, CATALOGUE) == asked


@pytest.mark.parametrize(
    ("text", "setting", "models"),
    [
        ("set openai", "default_model", [MINI]),
        ("SET OpenAI for Triage", "triage_model", [MINI]),
        ("set openai gpt-6-luna", "default_model", [LUNA]),
        ("set openai/gpt-6-luna for route", "route_model", [LUNA]),
        ("set claude org/large for default", "default_model", [Choice("claude", "org/large")]),
        ("set claude/org/large", "default_model", [Choice("claude", "org/large")]),
        ("split claude=90 openai/gpt-6-luna=10 for extract", "extract_model", [CLAUDE, LUNA]),
        ("split openai=50% openai/gpt-6-luna=50%", "default_model", [MINI, LUNA]),
        ("split openai=100 claude=0", "default_model", [MINI]),
        ("fallback openai", "fallback", [MINI]),
        ("fallback openai gpt-6-luna", "fallback", [LUNA]),
        ("shadow openai 5", "shadow", [MINI]),
        ("shadow openai gpt-6-luna 5 for triage", "shadow", [LUNA]),
    ],
)
def test_it_names_the_setting_and_the_models_to_be_tried(text: str, setting: str, models: list[Choice]) -> None:
    found = switch(text)

    assert (found.setting, list(found.models)) == (setting, models)
    assert ASKED.validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("reset", None),
        ("reset for triage", None),
        ("fallback off", "off"),
        ("fallback default", None),
        ("shadow off", None),
        ("shadow openai 0", None),
        ("shadow openai 5", {"provider": "openai", "model": "gpt-4o-mini", "percent": 5, "task": ""}),
        ("split openai=100 claude=0", [{"provider": "openai", "model": "gpt-4o-mini", "percent": 100}]),
        ("budget daily 5", 5.0),
        ("budget monthly $99.50", 99.5),
        ("budget shadow 0", 0.0),
        ("budget daily default", None),
    ],
)
def test_it_reads_the_value(text: str, value: object) -> None:
    assert switch(text).value == value


def test_it_tells_no_limit_from_the_default() -> None:
    assert switch("budget daily off").lift
    assert not switch("budget daily default").lift


@pytest.mark.parametrize(
    ("text", "stops"),
    [("budget daily 0", True), ("budget monthly 0", True), ("budget shadow 0", False), ("budget daily off", False)],
)
def test_it_knows_what_stops_all_calls(text: str, stops: bool) -> None:
    assert switch(text).stops_all is stops


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("set openai because it is cheaper", "it is cheaper"),
        ("set openai for triage BECAUSE of the price, because  really", "of the price, because really"),
        ("reset because anna@example.com asked", "[email 1] asked"),
        ("set openai", ""),
        ("set openai because " + "x" * 300, "x" * 200),
    ],
)
def test_it_keeps_the_reason_masked_and_short(text: str, reason: str) -> None:
    assert switch(text).reason == reason


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("set", "There is something missing. For example: set openai gpt-6-luna for triage."),
        ("set opnai", "I know no provider “opnai”. Did you mean openai?"),
        ("set anthropic", "I know no provider “anthropic”. Did you mean claude?"),
        ("set gpt-4o-mini", "I know no provider “gpt-4o-mini”. Did you mean openai gpt-4o-mini?"),
        ("set xyzzy", "I know no provider “xyzzy”. Choose one of claude, openai, gemini,"),
        ("set gemini", "Gemini cannot be asked: whoever runs Precis has to set GEMINI_API_KEY and restart it."),
        ("set openai gpt-4o-mini now", "I do not understand “now” behind the model."),
        ("set openai for trage", "I know no task “trage”. Did you mean triage? The tasks are summarise, triage,"),
        ("set openai for", "I know no task “”. The tasks are summarise, triage, extract, route, default."),
        ("set openai for triage today", "I do not understand “today” there."),
        ("reset triage", "I do not understand “triage” there."),
        ("fallback", "There is something missing. For example: fallback openai,"),
        ("fallback off now", "I do not understand “now” there."),
        ("split", "There is something missing. For example: split claude=90"),
        ("split claude openai", "I do not understand “claude”. A split looks like this: split claude=90"),
        ("split claude=90 openai=5", "These shares add up to 95 %: make them add up to 100."),
        ("split claude=90 claude=10", "A split names each model once"),
        ("split claude=101 openai=0", "“101” is no percentage: write a whole number from 0 to 100."),
        ("split claude=-1 openai=101", "“-1” is no percentage"),
        ("split claude=99.5 openai=0.5", "“99.5” is no percentage"),
        ("split " + " ".join(f"openai/m{number}=10" for number in range(10)), "A split has at most 5 models."),
        ("shadow openai", "How many per cent of the prompts should it be sent?"),
        ("shadow openai 150", "“150” is no percentage"),
        ("shadow openai five", "“five” is no percentage"),
        ("budget", "Which budget, and how many US dollars? For example budget daily 5,"),
        ("budget weekly 5", "Which budget, and how many US dollars?"),
        ("budget daily much", "“much” is no amount: write US dollars, such as 5 or 0.50."),
        ("budget daily -1", "“-1” is no amount"),
        ("budget daily inf", "“inf” is no amount"),
        ("budget shadow off", "“off” is no amount"),
        ("budget daily 5 6", "I do not understand “6” there."),
        ("history all", "I do not understand “all” there."),
    ],
)
def test_it_says_what_it_does_not_understand(text: str, said: str) -> None:
    assert misunderstood(text).startswith(said)


def test_it_lists_every_known_model_of_the_providers_that_can_be_asked() -> None:
    assert CATALOGUE.choices[:2] == [CLAUDE, Choice("claude", "claude-haiku-4-5")]
    assert LUNA in CATALOGUE.choices
    assert "gemini" not in {choice.provider for choice in CATALOGUE.choices}
