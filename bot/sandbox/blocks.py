"""Block Kit as Slack accepts it: limits per block, per message and per view; anything unknown is refused."""

import copy
import json
import secrets
from collections.abc import Iterator
from typing import Any

from bot.sandbox.charts import DATA_TABLE, DATA_VISUALIZATION, TABLE
from bot.sandbox.elements import ACCESSORY, ACTION, BUTTON, CONTEXT_ACTION, IMAGE, INPUT, INPUTS, INTERACTIVE, REMARK
from bot.sandbox.errors import SlackError, problems
from bot.sandbox.schema import (
    Rule,
    anything,
    array,
    boolean,
    choice,
    fault,
    number,
    one_of,
    record,
    some_of,
    string,
    text,
    url,
    variant,
)

MESSAGE_BLOCKS, VIEW_BLOCKS, VIEW_BYTES, MARKDOWN = 50, 100, 250_000, 12_000
CHARACTERS, BLOCK_COST = 13_260, 60
"""Slack's undocumented `msg_blocks_too_long`: the text of all blocks, plus something for each block. The figures fit
the measurements published in slackapi/bolt-js issues 2509 and 2867."""

_ID = {"block_id": string(255)}
_CALM: dict[str, Rule] = {
    "section": record(
        {},
        {**_ID, "text": text(3000), "fields": array(text(2000), 10), "accessory": ACCESSORY, "expand": boolean},
        some_of("text", "fields"),
    ),
    "header": record({"text": text(150, plain=True)}, {**_ID, "level": number(1, 4)}),
    "context": record({"elements": array(REMARK, 10)}, _ID),
    "actions": record({"elements": array(ACTION, 25)}, _ID),
    "divider": record({}, _ID),
    "image": record(
        {"alt_text": string(2000)},
        {**_ID, "title": text(2000, plain=True), "image_url": url(3000), "slack_file": anything},
        one_of("image_url", "slack_file"),
    ),
    "input": record(
        {"label": text(2000, plain=True), "element": INPUT},
        {**_ID, "hint": text(2000, plain=True), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": record({"elements": array(anything, 1000)}, _ID),
    "video": record(
        {"alt_text": string(2000), "title": text(200, plain=True), "video_url": url(3000)},
        {
            **_ID,
            **dict.fromkeys(
                ("thumbnail_url", "author_name", "description", "provider_icon_url", "provider_name", "title_url"),
                anything,
            ),
        },
    ),
    "alert": record({"text": text(3000)}, {**_ID, "level": choice("default", "info", "warning", "error", "success")}),
    "data_visualization": DATA_VISUALIZATION,
    "data_table": DATA_TABLE,
}
_CARD = record(
    {},
    {
        **_ID,
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "subtext": text(200),
        "hero_image": variant({"image": IMAGE}),
        "icon": variant({"image": IMAGE}),
        "actions": array(variant({"button": BUTTON}), 5),
    },
)
_MESSAGE: dict[str, Rule] = {
    **_CALM,
    "markdown": record({"text": string(MARKDOWN)}, _ID),
    "context_actions": record({"elements": array(CONTEXT_ACTION, 5)}, _ID),
    "table": TABLE,
    "card": _CARD,
    "carousel": record({"elements": array(variant({"card": _CARD}), 10)}, _ID),
    "task_card": record(
        {"task_id": string(255), "title": string(256)},
        {
            **_ID,
            "status": choice("pending", "in_progress", "complete", "error"),
            "details": anything,
            "output": anything,
            "sources": anything,
        },
    ),
    "plan": record({"title": string(256)}, {**_ID, "tasks": anything}),
    "file": record({"external_id": string(255), "source": choice("remote")}, _ID),
}
_MESSAGE["container"] = record({"children": array(variant(_MESSAGE), 10)}, {**_ID, "title": anything})

_OPERATED = frozenset({*INTERACTIVE, *INPUTS, "feedback_buttons", "icon_button"})
_blocks_of_message = array(variant(_MESSAGE), MESSAGE_BLOCKS)
_blocks_of_view = array(variant(_CALM), VIEW_BLOCKS, least=0)
_COMMON = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
    **dict.fromkeys(("clear_on_close", "notify_on_close", "submit_disabled"), boolean),
}
_view = variant(
    {
        "modal": record(
            {"title": text(24, plain=True), "blocks": _blocks_of_view},
            {**_COMMON, "submit": text(24, plain=True), "close": text(24, plain=True)},
        ),
        "home": record({"blocks": _blocks_of_view}, {**_COMMON, "title": text(24, plain=True)}),
    }
)


def message_blocks(given: Any) -> list[dict[str, Any]]:
    """The blocks of a message with the ids Slack adds; raises the refusal that names what is wrong and where."""
    if not isinstance(given, list):
        raise SlackError("invalid_blocks_format")
    found: list[str] = []
    _blocks_of_message(given, "/blocks", found)
    if not found:
        _whole(given, found)
    if found:
        raise problems("invalid_blocks", found)
    try:
        size = sum(map(len, _texts(given))) + BLOCK_COST * len(given)
        numbered = _numbered(given)
    except RecursionError as error:
        raise problems("invalid_blocks", ["nested too deeply [json-pointer:/blocks]"]) from error
    if size > CHARACTERS:
        raise SlackError("msg_blocks_too_long")
    return numbered


def view(given: Any, kind: str) -> dict[str, Any]:
    """A modal or Home view with the ids Slack adds; raises the refusal Slack gives."""
    if not isinstance(given, dict):
        raise problems("invalid_arguments", ["must be an object [json-pointer:/view]"])
    if len(json.dumps(given, ensure_ascii=False).encode("utf-8", "replace")) > VIEW_BYTES:
        raise SlackError("view_too_large")
    found: list[str] = []
    _view(given, "/view", found)
    if not found:
        _unique(given["blocks"], "/view/blocks", found)
        inputs = any(block["type"] == "input" for block in given["blocks"])
        if given["type"] == "modal" and inputs and not given.get("submit"):
            fault(found, "/view", "missing required field: submit")
        if given["type"] != kind:
            fault(found, "/view/type", f"must be {kind}")
    if found:
        raise problems("invalid_arguments", found)
    try:
        return {**given, "blocks": _numbered(given["blocks"])}
    except RecursionError as error:
        raise problems("invalid_arguments", ["nested too deeply [json-pointer:/view/blocks]"]) from error


def interactive(blocks: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every element a person can operate, with its block."""
    for block in blocks:
        places = [
            *block.get("elements", []),
            *(block.get("actions") or []),
            block.get("accessory"),
            block.get("element"),
        ]
        yield from ((block, element) for element in places if _type(element) in _OPERATED)
        inner = [*block.get("children", []), *block.get("elements", [])]
        yield from interactive([one for one in inner if _type(one) in {"card", "actions", "section", "input"}])


def _type(value: Any) -> str:
    return str(value.get("type")) if isinstance(value, dict) else ""


def _whole(blocks: list[dict[str, Any]], found: list[str]) -> None:
    """What holds for all blocks of a message together."""
    _unique(blocks, "/blocks", found)
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > MARKDOWN:
        fault(found, "/blocks", f"markdown text must be less than {MARKDOWN + 1} characters in total")
    if sum(block["type"] == "data_visualization" for block in blocks) > 2:
        fault(found, "/blocks", "no more than 2 data_visualization blocks allowed")


def _unique(blocks: list[dict[str, Any]], at: str, found: list[str]) -> None:
    """Block ids are unique among the blocks, action ids inside a block."""
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    for one in {id for id in ids if ids.count(id) > 1}:
        fault(found, at, f"`block_id` {one!r} already exists")
    for index, block in enumerate(blocks):
        actions = [element["action_id"] for _, element in interactive([block]) if element.get("action_id")]
        for one in {id for id in actions if actions.count(id) > 1}:
            fault(found, f"{at}/{index}", f"`action_id` {one!r} already exists in this block")


def _numbered(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    copied = copy.deepcopy(blocks)
    for block in copied:
        block.setdefault("block_id", secrets.token_urlsafe(4)[:5])
    for _, element in interactive(copied):
        element.setdefault("action_id", secrets.token_urlsafe(4)[:5])
    return copied


def _texts(value: Any) -> Iterator[str]:
    """Every `text` a reader would see, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
