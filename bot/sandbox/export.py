"""Reads a Slack export, the unpacked folder an administrator downloads, of any era: with or without threads."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.sandbox import stamps
from bot.sandbox.channels import Channel, Kind, Message, tombstone
from bot.sandbox.users import User

_LISTS: dict[str, Kind] = {"channels.json": "public", "groups.json": "private", "dms.json": "im", "mpims.json": "mpim"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.json")
_COUNTED = (
    "replies",
    "reply_count",
    "reply_users",
    "reply_users_count",
    "latest_reply",
    "parent_user_id",
    "subscribed",
)
_FLAGS = ("is_admin", "is_owner", "is_restricted", "is_ultra_restricted", "is_stranger", "is_bot", "deleted")


class BadExport(ValueError):
    """Raised for a folder that is no Slack export; names the file that is wrong."""


@dataclass(frozen=True, slots=True)
class Export:
    team_id: str
    name: str
    users: list[User]
    channels: list[Channel]


def read(folder: Path) -> Export:
    if not (folder / "users.json").is_file():
        raise BadExport(f"{folder.name}: no users.json, so this is not a Slack export")
    people = [record for record in _records(folder / "users.json") if "id" in record]
    team = next((record["team_id"] for record in people if record.get("team_id")), "T0SANDBOX")
    channels = list(_channels(folder))
    for channel in channels:
        _fill(channel, folder)
    return Export(team, folder.resolve().name, [_user(record, team) for record in people], channels)


def _records(path: Path) -> list[dict[str, Any]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadExport(f"{path.name}: not JSON ({error})") from error
    if not isinstance(found, list):
        raise BadExport(f"{path.name}: a list was expected")
    return [record for record in found if isinstance(record, dict)]


def _user(record: dict[str, Any], team: str) -> User:
    profile = {key: value for key, value in (record.get("profile") or {}).items() if value is not None}
    flags = {flag: bool(record.get(flag)) for flag in _FLAGS}
    name, real = record.get("name") or record["id"], record.get("real_name") or profile.get("real_name") or ""
    zone = record.get("tz") or "Etc/UTC"
    return User(record["id"], name, record.get("team_id") or team, real, zone, profile=profile, **flags)


def _channels(folder: Path) -> Iterator[Channel]:
    listed = set()
    for file, kind in _LISTS.items():
        for record in _records(folder / file) if (folder / file).is_file() else []:
            if "id" in record:
                yield (channel := _channel(record, kind))
                listed.add(_days(channel))
    for place in sorted(folder.iterdir()):
        if (
            place.is_dir()
            and place.name not in listed
            and any(map(_DAY.fullmatch, (day.name for day in place.iterdir())))
        ):
            yield Channel("C" + re.sub(r"[^A-Z0-9]", "0", place.name.upper()), place.name)


def _channel(record: dict[str, Any], kind: Kind) -> Channel:
    topic, purpose = ((record.get(part) or {}).get("value", "") for part in ("topic", "purpose"))
    channel = Channel(record["id"], "" if kind == "im" else str(record.get("name", "")), kind)
    channel.created, channel.creator = int(record.get("created") or 0), record.get("creator") or ""
    channel.topic, channel.purpose = topic, purpose
    channel.archived, channel.shared = bool(record.get("is_archived")), bool(record.get("is_ext_shared"))
    channel.members.update(dict.fromkeys(record.get("members") or ()))
    return channel


def _days(channel: Channel) -> str:
    """The folder of a conversation: its name, or its id where it has none."""
    return channel.name or channel.id


def _fill(channel: Channel, folder: Path) -> None:
    place = folder / _days(channel)
    days = sorted(day for day in place.iterdir() if _DAY.fullmatch(day.name)) if place.is_dir() else []
    messages = [record for day in days for record in _records(day) if stamps.valid(str(record.get("ts", "")))]
    roots = {str(reply["ts"]): one["ts"] for one in messages for reply in one.get("replies") or () if "ts" in reply}
    for message in messages:
        channel.put(_message(message, roots.get(message["ts"])))
    for root in [root for root in channel.threads if root not in channel.messages]:
        channel.put(tombstone(root))


def _message(record: Message, root: str | None) -> Message:
    """The message without its counts, which follow from the replies that are really there."""
    message = {"type": "message", "text": ""} | {key: value for key, value in record.items() if key not in _COUNTED}
    if root and root != message["ts"]:
        message.setdefault("thread_ts", root)
    if message.get("thread_ts") == message["ts"]:
        del message["thread_ts"]
    return message
