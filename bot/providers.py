"""The providers that the environment configures: each one's key, address and model."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pydantic import SecretStr

from adapters import PROVIDERS, Vendor
from bot.choices import Choice
from bot.lifecycle import current
from bot.variables import Reader

FOREIGN_KEYS = {"sk-ant-": ("claude",), "sk-proj-": ("openai",), "AIza": ("gemini", "gemini-legacy")}
"""Beginnings that belong to one vendor alone, for telling when a key stands in the wrong variable."""

OWN_SERVER = "compatible"
NEVER_BY_ITSELF = ("gemini-legacy",)
"""Chosen by name only, though its key is set."""

LARGEST_WINDOW = 100_000_000


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """A provider that can be asked: its model, its key, and its address (None = the vendor's own).

    `window` is how many tokens the model of a server of one's own takes, None for what is known of the model.
    """

    name: str
    model: str
    key: SecretStr | None
    base_url: str | None
    window: int | None = None

    @property
    def choice(self) -> Choice:
        return Choice(self.name, self.model)


def configured(reader: Reader, today: date) -> Mapping[str, ProviderConfig]:
    """Every provider that has what it needs, each with its default model."""
    return {
        vendor.name: described(reader, vendor, current(vendor.default_model, today))
        for vendor in PROVIDERS.values()
        if ready(reader, vendor)
    }


def ready(reader: Reader, vendor: Vendor) -> bool:
    return not missing(reader, vendor)


def missing(reader: Reader, vendor: Vendor) -> list[str]:
    """The variables that the provider needs and that are not set."""
    return [name for name in needed(vendor) if not reader.has(name)]


def needed(vendor: Vendor) -> list[str]:
    """The variables without which the provider cannot be asked."""
    if vendor.name == OWN_SERVER:
        return ["COMPATIBLE_BASE_URL", "COMPATIBLE_MODEL"]
    return [vendor.key_variable] if vendor.key_variable and not vendor.key_optional else []


def chosen(reader: Reader, today: date) -> ProviderConfig | None:
    """The provider of `LLM_PROVIDER`, or the first that has what it needs."""
    name = reader.get("LLM_PROVIDER").lower() or first(reader)
    if name is None:
        keys = " or ".join(vendor.key_variable or "" for vendor in PROVIDERS.values() if asks_for_key(vendor))
        reader.problem(
            f"No model is configured: set {keys}, or COMPATIBLE_BASE_URL and COMPATIBLE_MODEL for a server of your "
            "own, or LLM_PROVIDER=offline to run without a model."
        )
        return None
    vendor = PROVIDERS.get(name)
    if vendor is None:
        reader.problem(f"LLM_PROVIDER names no provider Precis knows; choose one of {', '.join(PROVIDERS)}.")
        return None
    for variable in missing(reader, vendor):
        reader.problem(f"{variable} is missing: LLM_PROVIDER={name} needs it.")
    return described(reader, vendor, reader.get("LLM_MODEL") or current(vendor.default_model, today))


def fallback(reader: Reader, first: ProviderConfig | None, today: date) -> Choice | None:
    """The provider of `LLM_FALLBACK`, which may name its model too: `openai` or `openai/gpt-6-luna`."""
    name, _, model = reader.get("LLM_FALLBACK").partition("/")
    if not name or name.lower() == "off":
        return None
    vendor = PROVIDERS.get(name.lower())
    if vendor is None:
        reader.problem(f"LLM_FALLBACK names no provider Precis knows; choose one of {', '.join(PROVIDERS)}.")
        return None
    for variable in missing(reader, vendor):
        reader.problem(f"{variable} is missing: LLM_FALLBACK={vendor.name} needs it.")
    found = Choice(vendor.name, model or described(reader, vendor, current(vendor.default_model, today)).model)
    if first is not None and found == first.choice:
        reader.problem("LLM_FALLBACK names the provider and model that LLM_PROVIDER uses: choose another one.")
    return found


def unnamed(reader: Reader, first: ProviderConfig | None, fallback: Choice | None, today: date) -> frozenset[Choice]:
    """The default models that neither `LLM_MODEL` nor `LLM_FALLBACK` names."""
    defaults = {
        Choice(vendor.name, current(vendor.default_model, today))
        for vendor in PROVIDERS.values()
        if vendor.default_model
    }
    if first is not None and reader.has("LLM_MODEL"):
        defaults.discard(first.choice)
    if fallback is not None and reader.get("LLM_FALLBACK").partition("/")[2]:
        defaults.discard(fallback)
    return frozenset(defaults)


def described(reader: Reader, vendor: Vendor, model: str) -> ProviderConfig:
    key = reader.secret(vendor.key_variable) if vendor.key_variable else None
    base_url = reader.url(vendor.base_url_variable) if vendor.base_url_variable else None
    if key is not None and base_url is None:
        belongs(reader, key, vendor)
    if vendor.name != OWN_SERVER:
        return ProviderConfig(vendor.name, model, key, base_url)
    window = reader.whole_number("COMPATIBLE_WINDOW", 0, lowest=1_000, highest=LARGEST_WINDOW) or None
    return ProviderConfig(vendor.name, model or reader.get("COMPATIBLE_MODEL"), key, base_url, window)


def belongs(reader: Reader, key: SecretStr, vendor: Vendor) -> None:
    for start, owners in FOREIGN_KEYS.items():
        if key.get_secret_value().startswith(start) and vendor.name not in owners:
            right = PROVIDERS[owners[0]].key_variable
            reader.problem(
                f"{vendor.key_variable} holds a key of another vendor; move it to {right} and set "
                f"LLM_PROVIDER={owners[0]}."
            )


def asks_for_key(vendor: Vendor) -> bool:
    return bool(vendor.key_variable) and not vendor.key_optional and vendor.name not in NEVER_BY_ITSELF


def first(reader: Reader) -> str | None:
    """The first provider of the table with a key; then a server of one's own."""
    for vendor in PROVIDERS.values():
        if asks_for_key(vendor) and ready(reader, vendor):
            return vendor.name
    return OWN_SERVER if reader.has("COMPATIBLE_BASE_URL") else None
