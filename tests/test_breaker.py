"""The circuit breaker: it opens after failures in a row, waits, and closes again with the first answer."""

import pytest

from adapters.base import Reply, Usage
from adapters.errors import Auth, BadOutput, BadRequest, Forbidden, Overloaded, ProviderError, RateLimited, ServerError
from bot.breaker import Breaker

REPLY = Reply("x", Usage(), "m", "m", "stop")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(3, 30.0, clock=clock)


def call(breaker: Breaker, error: ProviderError | None = None) -> None:
    breaker.enter()
    breaker.leave(error)


def failing(breaker: Breaker, times: int, error: ProviderError) -> None:
    for _ in range(times):
        call(breaker, error)


@pytest.mark.parametrize("error", [ServerError("claude"), RateLimited("claude"), Auth("claude"), Forbidden("claude")])
def test_it_opens_after_so_many_failures_in_a_row(breaker: Breaker, error: ProviderError) -> None:
    failing(breaker, 2, error)
    assert not breaker.is_open
    call(breaker, error)
    assert breaker.is_open
    with pytest.raises(type(error), match="circuit open"):
        breaker.enter()


def test_it_says_when_to_come_back(breaker: Breaker, clock: Clock) -> None:
    failing(breaker, 3, Overloaded("claude"))
    clock.now = 10.0
    with pytest.raises(Overloaded) as caught:
        breaker.enter()
    assert caught.value.retry_after == 20.0


def test_it_goes_on_naming_the_model(breaker: Breaker) -> None:
    error = ServerError("claude")
    error.model = "claude-haiku-4-5"
    failing(breaker, 3, error)
    with pytest.raises(ServerError) as caught:
        breaker.enter()
    assert caught.value.model == "claude-haiku-4-5"


@pytest.mark.parametrize("error", [None, BadOutput("claude", reply=REPLY)])
def test_it_begins_to_count_anew_with_any_answer(breaker: Breaker, error: ProviderError | None) -> None:
    failing(breaker, 2, ServerError("claude"))
    call(breaker, error)
    failing(breaker, 2, ServerError("claude"))
    assert not breaker.is_open


def test_it_does_not_count_what_is_wrong_with_one_request(breaker: Breaker) -> None:
    failing(breaker, 9, BadRequest("claude"))
    assert not breaker.is_open


def test_it_lets_one_call_find_out_whether_it_is_over(breaker: Breaker, clock: Clock) -> None:
    failing(breaker, 3, ServerError("claude"))
    clock.now = 30.0
    breaker.enter()
    with pytest.raises(ServerError, match="circuit open"):
        breaker.enter()
    breaker.leave(None)
    call(breaker)
    assert not breaker.is_open


def test_it_stays_open_where_that_call_fails(breaker: Breaker, clock: Clock) -> None:
    failing(breaker, 3, ServerError("claude"))
    clock.now = 30.0
    call(breaker, ServerError("claude"))
    assert breaker.is_open
    clock.now = 59.0
    assert breaker.is_open


def test_it_tries_again_where_that_call_was_broken_off(breaker: Breaker, clock: Clock) -> None:
    failing(breaker, 3, ServerError("claude"))
    clock.now = 30.0
    breaker.enter()
    breaker.drop()
    call(breaker)
    assert not breaker.is_open
