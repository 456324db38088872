"""Slack's rules for what stands inside a block: buttons, menus, inputs, images."""

from collections.abc import Mapping

from bot.sandbox.schema import (
    Rule,
    anything,
    array,
    boolean,
    choice,
    number,
    one_of,
    record,
    string,
    text,
    url,
    variant,
)

ID = {"action_id": string(255)}
CONFIRM = record(
    {
        "title": text(100, plain=True),
        "text": text(300),
        "confirm": text(30, plain=True),
        "deny": text(30, plain=True),
    },
    {"style": choice("primary", "danger")},
)
_ASKING = {**ID, "placeholder": text(150, plain=True), "confirm": CONFIRM, "focus_on_load": boolean}
_OPTION_FIELDS: Mapping[str, Rule] = {"text": text(75), "value": string(150)}
OPTION = record(_OPTION_FIELDS, {"description": text(75), "url": url(3000)})
_GROUP = record({"label": text(75, plain=True), "options": array(OPTION, 100)}, {})
_MENU = {**_ASKING, "options": array(OPTION, 100), "option_groups": array(_GROUP, 100)}
_SEVERAL = {"max_selected_items": number(1, 1000)}
_FILTER = {"filter": anything}


def _select(initial: str, *more: Mapping[str, Rule]) -> tuple[Rule, Rule]:
    """A menu for one choice and its sister for several."""
    extra = {key: rule for part in more for key, rule in part.items()}
    single, several = (initial, f"{initial}s") if initial != "initial_option" else (initial, "initial_options")
    one = record({}, {**_ASKING, **extra, single: anything, "response_url_enabled": boolean})
    return one, record({}, {**_ASKING, **_SEVERAL, **extra, several: anything})


_external, _externals = _select("initial_option", {"min_query_length": number(0, 1000)})
_users, _multi_users = _select("initial_user")
_channels, _multi_channels = _select("initial_channel")
_conversations, _multi_conversations = _select(
    "initial_conversation", _FILTER, {"default_to_current_conversation": boolean}
)
_limits = {"min_length": number(0, 3000), "max_length": number(1, 3000), "multiline": boolean}
_typed = {**_ASKING, "initial_value": string(3000, 0), "dispatch_action_config": anything}

IMAGE = record(
    {"alt_text": string(2000)}, {"image_url": url(3000), "slack_file": anything}, one_of("image_url", "slack_file")
)
BUTTON = record(
    {"text": text(75, plain=True)},
    {
        **ID,
        "url": url(3000),
        "value": string(2000, 0),
        "style": choice("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
)
_FEEDBACK = record({"text": text(75, plain=True), "value": string(2000)}, {"accessibility_label": string(75)})

INTERACTIVE: dict[str, Rule] = {
    "button": BUTTON,
    "workflow_button": record(
        {"text": text(75, plain=True), "workflow": anything},
        {**ID, "style": choice("primary", "danger"), "accessibility_label": string(75)},
    ),
    "static_select": record({}, {**_MENU, "initial_option": OPTION}, one_of("options", "option_groups")),
    "multi_static_select": record(
        {}, {**_MENU, **_SEVERAL, "initial_options": array(OPTION, 100)}, one_of("options", "option_groups")
    ),
    "external_select": _external,
    "multi_external_select": _externals,
    "users_select": _users,
    "multi_users_select": _multi_users,
    "channels_select": _channels,
    "multi_channels_select": _multi_channels,
    "conversations_select": _conversations,
    "multi_conversations_select": _multi_conversations,
    "overflow": record({"options": array(OPTION, 5)}, {**ID, "confirm": CONFIRM}),
    "radio_buttons": record({"options": array(OPTION, 10)}, {**_ASKING, "initial_option": OPTION}),
    "checkboxes": record({"options": array(OPTION, 10)}, {**_ASKING, "initial_options": array(OPTION, 10)}),
    "datepicker": record({}, {**_ASKING, "initial_date": string(10, 10)}),
    "timepicker": record({}, {**_ASKING, "initial_time": string(5, 5), "timezone": string(255)}),
    "datetimepicker": record({}, {**ID, "initial_date_time": anything, "confirm": CONFIRM, "focus_on_load": boolean}),
}
INPUTS: dict[str, Rule] = {
    **{kind: rule for kind, rule in INTERACTIVE.items() if kind not in {"button", "workflow_button", "overflow"}},
    "plain_text_input": record({}, {**_typed, **_limits}),
    "email_text_input": record({}, _typed),
    "url_text_input": record({}, _typed),
    "number_input": record(
        {"is_decimal_allowed": boolean}, {**_typed, "min_value": string(40), "max_value": string(40)}
    ),
    "rich_text_input": record({}, {**_typed, "initial_value": anything}),
    "file_input": record({}, {**ID, "filetypes": anything, "max_files": number(1, 10)}),
}
ACTION = variant(INTERACTIVE)
INPUT = variant(INPUTS)
ACCESSORY = variant({**INTERACTIVE, "image": IMAGE})
REMARK = variant({"image": IMAGE, **dict.fromkeys(("plain_text", "mrkdwn"), text(3000))})
CONTEXT_ACTION = variant(
    {
        "feedback_buttons": record({"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, ID),
        "icon_button": record(
            {"icon": string(255), "text": text(75, plain=True)},
            {
                **ID,
                "value": string(2000, 0),
                "visible_to_user_ids": array(string(255), 10),
                "confirm": CONFIRM,
                "accessibility_label": string(75),
            },
        ),
    }
)
