"""Conversations of any length: every message is read once, and the newest are read as they stand."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from adapters.errors import Overloaded, ServerError, TooLong
from adapters.models import MODELS
from bot.summariser import Earlier, Summariser
from bot.summary import Draft
from bot.transcript import Message, Transcript, estimate_tokens
from bot.wish import Wish
from tests.gateways import ORIGIN, QUICK, at, opened
from tests.vendors import CompatibleServer, OpenAIServer, Received

PLAIN = {"headline": "All is well.", "points": [], "decisions": [], "actions": [], "open_questions": []}


def conversation(messages: int, words: int = 20) -> Transcript:
    return Transcript(
        [
            Message(f"17000{number:05d}.000100", "Ana", f"note {number}: " + "the release is on track " * (words // 5))
            for number in range(messages)
        ]
    )


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as running:
        running.answer(PLAIN)
        yield running


@pytest.fixture
async def summariser(server: OpenAIServer, tmp_path: Path) -> AsyncIterator[Summariser]:
    async with opened(tmp_path, at(server), policy=QUICK) as running:
        yield Summariser(running.gateway)


def text(received: Received) -> str:
    return str(received.body["messages"][1]["content"])


def system(received: Received) -> str:
    return str(received.body["messages"][0]["content"])


def numbers(received: Received) -> list[int]:
    """The messages that stand in the transcript of a call."""
    inside = re.search(r"<transcript \w+>\n(.*)\n</transcript", text(received), re.DOTALL)
    assert inside is not None
    return [int(number) for number in re.findall(r"^\[(\d+)\] \d{4}-", inside[1], re.MULTILINE)]


async def test_it_reads_a_short_conversation_in_one_call(server: OpenAIServer, summariser: Summariser) -> None:
    made = await summariser.summarise(conversation(30), Wish(), ORIGIN)

    assert made.draft == Draft.model_validate(PLAIN)
    assert [numbers(call) for call in server.received] == [list(range(1, 31))]


async def test_it_reads_every_message_of_a_long_one_once(server: OpenAIServer, summariser: Summariser) -> None:
    made = await summariser.summarise(conversation(5000), Wish(), ORIGIN)

    read = sorted(number for call in server.received for number in numbers(call))
    assert len(made.answers) == len(server.received) > 2
    assert read == list(range(1, 5001))


def test_it_keeps_below_the_length_from_which_a_model_is_dearer(summariser: Summariser) -> None:
    lines = conversation(8_000).lines
    row = MODELS["claude-haiku-5-5"]
    assert row.cheap_window is not None

    plan = summariser.plan(lines, row)

    assert row.cheap_window < plan.tokens < row.window
    assert max(estimate_tokens("\n".join(part), row.tokenizer_factor) for part in plan.parts) < row.cheap_window
    assert [line for part in plan.parts for line in part] == list(lines)


async def test_it_joins_the_parts_beside_the_newest_messages(server: OpenAIServer, summariser: Summariser) -> None:
    def answer(received: Received) -> Mapping[str, object]:
        first = numbers(received)[0]
        return PLAIN | {"points": [{"text": f"fact of {first}", "sources": [first]}]}

    server.answer(answer)
    await summariser.summarise(conversation(5000), Wish(), ORIGIN)

    *parts, last = server.received
    assert numbers(last)[-1] == 5000
    notes = [json.loads(note) for note in re.findall(r"<notes \w+>\n(.*?)\n</notes", text(last), re.DOTALL)]
    assert sorted(note["points"][0]["sources"][0] for note in notes) == sorted(numbers(part)[0] for part in parts)


async def test_it_sends_little_more_than_the_transcript(server: OpenAIServer, summariser: Summariser) -> None:
    whole = conversation(5000)

    await summariser.summarise(whole, Wish(), ORIGIN)

    sent = sum(len(text(call).encode()) + len(system(call).encode()) for call in server.received)
    assert sent <= 1.15 * len(whole.text.encode())


async def test_it_tells_how_far_it_has_come(server: OpenAIServer, summariser: Summariser) -> None:
    seen: list[tuple[int, int]] = []

    async def progress(done: int, parts: int) -> None:
        seen.append((done, parts))

    await summariser.summarise(conversation(5000), Wish(), ORIGIN, progress=progress)

    parts = len(server.received)
    assert seen == [(done, parts) for done in range(parts)]


async def test_it_reads_only_what_is_new(server: OpenAIServer, summariser: Summariser) -> None:
    earlier = Draft.model_validate(PLAIN | {"headline": "So far so good."})

    await summariser.summarise(conversation(30), Wish(), ORIGIN, earlier=Earlier(earlier, 26))

    [call] = server.received
    assert numbers(call) == [27, 28, 29, 30]
    assert "So far so good." in text(call)


async def test_it_cuts_in_half_what_the_vendor_finds_too_long(server: OpenAIServer, summariser: Summariser) -> None:
    server.then(server.problem("too_long"))

    await summariser.summarise(conversation(100), Wish(), ORIGIN)

    assert [len(numbers(call)) for call in server.received][0] == 100
    assert sorted(number for call in server.received[1:] for number in numbers(call)) == list(range(1, 101))


async def test_it_cuts_only_once(server: OpenAIServer, summariser: Summariser) -> None:
    server.always(server.problem("too_long"))

    with pytest.raises(TooLong):
        await summariser.summarise(conversation(100), Wish(), ORIGIN)


@pytest.fixture
async def small() -> AsyncIterator[CompatibleServer]:
    """A fallback whose window is a quarter of the first provider's."""
    async with CompatibleServer() as running:
        running.answer(PLAIN)
        yield running


@pytest.fixture
async def paired(server: OpenAIServer, small: CompatibleServer, tmp_path: Path) -> AsyncIterator[Summariser]:
    stand_in = at(small).choice
    async with opened(tmp_path, at(server), at(small), fallback=stand_in, policy=QUICK) as running:
        yield Summariser(running.gateway)


@pytest.mark.parametrize("messages", [2000, 4000])
async def test_it_cuts_what_is_too_long_for_the_fallback_alone(
    server: OpenAIServer, small: CompatibleServer, paired: Summariser, messages: int
) -> None:
    server.always(server.problem("overloaded"))

    made = await paired.summarise(conversation(messages), Wish(), ORIGIN)

    read = sorted(number for call in small.received for number in numbers(call))
    assert read == list(range(1, messages + 1))
    assert made.instead_of == "OpenAI"


async def test_it_tells_of_the_first_provider_what_the_fallback_cannot_help(
    server: OpenAIServer, small: CompatibleServer, paired: Summariser
) -> None:
    server.always(server.problem("overloaded"))
    small.always(small.problem("too_long"))

    with pytest.raises(Overloaded):
        await paired.summarise(conversation(2000), Wish(), ORIGIN)


async def test_it_fails_as_a_whole_when_a_part_fails(server: OpenAIServer, summariser: Summariser) -> None:
    server.always(server.problem("server_error"))

    with pytest.raises(ServerError):
        await summariser.summarise(conversation(5000), Wish(), ORIGIN)


async def test_it_cuts_a_message_that_is_longer_than_a_part(server: OpenAIServer, summariser: Summariser) -> None:
    huge = Message("1700000001.000100", "Ana", "x" * 400_000 + " THE END")
    whole = Transcript([*conversation(3).messages, huge])

    await summariser.summarise(whole, Wish(), ORIGIN)

    assert "THE END" in text(server.received[-1])
    assert sum(text(call).count("x" * 1000) for call in server.received) >= 390
    assert "[4] (continued)" in "".join(map(text, server.received))


async def test_it_passes_the_wish_on_as_data(server: OpenAIServer, summariser: Summariser) -> None:
    await summariser.summarise(conversation(3), Wish(focus="only the decisions, auf deutsch"), ORIGIN)

    [call] = server.received
    assert re.search(r"<wish (\w+)>\nonly the decisions, auf deutsch\n</wish \1>", text(call))
    assert "names another language" in system(call)


async def test_it_asks_for_topics_where_they_are_wanted(server: OpenAIServer, summariser: Summariser) -> None:
    await summariser.summarise(conversation(3), Wish(topics=True), ORIGIN)

    [call] = server.received
    schema = call.body["response_format"]["json_schema"]["schema"]
    assert "topic" in schema["properties"]["points"]["items"]["required"]
