"""Models come and go: which one answers in place of another, and what an operator should know before it happens."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, time, timedelta
from typing import Literal

from adapters.models import Model, model
from bot.amounts import plural
from bot.choices import Choice
from bot.pricing import Prices
from bot.week import moment

AHEAD = timedelta(days=60)
"""How long before the day a change is announced; a default that was replaced is mentioned as long afterwards."""


@dataclass(frozen=True, slots=True)
class Warning:
    """One thing that changes, or has changed, about a model that is in use. `successor` is the model to change to.

    `shutdown`: it goes away, or has gone. `replaced`: it answers in place of a default that has gone. `routed`: the
    vendor has another model answer. `price`: what it costs changes.
    """

    choice: Choice
    kind: Literal["shutdown", "replaced", "routed", "price"]
    sentence: str
    successor: str | None = None


def current(model_id: str, today: date) -> str:
    """The model itself, or past the day of its shutdown its successor."""
    row = model(model_id)
    if row is None or row.successor is None or not gone(row, today):
        return model_id
    return current(row.successor, today)


def gone(row: Model, today: date) -> bool:
    return row.shutdown is not None and row.shutdown <= today


def warnings(choices: Iterable[Choice], today: date, prices: Prices) -> list[Warning]:
    """What changes within 60 days about these models, each sentence once. Asks for prices, so call it in a thread."""
    found: dict[str, Warning] = {}
    for choice in choices:
        for warning in warned(choice, today, prices):
            found.setdefault(warning.sentence, warning)
    return list(found.values())


def warned(choice: Choice, today: date, prices: Prices) -> Iterator[Warning]:
    row = model(choice.model)
    if sentence := replaced(choice, today):
        yield Warning(choice, "replaced", sentence)
    if row is not None and row.shutdown is not None and row.shutdown - today <= AHEAD:
        successor = f"; successor {priced(choice, row.successor, today, prices)}" if row.successor else ""
        yield Warning(choice, "shutdown", f"{choice.model} {ending(row.shutdown, today)}{successor}.", row.successor)
    if row is not None and row.routed_to is not None:
        answering = priced(choice, row.routed_to, today, prices)
        yield Warning(choice, "routed", f"{choice.model} is answered by {answering}.", row.routed_to)
    answers = row.routed_to if row is not None and row.routed_to else choice.model
    if sentence := dearer(choice, answers, today, prices):
        yield Warning(choice, "price", sentence)


def replaced(choice: Choice, today: date) -> str:
    """Where the model stands in for its provider's default, which has gone lately."""
    default = choice.vendor.default_model
    row = model(default)
    if row is None or row.shutdown is None or choice.model in (default, "") or not gone(row, today):
        return ""
    if choice.model != current(default, today) or today - row.shutdown > AHEAD:
        return ""
    return f"{default} was shut down on {row.shutdown}; {choice.model} answers in its place."


def ending(shutdown: date, today: date) -> str:
    days = (shutdown - today).days
    if days <= 0:
        return f"was shut down on {shutdown}"
    return f"shuts down on {shutdown}, {plural(days, 'day')}"


def priced(choice: Choice, model_id: str, today: date, prices: Prices) -> str:
    """A model and its price as people read it, for a million tokens in and out."""
    rates = prices.rates(choice.vendor, model_id, moment(today, time(), UTC))
    return f"{model_id} at {rates}" if rates else f"{model_id} (price unknown)"


def dearer(choice: Choice, model_id: str, today: date, prices: Prices) -> str:
    """The first day on which the model's price will be another than today's."""
    now = prices.rates(choice.vendor, model_id, moment(today, time(), UTC))
    days = (today + timedelta(days=ahead) for ahead in range(1, AHEAD.days + 1))
    for day in days if now else ():
        then = prices.rates(choice.vendor, model_id, moment(day, time(), UTC))
        if then not in (now, None):
            return f"{model_id} costs {then} from {day}, {now} until then."
    return ""
