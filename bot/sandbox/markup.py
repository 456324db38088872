"""Slack's markup in two directions: what a person types becomes `<...>`, and `<...>` becomes rich text."""

import re
from collections.abc import Callable, Mapping
from typing import Any

_URL = re.compile(r"(<[^>]*>)|(https?://[^\s<>|]+)")
_TYPED = re.compile(r"(https?://[^\s<>|]+)|@([\w.-]+)|#([\w.-]+)")
_SPAN = re.compile(r"<(@|#|!)?([^>|]+)(?:\|([^>]*))?>")


def entities(text: str) -> str:
    """The three characters that Slack encodes, and no others."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def linked(text: str) -> str:
    """Wrap the bare URLs of a message as Slack's client does, leaving existing markup as it is."""

    def wrap(match: re.Match[str]) -> str:
        url = match[2]
        return match[1] or f"<{re.sub(r'&(?!amp;)', '&amp;', url)}>"

    return _URL.sub(wrap, text)


def escaped(text: str, user: Callable[[str], str | None], channel: Callable[[str], str | None]) -> str:
    """A command's text where the manifest says `should_escape`: mentions become ids, URLs are wrapped."""

    def wrap(match: re.Match[str]) -> str:
        if match[1]:
            return f"\0{match[1]}\1"
        found = user(match[2]) if match[2] else channel(match[3])
        return f"\0{found}\1" if found else match[0]

    return entities(_TYPED.sub(wrap, text)).replace("\0", "<").replace("\1", ">")


def mentions(text: str, user: str) -> bool:
    return re.search(rf"<@{re.escape(user)}(\|[^>]*)?>", text) is not None


def rich_text(text: str) -> list[dict[str, Any]]:
    """The `blocks` Slack's client adds to a typed message."""
    elements: list[dict[str, Any]] = []
    at = 0
    for match in _SPAN.finditer(text):
        elements += _plain(text[at : match.start()])
        elements.append(_element(match[1], match[2], match[3]))
        at = match.end()
    section = {"type": "rich_text_section", "elements": elements + _plain(text[at:])}
    return [{"type": "rich_text", "block_id": "typed", "elements": [section]}]


def _plain(text: str) -> list[dict[str, Any]]:
    decoded = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return [{"type": "text", "text": decoded}] if decoded else []


_KINDS: Mapping[str, tuple[str, str]] = {
    "@": ("user", "user_id"),
    "#": ("channel", "channel_id"),
    "!": ("broadcast", "range"),
}


def _element(sign: str | None, target: str, label: str | None) -> dict[str, Any]:
    if sign:
        kind, key = _KINDS[sign]
        return {"type": kind, key: target}
    return {"type": "link", "url": target.replace("&amp;", "&")} | ({"text": label} if label else {})
