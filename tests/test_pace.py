"""The pace of posts: one message a second and channel, over all processes, with nobody left out."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot import app
from bot.app import Precis
from bot.config import Config
from bot.database import Database
from bot.inbox import Job
from bot.sandbox import Sandbox, Workspace
from bot.store import Store
from handlers import blocks, notices, pace, posts
from handlers.outbox import Outbox
from handlers.services import Services
from tests.clocks import Clock, Fast
from tests.conftest import ADA, GENERAL, MANIFEST, PRIVATE, talk
from tests.desk import until

SPEED = 20.0
ON_THE_WAY = 2.0
"""Seconds of the fast clock, a tenth of a second in truth: on a busy machine a commit can take as long."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(clock: Clock) -> AsyncIterator[Store]:
    database = await Database.open("sqlite://", clock=clock)
    yield Store(database)
    await database.close()


async def test_it_gives_a_channel_one_slot_a_second(store: Store, clock: Clock) -> None:
    first = [await store.take_slot(channel, 1.0) for channel in ("C1", "C2")]
    clock.wind(0.75)
    early = await store.take_slot("C1", 1.0)
    clock.wind(0.25)
    second = await store.take_slot("C1", 1.0)
    assert (first, early, second) == ([0, 0], 0.25, 0)


async def test_it_sends_a_crowd_to_different_slots(store: Store, clock: Clock) -> None:
    waits = [await store.take_slot("C1", 1.0) for _ in range(5)]
    clock.wind(1)
    turn = await store.take_slot("C1", 1.0, waited=True)
    late = await store.take_slot("C1", 1.0)
    assert (waits, turn, late) == ([0, 1, 2, 3, 4], 0, 4)


async def test_it_sends_nobody_to_the_end_of_the_line_twice(store: Store, clock: Clock) -> None:
    for _ in range(5):
        await store.take_slot("C1", 1.0)
    clock.wind(0.9)
    assert await store.take_slot("C1", 1.0, waited=True) == pytest.approx(0.1)


async def test_it_serves_first_who_waits_for_an_answer(store: Store, clock: Clock) -> None:
    for _ in range(3):
        await store.take_slot("C1", 1.0)
    clock.wind(1)
    behind = await store.take_slot("C1", 1.0, behind=True)
    turns = [await store.take_slot("C1", 1.0, waited=True)]
    clock.wind(1)
    turns.append(await store.take_slot("C1", 1.0, waited=True))
    clock.wind(1)
    last = await store.take_slot("C1", 1.0, behind=True)
    assert (behind, turns, last) == (2, [0, 0], 0)


async def test_it_lets_nobody_wait_for_a_clock_that_was_set_back(store: Store, clock: Clock) -> None:
    for _ in range(20):
        await store.take_slot("C1", 1.0)
    clock.wind(-3600)
    taken = await store.take_slot("C1", 1.0, behind=True)
    refused = await store.take_slot("C1", 1.0)
    assert (taken, refused) == (0, 1)


async def test_it_sends_nobody_away_for_long(store: Store, clock: Clock) -> None:
    waits = Counter([await store.take_slot("C1", 1.0) for _ in range(361)])
    assert waits == {0: 1} | dict.fromkeys(range(1, 121), 3)


@pytest.mark.parametrize("place", [{}, {"waited": True}, {"behind": True}])
@pytest.mark.parametrize("looks", range(1, 7))
async def test_it_gives_away_no_slot_that_comes_while_it_is_looked_up(place: dict[str, bool], looks: int) -> None:
    before: list[float] = []
    database = await Database.open("sqlite://", clock=lambda: before.pop() if before else 101.1)
    before += [100.0] * 3
    await Store(database).take_slot("C1", 1.0)
    before[:] = [100.9] * looks
    wait = await Store(database).take_slot("C1", 1.0, **place)
    [left] = await database.read("SELECT next_at FROM pace")
    await database.close()
    assert wait > 0 or float(str(left["next_at"])) > 101.5


@pytest.mark.parametrize("back", [1, 60, 119, 3600])
async def test_it_keeps_nothing_waiting_for_long_though_an_old_line_lies_ahead(
    store: Store, clock: Clock, back: float
) -> None:
    for _ in range(3):
        await store.take_slot("C1", 1.0)
    clock.wind(back)
    await store.take_slot("C1", 1.0, behind=True)
    clock.wind(-back)
    assert await store.take_slot("C1", 1.0, behind=True) <= 120


async def test_it_gives_a_slot_to_one_of_many_processes(tmp_path: Path) -> None:
    clock = Clock()
    databases = [await Database.open(f"sqlite:///{tmp_path}/precis.db", clock=clock) for _ in range(3)]
    for _ in range(5):
        waits = await asyncio.gather(
            *(Store(databases[number % 3]).take_slot("C1", 1.0, waited=True) for number in range(30))
        )
        assert sorted(waits) == [0, *[1] * 29]
        clock.wind(1)
    for database in databases:
        await database.close()


@pytest.fixture
async def fast() -> AsyncIterator[Fast]:
    async with Fast.running(SPEED) as clock:
        yield clock


@pytest.fixture
async def slack(workspace: Workspace, fast: Fast) -> AsyncIterator[Sandbox]:
    """Slack as strict as it is, on a fast clock."""
    async with Sandbox.start(
        workspace,
        scopes=[*MANIFEST["oauth_config"]["scopes"]["bot"], "reactions:write"],
        events=MANIFEST["settings"]["event_subscriptions"]["bot_events"],
        rate_limits=True,
        clock=fast,
    ) as sandbox:
        yield sandbox


@pytest.fixture
async def precis(settings: Config, slack: Sandbox, fast: Fast) -> AsyncIterator[Precis]:
    async with app.running(settings, clock=fast, speed=SPEED) as running:
        await slack.connected()
        yield running


def posted(slack: Sandbox, channel: str = GENERAL) -> list[float]:
    """When Slack was asked to post in a channel."""
    return [call.at for call in slack.calls if call.method == "chat.postMessage" and call.args["channel"] == channel]


def refused(slack: Sandbox) -> list[str]:
    return [f"{call.method} {call.error}" for call in slack.calls if call.error]


def at_pace(times: list[float], apart: float = 1.0) -> bool:
    """One a second and no more, give or take what a message may be held up on its way."""
    return all(
        later - sooner > further * apart - ON_THE_WAY
        for start, sooner in enumerate(times)
        for further, later in enumerate(times[start:])
    )


def answered(slack: Sandbox, channel: str, roots: list[str]) -> list[int]:
    """How many replies of Precis each thread has."""
    bot = slack.workspace.bot_id
    return [sum(m.get("bot_id") == bot for m in slack.workspace.thread(channel, root)) for root in roots]


async def ask(slack: Sandbox, times: int, channel: str = GENERAL) -> list[str]:
    """Have Ada mention Precis so often at once, each of which is answered with a card."""
    said = f"<@{slack.workspace.bot_user_id}> what can you do?"
    return await asyncio.gather(*(slack.person(ADA).say(channel, said) for _ in range(times)))


async def test_it_answers_a_hundred_in_one_channel_at_slacks_pace(slack: Sandbox, precis: Precis) -> None:
    asked = await ask(slack, 100)
    await until(lambda: len(posted(slack)) == 100)
    await precis.services.inbox.idle()

    assert answered(slack, GENERAL, asked) == [1] * 100
    assert refused(slack) == []
    assert at_pace(posted(slack))
    order = [call.args["thread_ts"] for call in slack.calls if call.method == "chat.postMessage"]
    assert all(abs(order.index(root) - place) < 50 for place, root in enumerate(sorted(asked)))
    [runs] = await precis.database.read("SELECT sum(taken + put_off) AS count FROM inbox")
    assert int(str(runs["count"])) < 1500  # 5050 where all come back for every slot


async def test_it_keeps_the_pace_over_two_processes(
    slack: Sandbox, settings: Config, precis: Precis, fast: Fast
) -> None:
    async with app.running(settings, clock=fast, speed=SPEED) as second:
        asked = await ask(slack, 60)
        await until(lambda: len(posted(slack)) == 60)
        await asyncio.gather(precis.services.inbox.idle(), second.services.inbox.idle())

        assert answered(slack, GENERAL, asked) == [1] * 60
        assert refused(slack) == []
        assert at_pace(posted(slack))
        owners = await precis.database.read("SELECT DISTINCT owner FROM inbox WHERE queue = 'card'")
        assert len(owners) == 2


async def test_it_does_not_let_one_channel_wait_for_another(slack: Sandbox, precis: Precis) -> None:
    await asyncio.gather(ask(slack, 10), ask(slack, 10, PRIVATE))
    await until(lambda: len(posted(slack)) == len(posted(slack, PRIVATE)) == 10)

    assert at_pace(posted(slack))
    assert at_pace(posted(slack, PRIVATE))
    assert not at_pace(sorted([*posted(slack), *posted(slack, PRIVATE)]))


async def test_it_calls_the_model_once_for_a_summary_that_has_to_wait(slack: Sandbox, precis: Precis) -> None:
    roots = [talk(slack.workspace) for _ in range(4)]
    said = f"<@{slack.workspace.bot_user_id}> tldr"
    await asyncio.gather(*(slack.person(ADA).say(GENERAL, said, thread_ts=root) for root in roots))
    await until(lambda: [call.method for call in slack.calls].count("chat.update") == 4)
    await precis.services.inbox.idle()

    assert answered(slack, GENERAL, roots) == [1] * 4
    assert len(await Store(precis.database).calls()) == 4
    assert at_pace(posted(slack))


async def test_it_reads_no_conversation_again_for_an_answer_that_had_to_wait(slack: Sandbox, precis: Precis) -> None:
    await ask(slack, 5)
    await until(lambda: len(posted(slack)) == 5)
    await precis.services.inbox.idle()

    assert not [call for call in slack.calls if call.method.startswith("conversations.")]


async def test_it_sends_several_direct_messages_at_the_pace_of_one_conversation(slack: Sandbox, precis: Precis) -> None:
    secret = talk(slack.workspace, PRIVATE)
    link = f"{slack.url}archives/{PRIVATE}/p{secret.replace('.', '')}"
    said = f"<@{slack.workspace.bot_user_id}> tldr {link}"
    for _ in range(4):
        await slack.person(ADA).say(GENERAL, said)
    await until(lambda: len(posted(slack, ADA)) == 4)
    await until(lambda: [call.method for call in slack.calls].count("chat.update") == 4)
    await precis.services.inbox.idle()

    assert len(slack.person(ADA).sees(slack.person(ADA).dm())) == 4
    assert at_pace(posted(slack, ADA))
    assert refused(slack) == []


async def test_it_keeps_one_pace_for_messages_to_a_person_and_answers_in_their_conversation(
    slack: Sandbox, settings: Config, fast: Fast
) -> None:
    direct = slack.person(ADA).dm()
    async with app.running(replace(settings, admin_users=(ADA,)), clock=fast, speed=SPEED) as precis:
        await slack.connected()
        await precis.services.store.note_conversation(slack.workspace.bot_user_id, ADA, direct)
        for number in range(5):
            await notices.tell(str(number), f"Change {number}.", precis.services)
        await ask(slack, 5, direct)
        await until(lambda: len(posted(slack, ADA)) == len(posted(slack, direct)) == 5)
        await precis.services.inbox.idle()

    assert at_pace(sorted([*posted(slack, ADA), *posted(slack, direct)]))
    assert refused(slack) == []


@dataclass(frozen=True, slots=True)
class Note:
    id: str
    urgency: int


@dataclass(slots=True)
class Board:
    """What waits to be posted in a channel, as a table of the product's would hold it."""

    notes: list[Note] = field(default_factory=list)
    posted: list[Note] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    bad: str = ""

    async def next(self, channel: str, services: Services) -> Note | None:
        return min(self.notes, key=lambda note: note.urgency, default=None)

    async def post(self, note: Note, job: Job, services: Services) -> None:
        if note.id == self.bad:
            raise LookupError
        tried = job.taken > 1
        if not tried or await posts.find(note.id, services, channel=GENERAL, thread_ts=None, after="0") is None:
            await posts.post(blocks.notice(note.id), job, services, channel=GENERAL, mark=note.id, behind=True)
        self.notes.remove(note)
        self.posted.append(note)

    async def one(self, id: str, services: Services) -> Note | None:
        return next((note for note in self.notes if note.id == id), None)

    async def skip(self, id: str, services: Services) -> None:
        self.skipped.append(id)
        self.notes = [note for note in self.notes if note.id != id]

    def open(self, *running: Precis) -> Outbox[Note]:
        outbox = Outbox("notes", self.next, self.post, self.skip, self.one)
        for precis in running:
            services = precis.services
            precis.services.inbox.perform(
                outbox.queue,
                lambda job, services=services: outbox.perform(job, services),  # type: ignore[misc]
                lambda job, services=services: outbox.give_up(job, services),  # type: ignore[misc]
            )
        return outbox


async def add(board: Board, outbox: Outbox[Note], precis: Precis, *notes: Note) -> None:
    for note in notes:
        board.notes.append(note)
        await outbox.wake(GENERAL, precis.services)


async def test_it_posts_what_waits_one_a_second_and_the_most_urgent_first(slack: Sandbox, precis: Precis) -> None:
    board = Board()
    outbox = board.open(precis)
    await add(board, outbox, precis, *(Note(f"n{number}", number % 4) for number in range(40)))
    await until(lambda: len(posted(slack)) >= 5)
    done = len(board.posted)
    await add(board, outbox, precis, Note("urgent", -1))
    await until(lambda: len(board.posted) == 41)
    await precis.services.inbox.idle()

    texts = [message["text"] for message in slack.workspace.history(GENERAL)]
    assert texts == [note.id for note in board.posted]
    assert len(set(texts)) == 41
    assert "urgent" in texts[done : done + 2]
    urgencies = [note.urgency for note in board.posted[1:] if note.id != "urgent"]
    assert urgencies == sorted(urgencies)
    assert at_pace(posted(slack))
    assert refused(slack) == []


async def test_it_answers_a_person_before_it_posts_what_nobody_waits_for(slack: Sandbox, precis: Precis) -> None:
    board = Board()
    outbox = board.open(precis)
    await add(board, outbox, precis, *(Note(f"n{number}", 1) for number in range(20)))
    await until(lambda: len(posted(slack)) >= 3)
    [lines] = await precis.database.read("SELECT line_at FROM pace")
    [asked] = await ask(slack, 1)
    before = len(posted(slack))
    await until(lambda: answered(slack, GENERAL, [asked]) == [1])
    between = len(posted(slack)) - before

    assert (lines["line_at"], between <= 2) == (0, True)
    await until(lambda: len(board.posted) == 20)
    assert at_pace(posted(slack))


async def test_it_posts_everything_once_whichever_process_is_woken(
    slack: Sandbox, settings: Config, precis: Precis, fast: Fast
) -> None:
    board = Board()
    async with app.running(settings, clock=fast, speed=SPEED) as second:
        outbox = board.open(precis, second)
        await asyncio.gather(
            *(add(board, outbox, (precis, second)[number % 2], Note(f"n{number}", 1)) for number in range(30))
        )
        await until(lambda: len(board.posted) == 30)
        await asyncio.gather(precis.services.inbox.idle(), second.services.inbox.idle())

    assert sorted(message["text"] for message in slack.workspace.history(GENERAL)) == sorted(
        note.id for note in board.posted
    )
    assert len({note.id for note in board.posted}) == 30
    assert at_pace(posted(slack))


async def test_it_posts_nothing_twice_whose_answer_was_lost_before_something_urgent_came(
    slack: Sandbox, precis: Precis
) -> None:
    board = Board()
    outbox = board.open(precis)
    slack.fail("chat.postMessage", lost=True)
    await add(board, outbox, precis, Note("n0", 1))
    await until(lambda: len(posted(slack)) == 1)
    await add(board, outbox, precis, Note("urgent", 0))
    await until(lambda: len(board.posted) == 2)
    await precis.services.inbox.idle()

    assert [message["text"] for message in slack.workspace.history(GENERAL)] == ["n0", "urgent"]


async def test_it_leaves_out_what_cannot_be_posted_and_posts_the_rest(slack: Sandbox, precis: Precis) -> None:
    board = Board(bad="n0")
    outbox = board.open(precis)
    await add(board, outbox, precis, *(Note(f"n{number}", number) for number in range(5)))
    await until(lambda: len(board.posted) == 4)
    await precis.services.inbox.idle()

    assert board.skipped == ["n0"]
    assert [note.id for note in board.posted] == ["n1", "n2", "n3", "n4"]


@pytest.mark.parametrize(("add", "method"), [(True, "reactions.add"), (False, "reactions.remove")])
async def test_it_changes_reactions_at_the_pace_of_the_workspace(
    slack: Sandbox, precis: Precis, add: bool, method: str
) -> None:
    marked = [slack.workspace.post(ADA, channel, "Help!") for channel in (GENERAL, PRIVATE) for _ in range(25)]
    bot = slack.workspace.bot_user_id
    for ts in marked if not add else []:
        slack.workspace.channels[place(ts, marked)].messages[ts]["reactions"] = [{"name": "eyes", "users": [bot]}]
    change = precis.services.slack.reactions_add if add else precis.services.slack.reactions_remove

    async def work(job: Job) -> None:
        await pace.react(job, precis.services, add=add)
        await change(channel=place(job.id, marked), timestamp=job.id, name="eyes")

    precis.services.inbox.perform("marks", work, work)
    await asyncio.gather(*(precis.services.inbox.put(ts, "marks", {}) for ts in marked))
    await until(lambda: [call.method for call in slack.calls].count(method) == 50)
    await precis.services.inbox.idle()

    assert refused(slack) == []
    apart = pace.REACTIONS_APART["added" if add else "removed"]
    assert at_pace([call.at for call in slack.calls if call.method == method], apart)


def place(ts: str, marked: list[str]) -> str:
    return GENERAL if ts in marked[:25] else PRIVATE
