"""The `conversations.*` methods and `users.conversations`: what the app may read, page by page."""

from bisect import bisect_left, bisect_right
from typing import Any

from bot.sandbox import paging, stamps
from bot.sandbox.args import Args
from bot.sandbox.channels import Channel, Kind, Message
from bot.sandbox.errors import SlackError
from bot.sandbox.platform import Platform

_TYPES: dict[str, Kind] = {"public_channel": "public", "private_channel": "private", "im": "im", "mpim": "mpim"}


def info(slack: Platform, args: Args) -> dict[str, Any]:
    channel = slack.conversation(args, "conversations.info")
    shown = channel.json(slack.bot)
    if args.flag("include_num_members"):
        shown["num_members"] = len(channel.members)
    return {"channel": shown}


def members(slack: Platform, args: Args) -> dict[str, Any]:
    channel = slack.conversation(args, "conversations.members")
    found, following = paging.page(list(channel.members), args, default=100, most=1000)
    return {"members": found, "response_metadata": {"next_cursor": following}}


def listed(slack: Platform, args: Args) -> dict[str, Any]:
    return _listing(
        slack, args, "conversations.list", [one for one in slack.workspace.channels.values() if slack.visible(one)]
    )


def joined(slack: Platform, args: Args) -> dict[str, Any]:
    """The conversations of a user, as far as the app may know of them; its own where none is named."""
    user = args.text("user") or slack.bot
    if user not in slack.workspace.users:
        raise SlackError("user_not_found")
    theirs = [one for one in slack.workspace.channels.values() if user in one.members and slack.visible(one)]
    return _listing(slack, args, "users.conversations", theirs)


def opened(slack: Platform, args: Args) -> dict[str, Any]:
    if channel_id := args.text("channel"):
        channel = slack.workspace.channels.get(channel_id)
        if channel is None or not slack.visible(channel) or channel.kind not in {"im", "mpim"}:
            raise SlackError("channel_not_found")
        return {"channel": {"id": channel.id}, "no_op": True, "already_open": True}
    people = [one for one in args.needed("users").split(",") if one]
    slack.grants.call("conversations.open", "im" if len(people) == 1 else "mpim")
    for person in people:
        if person not in slack.workspace.users:
            raise SlackError("user_not_found")
        if slack.workspace.users[person].deleted:
            raise SlackError("user_disabled")
    channel = slack.workspace.dm(*people)
    return {"channel": channel.json(slack.bot) if args.flag("return_im") else {"id": channel.id}}


def history(slack: Platform, args: Args) -> dict[str, Any]:
    """The channel without its replies, newest first."""
    channel = slack.conversation(args, "conversations.history", member=True)
    chosen = _between(channel.top, args)
    before = paging.mark(args.text("cursor"))
    if before:
        chosen = chosen[: bisect_left(chosen, int(before), key=stamps.micros)]
    limit = args.limit(100, 999)
    shown, more = chosen[-limit:][::-1], len(chosen) > limit
    answer = _messages(channel, shown, args, more, paging.cursor(str(stamps.micros(shown[-1]))) if more else "")
    return answer | {"pin_count": 0}


def replies(slack: Platform, args: Args) -> dict[str, Any]:
    """A thread, oldest first and its root before anything else; the timestamp of a reply finds that reply alone."""
    channel = slack.conversation(args, "conversations.replies", member=True)
    ts = args.needed("ts")
    if not stamps.valid(ts) or ts not in channel.messages:
        raise SlackError("thread_not_found")
    after = paging.mark(args.text("cursor"))
    chosen = _between(channel.threads.get(ts, []), args)
    chosen = chosen[bisect_right(chosen, int(after), key=stamps.micros) :] if after else [ts, *chosen]
    limit = args.limit(1000, 1000)
    shown, more = chosen[:limit], len(chosen) > limit
    return _messages(channel, shown, args, more, paging.cursor(str(stamps.micros(shown[-1]))) if more else "")


def _between(index: list[str], args: Args) -> list[str]:
    """The timestamps from `oldest` to `latest`, both ends included only on request."""
    oldest, latest, inclusive = args.time("oldest"), args.time("latest"), args.flag("inclusive")
    low, high = 0, len(index)
    if oldest is not None:
        low = (bisect_left if inclusive else bisect_right)(index, oldest, key=stamps.micros)
    if latest is not None:
        high = (bisect_right if inclusive else bisect_left)(index, latest, key=stamps.micros)
    return index[low:high]


def _messages(channel: Channel, chosen: list[str], args: Args, more: bool, following: str) -> dict[str, Any]:
    everything = args.flag("include_all_metadata")
    shown = [_seen(channel.shown(ts), everything) for ts in chosen]
    answer: dict[str, Any] = {"messages": shown, "has_more": more}
    return answer | ({"response_metadata": {"next_cursor": following}} if following else {})


def _seen(message: Message, everything: bool) -> Message:
    return message if everything else {key: value for key, value in message.items() if key != "metadata"}


def _listing(slack: Platform, args: Args, method: str, channels: list[Channel]) -> dict[str, Any]:
    wanted = [one.strip() for one in (args.text("types") or "public_channel").split(",")]
    if not set(wanted) <= _TYPES.keys():
        raise SlackError("invalid_types")
    kinds = {_TYPES[one] for one in wanted}
    for kind in sorted(kinds):
        slack.grants.call(method, kind)
    live = args.flag("exclude_archived")
    chosen = [one for one in channels if one.kind in kinds and not (live and one.archived)]
    found, following = paging.page(chosen, args, default=100, most=1000)
    return {"channels": [one.json(slack.bot) for one in found], "response_metadata": {"next_cursor": following}}
