"""The provider table: one line per provider, and `build`, which imports a vendor's SDK only when it is first needed."""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import cast

from adapters.base import Provider
from adapters.errors import Auth, MissingKey, NotInstalled, UnknownProvider


@dataclass(frozen=True, slots=True)
class Vendor:
    """How to build a provider: `adapter` is a class in the file of this folder that is called as the provider is.

    `default_model` is empty where only the configuration can name one. `key_variable` is None where there is no key,
    and its key may be left out where `key_optional`. `prices` is the vendor's id in the price table, None where that
    table does not know it; calls cost nothing where `free`.
    """

    name: str
    label: str
    adapter: str
    default_model: str
    key_variable: str | None
    base_url_variable: str | None
    prices: str | None
    key_optional: bool = False
    free: bool = False


TABLE = (
    Vendor("claude", "Claude", "Claude", "claude-haiku-4-5", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "anthropic"),
    Vendor("openai", "OpenAI", "OpenAI", "gpt-4o-mini", "OPENAI_API_KEY", "OPENAI_BASE_URL", "openai"),
    Vendor("gemini", "Gemini", "Gemini", "gemini-3.5-flash", "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL", "google"),
    Vendor(
        name="gemini-legacy",
        label="Gemini (legacy SDK)",
        adapter="GeminiLegacy",
        default_model="gemini-3.5-flash",
        key_variable="GEMINI_API_KEY",
        base_url_variable="GOOGLE_GEMINI_BASE_URL",
        prices="google",
    ),
    Vendor(
        name="compatible",
        label="Compatible server",
        adapter="Compatible",
        default_model="",
        key_variable="COMPATIBLE_API_KEY",
        base_url_variable="COMPATIBLE_BASE_URL",
        prices=None,
        key_optional=True,
    ),
    Vendor("offline", "Offline rules", "Offline", "offline-rules-1", None, None, None, free=True),
)

PROVIDERS: Mapping[str, Vendor] = {vendor.name: vendor for vendor in TABLE}


def build(
    name: str, *, key: str | None, model: str | None = None, base_url: str | None = None, window: int | None = None
) -> Provider:
    """A provider, ready to ask; the caller closes it.

    `base_url` sends the key elsewhere: take it from the operator's configuration, never from a message. `window` is
    how many tokens the model reads at once, None for what its row says. Raises `UnknownProvider`, `MissingKey`,
    `NotInstalled`, `Auth` for an odd key, and `NoApi` for a provider that needs a `base_url` and was given none.
    """
    vendor = PROVIDERS.get(name)
    if vendor is None:
        raise UnknownProvider(name)
    key = (key or "").strip()
    if vendor.key_variable and not key and not vendor.key_optional:
        raise MissingKey(name, vendor.key_variable)
    if not (key.isascii() and key.isprintable()):
        raise Auth(name, "the key holds characters that no key has")
    provider = adapter(vendor)(key=key, model=model or vendor.default_model, base_url=base_url or None)
    if window:
        provider.row = replace(provider.row, window=window, max_output=min(window, provider.row.max_output))
    return provider


def adapter(vendor: Vendor) -> Callable[..., Provider]:
    module = f"{__name__}.{vendor.name.replace('-', '_')}"
    try:
        return cast("Callable[..., Provider]", pkgutil.resolve_name(f"{module}:{vendor.adapter}"))
    except ModuleNotFoundError as error:
        raise NotInstalled(vendor.name, str(error.name)) from None
