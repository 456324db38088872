"""How long a call may take and how much may go into it."""

from collections.abc import Callable, Sequence

from adapters.base import Request
from adapters.models import Model, model
from bot.transcript import estimate_tokens

ATTEMPT_SECONDS = 20.0
"""The deadline of one call with an ordinary input."""

LONGEST_ATTEMPT_SECONDS = 60.0
"""The budget of a whole answer, which no single call outlives."""

TOKENS_PER_SECOND = 4_000
"""Extra time for long inputs: the pace at which a slow small model still reads, chosen on the safe side."""

SAFETY = 0.95
"""The part of a window that is filled at most; the rest covers what a vendor adds around the prompt."""


def attempt_seconds(request: Request) -> float:
    """The deadline of one call, in seconds: more for a long input, never more than the answer's whole budget."""
    return min(LONGEST_ATTEMPT_SECONDS, ATTEMPT_SECONDS + estimate_tokens(request.text) / TOKENS_PER_SECOND)


def fits(request: Request, model_id: str) -> bool:
    """Whether the input is likely to fit the model's window; a model without a row is left to say so itself."""
    row = model(model_id)
    return row is None or estimated_input(request, row) <= (row.window - request.max_output_tokens) * SAFETY


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
