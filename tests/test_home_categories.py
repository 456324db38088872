"""The categories editor of App Home: list, edit one, add, remove."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.app import Precis
from bot.categories import Category
from bot.config import Config
from bot.sandbox import Sandbox, Workspace
from tests.conftest import ADA, BEN
from tests.homes import audit, home, modal, opened, press, press_in_window, submit, words
from tests.support import furnish, sorting
from tests.vendors import OpenAIServer

OWNER = "U0OWNER001"
REFUND = {"name": "refund", "description": "Wants money back", "emoji": "moneybag"}


@pytest.fixture
async def app(slack: Sandbox, workspace: Workspace, settings: Config) -> AsyncIterator[Precis]:
    furnish(workspace)
    workspace.add_user(OWNER, "olga", is_owner=True)
    async with OpenAIServer() as server, sorting(settings, server) as precis:
        await slack.connected()
        for admin in (ADA, OWNER):
            await opened(slack, precis, admin)
            await press(slack, precis, admin, "home_categories", "categories")
        yield precis


async def categories(precis: Precis) -> dict[str, Category]:
    return {each.name: each for each in (await precis.services.settings.read()).categories}


async def edit(slack: Sandbox, precis: Precis, name: str, user: str = ADA) -> None:
    await press_in_window(slack, precis, user, "home_category_edit", name)


async def add(slack: Sandbox, precis: Precis, values: dict[str, Any]) -> dict[str, str]:
    await press_in_window(slack, precis, ADA, "home_category_add", "new")
    return await submit(slack, precis, ADA, values)


async def test_it_lists_all_categories(slack: Sandbox, app: Precis) -> None:
    window = modal(slack, ADA)

    assert [name for name in await categories(app) if f"*{name}*" in words(window)] == list(await categories(app))


async def test_it_adds_a_category_before_other(slack: Sandbox, app: Precis) -> None:
    errors = await add(slack, app, REFUND | {"owner": BEN, "emoji": ":moneybag:"})

    found = await categories(app)
    assert errors == {}
    assert list(found)[-2:] == ["refund", "other"]
    assert (found["refund"].owner, found["refund"].emoji) == (BEN, "moneybag")
    assert f"*refund* · <@{BEN}>" in words(modal(slack, ADA))
    assert f"*refund* · <@{BEN}>" in words(home(slack, ADA))
    assert (await audit(app))[-1][:2] == (ADA, "categories")


async def test_it_changes_one_category_in_its_place(slack: Sandbox, app: Precis) -> None:
    before = list(await categories(app))
    await edit(slack, app, "bug")
    await submit(slack, app, ADA, {"name": "fault", "group": "S0SUPPORT", "emoji": "beetle"})

    found = await categories(app)
    assert list(found) == ["fault" if name == "bug" else name for name in before]
    assert (found["fault"].owner, found["fault"].emoji) == ("S0SUPPORT", "beetle")
    assert found["fault"].description == "reports that something fails, gives an error or is wrong"
    assert "<!subteam^S0SUPPORT>" in words(modal(slack, ADA))


async def test_it_shows_an_owner_where_it_was_entered(slack: Sandbox, app: Precis) -> None:
    await add(slack, app, REFUND | {"group": "S0SUPPORT"})
    await edit(slack, app, "refund")

    initial = {block["block_id"]: block["element"] for block in modal(slack, ADA)["blocks"] if "element" in block}
    assert initial["group"]["initial_value"] == "S0SUPPORT"
    assert "initial_user" not in initial["owner"]


async def test_it_removes_a_category(slack: Sandbox, app: Precis) -> None:
    await edit(slack, app, "account")
    await press_in_window(slack, app, ADA, "home_category_remove", "account")
    told = words(modal(slack, ADA))
    await slack.person(ADA).close_view(modal(slack, ADA)["id"])

    assert "The category account is removed" in told
    assert "account" not in await categories(app)
    assert "*account*" not in words(modal(slack, ADA)) + words(home(slack, ADA))


async def test_it_keeps_other(slack: Sandbox, app: Precis) -> None:
    await edit(slack, app, "other")
    window = words(modal(slack, ADA))
    errors = await submit(slack, app, ADA, {"name": "rest"})

    assert "home_category_remove" not in window
    assert errors == {"name": "other is always among the categories, so its name stays."}


@pytest.mark.parametrize(
    ("values", "block", "said"),
    [
        ({"name": "Refund!"}, "name", "small letters"),
        ({"name": "bug"}, "name", "a category of that name"),
        ({"description": "two\nlines"}, "description", "one line"),
        ({"emoji": "Money Bag"}, "emoji", "emoji is a name"),
        ({"group": "support"}, "group", "the id of a user group"),
        ({"group": "S!"}, "group", "the id of a person"),
        ({"group": "S0SUPPORT", "owner": BEN}, "group", "not both"),
    ],
)
async def test_it_says_beside_the_input_what_is_wrong(
    slack: Sandbox, app: Precis, values: dict[str, Any], block: str, said: str
) -> None:
    before = await categories(app)

    errors = await add(slack, app, REFUND | values)

    assert list(errors) == [block]
    assert said in errors[block]
    assert await categories(app) == before


async def test_it_offers_no_more_than_twenty(slack: Sandbox, app: Precis) -> None:
    many = [{"name": f"n{number}", "description": "d"} for number in range(18)]
    await app.services.settings.change("categories", many, by=ADA)
    await add(slack, app, REFUND)
    full = modal(slack, ADA)

    assert len(await categories(app)) == 20
    assert "There are at most 20 categories." in words(full)
    assert "home_category_add" not in words(full)


async def test_it_keeps_what_two_admins_change_in_two_categories(slack: Sandbox, app: Precis) -> None:
    await edit(slack, app, "bug")
    await edit(slack, app, "billing", OWNER)
    await submit(slack, app, OWNER, {"emoji": "moneybag"})
    await submit(slack, app, ADA, {"emoji": "beetle"})

    found = await categories(app)
    assert (found["billing"].emoji, found["bug"].emoji) == ("moneybag", "beetle")
    assert [by for by, name, _ in await audit(app) if name == "categories"] == [OWNER, ADA]


async def test_it_says_that_a_category_has_gone_meanwhile(slack: Sandbox, app: Precis) -> None:
    await edit(slack, app, "bug")
    await edit(slack, app, "bug", OWNER)
    await press_in_window(slack, app, OWNER, "home_category_remove", "bug")

    errors = await submit(slack, app, ADA, {"emoji": "beetle"})

    assert list(errors) == ["name"]
    assert "removed this category" in errors["name"]
    assert "bug" not in await categories(app)


async def test_it_lets_nobody_else_change_categories(slack: Sandbox, app: Precis) -> None:
    await edit(slack, app, "bug")
    slack.workspace.users[ADA] = replace(slack.workspace.users[ADA], is_admin=False)
    app.services.admins.known.clear()
    await submit(slack, app, ADA, {"emoji": "beetle"})
    denied = words(modal(slack, ADA))
    await edit_below(slack, app)

    assert "Only owners and admins" in denied
    assert [name for _, name, _ in await audit(app)].count("categories") == 0
    assert (await categories(app))["bug"].emoji == "bug"


async def edit_below(slack: Sandbox, precis: Precis) -> None:
    """Press *Edit* in the window beneath."""
    await slack.person(ADA).close_view(modal(slack, ADA)["id"])
    await edit(slack, precis, "bug")
    assert "Only owners and admins" in json.dumps(modal(slack, ADA))


async def test_it_shows_what_people_wrote_to_the_letter(slack: Sandbox, app: Precis) -> None:
    await add(slack, app, REFUND | {"description": "<!channel> & co"})

    assert "&lt;!channel&gt; &amp; co" in words(modal(slack, ADA))
