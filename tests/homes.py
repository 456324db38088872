"""App Home as people see it: opens it, presses in it, fills in its windows, and waits until all of it is done."""

import json
from typing import Any

from bot.app import Precis
from bot.sandbox import Sandbox
from bot.sandbox.interaction import Interaction
from tests.support import settled


async def opened(slack: Sandbox, precis: Precis, user: str) -> dict[str, Any]:
    """What somebody finds on opening Home."""
    await slack.person(user).open_home()
    await settled(slack, precis)
    return home(slack, user)


def home(slack: Sandbox, user: str) -> dict[str, Any]:
    found = slack.person(user).home
    assert found is not None
    return found


def modal(slack: Sandbox, user: str) -> dict[str, Any]:
    found = slack.person(user).modal
    assert found is not None
    return found


def words(view: dict[str, Any]) -> str:
    return json.dumps(view["blocks"], ensure_ascii=False)


async def press(slack: Sandbox, precis: Precis, user: str, action: str, value: str) -> Interaction:
    """Press on Home."""
    pressed = await slack.person(user).press(view=home(slack, user)["id"], action_id=action, value=value)
    await settled(slack, precis)
    return pressed


async def press_in_window(slack: Sandbox, precis: Precis, user: str, action: str, value: str) -> Interaction:
    pressed = await slack.person(user).press(view=modal(slack, user)["id"], action_id=action, value=value)
    await settled(slack, precis)
    return pressed


async def submit(slack: Sandbox, precis: Precis, user: str, values: dict[str, Any]) -> dict[str, str]:
    """Fill in the window on top and save; what stands beside its inputs then."""
    submitted = await slack.person(user).submit(modal(slack, user)["id"], values)
    await settled(slack, precis)
    assert submitted.ok, submitted.error
    return dict((submitted.ack or {}).get("errors") or {})


async def save(slack: Sandbox, precis: Precis, user: str, name: str, value: Any) -> dict[str, str]:
    """Open a setting from Home, enter a value and save."""
    await press(slack, precis, user, "home_edit", name)
    return await submit(slack, precis, user, {name: value})


async def audit(precis: Precis) -> list[tuple[str, str, str | None]]:
    """Who changed what to what, oldest first."""
    changes = await precis.services.store.changes(precis.services.workspace.team)
    return [(each.changed_by, each.name, each.new) for each in reversed(changes)]
