"""A circuit breaker: a model that keeps failing is left alone for a while, then tried with one call.

Ours, because the libraries for it are bound to Tornado (pybreaker) or have not been released for years (aiobreaker).
"""

import time
from collections.abc import Callable

from adapters.errors import Auth, Forbidden, ModelNotFound, ProviderError, QuotaExhausted, Transient

AWAY = (Transient, Auth, Forbidden, ModelNotFound, QuotaExhausted)
"""What says that the provider cannot be used; any other error is an answer to one request."""


class Breaker:
    """The circuit of one model. Open after `failures` in a row, for `seconds`; then one call finds out for all."""

    def __init__(self, failures: int, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.failures = failures
        self.seconds = seconds
        self.clock = clock
        self.in_a_row = 0
        self.retry_at = 0.0
        self.last: ProviderError | None = None
        self.trying = False

    @property
    def is_open(self) -> bool:
        return self.in_a_row >= self.failures and (self.trying or self.clock() < self.retry_at)

    @property
    def seconds_left(self) -> float:
        """How long an open circuit is left alone yet."""
        return max(self.retry_at - self.clock(), 0.0)

    def enter(self) -> None:
        """Begin a call. Where the circuit is open, raises the last failure anew: there is no attempt."""
        if self.is_open and self.last is not None:
            raise again(self.last, self.seconds_left)
        self.trying = self.in_a_row >= self.failures

    def leave(self, error: ProviderError | None) -> None:
        """End a call that was begun, with what it failed with. Any answer closes the circuit, however useless."""
        self.trying = False
        if isinstance(error, AWAY):
            self.in_a_row += 1
            self.last = error
            self.retry_at = self.clock() + self.seconds
        elif error is None or error.reply is not None:
            self.in_a_row, self.last = 0, None

    def drop(self) -> None:
        """End a call that was broken off, which says nothing about the provider."""
        self.trying = False


def again(error: ProviderError, seconds: float) -> ProviderError:
    """The same failure without its bill: there was no call."""
    found = type(error)(error.provider, "circuit open")
    found.model = error.model
    if isinstance(found, Transient):
        found.retry_after = seconds
    return found
