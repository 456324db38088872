"""Forgetting at once: what is gone afterwards, from the file too, and what stays."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import app
from bot.app import Precis
from bot.config import Config
from bot.database import Database, Row
from bot.providers import ProviderConfig
from bot.sandbox import Sandbox, Workspace
from bot.store import Call, Eval, KeptSummary, Store
from bot.store.triage import state
from tests import commands
from tests.conftest import ADA, BEN, GENERAL, talk
from tests.gateways import QUICK
from tests.test_end_to_end import SUMMARY
from tests.test_tldr import link
from tests.test_triage_rows import FOUND
from tests.vendors import KEY, OpenAIServer
from tests.weeks import CALL

AT = datetime(2026, 11, 28, tzinfo=UTC)
SECRET = "the words that nobody may find again"
ASKED = replace(CALL, prompt=SECRET, answer=SECRET)
CALLS = (
    replace(ASKED, id="summary-of-ada", user=ADA),
    replace(ASKED, id="summary-of-ben", user=BEN),
    replace(ASKED, id="triage-of-ada", task="triage", user=ADA, job="case-of-ada"),
    replace(ASKED, id="again-for-ada", task="triage", user="", job="case-of-ada", purpose="shadow"),
    replace(ASKED, id="triage-of-ben", task="triage", user=BEN, job="case-of-ben"),
)
OF_BEN = {"calls": {"triage-of-ben"}, "triage": {"case-of-ben"}, "corrections": {"by-ada"}, "feedback": {BEN}}
HELD = {
    "calls": "SELECT id FROM calls WHERE prompt IS NOT NULL OR answer IS NOT NULL",
    "summaries": "SELECT id FROM summaries",
    "askers": "SELECT person AS id FROM askers",
    "triage": "SELECT id FROM triage WHERE text IS NOT NULL OR reason IS NOT NULL",
    "corrections": "SELECT id FROM corrections WHERE text IS NOT NULL",
    "feedback": 'SELECT "user" AS id FROM feedback',
    "inbox": "SELECT id FROM inbox WHERE answer IS NOT NULL",
    "evals": "SELECT id FROM evals WHERE answer IS NOT NULL",
}


async def remembered(store: Store) -> None:
    """Texts of two people in every table that holds any."""
    at = "2026-11-18T10:00:00+00:00"
    for user, corrector, name, by in ((ADA, BEN, "case-of-ada", "by-ben"), (BEN, ADA, "case-of-ben", "by-ada")):
        case: Row = {"id": name, "workspace": "T1", "channel": "C1", "ts": "1.0", "author": user, "quiet": 0}
        said: Row = {"opened_at": at, "updated_at": at, "text": SECRET, "reason": SECRET}
        await store.database.insert("triage", case | said)
        label: Row = {"id": by, "triage": name, "corrected_at": at, "corrected_by": corrector, "field": "category"}
        await store.database.insert("corrections", label | {"old": "bug", "new": "other", "text": SECRET})
        await store.give_feedback("summary-of-ben", user, "up", datetime.fromisoformat(at))
    for call in CALLS:
        await store.log_call(call)
    await store.keep_summary(kept())
    await store.note_asker(ADA, "s", datetime.fromisoformat(at))
    await store.database.write("INSERT INTO inbox (id, queue, answer) VALUES ('flying', 'summary', $1)", SECRET)
    named = ("id", "workspace", "task", "source", "prompt_digest", "provider", "model", "outcome")
    compared: Row = dict.fromkeys(named, "x")
    await store.database.insert("evals", compared | {"evaluated_at": at, "asked_at": at, "answer": SECRET})


def kept() -> KeptSummary:
    names = ("key", "workspace", "channel", "subject", "covered", "model", "call")
    texts = dict.fromkeys(names, "x")
    return KeptSummary(id="s", made_at="2026-11-18T10:00:00+00:00", messages=3, summary=SECRET, **texts)


async def held(store: Store) -> dict[str, set[str]]:
    found = {name: await store.database.read(sql) for name, sql in HELD.items()}
    return {name: {str(row["id"]) for row in rows} for name, rows in found.items() if rows}


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("precis.db*"))


async def figures(store: Store) -> list[Call]:
    return [replace(call, prompt=None, answer=None) for call in await store.calls()]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    database = await Database.open(f"sqlite:///{tmp_path}/precis.db")
    yield Store(database)
    await database.close()


async def test_it_forgets_everybody_and_keeps_the_figures(store: Store, tmp_path: Path) -> None:
    await remembered(store)
    before = await figures(store)

    rows = await store.forget_all(AT)

    assert await held(store) == {}
    assert rows == 5 + 1 + 1 + 2 + 2 + 2 + 1 + 1
    assert await figures(store) == before
    assert SECRET.encode() not in on_disk(tmp_path)


async def test_it_forgets_a_person_and_whatever_may_hold_their_words(store: Store) -> None:
    await remembered(store)
    before = await figures(store)

    await store.forget_user(ADA, AT)

    assert await held(store) == OF_BEN
    assert await figures(store) == before


async def test_it_forgets_who_asked_for_a_summary_that_has_gone(store: Store) -> None:
    await store.keep_summary(kept())
    await store.keep_summary(replace(kept(), id="young", key="another", made_at=AT.isoformat()))
    for summary in ("s", "young"):
        await store.note_asker(ADA, summary, AT)

    await store.forget_texts(AT)
    afterwards = await store.database.read("SELECT summary FROM askers")
    await store.forget_texts(AT + timedelta(seconds=1))

    assert {str(row["summary"]) for row in afterwards} == {"s", "young"}
    assert await store.database.read("SELECT summary FROM askers") == []


async def test_it_forgets_more_than_one_step_holds(store: Store) -> None:
    await asyncio.gather(*(store.log_call(replace(ASKED, id=f"call-{number}")) for number in range(450)))

    assert await store.forget_all(AT) == 450
    assert await held(store) == {}


@pytest.mark.parametrize(
    ("user", "kept"),
    [(None, set()), (ADA, {"triage-of-ben"}), ("U0NOBODY01", {"triage-of-ada", "again-for-ada", "triage-of-ben"})],
)
async def test_it_writes_no_text_of_calls_that_were_under_way(store: Store, user: str | None, kept: set[str]) -> None:
    await remembered(store)
    await (store.forget_user(user, AT) if user else store.forget_all(AT))
    for call in CALLS:
        after = replace(call, called_at=(AT + timedelta(seconds=1)).isoformat())
        await store.log_call(replace(call, id=f"late-{call.id}"))
        await store.log_call(replace(after, id=f"again-{call.id}"), began=AT)
        await store.log_call(replace(after, id=f"new-{call.id}"))

    calls = {call.id: (call.prompt, call.answer) for call in await store.calls()}
    late = {call.id for call in CALLS if calls[f"late-{call.id}"] == (SECRET, SECRET)}
    again = {call.id for call in CALLS if calls[f"again-{call.id}"] == (SECRET, SECRET)}
    assert (late, again) == (kept, kept)
    assert {calls[f"new-{call.id}"] for call in CALLS} == {(SECRET, SECRET)}


async def test_it_keeps_nothing_that_was_made_of_what_is_forgotten(store: Store) -> None:
    await store.log_call(replace(ASKED, id="part", job="summary"))
    await store.forget_all(AT)
    await store.log_call(replace(ASKED, id="whole", job="summary", called_at=(AT + timedelta(seconds=1)).isoformat()))
    await store.keep_summary(replace(kept(), call="whole"))
    await store.keep_eval(
        Eval(
            id="eval",
            workspace="T1",
            evaluated_at=AT.isoformat(),
            task="summarise",
            source="part",
            asked_at=CALL.called_at,
            channel="C1",
            prompt_digest="x",
            provider="openai",
            model="gpt-4o-mini",
            outcome="ok",
            answer=SECRET,
        )
    )

    assert await held(store) == {"calls": {"whole"}}
    assert [each.outcome for each in await store.evals(["eval"])] == ["ok"]


async def test_it_writes_no_text_of_a_case_that_was_being_sorted(store: Store) -> None:
    id = await store.join_case("T1", "C1", f"{AT.timestamp():.6f}", ADA, 60)
    await store.open_case(id, ADA, quiet=False, at=AT)
    await store.forget_user(ADA, AT)
    covered = state(await store.case_messages(id))
    await store.sort_case(id, replace(FOUND, covered=covered, call="", text=SECRET, reason=SECRET), AT, began=AT)

    case = await store.case(id)
    assert case is not None
    assert (case.category, case.text, case.reason) == ("bug", None, None)
    assert await held(store) == {}


async def test_it_is_a_command(store: Store, tmp_path: Path) -> None:
    await remembered(store)

    neither = await commands.run("-m", "bot", "forget", cwd=tmp_path)
    odd = await commands.run("-m", "bot", "forget", "--user", "ada", cwd=tmp_path)
    one = await commands.run("-m", "bot", "forget", "--user", ADA, cwd=tmp_path)
    left = await held(store)
    everybody = await commands.run("-m", "bot", "forget", "--all", cwd=tmp_path)

    assert (neither[0], odd[0]) == (2, 2)
    assert "--user with a Slack id, or --all" in neither[1]
    assert one == (0, "Deleted the texts of 11 rows.\n")
    assert left == OF_BEN
    assert everybody == (0, "Deleted the texts of 4 rows.\n")
    assert await held(store) == {}


@contextmanager
def read(folder: Path) -> Iterator[None]:
    """Another program that reads the file as it is now."""
    with closing(sqlite3.connect(f"file:{folder}/precis.db?mode=ro", uri=True, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM calls").fetchone()
        yield


async def test_it_waits_until_nobody_reads_what_was_there(store: Store, tmp_path: Path) -> None:
    await remembered(store)
    await store.database.checkpoint()
    with read(tmp_path):
        forgetting = asyncio.create_task(store.forget_all(AT))
        early, _ = await asyncio.wait({forgetting}, timeout=1)
        left = await held(store)
    await forgetting

    assert (early, left) == (set(), {})
    assert SECRET.encode() not in on_disk(tmp_path)


async def test_it_says_that_texts_are_in_the_file_while_it_is_read(store: Store, tmp_path: Path) -> None:
    await remembered(store)
    await store.database.checkpoint()
    with read(tmp_path):
        status, said = await commands.run("-m", "bot", "forget", "--all", cwd=tmp_path)
        left = on_disk(tmp_path)
    again = await commands.run("-m", "bot", "forget", "--all", cwd=tmp_path)

    assert status == 2
    assert said == (
        "The database precis.db still holds the deleted texts, because another program is reading it: "
        "close that program, then run this command again.\n"
    )
    assert SECRET.encode() in left
    assert await held(store) == {}
    assert again == (0, "Deleted the texts of 0 rows.\n")
    assert SECRET.encode() not in on_disk(tmp_path)


async def test_it_forgets_everything_when_the_app_is_removed(slack: Sandbox, precis: Precis) -> None:
    await remembered(precis.services.store)

    slack.uninstall()
    await slack.settled()
    await precis.services.inbox.idle()

    assert await held(precis.services.store) == {}


@pytest.mark.parametrize("first", ["ok", "failed"])
async def test_it_forgets_a_summary_that_is_being_written_however_often_it_is_tried(
    slack: Sandbox, workspace: Workspace, settings: Config, first: str
) -> None:
    root = talk(workspace)
    async with OpenAIServer() as server:
        server.latency = 0.5
        server.answer(SUMMARY)
        if first == "failed":
            server.then(server.problem("overloaded"))
        provider = ProviderConfig("openai", "gpt-4o-mini", SecretStr(KEY), server.url)
        async with app.running(replace(settings, provider=provider), policy=QUICK) as precis:
            await slack.connected()
            asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, root), channel=GENERAL)
            await server.arrived.wait()
            await precis.services.store.forget_all(precis.services.now())
            await precis.services.inbox.idle()

            outcomes = [call.outcome for call in await precis.services.store.calls()]
            assert outcomes == (["ok"] if first == "ok" else ["failed", "ok"])
            assert await held(precis.services.store) == {}
    assert str(SUMMARY["headline"]) in str(asked.answers)


async def test_it_forgets_nothing_when_only_a_persons_token_is_revoked(slack: Sandbox, precis: Precis) -> None:
    await remembered(precis.services.store)
    before = await held(precis.services.store)

    slack.revoke(ADA)
    await slack.settled()
    await precis.services.inbox.idle()

    assert await held(precis.services.store) == before
