"""What the models in use cost, now and soon, and whether a budget can hold them to it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path

from bot.checks.finding import Finding, ok, problem, warning
from bot.checks.setup import Setup
from bot.lifecycle import warnings
from bot.pricing import Prices, PricesError
from bot.routes import Choice

WHAT = "prices"


def check(setup: Setup, path: Path, today: date) -> list[Finding]:
    """Imports the price table: call it in a thread."""
    try:
        prices, found = Prices.load(path), []
    except PricesError as error:
        prices, found = Prices(), [problem(WHAT, str(error))]
    found += [problem(WHAT, unpriced(setup, choice)) for choice in refused(setup, prices, today)]
    if not found:
        own = len(prices.overrides)
        found = [
            ok(WHAT, f"{path} prices {own} model{'' if own == 1 else 's'}." if own else "The published ones hold.")
        ]
    return found + [warning("model", one.sentence) for one in warnings(setup.in_use, today, prices)]


def refused(setup: Setup, prices: Prices, today: date) -> Iterator[Choice]:
    """The models in use that a budget stops, because nobody knows what they cost."""
    if capped(setup):
        at = datetime.combine(today, time(), UTC)
        yield from (choice for choice in setup.in_use if not prices.known(choice.vendor, choice.model, at))


def capped(setup: Setup) -> str:
    """The variable that sets a budget, if one does."""
    if setup.settings.daily_budget_usd is not None:
        return "DAILY_BUDGET_USD"
    return "MONTHLY_BUDGET_USD" if setup.settings.monthly_budget_usd is not None else ""


def unpriced(setup: Setup, choice: Choice) -> str:
    return (
        f"{capped(setup)} is set and nobody knows what {choice.model} costs, so it is never asked: give it a price in "
        f'prices.toml, under [{choice.provider}."{choice.model}"].'
    )
