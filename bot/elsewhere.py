"""The same traffic elsewhere: what a week's tokens would have cost with other models, and which of these would do."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from adapters import PROVIDERS
from adapters.base import Usage
from adapters.models import MODELS, Model, rules
from bot.choices import Choice
from bot.evals import Proportion, Z
from bot.lifecycle import gone
from bot.pricing import Prices, total
from bot.store import Pair

ESTIMATE = 0.30
"""How far off a cost may be, either way, where its model's tokens were not measured. Our allowance, no vendor's."""

PAIRS = 20
"""From how many prompts on that two models have both read their tokens are compared."""

HALF_WIDTH = 0.10
LABELS = math.ceil((Z / (2 * HALF_WIDTH)) ** 2 - Z**2)
"""Labels from which on a Wilson interval reaches no further than ten points to either side, whatever the share is: it
is widest at one half, where its half is Z / (2 * sqrt(n + Z^2))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What one model was asked in a time, over the calls whose tokens were counted; `cost_usd` None where unknown."""

    model: str
    calls: int
    input_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    output_tokens: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What all of the traffic would have cost with one model, in US dollars; None where its price is unknown.

    `measured`: its tokens were measured on prompts that it and the models in use have read; otherwise the cost is an
    estimate that may be 30 % off. `labels` are those it got right.
    """

    model: str
    usd: float | None
    measured: bool
    labels: Proportion


Outcome = Literal["as_good", "worse", "too_few", "dearer", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """What comes of it. `candidates` come cheapest first, those of unknown price last.

    `actual_usd` is what the traffic did cost, None where that is unknown of a part; `model` is the one in use that the
    others are held against, `labels` those it got right. The outcome is about `pick`:

    as_good: the cheapest candidate below `actual_usd` whose quality is not measurably worse. worse: all cheaper ones
    are. too_few: the cheapest candidate could be picked, but that takes `needed` more labels. dearer: none is cheaper,
    and there is no pick. unknown: nothing can be said to be cheaper; the pick is the cheapest candidate.
    """

    candidates: Sequence[Candidate]
    actual_usd: float | None
    model: str
    labels: Proportion
    outcome: Outcome
    pick: Candidate | None
    needed: int


def elsewhere(
    traffic: Sequence[Traffic],
    judged: str,
    labels: Mapping[str, Proportion],
    pairs: Iterable[Pair],
    prices: Prices,
    at: datetime,
) -> Elsewhere:
    """Price the traffic with every known model that is still there. Asks for prices, so call it in a thread.

    Cached tokens count as cached and thinking as output with every model: it is the same traffic. `judged` is the model
    in use whose labels the others are held against.
    """
    ratios = {(pair.model, pair.other): pair.ratio for pair in pairs if pair.pairs >= PAIRS}
    known = (candidate(row, traffic, labels, ratios, prices, at) for row in offered(at))
    actual = total(each.cost_usd for each in traffic)
    candidates = sorted(known, key=lambda each: (each.usd is None, each.usd or 0.0, each.model))
    return judgement(candidates, actual, judged, labels.get(judged, Proportion(0, 0)))


def offered(at: datetime) -> Iterable[Model]:
    """The models that a vendor still offers by their own name, for money."""
    return (
        row
        for row in MODELS.values()
        if not PROVIDERS[row.provider].free and row.routed_to is None and not gone(row, at.date())
    )


def candidate(
    row: Model,
    traffic: Sequence[Traffic],
    labels: Mapping[str, Proportion],
    ratios: Mapping[tuple[str, str], float],
    prices: Prices,
    at: datetime,
) -> Candidate:
    name = f"{row.provider}/{row.id}"
    return Candidate(
        model=name,
        usd=total(cost(row, each, factor(name, each.model, ratios), prices, at) for each in traffic),
        measured=all(each.model == name or (each.model, name) in ratios for each in traffic),
        labels=labels.get(name, Proportion(0, 0)),
    )


def factor(name: str, used: str, ratios: Mapping[tuple[str, str], float]) -> float:
    """Tokens of a model for one token of the model in use: measured, or by what is known of their tokenizers."""
    if name == used:
        return 1.0
    own, others = (rules(Choice.parse(model).model).tokenizer_factor for model in (name, used))
    return ratios.get((used, name), own / others)


def cost(row: Model, traffic: Traffic, factor: float, prices: Prices, at: datetime) -> float | None:
    """Prices the mean call and multiplies it, because a vendor may charge more for long prompts."""

    def mean(tokens: int) -> int:
        return round(tokens * factor / traffic.calls)

    usage = Usage(
        input_total=mean(traffic.input_tokens),
        cache_read=mean(traffic.cached_tokens),
        cache_write=mean(traffic.cache_write_tokens),
        output_total=mean(traffic.output_tokens),
    )
    usd = prices.cost(PROVIDERS[row.provider], row.id, usage, at).usd
    return None if usd is None else usd * traffic.calls


def judgement(candidates: Sequence[Candidate], actual: float | None, model: str, labels: Proportion) -> Elsewhere:
    """Which candidate to name."""
    others = [each for each in candidates if each.usd is not None and each.model != model]
    cheaper = [each for each in others if actual is not None and (each.usd or 0.0) < actual]

    def found(outcome: Outcome, pick: Candidate | None, needed: int = 0) -> Elsewhere:
        return Elsewhere(
            candidates=candidates,
            actual_usd=actual,
            model=model,
            labels=labels,
            outcome=outcome,
            pick=pick,
            needed=needed,
        )

    if actual is None:
        return found("unknown", next(iter(others), None))
    if not cheaper:
        return found("dearer", None)
    as_good = next((each for each in cheaper if enough(each.labels, labels) and not worse(each.labels, labels)), None)
    if as_good:
        return found("as_good", as_good)
    unjudged = next((each for each in cheaper if not enough(each.labels, labels)), None)
    if unjudged:
        return found("too_few", unjudged, max(LABELS - min(unjudged.labels.of, labels.of), 1))
    return found("worse", cheaper[0])


def enough(*labels: Proportion) -> bool:
    return all(each.of >= LABELS for each in labels)


def worse(candidate: Proportion, used: Proportion) -> bool:
    """Measurably worse: the two 95 % Wilson intervals do not overlap.

    That is stricter than a test at 5 %, as N. Schenker and J. F. Gentleman show in "On judging the significance of
    differences by examining the overlap between confidence intervals", The American Statistician 55 (2001): who is
    called worse is worse, while a small difference may go unnoticed.
    """
    if candidate.interval is None or used.interval is None:
        return False
    return candidate.interval[1] < used.interval[0]
