"""What a call costs, priced on the model that really answered: from the genai-prices table, or from `prices.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters import PROVIDERS, Vendor
from adapters.base import Usage
from adapters.models import SNAPSHOT
from bot.amounts import exact

if TYPE_CHECKING:
    from genai_prices.types import PriceCalculation

FREE = "free"
TABLE = f"genai-prices {version('genai-prices')}"
FILE = Path("prices.toml")
"""Where an operator's own prices stand, in the working folder."""

MILLION = 1_000_000

Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars, None where the model has no known price; `price_table` names the table and its version."""

    usd: float | None
    price_table: str | None


def total(costs: Iterable[float | None]) -> float | None:
    """What several calls cost, unknown where one of them is."""
    known = list(costs)
    return None if None in known else sum(usd for usd in known if usd is not None)


UNPRICED = Cost(None, None)
"""What never reached the vendor's meter."""


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars per million tokens, for the smallest prompts where a vendor charges more for long ones."""

    input_usd: float
    output_usd: float

    def __str__(self) -> str:
        """As people write it: `$0.10/$0.50`, input before output."""
        return f"{exact(self.input_usd)}/{exact(self.output_usd)}"


class Override(BaseModel):
    """An operator's own price of a model, in US dollars per million tokens; 0 is one too.

    `cache_read` and `cache_write` are for input tokens that came from the vendor's cache or went there; left out,
    these cost what other input costs.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    input: Dollars
    output: Dollars
    cache_read: Dollars | None = None
    cache_write: Dollars | None = None

    @property
    def free(self) -> bool:
        return not (self.input or self.output or self.cache_read or self.cache_write)

    def cost(self, usage: Usage) -> float:
        read = self.input if self.cache_read is None else self.cache_read
        write = self.input if self.cache_write is None else self.cache_write
        plain = max(usage.input_total - usage.cache_read - usage.cache_write, 0)
        dollars = plain * self.input + usage.cache_read * read + usage.cache_write * write
        return (dollars + usage.output_total * self.output) / MILLION


class PricesError(Exception):
    """An operator's own prices cannot be used. The text names the file, the table in it, and what to put right."""


class Prices:
    """The prices of all models. An operator's own win; the others are the vendors' published ones.

    The published table is imported with the first question that needs it, which takes 6 MB and 0.1 s: have `prepare`
    called in a thread before.
    """

    def __init__(self, overrides: Mapping[str, Override] = {}, name: str = "") -> None:
        """`overrides` by `provider/model`; `name` goes into the row of every call that is priced by one of them."""
        self.overrides = overrides
        self.name = name

    @classmethod
    def load(cls, path: Path) -> Prices:
        """The prices with those of a file on top, none where there is no such file. Raises `PricesError`."""
        try:
            content = path.read_bytes()
            tables = tomllib.loads(content.decode())
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise PricesError(f"{path} cannot be read ({type(error).__name__}): make it a readable file.") from None
        except ValueError as error:
            raise PricesError(f"{path} is no TOML ({error}): correct it there.") from None
        return cls(overrides(path, tables), f"{path.name} {sha256(content).hexdigest()[:8]}")

    @staticmethod
    def prepare() -> None:
        """Import the published table, and have it do once what it does for the first question only."""
        vendor = PROVIDERS["openai"]
        published(vendor, vendor.default_model, Usage(input_total=1, output_total=1), datetime.now(UTC))

    def cost(self, vendor: Vendor, model: str, usage: Usage, at: datetime, *, asked: str = "") -> Cost:
        """The cost of one call at that time, unknown where the vendor has counted no tokens.

        `model` is the one that answered. Where nobody knows its price, an operator's own of the one that was `asked`
        holds: servers call a model by other names than its users.
        """
        if vendor.free:
            return Cost(0.0, FREE)
        counted = usage != Usage()
        own = self.override(vendor, model)
        found = published(vendor, model, usage, at) if own is None else None
        own = own or (self.override(vendor, asked) if found is None else None)
        if own is not None:
            return Cost(own.cost(usage) if counted or own.free else None, self.name)
        return Cost(float(found.total_price) if found and counted else None, TABLE)

    def rates(self, vendor: Vendor, model: str, at: datetime) -> Rates | None:
        """What a million tokens cost at that time, None where nobody knows."""
        if vendor.free:
            return Rates(0.0, 0.0)
        override = self.override(vendor, model)
        if override is not None:
            return Rates(override.input, override.output)
        found = published(vendor, model, Usage(input_total=1, output_total=1), at)
        return Rates(float(found.input_price * MILLION), float(found.output_price * MILLION)) if found else None

    def known(self, vendor: Vendor, model: str, at: datetime) -> bool:
        return self.rates(vendor, model, at) is not None

    def override(self, vendor: Vendor, model: str) -> Override | None:
        """The operator's price of a model, or else that of the model which a dated snapshot belongs to."""
        exact, undated = (f"{vendor.name}/{name}" for name in (model, SNAPSHOT.sub("", model)))
        return self.overrides.get(exact) or self.overrides.get(undated)


def published(vendor: Vendor, model: str, usage: Usage, at: datetime) -> PriceCalculation | None:
    """What the vendor's price list of that time says, None where it does not name the model."""
    if vendor.prices is None:
        return None
    from genai_prices import Usage as Billed
    from genai_prices import calc_price

    billed = Billed(
        input_tokens=usage.input_total,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        output_tokens=usage.output_total,
    )
    try:
        return calc_price(billed, model, provider_id=vendor.prices, genai_request_timestamp=at)
    except (LookupError, ValueError):
        return None


def overrides(path: Path, tables: Mapping[str, object]) -> Mapping[str, Override]:
    """The prices of a file by `provider/model`. Raises `PricesError` at the first that is wrong."""
    found = {}
    for provider, models in tables.items():
        if provider not in PROVIDERS:
            known = ", ".join(PROVIDERS)
            raise PricesError(f"{path}: [{provider}] names no provider Precis knows; choose one of {known}.")
        if not isinstance(models, dict):
            raise PricesError(f'{path}: {provider} must be a table for each model, such as [{provider}."a-model"].')
        for model, price in models.items():
            try:
                found[f"{provider}/{model}"] = Override.model_validate(price)
            except ValidationError as error:
                raise PricesError(f'{path}: [{provider}."{model}"] {wrong(error)}.') from None
    return found


def wrong(error: ValidationError) -> str:
    """The first thing that is wrong with a price, in words that continue a sentence."""
    first = error.errors(include_url=False, include_input=False)[0]
    name = ".".join(map(str, first["loc"]))
    if first["type"] == "missing":
        return f"lacks {name}, in US dollars per million tokens"
    if first["type"] == "extra_forbidden":
        return f"has {name}, which is none of {', '.join(Override.model_fields)}"
    if not name:
        return "must be a table with input and output"
    return f"has no amount in {name}: write US dollars per million tokens, 0 or more"
