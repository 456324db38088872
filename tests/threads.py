"""Real conversations put into the sandbox as threads."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.sandbox import Workspace


def conversations(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def place(workspace: Workspace, channel: str, conversation: Mapping[str, Any], begin: int = 1_700_000_000) -> str:
    """Post a conversation as one thread, in its order, by users made up for its authors. Returns the root's ts."""
    root = None
    for number, message in enumerate(conversation["messages"]):
        user = "U" + (re.sub(r"[^A-Z0-9]", "", str(message["user"]).upper())[:12] or "NOBODY").rjust(8, "0")
        if user not in workspace.users:
            workspace.add_user(user, str(message["user"]))
        ts = f"{begin + number}.000100"
        workspace.post(user, channel, message["text"] or "(nothing)", thread_ts=root, ts=ts)
        root = root or ts
    assert root is not None
    return root
