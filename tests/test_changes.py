"""Changes of settings: what holds afterwards, what the audit holds, and how it reads."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.changes import told, value
from bot.database import Database
from bot.settings import Settings, WorkspaceSettings
from bot.store import Change, Store

CHANGE = Change(
    id="one", workspace="T1", changed_at="2026-11-23T09:00:00+00:00", changed_by="U1", name="timezone", old=None,
    new='"UTC"',
)  # fmt: skip
MINI = {"provider": "openai", "model": "gpt-4o-mini"}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    database = await Database.open(f"sqlite:///{tmp_path / 'precis.db'}")
    yield Store(database)
    await database.close()


async def test_it_makes_a_change_once_under_its_id_and_undoes_nothing_that_came_later(store: Store) -> None:
    later = replace(CHANGE, id="two", new='"Europe/Berlin"')
    await store.change_setting(CHANGE)
    await store.change_setting(later)
    await store.change_setting(CHANGE)

    assert await store.settings("T1") == {"timezone": '"Europe/Berlin"'}
    assert await store.changes("T1") == [later, CHANGE]


@pytest.mark.parametrize("new", ['"UTC"', None])
async def test_it_finishes_a_change_whose_process_died_after_the_audit(store: Store, new: str | None) -> None:
    await store.change_setting(CHANGE)
    halfway = replace(CHANGE, id="two", new=new)
    await store.database.insert("audit", {name: getattr(halfway, name) for name in Change.__slots__})
    await store.change_setting(halfway)

    assert await store.settings("T1") == ({"timezone": new} if new else {})


async def test_it_leaves_other_workspaces_and_settings_alone(store: Store) -> None:
    others = [replace(CHANGE, id="two", workspace="T2"), replace(CHANGE, id="three", name="audit_channel", new='"C1"')]
    for change in [CHANGE, *others, replace(CHANGE, id="four", new=None)]:
        await store.change_setting(change)

    assert await store.settings("T1") == {"audit_channel": '"C1"'}
    assert await store.settings("T2") == {"timezone": '"UTC"'}
    assert [change.id for change in await store.changes()] == ["four", "three", "two", "one"]
    assert [change.id for change in await store.changes("T2")] == ["two"]


async def test_it_says_since_when_and_by_whom_a_setting_holds(store: Store) -> None:
    await store.change_setting(CHANGE)
    await store.change_setting(replace(CHANGE, id="two", changed_by="U2", changed_at="2026-11-23T10:00:00+00:00"))

    [standing] = await store.standing("T1")
    assert (standing.name, standing.changed_by, standing.changed_at[11:16]) == ("timezone", "U2", "10:00")


async def test_it_can_lift_a_limit_that_the_environment_sets(store: Store) -> None:
    settings = WorkspaceSettings(store, "T1", Settings(daily_budget_usd=5))
    lifted = await settings.lift("daily_budget_usd", by="U1")
    put_back = await settings.change("daily_budget_usd", None, by="U1")

    assert (lifted.daily_budget_usd, put_back.daily_budget_usd) == (None, 5)
    assert [(change.old, change.new) for change in await store.changes("T1")] == [("null", None), (None, "null")]


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        ("default_model", None, "as configured"),
        ("triage_model", None, "the default model"),
        ("triage_model", [{**MINI, "percent": 100}], "GPT-4o mini (openai)"),
        (
            "triage_model",
            [{**MINI, "percent": 90}, {"provider": "claude", "model": "new-one", "percent": 10}],
            "90 % GPT-4o mini (openai) and 10 % new-one (claude)",
        ),
        ("fallback", "off", "off"),
        ("fallback", MINI, "GPT-4o mini (openai)"),
        ("shadow", None, "off"),
        ("shadow", {**MINI, "percent": 5, "task": ""}, "5 % of the prompts to GPT-4o mini (openai)"),
        ("shadow", {**MINI, "percent": 100, "task": "triage"}, "all prompts of triage to GPT-4o mini (openai)"),
        ("daily_budget_usd", 5, "$5.00"),
        ("monthly_budget_usd", None, "as configured"),
        ("audit_channel", "C01", "C01"),
        ("audit_channel", "", "none"),
        ("triage_channels", ["C01", "C02"], "C01, C02"),
        ("categories", [{"name": "parcels", "description": "late"}], "parcels, other"),
        ("pending_report", True, "on"),
        ("digest_day", "fri", "fri"),
        ("requests_per_user_hour", 9, "9"),
    ],
)
def test_it_puts_a_value_into_words(name: str, written: object, said: str) -> None:
    assert value(name, None if written is None else json.dumps(written)) == said


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        ("daily_budget_usd", "null", "no limit"),
        ("triage_model", '[{"provider": "gone"}]', '[{"provider": "gone"}]'),
        ("a_later_setting", '"x"', '"x"'),
        ("timezone", "not JSON", "not JSON"),
    ],
)
def test_it_shows_what_it_cannot_read_as_it_is(name: str, written: str, said: str) -> None:
    assert value(name, written) == said


def test_it_tells_a_change_as_a_sentence() -> None:
    change = replace(CHANGE, name="daily_budget_usd", old="5", new="7.5", reason="more threads")

    assert told(change, "Ada") == "Ada changed the daily budget from $5.00 to $7.50. Reason: more threads"
    assert told(CHANGE, "Ada") == "Ada changed the time zone from as configured to UTC."


def categories(**changes: str) -> str:
    """The default categories as JSON, with these fields of `bug`."""
    return json.dumps([each.model_dump() | (changes if each.name == "bug" else {}) for each in Settings().categories])


PARCELS = json.dumps([{"name": "parcels", "description": "late"}, {"name": "bug", "description": "it fails"}])
WORSE = Settings().urgency_rules.replace("p4: a question, a wish or a remark that can wait.", "p4: the rest.")


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("categories", None, categories(owner="U0BEN00001"), "categories: bug owner from none to U0BEN00001."),
        (
            "categories",
            categories(owner="U0BEN00001", emoji="beetle"),
            None,
            "categories: bug owner from U0BEN00001 to none; bug emoji from beetle to bug.",
        ),
        (
            "categories",
            PARCELS,
            PARCELS.replace("parcels", "letters").replace("it fails", "it is wrong"),
            "categories: added letters; removed parcels; bug description from “it fails” to “it is wrong”.",
        ),
        (
            "urgency_rules",
            None,
            json.dumps(WORSE),
            "urgency rules: p4 from “a question, a wish or a remark that can wait.” to “the rest.”.",
        ),
        (
            "triage_channels",
            '["C0SUPPORT1", "C0GENERAL1"]',
            '["C0GENERAL1", "C0REPORTS1"]',
            "support channels: added C0REPORTS1; removed C0SUPPORT1.",
        ),
        ("triage_channels", None, '["C0GENERAL1"]', "support channels from as configured to C0GENERAL1."),
        ("categories", "not JSON", "nor this", "categories from not JSON to nor this."),
    ],
)
def test_it_tells_only_what_differs(name: str, old: str | None, new: str | None, said: str) -> None:
    change = replace(CHANGE, name=name, old=old, new=new)

    assert told(change, "Ada") == f"Ada changed the {said}"
