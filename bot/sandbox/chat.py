"""The `chat.*` methods: what the app may write, where, and what it may change afterwards."""

from typing import Any

from bot.sandbox import bodies, stamps
from bot.sandbox.args import Args
from bot.sandbox.channels import Channel, Message
from bot.sandbox.errors import SlackError
from bot.sandbox.platform import Platform


def post(slack: Platform, args: Args) -> dict[str, Any]:
    channel = _room(slack, args)
    message = bodies.content(args) | bodies.metadata(args) | _thread(slack, channel, args)
    if args.flag("reply_broadcast") and "thread_ts" in message:
        root = message["thread_ts"]
        message |= {"subtype": "thread_broadcast", "root": channel.shown(root)}
    shown = slack.publish(channel, _signed(slack, message))
    return {"channel": channel.id, "ts": shown["ts"], "message": shown}


def post_ephemeral(slack: Platform, args: Args) -> dict[str, Any]:
    """A message for one reader; in a thread that has not begun it is accepted and never shown."""
    channel, reader = _room(slack, args), args.needed("user")
    message = bodies.content(args, ephemeral=True)
    user = slack.workspace.users.get(reader)
    if user is None or user.deleted or reader not in channel.members:
        raise SlackError("user_not_in_channel")
    message |= _thread(slack, channel, args)
    signed = _signed(slack, message) | {"is_ephemeral": True}
    if "thread_ts" not in message or channel.threads.get(message["thread_ts"]):
        channel.whisper(reader, signed)
    return {"message_ts": signed["ts"]}


def update(slack: Platform, args: Args) -> dict[str, Any]:
    """Change the app's own message: new text alone drops the blocks, new blocks alone keep the text."""
    channel = slack.conversation(args, "chat.update")
    message = slack.own(channel, args, "cant_update_message")
    if len(args.text("text").encode("utf-8", "replace")) > bodies.SHORT_BYTES:
        raise SlackError("msg_too_long")
    changed = bodies.content(args) | bodies.metadata(args)
    kept = {key: value for key, value in message.items() if key not in {"blocks", "attachments", "edited"}}
    if not args.text("text") and not args.text("markdown_text"):
        changed["text"] = message["text"]
    if "blocks" not in changed:
        changed["edited"] = {"user": slack.bot, "ts": slack.workspace.now()}
    shown = slack.alter(channel, message["ts"], kept | changed)
    return {"channel": channel.id, "ts": shown["ts"], "text": shown["text"], "message": shown}


def delete(slack: Platform, args: Args) -> dict[str, Any]:
    channel = slack.conversation(args, "chat.delete")
    message = slack.own(channel, args, "cant_delete_message")
    slack.remove(channel, message["ts"])
    return {"channel": channel.id, "ts": message["ts"]}


def permalink(slack: Platform, args: Args) -> dict[str, Any]:
    channel = slack.conversation(args, "chat.getPermalink")
    ts = args.needed("message_ts")
    if ts not in channel.messages:
        raise SlackError("message_not_found")
    return {"channel": channel.id, "permalink": slack.permalink(channel, ts)}


def _room(slack: Platform, args: Args) -> Channel:
    """Where a message may go: a conversation the app is in, by id or name, or a person's direct messages."""
    name = args.needed("channel")
    workspace = slack.workspace
    if direct := slack.direct(name):
        return direct
    channel = workspace.channels.get(name) or workspace.named(name)
    if channel is None or not slack.visible(channel):
        raise SlackError("channel_not_found")
    if slack.bot not in channel.members and "chat:write.public" not in slack.grants:
        raise SlackError("not_in_channel")
    if channel.archived:
        raise SlackError("is_archived")
    return channel


def _thread(slack: Platform, channel: Channel, args: Args) -> Message:
    thread_ts = args.text("thread_ts")
    if not thread_ts:
        return {}
    if not stamps.valid(thread_ts):
        raise SlackError("invalid_thread_ts")
    return {"thread_ts": slack.workspace.root(channel.id, thread_ts)}


def _signed(slack: Platform, message: Message) -> Message:
    workspace = slack.workspace
    return {**workspace.author(slack.bot), "type": "message", "ts": workspace.now(), **message}
