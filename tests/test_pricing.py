"""What a call cost: the vendors' published prices or the operator's own, and nothing where nobody knows."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import pytest

from adapters import PROVIDERS
from adapters.base import Usage
from adapters.models import MODELS, Model
from bot.pricing import Cost, Override, Prices, PricesError, Rates

OPENAI = PROVIDERS["openai"]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NEXT_YEAR = datetime(2027, 1, 2, tzinfo=UTC)
THREAD = Usage(input_total=5_000, output_total=500)
TABLE = f"genai-prices {version('genai-prices')}"
UNLISTED = replace(PROVIDERS["openai"], prices=None)
"""A vendor whose models no table knows."""


def cost(provider: str, model: str, usage: Usage, at: datetime = NOW) -> float | None:
    return Prices().cost(PROVIDERS[provider], model, usage, at).usd


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "prices.toml"


def loaded(path: Path, content: str) -> Prices:
    path.write_text(content)
    return Prices.load(path)


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
    assert Prices().cost(PROVIDERS[provider], "tiny-7b-of-tomorrow", THREAD, NOW) == Cost(None, TABLE)
    assert Prices().rates(PROVIDERS[provider], "tiny-7b-of-tomorrow", NOW) is None
    assert not Prices().known(PROVIDERS[provider], "tiny-7b-of-tomorrow", NOW)


def test_it_knows_no_price_for_a_server_that_is_in_no_table() -> None:
    assert Prices().cost(UNLISTED, "llama3.2:3b", THREAD, NOW) == Cost(None, TABLE)


@pytest.mark.parametrize(
    "vendor", [vendor for vendor in PROVIDERS.values() if vendor.prices], ids=lambda vendor: vendor.name
)
def test_it_knows_the_price_of_every_default_model(vendor) -> None:
    found = Prices().cost(vendor, vendor.default_model, THREAD, NOW)

    assert found.usd
    assert found.usd > 0
    assert found.price_table == TABLE


def test_it_is_free_offline() -> None:
    assert Prices().cost(PROVIDERS["offline"], "offline-rules-1", THREAD, NOW) == Cost(0.0, "free")
    assert Prices().rates(PROVIDERS["offline"], "offline-rules-1", NOW) == Rates(0.0, 0.0)


def test_it_knows_no_cost_where_the_vendor_counted_no_tokens() -> None:
    priced, free = (
        Prices({"openai/gpt-4o-mini": Override(input=dollars, output=dollars)}, "prices.toml") for dollars in (1, 0)
    )

    assert cost("openai", "gpt-4o-mini", Usage()) is None
    assert priced.cost(OPENAI, "gpt-4o-mini", Usage(), NOW) == Cost(None, "prices.toml")
    assert free.cost(OPENAI, "gpt-4o-mini", Usage(), NOW) == Cost(0.0, "prices.toml")


def test_it_prices_what_nobody_knows_as_the_operator_does_what_was_asked() -> None:
    prices = Prices({"openai/fast": Override(input=2, output=0)}, "prices.toml")
    usage = Usage(input_total=1_000_000)

    assert prices.cost(OPENAI, "llama-q4", usage, NOW, asked="fast") == Cost(2.0, "prices.toml")
    assert prices.cost(OPENAI, "gpt-4o-mini", usage, NOW, asked="fast") == Cost(0.15, TABLE)
    assert prices.cost(OPENAI, "llama-q4", usage, NOW, asked="slow") == Cost(None, TABLE)


@pytest.mark.parametrize(
    ("provider", "model", "at", "rates"),
    [
        ("claude", "claude-haiku-4-5", NOW, Rates(1.00, 5.00)),
        ("claude", "claude-haiku-5-5", NOW, Rates(0.10, 0.50)),
        ("openai", "gpt-4o-mini", NOW, Rates(0.15, 0.60)),
        ("openai", "gpt-6-luna", NOW, Rates(0.10, 0.50)),
        ("gemini", "gemini-3.6-flash", NOW, Rates(0.75, 3.75)),
        ("gemini", "gemini-3.6-flash", NEXT_YEAR, Rates(1.50, 7.50)),
    ],
)
def test_it_states_the_price_of_a_million_tokens(provider: str, model: str, at: datetime, rates: Rates) -> None:
    assert Prices().rates(PROVIDERS[provider], model, at) == rates
    assert Prices().known(PROVIDERS[provider], model, at)


def test_it_prices_by_the_operators_own_table_first(path: Path) -> None:
    prices = loaded(path, "[openai.gpt-4o-mini]\ninput = 2\noutput = 10.0\n")

    assert prices.cost(OPENAI, "gpt-4o-mini", THREAD, NOW).usd == pytest.approx(0.015, rel=1e-9)
    assert prices.rates(OPENAI, "gpt-4o-mini", NOW) == Rates(2.0, 10.0)
    assert prices.cost(OPENAI, "gpt-6-luna", THREAD, NOW).price_table == TABLE


def test_it_names_the_file_and_its_content_as_the_table(path: Path) -> None:
    prices = loaded(path, '[openai."llama3.2:3b"]\ninput = 0.1\noutput = 0.2\n')

    found = prices.cost(UNLISTED, "llama3.2:3b", THREAD, NOW)

    assert found.usd == pytest.approx(0.0006, rel=1e-9)
    assert found.price_table == f"prices.toml {sha256(path.read_bytes()).hexdigest()[:8]}"


def test_it_takes_nothing_for_a_price(path: Path) -> None:
    prices = loaded(path, '[openai."llama3.2:3b"]\ninput = 0\noutput = 0\n')

    assert prices.cost(UNLISTED, "llama3.2:3b", THREAD, NOW).usd == 0.0
    assert prices.known(UNLISTED, "llama3.2:3b", NOW)


def test_it_prices_a_dated_snapshot_as_its_model_unless_it_has_a_price_of_its_own(path: Path) -> None:
    both = "[openai.gpt-4o-mini]\ninput = 2\noutput = 0\n[openai.gpt-4o-mini-2024-07-18]\ninput = 3\noutput = 0\n"
    prices = loaded(path, both)

    assert prices.rates(OPENAI, "gpt-4o-mini-2024-07-18", NOW) == Rates(3.0, 0.0)
    assert prices.rates(OPENAI, "gpt-4o-mini-2025-01-01", NOW) == Rates(2.0, 0.0)


def test_it_tells_the_models_of_two_providers_apart(path: Path) -> None:
    prices = loaded(path, "[openai.shared]\ninput = 2\noutput = 0\n")

    assert not prices.known(PROVIDERS["claude"], "shared", NOW)


@pytest.mark.parametrize(
    ("cache", "dollars"),
    [("", 1.0), ("cache_read = 0.1", 0.46), ("cache_write = 2", 1.3), ("cache_read = 0\ncache_write = 0", 0.1)],
)
def test_it_prices_cached_tokens_as_other_input_unless_told(path: Path, cache: str, dollars: float) -> None:
    prices = loaded(path, f"[openai.tiny]\ninput = 1\noutput = 0\n{cache}\n")
    usage = Usage(input_total=1_000_000, cache_read=600_000, cache_write=300_000)

    assert prices.cost(UNLISTED, "tiny", usage, NOW).usd == pytest.approx(dollars, rel=1e-9)


def test_it_needs_no_file(path: Path) -> None:
    assert Prices.load(path).cost(OPENAI, "gpt-4o-mini", THREAD, NOW).price_table == TABLE


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[openai.a]\noutput = 1", '[openai."a"] lacks input, in US dollars per million tokens.'),
        (
            "[openai.a]\ninput = 1\noutput = 1\ncached = 1",
            '[openai."a"] has cached, which is none of input, output, cache_read, cache_write.',
        ),
        *(
            (
                f"[openai.a]\ninput = {amount}\noutput = 1",
                '[openai."a"] has no amount in input: write US dollars per million tokens, 0 or more.',
            )
            for amount in ("-1", '"1"', "nan", "inf", "true", "[1]")
        ),
        ("[openai]\na = 1", '[openai."a"] must be a table with input and output.'),
        ("openai = 1", 'openai must be a table for each model, such as [openai."a-model"].'),
        (
            "[opnai.a]\ninput = 1\noutput = 1",
            f"[opnai] names no provider Precis knows; choose one of {', '.join(PROVIDERS)}.",
        ),
    ],
)
def test_it_says_what_is_wrong_with_the_operators_table(path: Path, content: str, sentence: str) -> None:
    with pytest.raises(PricesError) as caught:
        loaded(path, content)

    assert str(caught.value) == f"{path}: {sentence}"


@pytest.mark.parametrize("content", [b"[openai", "[openai.a]".encode("utf-16"), b"[openai.caf\xe9]"])
def test_it_says_that_the_operators_table_is_no_toml(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    with pytest.raises(PricesError, match=r"prices\.toml is no TOML \("):
        Prices.load(path)


def test_it_says_that_the_operators_table_cannot_be_read(path: Path) -> None:
    path.mkdir()

    with pytest.raises(PricesError, match=r"prices\.toml cannot be read \(IsADirectoryError\)"):
        Prices.load(path)


@pytest.mark.parametrize("row", [row for row in MODELS.values() if row.cheap_window], ids=lambda row: row.id)
def test_it_knows_from_which_length_on_a_model_is_dearer(row: Model) -> None:
    assert row.cheap_window is not None
    lengths = row.cheap_window, row.cheap_window + 1_000
    at_most, more = (cost(row.provider, row.id, Usage(input_total=tokens)) for tokens in lengths)

    assert more is not None
    assert at_most is not None
    assert more > 1.5 * at_most
