"""The windows of App Home: one input for a setting, the categories, and one category."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.categories import LONGEST_DESCRIPTION, LONGEST_NAME, MOST, OTHER, Category
from bot.ids import GROUP_ID
from bot.setting_forms import FORMS
from handlers import provider_menus
from handlers.blocks import actions, button, clip, context, plain, section
from handlers.home_fields import FIELDS, places, typed
from handlers.mrkdwn import escape

SET, CATEGORY, STOP_ALL = "home_set", "home_category", "home_stop_all"
EDIT_CATEGORY, ADD_CATEGORY, REMOVE_CATEGORY = "home_category_edit", "home_category_add", "home_category_remove"
NAME, DESCRIPTION, OWNER, GROUP, EMOJI = "name", "description", "owner", "group", "emoji"

BUDGETS = ("daily_budget_usd", "monthly_budget_usd")

UNSEEN = "Kept besides, because you are not in it: {places}"
KEPT = "Now {places}, which you are not in. It stays unless you choose another."


def notice(title: str, sentence: str) -> dict[str, Any]:
    """A window with one plain sentence."""
    return window(title, [section(escape(sentence))])


def window(title: str, blocks: Iterable[dict[str, Any]], **more: object) -> dict[str, Any]:
    return {"type": "modal", "title": plain(title), "close": plain("Close"), "blocks": list(blocks), **more}


def setting(name: str, value: Any, unseen: Sequence[str]) -> dict[str, Any]:
    """The window for one setting. `unseen` are the channels in it that are not for this admin's eyes."""
    form, kind = FORMS[name], FIELDS[name]
    shown = value
    if unseen:
        shown = "" if isinstance(value, str) else [channel for channel in value if channel not in unseen]
    blocks = [entry(name, form.title, kind.element(shown), hint=hint(name), optional=kind.optional)]
    if unseen:
        blocks.append(context((KEPT if isinstance(value, str) else UNSEEN).format(places=places(unseen))))
    return window(form.title, blocks, callback_id=SET, submit=plain("Save"), private_metadata=name)


def hint(name: str) -> str:
    """What a setting is for, and what it means to leave it empty."""
    about, kind = FORMS[name].about, FIELDS[name]
    return f"{about} Leave it empty for {kind.words(kind.read({}))}." if kind.optional else about


def stop_all(name: str) -> dict[str, Any]:
    """The question whether a budget of 0 is meant."""
    asked = window(FORMS[name].title, [section(provider_menus.STOP_ALL)], callback_id=STOP_ALL, private_metadata=name)
    return asked | {"submit": plain("Stop all calls")}


def entry(
    name: str, label: str, element: Mapping[str, Any], *, hint: str = "", optional: bool = False
) -> dict[str, Any]:
    """An input whose block and action are known by the same name."""
    block = {"type": "input", "block_id": name, "label": plain(label), "optional": optional}
    return block | {"element": {**element, "action_id": name}} | ({"hint": plain(hint)} if hint else {})


def categories(found: Sequence[Category]) -> dict[str, Any]:
    """All categories, each with its button, and one to add another."""
    blocks = [
        section(described(category))
        | {"accessory": button("Edit", EDIT_CATEGORY, category.name, label=f"Edit: {category.name}")}
        for category in found
    ]
    full = context(f"There are at most {MOST} categories.")
    blocks.append(actions(button("Add a category", ADD_CATEGORY, "new")) if len(found) < MOST else full)
    return window("Categories", blocks)


def described(category: Category) -> str:
    return f"{named(category)}\n{escape(category.description)}"


def named(category: Category) -> str:
    """A category on one line: its emoji, its name, and who answers for it."""
    return f":{escape(category.emoji)}: *{escape(category.name)}* · {owned(category.owner)}"


def owned(owner: str) -> str:
    if not owner:
        return "no owner"
    return f"<!subteam^{owner}>" if owner.startswith(GROUP_ID) else f"<@{owner}>"


def category(given: Category | None) -> dict[str, Any]:
    """The window for one category, a new one where none is given."""
    blocks = [*inputs(given)]
    if given is not None and given.name != OTHER.name:
        blocks.append(actions(removal(given.name)))
    title, old = ("Category", given.name) if given else ("New category", None)
    return window(title, blocks, callback_id=CATEGORY, submit=plain("Save"), private_metadata=json.dumps(old))


def inputs(given: Category | None) -> Iterable[dict[str, Any]]:
    owner = given.owner if given else ""
    group = owner if owner.startswith(GROUP_ID) else ""
    person = {"initial_user": owner} if owner and not group else {}
    yield entry(NAME, "Name", typed(given.name if given else "", max_length=LONGEST_NAME), hint="Such as bug-report.")
    about = "What belongs into it: the model is told this line."
    described = typed(given.description if given else "", max_length=LONGEST_DESCRIPTION)
    yield entry(DESCRIPTION, "Description", described, hint=about)
    yield entry(OWNER, "Owner", {"type": "users_select", **person}, optional=True)
    hint = "The id of a user group (S…), if no single person owns it. p1 cases mention the owner."
    yield entry(GROUP, "Owner group", typed(group, max_length=25), hint=hint, optional=True)
    yield entry(EMOJI, "Emoji", typed(given.emoji if given else "label", max_length=120), hint="Its name, such as bug.")


def removal(name: str) -> dict[str, Any]:
    asking = {
        "title": plain("Remove the category?"),
        "text": plain(f"New messages are no longer sorted into {clip(name, 40)}. Old cases keep their label."),
        "confirm": plain("Remove"),
        "deny": plain("Keep"),
    }
    return button("Remove", REMOVE_CATEGORY, name) | {"style": "danger", "confirm": asking}
