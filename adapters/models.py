"""What is known about each model: how much fits, which optional parameters it takes, and when it goes away."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model of one provider. Token counts are the model's own tokens; dates are the vendor's announcements."""

    id: str
    provider: str
    label: str
    """What people read."""
    window: int
    cheap_window: int | None = None
    """Tokens up to which a request keeps its price: a longer one is dearer by the token, all of it or what is over."""
    max_output: int
    sampling: bool = False
    """Whether `temperature` may be sent with the other parameters that we send."""
    thinking: str | None = None
    """The lowest value of the vendor's knob (Claude `thinking.type`, OpenAI `reasoning_effort`, Gemini
    `thinking_level`), None where the model has no such knob or thinks only when asked to."""
    thinking_tokens: int = 0
    """Added to the output limit where even the lowest level that we may ask for thinks, because thoughts are taken from
    that limit. Our allowance, no vendor's figure."""
    tokenizer_factor: float = 1.0
    """Tokens of this model per token of the estimate that is made from bytes."""
    shutdown: date | None = None
    successor: str | None = None
    routed_to: str | None = None
    """The model that answers in place of this one, where the vendor says so."""
    source: str
    read: date
    """When `source` was read."""

    def output_limit(self, wanted: int) -> int:
        """What to ask for so that `wanted` tokens of text have room."""
        return min(wanted + self.thinking_tokens, self.max_output)


READ = date(2026, 11, 22)
LITELLM = "vendor's model page; limits from litellm 1.109.1"

ROWS = (
    Model(
        id="claude-haiku-4-5",
        provider="claude",
        label="Claude Haiku 4.5",
        window=200_000,
        max_output=64_000,
        successor="claude-haiku-5-5",
        source=f"{LITELLM}; legacy but active, no shutdown date published",
        read=READ,
    ),
    Model(
        id="claude-haiku-5-5",
        provider="claude",
        label="Claude Haiku 5.5",
        window=1_000_000,
        cheap_window=100_000,
        max_output=128_000,
        thinking="disabled",
        tokenizer_factor=1.3,
        source=f"{LITELLM}; active to 2027-10-07 at least",
        read=READ,
    ),
    Model(
        id="gpt-4o-mini",
        provider="openai",
        label="GPT-4o mini",
        window=128_000,
        max_output=16_384,
        sampling=True,
        shutdown=date(2027, 1, 14),
        successor="gpt-6-luna",
        source=f"{LITELLM}; shutdown from the model list in openai 3.54.0",
        read=READ,
    ),
    Model(
        id="gpt-6-luna",
        provider="openai",
        label="GPT-6 luna",
        window=922_000,
        cheap_window=272_000,
        max_output=128_000,
        thinking="none",
        source=f"{LITELLM}; takes temperature only without reasoning, so none is sent",
        read=READ,
    ),
    Model(
        id="gpt-5.6-luna",
        provider="openai",
        label="GPT-5.6 luna",
        window=922_000,
        max_output=128_000,
        source=f"{LITELLM}; reasoning levels not read, so none is sent",
        read=READ,
    ),
    Model(
        id="gemini-3.5-flash",
        provider="gemini",
        label="Gemini 3.5 Flash",
        window=1_048_576,
        max_output=65_536,
        thinking="minimal",
        thinking_tokens=512,
        successor="gemini-3.6-flash",
        routed_to="gemini-3.6-flash",
        source=f"{LITELLM}; deprecated and routed, no dates published",
        read=READ,
    ),
    Model(
        id="gemini-3.6-flash",
        provider="gemini",
        label="Gemini 3.6 Flash",
        window=1_048_576,
        max_output=65_536,
        thinking="minimal",
        thinking_tokens=512,
        source=f"{LITELLM}; sampling parameters accepted and ignored",
        read=READ,
    ),
    Model(
        id="gemini-3.7-flash",
        provider="gemini",
        label="Gemini 3.7 Flash",
        window=1_048_576,
        max_output=65_536,
        thinking="low",
        thinking_tokens=2_048,
        source=f"{LITELLM}; rejects the level minimal",
        read=READ,
    ),
    Model(
        id="gemini-3.8-flash",
        provider="gemini",
        label="Gemini 3.8 Flash",
        window=1_048_576,
        max_output=65_536,
        thinking="low",
        thinking_tokens=2_048,
        source=f"{LITELLM}; rejects the level minimal",
        read=READ,
    ),
    Model(
        id="gemini-3.5-flash-lite",
        provider="gemini",
        label="Gemini 3.5 Flash-Lite",
        window=1_048_576,
        max_output=65_536,
        thinking_tokens=2_048,
        source=f"{LITELLM}; thinking levels not read, so none is sent",
        read=READ,
    ),
    Model(
        id="offline-rules-1",
        provider="offline",
        label="Offline rules",
        window=100_000_000,
        max_output=100_000,
        source="adapters/offline.py; the window is a round number above any channel",
        read=READ,
    ),
)

MODELS: Mapping[str, Model] = {row.id: row for row in ROWS}

UNKNOWN = Model(
    id="", provider="", label="", window=sys.maxsize, max_output=sys.maxsize, source="nothing is known", read=READ
)

SNAPSHOT = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2})$")


def model(model_id: str) -> Model | None:
    """The row of a model or of one of its dated snapshots; None for a model nobody has described."""
    return MODELS.get(model_id) or MODELS.get(SNAPSHOT.sub("", model_id))


def rules(model_id: str) -> Model:
    """The row to build a request by: for a model nobody has described, one that allows no optional parameter."""
    return model(model_id) or UNKNOWN


def label(model_id: str) -> str:
    """What people read: the model's label, or its id where it has no row."""
    row = model(model_id)
    return row.label if row else model_id
