"""What a comparison of models shows: what each took, how often it failed, and how good it was."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.choices import Choice
from bot.evals import Proportion
from bot.measures import NOISE
from bot.store import Attempted, Eval
from bot.store.evals import Corrected

MEDIAN, SLOW = 0.5, 0.95


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """One model of a comparison.

    `answered` and `failed` count prompts, `calls` the attempts that they took. `cost_usd` is the sum of the known costs
    of these calls, and `unpriced` counts those whose price nobody knows. Latencies, in milliseconds by nearest rank,
    are those of the calls that answered, None where none did. `kept_entries`: how many entries of its summaries cite a
    message that exists. `agreement`: how often it sorted a case as the model in use does, of the cases that both have
    sorted, and nothing for the model in use itself; `accuracy`: how often as people said, in cases that somebody
    corrected.
    """

    choice: Choice
    in_use: bool
    answered: int
    failed: int
    calls: int
    cost_usd: float
    unpriced: int
    p50_ms: int | None
    p95_ms: int | None
    kept_entries: Proportion
    agreement: Proportion
    accuracy: Proportion


Figures = Sequence[ModelFigures]


def figures(
    choices: Iterable[Choice],
    in_use: Choice,
    evals: Iterable[Eval],
    attempts: Iterable[Attempted],
    corrected: Sequence[Corrected],
) -> Figures:
    """A line for each model, in the order of `choices`, among which is the one in use."""
    mine: dict[Choice, tuple[list[Eval], list[Attempted]]] = {choice: ([], []) for choice in choices}
    for eval in evals:
        mine[Choice(eval.provider, eval.model)][0].append(eval)
    for attempt in attempts:
        mine[Choice(attempt.provider, attempt.requested_model)][1].append(attempt)
    held = {eval.source: eval.label for eval in mine[in_use][0] if eval.label}
    return [one(choice, choice == in_use, *parts, corrected, held) for choice, parts in mine.items()]


def one(
    choice: Choice,
    in_use: bool,
    evals: Sequence[Eval],
    attempts: Sequence[Attempted],
    corrected: Sequence[Corrected],
    held: Mapping[str, str],
) -> ModelFigures:
    """One line; `held` is what the model in use has sorted each logged call's case into."""
    answered = [eval for eval in evals if eval.outcome == "ok"]
    latencies = sorted(attempt.latency_ms for attempt in attempts if attempt.outcome == "ok")
    right = right_labels(evals, corrected)
    return ModelFigures(
        choice=choice,
        in_use=in_use,
        answered=len(answered),
        failed=len(evals) - len(answered),
        calls=len(attempts),
        cost_usd=sum(attempt.cost_usd or 0.0 for attempt in attempts),
        unpriced=sum(attempt.billed and attempt.cost_usd is None for attempt in attempts),
        p50_ms=rank(latencies, MEDIAN),
        p95_ms=rank(latencies, SLOW),
        kept_entries=Proportion(
            sum(eval.kept_entries or 0 for eval in answered), sum(eval.entries or 0 for eval in answered)
        ),
        agreement=Proportion.counted(
            eval.label == held[eval.source] for eval in answered if eval.source in held and not in_use
        ),
        accuracy=Proportion.counted(eval.label == right[eval.source] for eval in answered if eval.source in right),
    )


def right_labels(evals: Iterable[Eval], corrected: Sequence[Corrected]) -> Mapping[str, str]:
    """What each logged call should have said, by people's last word on it.

    Whoever corrected only the urgency has seen the category and left it: it counts as right. Where people said that
    something is support after all, but not of which category, nothing is known.
    """
    logged = {eval.source: eval.logged_label for eval in evals}
    right: dict[str, str | None] = {}
    for said in corrected:
        before = right.get(said.call, logged.get(said.call))
        if said.field == "category":
            right[said.call] = said.new
        elif said.field == "support":
            right[said.call] = NOISE if said.new == "no" else (None if before == NOISE else before)
        else:
            right[said.call] = before
    return {call: label for call, label in right.items() if label is not None}


def rank(ordered: Sequence[int], share: float) -> int | None:
    """The value of which that share of all is not above: the nearest rank."""
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else None
