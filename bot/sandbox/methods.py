"""The Web API: one line per method the sandbox knows, and the small methods themselves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox import blocks, chat, conversations, paging
from bot.sandbox.args import Args
from bot.sandbox.errors import SlackError
from bot.sandbox.modals import View
from bot.sandbox.platform import Platform


@dataclass(frozen=True, slots=True)
class Method:
    """`json` says whether a JSON body is read; `app` that it takes the app-level token instead of the bot's."""

    run: Callable[[Platform, Args], dict[str, Any]]
    json: bool = True
    app: bool = False


def auth_test(slack: Platform, args: Args) -> dict[str, Any]:
    workspace = slack.workspace
    who = {"url": slack.url, "team": workspace.name, "user": workspace.bot.name, "team_id": workspace.team_id}
    who |= {"user_id": slack.bot, "bot_id": workspace.bot_id, "app_id": workspace.app_id}
    return {**who, "is_enterprise_install": False}


def connections_open(slack: Platform, args: Args) -> dict[str, Any]:
    address = slack.url.replace("http://", "ws://", 1)
    return {"url": f"{address}link?ticket={slack.sockets.ticket()}&app_id={slack.workspace.app_id}"}


def user_info(slack: Platform, args: Args) -> dict[str, Any]:
    user = slack.workspace.users.get(args.needed("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": user.json(now=slack.workspace.clock(), email="users:read.email" in slack.grants)}


def user_list(slack: Platform, args: Args) -> dict[str, Any]:
    found, following = paging.page(list(slack.workspace.users.values()), args, default=1000, most=1000)
    email, now = "users:read.email" in slack.grants, slack.workspace.clock()
    members = [user.json(now=now, email=email) for user in found]
    return {"members": members, "cache_ts": int(now), "response_metadata": {"next_cursor": following}}


def react(slack: Platform, args: Args) -> dict[str, Any]:
    return _react(slack, args, "reactions.add")


def unreact(slack: Platform, args: Args) -> dict[str, Any]:
    return _react(slack, args, "reactions.remove")


def _react(slack: Platform, args: Args, method: str) -> dict[str, Any]:
    channel = slack.conversation(args, method, member=True)
    name = args.text("name").strip(":")
    slack.react(channel, args.needed("timestamp"), slack.bot, name, add=method == "reactions.add")
    return {}


def view_open(slack: Platform, args: Args) -> dict[str, Any]:
    body = blocks.view(args.get("view"), "modal")
    return _view(slack, slack.views.open(slack.triggers.exchange(args.needed("trigger_id")), body))


def view_push(slack: Platform, args: Args) -> dict[str, Any]:
    body = blocks.view(args.get("view"), "modal")
    return _view(slack, slack.views.push(slack.triggers.exchange(args.needed("trigger_id")), body))


def view_update(slack: Platform, args: Args) -> dict[str, Any]:
    external = not args.text("view_id")
    view = slack.views.find(args.needed("external_id" if external else "view_id"), external=external)
    body = blocks.view(args.get("view"), view.body["type"])
    return _view(slack, slack.views.update(view, body, args.text("hash")))


def view_publish(slack: Platform, args: Args) -> dict[str, Any]:
    user = args.needed("user_id")
    if user not in slack.workspace.users:
        raise SlackError("user_not_found")
    return _view(slack, slack.views.publish(user, blocks.view(args.get("view"), "home"), args.text("hash")))


def _view(slack: Platform, view: View) -> dict[str, Any]:
    return {"view": slack.views.json(view)}


METHODS: Mapping[str, Method] = {
    "auth.test": Method(auth_test),
    "apps.connections.open": Method(connections_open, app=True),
    "chat.delete": Method(chat.delete),
    "chat.getPermalink": Method(chat.permalink, json=False),
    "chat.postEphemeral": Method(chat.post_ephemeral),
    "chat.postMessage": Method(chat.post),
    "chat.update": Method(chat.update),
    "conversations.history": Method(conversations.history, json=False),
    "conversations.info": Method(conversations.info, json=False),
    "conversations.list": Method(conversations.listed, json=False),
    "conversations.members": Method(conversations.members, json=False),
    "conversations.open": Method(conversations.opened),
    "conversations.replies": Method(conversations.replies, json=False),
    "reactions.add": Method(react),
    "reactions.remove": Method(unreact),
    "users.conversations": Method(conversations.joined, json=False),
    "users.info": Method(user_info, json=False),
    "users.list": Method(user_list, json=False),
    "views.open": Method(view_open),
    "views.publish": Method(view_publish),
    "views.push": Method(view_push),
    "views.update": Method(view_update),
}
