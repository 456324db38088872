"""Payloads that nobody on the team wrote, sent to the running app: no exception, and an ack where Slack expects one."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.app import Precis

INTERACTIONS = (
    "block_actions",
    "view_submission",
    "view_closed",
    "message_action",
    "shortcut",
    "block_suggestion",
    "interactive_message",
    "dialog_submission",
    "dialog_suggestion",
    "dialog_cancellation",
    "workflow_step_edit",
)


def bodies(node: Any) -> Iterator[dict[str, Any]]:
    """Everything in a file that Slack would send to an app, however the file wraps it."""
    if isinstance(node, list):
        for child in node:
            yield from bodies(child)
    elif isinstance(node, str) and node.lstrip().startswith("{"):
        with_suppressed = parsed(node)
        if with_suppressed is not None:
            yield from bodies(with_suppressed)
    elif isinstance(node, dict):
        if is_body(node):
            yield node
        elif is_event(node):
            yield {"type": "event_callback", "team_id": "T0SANDBOX", "event_id": "Ev0TEST", "event": node}
        else:
            for child in node.values():
                yield from bodies(child)


def parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def is_body(node: dict[str, Any]) -> bool:
    if node.get("type") == "event_callback":
        return isinstance(node.get("event"), dict)
    return "command" in node or node.get("type") in INTERACTIONS


def is_event(node: dict[str, Any]) -> bool:
    return isinstance(node.get("type"), str) and ("event_ts" in node or node["type"] in ("message", "app_mention"))


def request(body: dict[str, Any]) -> AsyncBoltRequest:
    """As Socket Mode hands it to Bolt: a dictionary, with no signature."""
    return AsyncBoltRequest(mode="socket_mode", body=body)


async def test_it_takes_every_payload(precis: Precis, data: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    sent = 0
    for path in sorted((data / "slack-payloads").rglob("*.json")):
        for body in bodies(json.loads(path.read_text())):
            answer = await precis.bolt.async_dispatch(request(body))
            assert answer.status == 200, f"{path.name}: {answer.status}"
            sent += 1
    await precis.services.inbox.idle()

    assert sent > 100
    assert [record.name for record in caplog.records if record.levelno >= logging.ERROR] == []
