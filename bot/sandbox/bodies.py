"""What a message may consist of: text, blocks, markdown, attachments and metadata, checked as Slack checks them."""

from collections.abc import Mapping
from typing import Any

from bot.sandbox import blocks as kit
from bot.sandbox.channels import Message
from bot.sandbox.errors import SlackError, problems

TEXT, MARKDOWN, SHORT_BYTES, ATTACHMENTS = 40_000, 12_000, 4_000, 100
"""`SHORT_BYTES` hold for ephemerals and for changes of messages."""

UNSHOWN = "This content can't be displayed."


def content(fields: Mapping[str, Any], *, ephemeral: bool = False) -> Message:
    """The text and blocks of a message; raises the refusal Slack gives for what it would not take."""
    given = fields.get("blocks") or None
    checked = kit.message_blocks(given) if given is not None else None
    text, markdown = _string(fields, "text"), _string(fields, "markdown_text")
    attachments = _attachments(fields.get("attachments"))
    if markdown and (text or checked):
        raise SlackError("markdown_text_conflict")
    if (
        len(text) > TEXT
        or len(markdown) > MARKDOWN
        or (ephemeral and len((text or markdown).encode("utf-8", "replace")) > SHORT_BYTES)
    ):
        raise SlackError("msg_too_long")
    if not (text.strip() or markdown.strip() or checked or attachments):
        raise SlackError("no_text")
    message: Message = {"text": text or markdown or UNSHOWN}
    message |= {"blocks": checked} if checked else {}
    return message | ({"attachments": attachments} if attachments else {})


def metadata(fields: Mapping[str, Any]) -> Message:
    """The `metadata` of a message: an event type and a payload, or nothing."""
    given = fields.get("metadata") or None
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise SlackError("invalid_metadata_format")
    kinds = {"event_type": str, "event_payload": dict}
    wrong = [f"missing required field: {key} [json-pointer:/metadata]" for key in kinds if key not in given]
    wrong += [
        f"must be a {'string' if kind is str else 'object'} [json-pointer:/metadata/{key}]"
        for key, kind in kinds.items()
        if key in given and not isinstance(given[key], kind)
    ]
    if wrong:
        raise problems("invalid_metadata_format", wrong)
    return {"metadata": {key: given[key] for key in kinds}}


def _string(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key)
    if isinstance(value, dict | list):
        raise problems("invalid_arguments", [f"must be a string [json-pointer:/{key}]"])
    return "" if value is None else str(value)


def _attachments(given: Any) -> list[dict[str, Any]]:
    if not given:
        return []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise SlackError("invalid_attachments")
    if len(given) > ATTACHMENTS:
        raise SlackError("too_many_attachments")
    return given
