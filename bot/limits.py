"""How patient the gateway is, and how much goes into one call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adapters.base import Request
from adapters.models import Model
from bot.transcript import estimate_tokens

SAFETY = 0.95
"""The part of a window that is filled at most; the rest covers what a vendor adds around the prompt."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The gateway's figures, times in seconds.

    `answer_seconds` is the budget of one answer, all attempts and pauses included; its last `fallback_seconds` belong
    to the fallback provider, if there is one. An attempt gets `attempt_seconds`, and more for a long input, which is
    reckoned at `tokens_per_second`: the pace at which a slow small model still reads, chosen on the safe side. What has
    less than `least_seconds` left is not begun. Between attempts passes a random time that grows from `pause_seconds`,
    or what the vendor asked for. `failures` in a row open a model's circuit for `open_seconds`.
    """

    answer_seconds: float = 60.0
    attempt_seconds: float = 20.0
    fallback_seconds: float = 20.0
    least_seconds: float = 2.0
    tokens_per_second: float = 4_000.0
    retries: int = 2
    pause_seconds: float = 0.5
    longest_pause_seconds: float = 4.0
    failures: int = 5
    open_seconds: float = 30.0

    def attempt(self, request: Request) -> float:
        """The time for one attempt, never more than for the whole answer."""
        extra = estimate_tokens(request.text) / self.tokens_per_second
        return min(self.attempt_seconds + extra, self.answer_seconds)


def fits(request: Request, row: Model) -> bool:
    """Whether the input is likely to fit the model's window."""
    return estimated_input(request, row) <= (row.window - request.max_output_tokens) * SAFETY


def estimated_input(request: Request, row: Model) -> int:
    return estimate_tokens(request.system + request.text, row.tokenizer_factor)


def affordable(lines: Sequence[str], allowance: float, cost: Callable[[Sequence[str]], float | None]) -> Sequence[str]:
    """The newest lines that cost no more than the allowance, at least one."""
    low, high = 1, len(lines)
    while low < high:
        middle = (low + high + 1) // 2
        price = cost(lines[-middle:])
        low, high = (middle, high) if price is not None and price <= allowance else (low, middle - 1)
    return lines[-low:]
