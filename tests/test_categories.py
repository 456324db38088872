"""Categories and urgency rules that a workspace writes: what is taken, and the sentence where something is not."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.categories import DEFAULT_CATEGORIES, DEFAULT_URGENCY_RULES, MOST
from bot.database import Database
from bot.settings import Category, Settings, WorkspaceSettings
from bot.store import Store

BUG = {"name": "bug", "description": "something fails"}


def names(settings: Settings) -> list[str]:
    return [category.name for category in settings.categories]


def numbered(count: int) -> list[dict[str, str]]:
    return [BUG | {"name": f"kind-{number}"} for number in range(count)]


def problem(**fields: object) -> str:
    """What a person is told about a value that is not taken."""
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(fields)
    return "; ".join(error["msg"] for error in caught.value.errors())


def test_it_starts_with_six_categories_and_four_rules() -> None:
    assert names(Settings()) == ["billing", "bug", "feature-request", "account", "how-to", "other"]
    assert Settings.model_validate({"urgency_rules": DEFAULT_URGENCY_RULES}) == Settings()
    assert Settings.model_validate({"categories": [one.model_dump() for one in DEFAULT_CATEGORIES]}) == Settings()


def test_it_adds_other_last_where_it_is_missing() -> None:
    assert names(Settings.model_validate({"categories": [BUG]})) == ["bug", "other"]


def test_it_leaves_another_other_where_it_stands() -> None:
    own = {"name": "other", "description": "for the front desk", "owner": "S0DESK"}

    found = Settings.model_validate({"categories": [own, BUG]})

    assert found.categories[0] == Category(name="other", description="for the front desk", owner="S0DESK")
    assert names(found) == ["other", "bug"]


def test_it_takes_an_emoji_with_colons_and_a_text_with_space_around_it() -> None:
    [bug, _] = Settings.model_validate({"categories": [BUG | {"emoji": ":ねこ:", "description": " a  b "}]}).categories

    assert (bug.emoji, bug.description) == ("ねこ", "a  b")


@pytest.mark.parametrize("name", ["", "Bug", "a b", "-bug", "bug-", "a--b", "bug\n", "x" * 41, "käse"])
def test_it_refuses_a_name_that_is_no_slug(name: str) -> None:
    assert "small letters, digits and single hyphens" in problem(categories=[BUG | {"name": name}])


@pytest.mark.parametrize("description", ["", "  ", "one\ntwo", "one\u2028two", "x" * 201, "hid\u202eden", "bell\x07"])
def test_it_refuses_a_description_that_is_not_one_readable_line(description: str) -> None:
    assert "description is one line of 1 to 200" in problem(categories=[BUG | {"description": description}])


@pytest.mark.parametrize("owner", ["ada", "<@U1234>", "U1234\n", "C1234567", "U12 34", "u1234567"])
def test_it_refuses_an_owner_that_is_no_id(owner: str) -> None:
    assert "the id of a person" in problem(categories=[BUG | {"owner": owner}])


@pytest.mark.parametrize("emoji", ["", "::", "two words", "BUG", "a:b", "<x>", "x" * 101, "bug\n"])
def test_it_refuses_an_emoji_that_is_no_name(emoji: str) -> None:
    assert "as Slack writes it between colons" in problem(categories=[BUG | {"emoji": emoji}])


def test_it_refuses_two_of_the_same_name() -> None:
    assert "two categories are called bug" in problem(categories=[BUG, BUG])


def test_it_refuses_too_few_and_too_many() -> None:
    assert "2 to 20 categories" in problem(categories=[])
    assert "2 to 20 categories" in problem(categories=numbered(MOST))
    assert len(Settings.model_validate({"categories": numbered(MOST - 1)}).categories) == MOST


def test_it_refuses_a_field_that_a_category_does_not_have() -> None:
    assert "Extra inputs" in problem(categories=[BUG | {"ownr": "U1234567"}])


@pytest.mark.parametrize(
    "rules",
    ["", "p1: a\np2: b\np3: c", "p2: b\np1: a\np3: c\np4: d", "p1: a\np2: b\np3: c\np4: d\np4: e", "a\nb\nc\nd"],
)
def test_it_refuses_rules_that_are_not_one_line_for_each_urgency(rules: str) -> None:
    assert "four lines that begin with p1:" in problem(urgency_rules=rules)


def test_it_refuses_a_rule_that_is_very_long() -> None:
    assert "an urgency rule is one line" in problem(urgency_rules=f"p1: {'x' * 300}\np2: b\np3: c\np4: d")


@pytest.mark.parametrize("floor", [-0.1, 1.1, float("nan"), float("inf")])
def test_it_refuses_a_floor_that_is_no_share(floor: float) -> None:
    assert "a number from 0 to 1" in problem(confidence_floor=floor)


def test_it_refuses_ids_of_another_kind() -> None:
    assert "'U01' is not the id of a channel" in problem(triage_channels=["C01", "U01"])
    assert "is not the id of a channel" in problem(quiet_channels=["#support"])
    assert "is not the id of a bot" in problem(triage_bots=["U1"])


def test_it_keeps_each_id_once() -> None:
    assert Settings.model_validate({"triage_channels": ["C01", "G02", "C01"]}).triage_channels == ("C01", "G02")


@pytest.fixture
async def settings(tmp_path: Path) -> AsyncIterator[WorkspaceSettings]:
    database = await Database.open(f"sqlite:///{tmp_path / 'precis.db'}")
    yield WorkspaceSettings(Store(database), "T1", Settings())
    await database.close()


async def test_it_keeps_categories_in_the_database(settings: WorkspaceSettings) -> None:
    await settings.change("categories", [BUG | {"owner": "U1234567"}], by="U1")

    found = await settings.read()
    kept = json.loads((await settings.store.settings("T1"))["categories"])
    assert found.categories[0] == Category(name="bug", description="something fails", owner="U1234567")
    assert [category["name"] for category in kept] == ["bug", "other"]
