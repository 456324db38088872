"""What the models in use cost, now and soon, and whether a budget can hold them to it."""

from collections.abc import Iterator
from datetime import UTC, date, time
from pathlib import Path

from bot.amounts import plural
from bot.checks.finding import Finding, ok, problem, warning
from bot.checks.setup import Setup
from bot.choices import Choice
from bot.lifecycle import warnings
from bot.pricing import Prices, PricesError
from bot.settings import Settings
from bot.week import moment

WHAT = "prices"


def check(setup: Setup, path: Path, today: date) -> list[Finding]:
    """Imports the price table: call it in a thread."""
    try:
        prices, found = Prices.load(path), []
    except PricesError as error:
        prices, found = Prices(), [problem(WHAT, str(error))]
    found += [problem(WHAT, unpriced(choice)) for choice in refused(setup, prices, today)]
    if not found:
        own = len(prices.overrides)
        found = [ok(WHAT, f"{path} prices {plural(own, 'model')}." if own else "The published ones hold.")]
    return found + [warning("model", one.sentence) for one in warnings(setup.in_use, today, prices)]


def refused(setup: Setup, prices: Prices, today: date) -> Iterator[Choice]:
    """The models in use that a budget stops, because nobody knows what they cost."""
    if any(map(capped, setup.standing or [setup.settings])):
        at = moment(today, time(), UTC)
        yield from (choice for choice in setup.in_use if not prices.known(choice.vendor, choice.model, at))


def capped(settings: Settings) -> bool:
    return settings.daily_budget_usd is not None or settings.monthly_budget_usd is not None


def unpriced(choice: Choice) -> str:
    return (
        f"A budget is set and nobody knows what {choice.model} costs, so it is never asked: give it a price in "
        f'prices.toml, under [{choice.provider}."{choice.model}"].'
    )
