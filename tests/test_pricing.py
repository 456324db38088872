"""What a call cost: the vendors' published prices, per token, and nothing where nobody knows."""

from datetime import UTC, datetime
from importlib.metadata import version

import pytest

from adapters import PROVIDERS
from adapters.base import Usage
from bot.pricing import Cost, price

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NEXT_YEAR = datetime(2027, 1, 2, tzinfo=UTC)
THREAD = Usage(input_total=5_000, output_total=500)
TABLE = f"genai-prices {version('genai-prices')}"


def cost(provider: str, model: str, usage: Usage, at: datetime = NOW) -> float | None:
    return price(PROVIDERS[provider].prices, model, usage, at).usd


@pytest.mark.parametrize(
    ("provider", "model", "dollars"),
    [
        ("claude", "claude-haiku-4-5", 0.0075),
        ("claude", "claude-haiku-4-5-20251001", 0.0075),
        ("claude", "claude-haiku-5-5", 0.00075),
        ("openai", "gpt-4o-mini", 0.00105),
        ("openai", "gpt-4o-mini-2024-07-18", 0.00105),
        ("openai", "gpt-6-luna", 0.00075),
        ("gemini", "gemini-3.5-flash", 0.0120),
        ("gemini", "gemini-3.6-flash", 0.005625),
    ],
)
def test_it_prices_a_thread_as_the_vendors_do(provider: str, model: str, dollars: float) -> None:
    assert cost(provider, model, THREAD) == pytest.approx(dollars, rel=1e-9)


@pytest.mark.parametrize(
    ("provider", "model", "usage", "dollars"),
    [
        ("claude", "claude-haiku-4-5", Usage(input_total=1_000_000), 1.00),
        ("claude", "claude-haiku-4-5", Usage(input_total=1_000_000, cache_read=1_000_000), 0.10),
        ("claude", "claude-haiku-4-5", Usage(input_total=1_000_000, cache_write=1_000_000), 1.25),
        ("claude", "claude-haiku-4-5", Usage(input_total=1_000, cache_read=600, cache_write=300), 0.000535),
        ("claude", "claude-haiku-4-5", Usage(output_total=1_000_000), 5.00),
        ("openai", "gpt-4o-mini", Usage(input_total=1_000_000), 0.15),
        ("openai", "gpt-4o-mini", Usage(input_total=1_000_000, cache_read=400_000), 0.12),
        ("openai", "gpt-4o-mini", Usage(output_total=1_000_000), 0.60),
        ("gemini", "gemini-3.5-flash", Usage(input_total=100_000, cache_read=100_000), 0.015),
        ("gemini", "gemini-3.6-flash", Usage(input_total=100_000, cache_read=50_000), 0.04125),
        ("gemini", "gemini-3.6-flash", Usage(output_total=100_000), 0.375),
    ],
)
def test_it_prices_cached_tokens_apart(provider: str, model: str, usage: Usage, dollars: float) -> None:
    assert cost(provider, model, usage) == pytest.approx(dollars, rel=1e-9)


def test_it_counts_thinking_once_because_output_includes_it() -> None:
    without = cost("gemini", "gemini-3.6-flash", Usage(output_total=500))

    assert cost("gemini", "gemini-3.6-flash", Usage(output_total=500, thinking=400)) == without


def test_it_takes_the_price_of_the_day() -> None:
    assert cost("gemini", "gemini-3.6-flash", THREAD, NEXT_YEAR) == pytest.approx(0.01125, rel=1e-9)


@pytest.mark.parametrize("provider", ["claude", "openai", "gemini"])
def test_it_knows_no_price_for_an_unknown_model(provider: str) -> None:
    assert price(PROVIDERS[provider].prices, "tiny-7b-of-tomorrow", THREAD, NOW) == Cost(None, TABLE)


@pytest.mark.parametrize(
    "vendor", [vendor for vendor in PROVIDERS.values() if vendor.prices], ids=lambda vendor: vendor.name
)
def test_it_knows_the_price_of_every_default_model(vendor) -> None:
    found = price(vendor.prices, vendor.default_model, THREAD, NOW)

    assert found.usd
    assert found.usd > 0
    assert found.price_table == TABLE


def test_it_is_free_offline() -> None:
    assert price(PROVIDERS["offline"].prices, "offline-rules-1", THREAD, NOW) == Cost(0.0, "free")


def test_it_costs_nothing_where_no_token_was_used() -> None:
    assert cost("openai", "gpt-4o-mini", Usage()) == 0
