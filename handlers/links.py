"""Links to Slack messages, in every shape that Slack hands out."""

import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import SplitResult, parse_qs, urlsplit

from bot.ids import CONVERSATION
from handlers.refusals import ChannelLink, NotALink, OtherWorkspace, Refusal

TS = re.compile(r"[0-9]{10}\.[0-9]{6}")
ADDRESS = re.compile(r"<(https?://[^<>|\s]+)(?:\|[^<>]*)?>|(https?://[^\s<>|]+)")
AFTER = ".,;:!?)]}'\"*_~`…"
"""What people write behind a link or around it, which is not part of it."""

CLIENT_HOST = "app.slack.com"
ORGANISATION = ".enterprise.slack.com"


@dataclass(frozen=True, slots=True)
class Link:
    """A message and, where the link tells, the root of its thread."""

    channel: str
    ts: str
    thread_ts: str | None = None

    @property
    def root(self) -> str:
        """The thread's first message, or the message itself where the link names no thread."""
        return self.thread_ts or self.ts


def find(text: str, workspace_url: str, team: str) -> Link:
    """The first link to a message in a text. Raises `NotALink`, `ChannelLink` or `OtherWorkspace`."""
    problem: Refusal = NotALink()
    for match in ADDRESS.finditer(text):
        try:
            return parse(unescape(match[1] or match[2]).rstrip(AFTER), workspace_url, team)
        except (ChannelLink, OtherWorkspace) as found:
            problem = found
        except NotALink:
            continue
    raise problem


def parse(address: str, workspace_url: str, team: str) -> Link:
    try:
        parts = urlsplit(address)
    except ValueError:
        raise NotALink from None
    path = [part for part in parts.path.split("/") if part]
    if parts.netloc.lower() == CLIENT_HOST and path[:1] == ["client"]:
        return in_client(path[1:], team)
    if path[:1] != ["archives"]:
        raise NotALink
    if not same_workspace(parts, workspace_url):
        raise OtherWorkspace
    return in_archives(path[1:], parse_qs(parts.query))


def same_workspace(parts: SplitResult, workspace_url: str) -> bool:
    """The workspace's own address, or one of an organisation, whose links hold for all its workspaces."""
    host, own = parts.netloc.lower(), urlsplit(workspace_url).netloc.lower()
    if own.endswith(ORGANISATION):
        return host.endswith(".slack.com")
    return host == own or host.endswith(ORGANISATION)


def in_archives(path: list[str], query: dict[str, list[str]]) -> Link:
    """`/archives/C024BE7LR/p1700000000123456?thread_ts=1700000000.000100&cid=C024BE7LR`"""
    if not path or not CONVERSATION.fullmatch(path[0]):
        raise NotALink
    if len(path) == 1:
        raise ChannelLink
    digits = path[1].removeprefix("p")
    ts = f"{digits[:-6]}.{digits[-6:]}"
    if not TS.fullmatch(ts):
        raise NotALink
    thread_ts = query.get("thread_ts", [""])[0]
    return Link(path[0], ts, thread_ts if TS.fullmatch(thread_ts) else None)


def in_client(path: list[str], team: str) -> Link:
    """`/client/T024BE7LD/C024BE7LR/thread/C024BE7LR-1700000000.123456`, the address bar of a browser."""
    if path and path[0] != team:
        raise OtherWorkspace
    channel, _, ts = path[3].partition("-") if len(path) == 4 and path[2] == "thread" else ("", "", "")
    if CONVERSATION.fullmatch(channel) and TS.fullmatch(ts):
        return Link(channel, ts, ts)
    if len(path) == 2 and CONVERSATION.fullmatch(path[1]):
        raise ChannelLink
    raise NotALink


def permalink(workspace_url: str, channel: str, ts: str, thread_ts: str | None) -> str:
    """The address that opens a message; for a reply it names the thread, so that Slack opens the thread beside it."""
    address = f"{workspace_url.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"
    if thread_ts is None or thread_ts == ts:
        return address
    return f"{address}?thread_ts={thread_ts}&cid={channel}"


def thread_address(team: str, channel: str, ts: str) -> str:
    """The address that opens the thread of a message in a browser, for those who do not know the workspace's own."""
    return f"https://{CLIENT_HOST}/client/{team}/{channel}/thread/{channel}-{ts}"
