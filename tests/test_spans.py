"""A channel as a transcript: the span that was asked for, with each thread where it began."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox import Sandbox, Workspace
from bot.transcript import Transcript
from handlers.client import client, session
from handlers.history import History
from handlers.people import People, person
from handlers.refusals import InviteMe, NotFound, TooMuch
from handlers.spans import ThreadCard, folded
from tests.conftest import ADA, BEN, ELSEWHERE, GENERAL, GUEST, PRIVATE, STRANGER, talk

START = 1_700_000_000


@pytest.fixture
async def history(slack: Sandbox) -> AsyncIterator[History]:
    async with session() as connections:
        web = client(slack.bot_token, slack.api_url, connections)
        people = People(web, slack.workspace.team_id)
        yield History(web, people, bot_user=slack.workspace.bot_user_id, bot_id=slack.workspace.bot_id)


def at(seconds: int) -> str:
    return f"{START + seconds}.000100"


def lines(transcript: Transcript) -> list[str]:
    return [
        f"{number}{f'>{message.reply_to}' if message.reply_to else ''} {message.text}"
        for number, message in enumerate(transcript.messages, start=1)
    ]


def conversation(workspace: Workspace) -> None:
    """Three messages, two of them answered crosswise in time."""
    for seconds, text, root in [
        (0, "fonts", None),
        (10, "invoices", None),
        (20, "fonts are lost", at(0)),
        (30, "lunch", None),
        (40, "invoices are late", at(10)),
        (50, "fonts are back", at(0)),
    ]:
        workspace.post(ADA, GENERAL, text, thread_ts=root, ts=at(seconds))


async def test_it_folds_every_thread_in_behind_its_root(workspace: Workspace, history: History) -> None:
    conversation(workspace)

    span = await history.span(GENERAL, last=200)

    assert lines(span.transcript) == [
        "1 fonts",
        "2>1 fonts are lost",
        "3>1 fonts are back",
        "4 invoices",
        "5>4 invoices are late",
        "6 lunch",
    ]
    assert (span.channel, span.threads_left, span.transcript.ts(1)) == (GENERAL, 0, at(0))


async def test_it_reads_the_last_messages(workspace: Workspace, history: History) -> None:
    conversation(workspace)

    span = await history.span(GENERAL, last=2)

    assert lines(span.transcript) == ["1 invoices", "2>1 invoices are late", "3 lunch"]
    assert span.transcript.ts(1) == at(10)


async def test_it_reads_what_was_begun_since_a_moment(workspace: Workspace, history: History) -> None:
    conversation(workspace)

    span = await history.span(GENERAL, oldest=START + 5.5)

    assert lines(span.transcript) == ["1 invoices", "2>1 invoices are late", "3 lunch"]


async def test_it_counts_only_messages_that_say_something(
    slack: Sandbox, workspace: Workspace, history: History
) -> None:
    workspace.post(ADA, GENERAL, "fonts", ts=at(0))
    for number in range(250):
        workspace.post(BEN, GENERAL, "joined", ts=at(10 + number), subtype="channel_join")

    span = await history.span(GENERAL, last=1)

    assert lines(span.transcript) == ["1 fonts"]
    assert len([call for call in slack.calls if call.method == "conversations.history"]) == 3


async def test_it_reads_every_page(workspace: Workspace, history: History, slack: Sandbox) -> None:
    for number in range(1_100):
        workspace.post(ADA, GENERAL, f"message {number}", ts=at(number))

    since = await history.span(GENERAL, oldest=START)
    last = await history.span(GENERAL, last=1_050)

    assert [len(since.transcript), len(last.transcript)] == [1_100, 1_050]
    assert last.transcript.messages[-1].text == "message 1099"
    assert len([call for call in slack.calls if call.method == "conversations.history"]) == 4


async def test_it_reads_no_more_than_anybody_could_summarise(workspace: Workspace, history: History) -> None:
    for number in range(20_001):
        workspace.channels[GENERAL].put({"user": ADA, "text": "hello", "ts": at(number)})

    with pytest.raises(TooMuch):
        await history.span(GENERAL, oldest=START)


async def test_it_reads_the_forty_threads_with_the_newest_replies(
    workspace: Workspace, history: History, slack: Sandbox
) -> None:
    for number in range(45):
        workspace.post(ADA, GENERAL, f"root {number}", ts=at(number))
        workspace.post(BEN, GENERAL, f"reply {number}", thread_ts=at(number), ts=at(1_000 - number))

    span = await history.span(GENERAL, oldest=START)

    read = {call.args["ts"] for call in slack.calls if call.method == "conversations.replies"}
    assert read == {at(number) for number in range(40)}
    assert (span.threads_left, len(span.transcript)) == (5, 45 + 40)
    assert lines(span.transcript)[-6:] == ["80>79 reply 39", *(f"{81 + n} root {40 + n}" for n in range(5))]


async def test_it_shows_a_reply_once_that_went_to_the_channel_too(workspace: Workspace, history: History) -> None:
    workspace.post(ADA, GENERAL, "fonts", ts=at(0))
    workspace.post(BEN, GENERAL, "rumours", ts=at(10))
    workspace.post(BEN, GENERAL, "fonts are back", thread_ts=at(0), ts=at(20), subtype="thread_broadcast")

    whole = await history.span(GENERAL, last=10)
    newest = await history.span(GENERAL, last=2)

    assert lines(whole.transcript) == ["1 fonts", "2>1 fonts are back", "3 rumours"]
    assert lines(newest.transcript) == ["1 rumours", "2 fonts are back"]
    assert newest.roots == {at(10): at(10), at(20): at(0)}


async def test_it_lets_the_first_reply_stand_for_a_root_that_says_nothing(
    workspace: Workspace, history: History
) -> None:
    asked = workspace.post(ADA, GENERAL, f"<@{workspace.bot_user_id}> tldr", ts=at(0))
    workspace.post(BEN, GENERAL, "thanks", thread_ts=asked, ts=at(10))
    workspace.post(ADA, GENERAL, "for what?", thread_ts=asked, ts=at(20))

    span = await history.span(GENERAL, last=10)

    assert lines(span.transcript) == ["1 thanks", "2>1 for what?"]
    assert [span.roots[message.ts] for message in span.transcript.said] == [asked, asked]


async def test_it_names_everybody_guests_and_strangers_too(workspace: Workspace, history: History) -> None:
    for seconds, user in enumerate((GUEST, STRANGER)):
        workspace.post(user, GENERAL, "hello", ts=at(seconds))

    span = await history.span(GENERAL, last=10)

    assert [message.author for message in span.transcript.messages] == ["gus", "sam"]


async def test_it_masks_a_channel_as_it_masks_a_thread(workspace: Workspace, history: History) -> None:
    workspace.post(ADA, GENERAL, "write to ada@example.com", ts=at(0))

    span = await history.span(GENERAL, last=10)

    [said] = [message.text for message in span.transcript.messages]
    assert "ada@example.com" not in said
    assert span.transcript.restore(said) == "write to ada@example.com"


async def test_it_reads_a_quiet_channel_as_nothing(history: History) -> None:
    span = await history.span(GENERAL, oldest=START)

    assert (len(span.transcript), span.threads_left) == (0, 0)


async def test_it_goes_on_without_a_thread_that_has_gone_meanwhile(
    slack: Sandbox, workspace: Workspace, history: History
) -> None:
    conversation(workspace)
    slack.fail("conversations.replies", error="thread_not_found")

    span = await history.span(GENERAL, last=10)

    assert sorted(line.partition(" ")[2] for line in lines(span.transcript) if ">" not in line) == [
        "fonts",
        "invoices",
        "lunch",
    ]
    assert len(span.transcript) < 6


@pytest.mark.parametrize(("channel", "refusal"), [(ELSEWHERE, InviteMe), ("C0NOSUCH01", NotFound), (PRIVATE, NotFound)])
async def test_it_reads_no_channel_where_the_bot_is_not(
    history: History, workspace: Workspace, channel: str, refusal: type[Exception]
) -> None:
    workspace.leave(workspace.bot_user_id, PRIVATE)

    with pytest.raises(refusal):
        await history.span(channel, last=10)
    with pytest.raises(refusal):
        await history.recent_threads(channel)


async def test_it_lists_the_threads_by_their_latest_reply(workspace: Workspace, history: History) -> None:
    conversation(workspace)
    workspace.post(ADA, GENERAL, f"<@{workspace.bot_user_id}> tldr", ts=at(60))
    workspace.post(BEN, GENERAL, "thanks", thread_ts=at(60), ts=at(70))

    threads = await history.recent_threads(GENERAL)

    assert threads == [
        ThreadCard(at(0), "Ada Moreau", "fonts", 2, at(50)),
        ThreadCard(at(10), "Ada Moreau", "invoices", 1, at(40)),
    ]


async def test_it_lists_the_first_words_of_ten_threads(workspace: Workspace, history: History) -> None:
    for number in range(12):
        workspace.post(ADA, GENERAL, f"<@{BEN}>, look &amp; see:\n{'the fonts ' * 20}", ts=at(number))
        workspace.post(BEN, GENERAL, "yes", thread_ts=at(number), ts=at(100 + number))

    threads = await history.recent_threads(GENERAL)

    assert [thread.ts for thread in threads] == [at(11 - place) for place in range(10)]
    assert threads[0].words.startswith("@Ben Castellan, look & see: the fonts the")
    assert len(threads[0].words) <= 81


async def test_it_reads_a_real_day_of_a_channel(data: Path, workspace: Workspace, history: History) -> None:
    [day] = (data / "slack-export-hyperledger" / "export" / "fabric-pr-review").glob("2017-01-30.json")
    written = json.loads(day.read_text())
    for message in written:
        workspace.channels[GENERAL].put(message)

    span = await history.span(GENERAL, last=5_000)

    replies = {
        message["ts"]
        for message in written
        if message.get("thread_ts") in {one["ts"] for one in written} - {message["ts"]}
    }
    numbered = {message.ts: message.reply_to for message in span.transcript.messages}
    assert len(numbered) == len(span.transcript) > 20
    assert {ts for ts, root in numbered.items() if root} == replies & numbered.keys()
    assert replies & numbered.keys()


def test_it_folds_nothing_out_of_nothing() -> None:
    assert folded(Transcript([]), {}).said == []


async def test_it_reads_a_long_thread_among_others(workspace: Workspace, history: History) -> None:
    root = talk(workspace)
    talk(workspace)

    span = await history.span(GENERAL, last=10)

    assert span.transcript.ts(1) == root
    assert [message.reply_to for message in span.transcript.messages] == [None, 1, 1, 1, 1, None, 6, 6, 6, 6]


@pytest.mark.parametrize(
    ("tz", "known"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("Mars/Olympus", "UTC"),
        ("../etc/passwd", "UTC"),
        ("America", "UTC"),
        ("", "UTC"),
        (None, "UTC"),
    ],
)
def test_it_knows_a_persons_time_zone(tz: str | None, known: str) -> None:
    assert person({"id": "U1", "tz": tz}, "T1").tz == known
