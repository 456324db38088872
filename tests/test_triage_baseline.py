"""The offline rules on real, labelled messages, through the whole triage task: the figures that models are held to."""

import json
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from bot.evals import Labelled, Proportion, Scores, score
from bot.settings import Settings
from bot.store import Store
from bot.transcript import Message
from bot.triager import Triage, Triager
from handlers.mrkdwn import plain
from tests.gateways import OFFLINE, ORIGIN, Opened, opened

NOISE = """
    hi
    Hello everyone!
    Good morning team :sunny:
    hey folks, happy Friday
    Hi all, hope you had a great weekend
    morning Priya
    thanks!
    Thank you so much, that helped
    thx @lee
    thanks a lot, works now
    Perfect, thank you Tom
    Awesome, thanks for the quick help
    cheers mate
    many thanks to all of you
    much appreciated
    resolved
    This is resolved now
    Solved, thanks!
    never mind, found it
    nvm
    ok, got it
    figured it out, sorry for the noise
    all good now
    it works again
    done :white_check_mark:
    :tada: :tada:
    👍
    +1
    lol
    haha nice one
    great job everyone
    congrats on the launch!
    welcome aboard, Sam!
    have a nice weekend
    see you tomorrow
    no worries
    sounds good
    yes
    danke, hat geklappt
    ありがとうございます
"""
"""Invented, in the words that channels use; the rules know most of these words."""

REAL_NOISE = {
    "triage-clinc150": {"greeting", "goodbye", "thank_you"},
    "triage-hint3": {"greetings_day", "thanks", "appreciation"},
}
"""The labels of other sets that stand for noise."""

REQUESTS = ("triage-slack-labelled", "triage-banking77", "triage-natcs")


def messages(data: Path, folder: str) -> list[dict[str, str]]:
    """The rows of a set, their texts as the handlers pass them on."""
    rows = [json.loads(line) for line in (data / folder / "messages.jsonl").read_text().splitlines()]
    return [row | {"text": plain(row["text"], lambda user: "somebody")} for row in rows]


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Opened]:
    async with opened(tmp_path, OFFLINE, settings=Settings(requests_per_user_hour=None)) as running:
        yield running


@pytest.fixture
def store(running: Opened) -> Store:
    return running.store


@pytest.fixture
def triager(running: Opened) -> Triager:
    return Triager(running.gateway)


async def sort(triager: Triager, text: str) -> Triage:
    return await triager.triage([Message("1700000000.000100", "Ana", text)], Settings(), ORIGIN)


async def noise(triager: Triager, texts: Iterable[str]) -> dict[str, bool]:
    return {text: (await sort(triager, text)).noise for text in texts}


def share(name: str, found: Proportion) -> str:
    low, high = found.interval or (0, 1)
    return f"{name} {found.value:.1%} of {found.of} (95 %: {low:.1%} to {high:.1%})"


def report(scores: Scores) -> str:
    each = [
        f"{one.category}: precision {one.precision.hits}/{one.precision.of}, recall {one.recall.hits}/{one.recall.of}"
        for one in scores.categories
    ]
    return "\n".join([share("accuracy", scores.accuracy), f"macro-F1 {scores.macro_f1:.3f}", *each])


async def test_it_beats_the_commonest_label_by_far(
    data: Path, triager: Triager, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = messages(data, "triage-slack-labelled")

    found = [await sort(triager, row["text"]) for row in rows]

    scores = score([Labelled(row["label"], one.category) for row, one in zip(rows, found, strict=True)])
    always_other = score([Labelled(row["label"], "other") for row in rows])
    show(capsys, report(scores))
    assert {call.id for call in await store.calls()} == {one.call for one in found}
    assert (scores.accuracy.value or 0) >= (always_other.accuracy.value or 1) + 0.2
    assert (scores.macro_f1 or 0) >= (always_other.macro_f1 or 1) + 0.4


async def test_it_recalls_noise(data: Path, triager: Triager, capsys: pytest.CaptureFixture[str]) -> None:
    texts = [
        row["text"] for folder, labels in REAL_NOISE.items() for row in messages(data, folder) if row["label"] in labels
    ]

    real = Proportion.counted((await noise(triager, texts)).values())
    invented = Proportion.counted((await noise(triager, map(str.strip, NOISE.strip().splitlines()))).values())

    show(capsys, share("noise recall, real", real), share("noise recall, invented", invented))
    assert (real.value or 0) >= 0.5
    assert (invented.value or 0) >= 0.9


@pytest.mark.parametrize("folder", REQUESTS)
async def test_it_takes_no_request_for_noise(data: Path, triager: Triager, folder: str) -> None:
    found = await noise(triager, (row["text"] for row in messages(data, folder)))

    assert [text for text, lost in found.items() if lost] == []


def show(capsys: pytest.CaptureFixture[str], *lines: str) -> None:
    """Print figures where whoever runs the tests sees them."""
    with capsys.disabled():
        print("", *lines, sep="\n")  # noqa: T201
