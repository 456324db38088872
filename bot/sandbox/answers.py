"""Shows what an app answers to an interaction: for one pair of eyes, for the channel, or in place of a message."""

from typing import Any

from bot.sandbox import bodies
from bot.sandbox.channels import Channel, Message
from bot.sandbox.errors import SlackError
from bot.sandbox.platform import Platform


def show(slack: Platform, payload: dict[str, Any], user: str, channel: Channel, source: Message | None = None) -> None:
    """Apply an ack's payload or a post to a `response_url`; without a source there is nothing to replace."""
    if payload.get("delete_original") and source:
        _remove(slack, user, channel, source)
        return
    public = payload.get("response_type") == "in_channel"
    replaces = bool(payload.get("replace_original")) and source is not None
    hidden = bool(source and source.get("is_ephemeral")) if replaces else not public
    message = bodies.content(payload, ephemeral=hidden)
    if replaces and source:
        _replace(slack, user, channel, source, message)
        return
    thread_ts = str(payload.get("thread_ts") or "")
    if thread_ts:
        message["thread_ts"] = slack.workspace.root(channel.id, thread_ts)
    signed = {**slack.workspace.author(slack.bot), "type": "message", "ts": slack.workspace.now(), **message}
    if public:
        slack.publish(channel, signed | bodies.metadata(payload))
    else:
        channel.whisper(user, signed | {"is_ephemeral": True})


def _replace(slack: Platform, user: str, channel: Channel, source: Message, message: Message) -> None:
    shelf = _shelf(user, channel, source)
    kept = {key: value for key, value in shelf[source["ts"]].items() if key not in {"blocks", "attachments"}}
    if source.get("is_ephemeral"):
        channel.whisper(user, kept | message)
    else:
        slack.alter(channel, source["ts"], kept | message)


def _remove(slack: Platform, user: str, channel: Channel, source: Message) -> None:
    shelf = _shelf(user, channel, source)
    if source.get("is_ephemeral"):
        del shelf[source["ts"]]
    else:
        slack.remove(channel, source["ts"])


def _shelf(user: str, channel: Channel, source: Message) -> dict[str, Message]:
    """Where the source is kept; refuses when it is there no more."""
    shelf = channel.whispers.get(user, {}) if source.get("is_ephemeral") else channel.messages
    if source["ts"] not in shelf:
        raise SlackError("message_not_found")
    return shelf
