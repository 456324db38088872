"""What Slack answers when it refuses: to an app by an error code, to a person by not letting them."""

from typing import Any


class SlackError(Exception):
    """A Web API refusal; the code goes out as `error`, the details beside it."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class Refused(Exception):
    """Raised in a test or demo that asks a person to do what Slack's client would not let them do."""


def problems(code: str, found: list[str]) -> SlackError:
    """A refusal that names every offending place, in the two forms Slack sends."""
    return SlackError(code, errors=found, response_metadata={"messages": [f"[ERROR] {one}" for one in found]})
