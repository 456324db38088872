"""The models that can be chosen, and what is said about those that cannot."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from adapters import PROVIDERS, Vendor
from adapters.models import MODELS, model
from bot.choices import Choice
from bot.lifecycle import gone
from bot.providers import needed

LIKE = 0.65
"""How alike two words are, from 0 to 1, for one to be offered in place of the other."""

LACKING = "{vendor} cannot be asked: whoever runs Precis has to set {needed} and restart it."
SEE_HELP = "/llm-provider help shows what I understand."


class Misunderstood(Exception):
    """The words cannot be carried out. The text is a sentence for whoever typed them."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The providers that have what they need to be asked, each with its model where nobody names another."""

    models: Mapping[str, str]

    def choice(self, words: Sequence[str]) -> Choice:
        """`openai`, `openai gpt-6-luna` or `openai/gpt-6-luna`. Raises `Misunderstood`."""
        name, _, behind = words[0].partition("/")
        vendor = PROVIDERS.get(name.lower())
        if vendor is None:
            raise Misunderstood(unknown_provider(words[0]))
        if len(words) > (1 if behind else 2):
            raise Misunderstood(f"I do not understand “{words[-1]}” behind the model. {SEE_HELP}")
        if vendor.name not in self.models:
            raise Misunderstood(lacking(vendor))
        return Choice(vendor.name, behind or (words[1] if len(words) > 1 else self.models[vendor.name]))

    @property
    def choices(self) -> list[Choice]:
        """Every model that is known of these providers, each provider's own first."""
        own = [Choice(name, model) for name, model in self.models.items()]
        others = [Choice(row.provider, row.id) for row in MODELS.values() if row.provider in self.models]
        return sorted(dict.fromkeys([*own, *others]), key=lambda choice: list(self.models).index(choice.provider))


def unknown_provider(word: str) -> str:
    """The sentence about a provider that does not exist, with the closest that do."""
    meant = {name: name for name in PROVIDERS}
    meant |= {vendor.prices: vendor.name for vendor in reversed(list(PROVIDERS.values())) if vendor.prices}
    meant |= {row.id: f"{row.provider} {row.id}" for row in MODELS.values()}
    close = difflib.get_close_matches(word.lower(), meant, 3, LIKE)
    offered = either(list(dict.fromkeys(meant[name] for name in close))) if close else ", ".join(PROVIDERS)
    return f"I know no provider “{word}”. " + (f"Did you mean {offered}?" if close else f"Choose one of {offered}.")


def close_models(choice: Choice) -> list[str]:
    """Known models of the provider whose names are like this one."""
    names = [id for id in known_models(choice.provider) if id != choice.model]
    return difflib.get_close_matches(choice.model.lower(), names, 3, LIKE)


def known_models(provider: str) -> list[str]:
    """The models of a provider that are described here; those of `gemini-legacy` are Gemini's."""
    vendor = provider.partition("-")[0]
    return [row.id for row in MODELS.values() if row.provider == vendor]


def either(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def lacking(vendor: Vendor) -> str:
    return LACKING.format(vendor=vendor.label, needed=" and ".join(needed(vendor)))


def unknown_model(choice: Choice, today: date) -> tuple[str, str | None]:
    """What is wrong with a model that its vendor does not know, without a full stop; and which to choose instead."""
    label, row = choice.vendor.label, model(choice.model)
    if row is None:
        close = close_models(choice)
        return f"{label} does not know {choice.model}", close[0] if close else None
    if gone(row, today):
        return f"{label} has retired {choice.model} on {row.shutdown}", row.successor
    return f"{label} does not know {choice.model} for this key", row.successor
