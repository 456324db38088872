"""Slack's markup, both ways: what people wrote becomes plain text, what a model wrote becomes harmless."""

import re
from collections.abc import Callable
from datetime import datetime
from html import unescape

from bot.ids import PERSON
from bot.summary import LINK

TOKEN = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
USER = re.compile(rf"<@({PERSON.pattern})(?:\|[^<>]*)?>")
ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def mentioned(text: str) -> set[str]:
    """The ids of the people whom a text mentions."""
    return set(USER.findall(text))


def plain(text: str, name: Callable[[str], str]) -> str:
    """What a person sees: `<@U1>` becomes the name that `name` gives, and links keep their address."""
    return unescape(TOKEN.sub(lambda token: shown(token[1], token[2], name), text))


def shown(target: str, label: str | None, name: Callable[[str], str]) -> str:
    kind, rest = target[0], target[1:]
    if kind == "@":
        return f"@{name(rest)}"
    if kind == "#":
        return f"#{label or 'private-channel'}"
    if kind == "!":
        return special(rest, label)
    address = target.removeprefix("mailto:").removeprefix("tel:")
    return f"{label} ({address})" if label and label not in (address, target) else address


def special(command: str, label: str | None) -> str:
    """`<!here>`, `<!subteam^S1|@ops>`, `<!date^1700000000^{date}|14 November>`"""
    if label:
        return label
    return "@group" if command.startswith("subteam^") else f"@{command.partition('^')[0]}"


def escape(text: str) -> str:
    """Text that Slack shows to the letter: nobody is mentioned and nothing is linked."""
    return text.translate(ESCAPES)


def link(address: str, label: str) -> str:
    return f"<{escape(address)}|{escape(label)}>"


def linkified(text: str) -> str:
    """Checked text, escaped, with its links live: `bot.summary` has left only those that stood in the source."""
    shown, end = "", 0
    for match in LINK.finditer(text):
        shown += escape(text[end : match.start()])
        whole = match[0].startswith(("https://", "http://")) and text[match.end() : match.end() + 1] != "…"
        shown += link(match[0], match[0]) if whole else escape(match[0])
        end = match.end()
    return shown + escape(text[end:])


def date(moment: datetime) -> str:
    """A moment that Slack shows everybody in their own time zone."""
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{moment:%Y-%m-%d %H:%M} UTC>"
