"""What a person enters into menus and fields, in the shapes Slack reports it."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox import blocks as kit
from bot.sandbox.errors import Refused

_SINGLE = frozenset({"static_select", "external_select", "radio_buttons", "overflow"})
_SEVERAL = frozenset({"multi_static_select", "multi_external_select", "checkboxes"})
_FIELDS = {
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "file_input": ("files", ""),
}
_STATELESS = frozenset({"button", "workflow_button", "overflow", "feedback_buttons", "icon_button"})
_UNSET: Any = object()


def find(blocks: list[dict[str, Any]], action_id: str, value: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The element a person means, by action id and, where several share it, by value; with its block."""
    matching = [(block, one) for block, one in kit.interactive(blocks) if one.get("action_id") == action_id]
    for block, element in matching:
        if value is None or element["type"] != "button" or element.get("value") == value:
            return block, element
    raise Refused(f"there is nothing with action_id {action_id!r} and value {value!r} here")


def action(block: dict[str, Any], element: dict[str, Any], value: Any) -> dict[str, Any]:
    """The entry of `actions` for one press or choice."""
    about = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
    if element["type"] == "feedback_buttons":
        pair = [element["positive_button"], element["negative_button"]]
        chosen = next((one for one in pair if value in (None, one["value"])), None)
        if chosen is None:
            raise Refused(f"no feedback button has value {value!r}")
        return about | {"text": chosen["text"], "value": chosen["value"]}
    if element["type"] in {"button", "icon_button", "workflow_button"}:
        return about | {key: element[key] for key in ("text", "value", "url", "style") if key in element}
    return about | _entered(element, value)


def state(blocks: list[dict[str, Any]], values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """`view.state.values`: what was entered by block or action id, else what the app had filled in."""
    filled: dict[str, dict[str, Any]] = {}
    for block, element in kit.interactive(blocks):
        if element["type"] in _STATELESS:
            continue
        value = values.get(block["block_id"], values.get(element["action_id"], _UNSET))
        entered = _initial(element) if value is _UNSET else _entered(element, value)
        if block["type"] == "input" and not block.get("optional") and not any(entered.values()):
            raise Refused(f"the field {block['block_id']!r} must be filled in")
        filled.setdefault(block["block_id"], {})[element["action_id"]] = {"type": element["type"], **entered}
    unknown = values.keys() - {
        key for block, element in kit.interactive(blocks) for key in (block["block_id"], element["action_id"])
    }
    if unknown:
        raise Refused(f"there is no field called {', '.join(sorted(unknown))}")
    return filled


def _entered(element: dict[str, Any], value: Any) -> dict[str, Any]:
    kind = element["type"]
    if kind in _SINGLE:
        return {"selected_option": None if value is None else _option(element, value)}
    if kind in _SEVERAL:
        return {"selected_options": [_option(element, one) for one in value or ()]}
    return {_FIELDS[kind][0] if kind in _FIELDS else "value": value}


def _initial(element: dict[str, Any]) -> dict[str, Any]:
    kind = element["type"]
    if kind in _SINGLE:
        return {"selected_option": element.get("initial_option")}
    if kind in _SEVERAL:
        return {"selected_options": element.get("initial_options") or []}
    field, initial = _FIELDS.get(kind, ("value", "initial_value"))
    return {field: element.get(initial)}


def _option(element: dict[str, Any], value: Any) -> dict[str, Any]:
    if "external" in element["type"]:
        return {"text": {"type": "plain_text", "text": str(value), "emoji": True}, "value": str(value)}
    for option in _options(element):
        if option["value"] == value:
            return option
    raise Refused(f"the menu {element['action_id']!r} has no option {value!r}")


def _options(element: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from element.get("options") or ()
    for group in element.get("option_groups") or ():
        yield from group["options"]
