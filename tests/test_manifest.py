"""The manifest asks for just what the code uses: scopes, events, commands and shortcuts, compared both ways."""

import ast
from collections.abc import Iterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import scopes
from handlers import COMMANDS, EVENTS, SHORTCUTS
from tests.conftest import MANIFEST, ROOT

FEATURES = MANIFEST["features"]
NEVER_ASKED_ABOUT = {"im:read"}
"""`handlers.access` answers for direct messages itself, before it would ask Slack about one."""

KINDS = {"im": "im", "channels": "public", "groups": "private", "mpim": "mpim"}


def web_api_methods() -> Iterator[str]:
    """The Web API methods that the code calls, found where it calls them: `slack.chat_postMessage(...)`."""
    for path in [*ROOT.glob("handlers/*.py"), *ROOT.glob("bot/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and "_" in node.attr and hasattr(AsyncWebClient, node.attr):
                yield node.attr.replace("_", ".")


def scopes_of_event(subscription: str) -> set[str]:
    name, _, kind = subscription.partition(".")
    row = scopes.EVENTS[name]
    if kind:
        return {row[KINDS[kind]]}
    return {scope for where, scope in row.items() if where in ("*", "public", "private")}


def test_it_finds_the_methods_that_are_called() -> None:
    assert {"chat.postMessage", "chat.update", "conversations.replies", "users.info"} <= set(web_api_methods())


def test_it_asks_for_the_scopes_that_are_used_and_no_others() -> None:
    called = {scope for method in web_api_methods() for scope in scopes.METHODS.get(method, {}).values()}
    heard = set().union(*map(scopes_of_event, EVENTS))

    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == (called | heard | {"commands"}) - NEVER_ASKED_ABOUT


def test_it_subscribes_to_the_events_that_are_routed_and_no_others() -> None:
    assert set(MANIFEST["settings"]["event_subscriptions"]["bot_events"]) == set(EVENTS)


def test_it_declares_the_commands_that_are_routed_and_no_others() -> None:
    assert {command["command"] for command in FEATURES["slash_commands"]} == set(COMMANDS)


def test_it_declares_the_shortcuts_that_are_routed_and_no_others() -> None:
    assert {shortcut["callback_id"] for shortcut in FEATURES["shortcuts"]} == set(SHORTCUTS)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        (MANIFEST["display_information"]["name"], 35),
        (MANIFEST["display_information"]["description"], 140),
        (FEATURES["bot_user"]["display_name"], 80),
        *[(command["command"], 32) for command in FEATURES["slash_commands"]],
        *[(command["description"], 2000) for command in FEATURES["slash_commands"]],
        *[(command["usage_hint"], 1000) for command in FEATURES["slash_commands"]],
        *[(shortcut["callback_id"], 255) for shortcut in FEATURES["shortcuts"]],
    ],
)
def test_it_keeps_to_slacks_lengths(text: str, limit: int) -> None:
    assert 0 < len(text) <= limit


def test_it_uses_no_agent_feature() -> None:
    """Agent features would bar guests from the app and need a paid plan."""
    assert "agent_view" not in FEATURES
    assert "assistant_view" not in FEATURES
    assert "assistant:write" not in MANIFEST["oauth_config"]["scopes"]["bot"]


def test_it_runs_over_socket_mode_with_interactivity() -> None:
    assert MANIFEST["settings"]["socket_mode_enabled"] is True
    assert MANIFEST["settings"]["interactivity"]["is_enabled"] is True


def test_it_has_links_to_messages_escaped_and_other_words_as_they_are_typed() -> None:
    assert {command["command"]: command["should_escape"] for command in FEATURES["slash_commands"]} == {
        "/tldr": True,
        "/llm-provider": False,
    }
