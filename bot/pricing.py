"""What a call cost, from the genai-prices table, priced on the model that really answered."""

from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from adapters.base import Usage

FREE = "free"
TABLE = f"genai-prices {version('genai-prices')}"


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars, None where the model has no known price; `price_table` names the table and its version."""

    usd: float | None
    price_table: str | None


UNPRICED = Cost(None, None)
"""What never reached the vendor's meter."""


def price(prices: str | None, model: str, usage: Usage, at: datetime) -> Cost:
    """The cost of one call at that time. `prices` is the vendor's id in the table, None for what costs nothing.

    The table is imported with the first call that has a price: it takes 16 MB and 0.1 s, so call this in a thread.
    """
    if prices is None:
        return Cost(0.0, FREE)
    from genai_prices import Usage as Billed
    from genai_prices import calc_price

    billed = Billed(
        input_tokens=usage.input_total,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        output_tokens=usage.output_total,
    )
    try:
        found = calc_price(billed, model, provider_id=prices, genai_request_timestamp=at)
    except (LookupError, ValueError):
        return Cost(None, TABLE)
    return Cost(float(found.total_price), TABLE)
