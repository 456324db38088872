"""`response_url`: where an app posts its later answers to one interaction, five times within thirty minutes."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from bot.sandbox.channels import Channel, Message
from bot.sandbox.errors import SlackError
from bot.sandbox.interaction import Interaction

LIFE, USES = 1800.0, 5


@dataclass(frozen=True, slots=True)
class ResponsePost:
    """One post to a `response_url`, in the order received."""

    url: str
    payload: dict[str, Any]
    at: float
    error: str | None


@dataclass(slots=True)
class Target:
    """Whom an answer reaches, and the message it may replace: none for a slash command."""

    interaction: Interaction
    user: str
    channel: Channel
    expires: float
    source: Message | None = None
    left: int = USES


class ResponseUrls:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._targets: dict[str, Target] = {}
        self.posts: list[ResponsePost] = []

    def issue(
        self, kind: Literal["commands", "actions"], base: str, interaction: Interaction, user: str, channel: Channel
    ) -> str:
        secret = secrets.token_urlsafe(18)
        self._targets[secret] = Target(interaction, user, channel, self._clock() + LIFE)
        return f"{base}{kind}/{secret}"

    def replaceable(self, url: str, source: Message) -> None:
        """Note the message that `replace_original` and `delete_original` mean."""
        self._targets[url.rsplit("/", 1)[-1]].source = source

    def spend(self, secret: str) -> Target:
        """The target of a post, which uses up one of five; refuses what is unknown, old or spent."""
        target = self._targets.get(secret)
        if target is None:
            raise SlackError("no_service")
        if self._clock() > target.expires:
            raise SlackError("expired_url")
        if not target.left:
            raise SlackError("used_url")
        target.left -= 1
        return target

    def record(self, url: str, payload: dict[str, Any], error: str | None) -> None:
        self.posts.append(ResponsePost(url, payload, self._clock(), error))
