"""The sentences: one for every failure, complete, plain, and without anything the failure holds."""

import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import date

import pytest

from adapters import PROVIDERS, errors
from handlers import refusals
from handlers.refusals import NotFound, Unseen
from handlers.replies import GIVEN_UP, SENTENCES, TRY_AGAIN, duration, reporting, sentence

DETAIL = "xoxb-DETAIL quoted from a private thread"


def tree(base: type[Exception]) -> Iterator[type[Exception]]:
    yield base
    for kind in base.__subclasses__():
        yield from tree(kind)


PROVIDER_ERRORS = [*tree(errors.ProviderError)]
REFUSALS = [kind for kind in tree(refusals.Refusal) if kind is not refusals.Refusal]
LINK_ERRORS = [refusals.NotALink, refusals.ChannelLink, refusals.OtherWorkspace]
KEYLESS = (errors.MissingKey, errors.Auth, errors.Forbidden, errors.NoApi, errors.Unreachable)
FAILURES = [
    *(kind(DETAIL) for kind in (*REFUSALS, *LINK_ERRORS)),
    *(
        kind(vendor.name, DETAIL)
        for kind in PROVIDER_ERRORS
        for vendor in PROVIDERS.values()
        if vendor.key_variable or kind not in KEYLESS
    ),
]


def test_it_knows_the_failures_there_are() -> None:
    assert len(PROVIDER_ERRORS) == 25
    assert {kind.__name__ for kind in LINK_ERRORS} == {"NotALink", "ChannelLink", "OtherWorkspace"}
    assert len(REFUSALS) == 13


@pytest.mark.parametrize("kind", [*REFUSALS, *LINK_ERRORS], ids=lambda kind: kind.__name__)
def test_it_has_a_sentence_of_its_own_for_every_refusal(kind: type[Exception]) -> None:
    assert kind in SENTENCES or kind is Unseen


def test_it_tells_nobody_whether_there_is_what_they_may_not_see() -> None:
    assert sentence(Unseen(), bot="precis") == sentence(NotFound(), bot="precis")


@pytest.mark.parametrize("kind", PROVIDER_ERRORS, ids=lambda kind: kind.__name__)
def test_it_has_a_sentence_of_its_own_for_every_failure_that_can_happen(kind: type[Exception]) -> None:
    general = (errors.ProviderError, errors.Transient, errors.Unexpected)

    assert kind in SENTENCES or kind in general
    assert sentence(kind("claude"), bot="precis")


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_it_says_whole_sentences_and_nothing_of_the_failures_detail(failure: Exception) -> None:
    said = sentence(failure, bot="precis")

    assert not re.search(r"[{}]|None|xoxb|DETAIL|\bError\b| {2}| [.,;]", said)
    assert said[0].isupper()
    assert said[-1] in ".…"
    assert len(said) <= 250


@pytest.mark.parametrize("said", [TRY_AGAIN, GIVEN_UP, *SENTENCES.values()])
def test_it_speaks_as_one_voice(said: str) -> None:
    assert "!" not in said
    assert not re.search(r"\b(error|exception|failed|invalid)\b", said, re.IGNORECASE)


def test_it_shows_different_sentences_for_different_failures() -> None:
    assert len(set(SENTENCES.values())) == len(SENTENCES)


def test_it_tells_a_hidden_message_from_a_missing_one_in_no_way() -> None:
    said = SENTENCES[refusals.NotFound]

    assert "{" not in said
    assert "private" not in said
    assert "permission" not in said


def test_it_takes_the_nearest_base_of_an_error_without_a_sentence() -> None:
    class Odd(errors.RateLimited):
        pass

    assert sentence(Odd("openai"), bot="precis") == sentence(errors.RateLimited("openai"), bot="precis")
    assert sentence(errors.Unexpected("openai"), bot="precis").startswith(
        "Something went wrong between Precis and OpenAI"
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            errors.MissingKey("gemini"),
            "Gemini cannot be asked: whoever runs Precis has to set GEMINI_API_KEY and restart it.",
        ),
        (
            errors.Forbidden("claude"),
            (
                "Claude accepts Precis's key but not for the model that is set. Whoever runs Precis should give the key"
                " of ANTHROPIC_API_KEY access to it, or an admin can choose another model with /llm-provider set."
            ),
        ),
        (
            errors.Unreachable("openai"),
            (
                "I could not reach OpenAI. Please ask again in a minute; if that does not help, whoever runs Precis"
                " should check its network and, where it is set, OPENAI_BASE_URL."
            ),
        ),
        (
            errors.ModelNotFound("openai"),
            "OpenAI does not know the model that is set. An admin can choose another model with /llm-provider set.",
        ),
        (
            errors.Auth("claude"),
            "Claude does not accept Precis's key. Whoever runs Precis should check ANTHROPIC_API_KEY.",
        ),
        (errors.Overloaded("openai"), "OpenAI is overloaded at the moment. Please ask again in a few minutes."),
        (
            refusals.InviteMe(),
            "I am not in that channel yet. Invite me there with /invite @precis_dev, then ask again.",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_it_names_the_vendor_the_variable_and_the_bot(error: Exception, said: str) -> None:
    assert sentence(error, bot="precis_dev") == said


def test_it_names_the_model_that_nobody_can_price() -> None:
    error = errors.Unpriced("openai")
    error.model = "gpt-of-tomorrow"

    assert sentence(error, bot="precis").startswith("A budget is set and nobody knows what gpt-of-tomorrow costs,")


@pytest.mark.parametrize(
    ("model", "today", "said"),
    [
        ("gpt-4o-mini", date(2027, 1, 14), "has retired gpt-4o-mini on 2027-01-14"),
        ("gpt-4o-mini", date(2027, 1, 13), "does not know gpt-4o-mini for this key"),
        ("gpt-6-lunar", date(2027, 1, 13), "does not know gpt-6-lunar"),
    ],
)
def test_it_tells_a_retired_model_from_a_misspelt_one_and_says_which_to_choose(
    model: str, today: date, said: str
) -> None:
    error = errors.ModelNotFound("openai")
    error.model = model

    assert sentence(error, bot="precis", today=lambda: today) == (
        f"OpenAI {said}. An admin can choose gpt-6-luna with /llm-provider set openai gpt-6-luna."
    )


def test_it_names_what_a_server_of_ones_own_needs_which_is_no_key() -> None:
    said = sentence(errors.MissingKey("compatible"), bot="precis")

    assert "set COMPATIBLE_BASE_URL and COMPATIBLE_MODEL and restart" in said
    assert "KEY" not in said


@pytest.mark.parametrize("bot", ["{variable}", "{0}", "{", "}"])
def test_it_takes_a_bots_name_to_the_letter(bot: str) -> None:
    assert f"/invite @{bot}," in sentence(refusals.InviteMe(), bot=bot)


def test_it_says_when_to_ask_again() -> None:
    error = errors.RateLimited("openai", retry_after=150.0)

    assert sentence(error, bot="precis").endswith("Please ask again in 3 minutes.")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "a minute"),
        (0.0, "a minute"),
        (60.0, "a minute"),
        (60.1, "2 minutes"),
        (120.0, "2 minutes"),
        (121.0, "3 minutes"),
    ],
)
def test_it_never_asks_anybody_to_come_back_too_early(seconds: float | None, said: str) -> None:
    assert duration(seconds) == said


async def test_it_answers_a_request_that_could_not_be_taken(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []

    async with reporting(tell(told)):
        raise ValueError(DETAIL)

    assert told == [TRY_AGAIN]
    assert "ValueError" in caplog.text
    assert "DETAIL" not in caplog.text


async def test_it_says_nothing_about_a_request_that_was_taken(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []

    async with reporting(tell(told)):
        pass

    assert told == []
    assert caplog.text == ""


def tell(told: list[str]) -> Callable[[str], Awaitable[None]]:
    async def say(words: str) -> None:
        told.append(words)

    return say
