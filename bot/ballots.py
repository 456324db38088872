"""Blind votes: which two answers to the same prompt are put before a voter, and on which side each."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random

from bot.choices import Choice
from bot.store import Eval, Vote

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Pair:
    """The ids of two evals of the same prompt."""

    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How one model fared in votes."""

    model: str
    won: int
    same: int
    lost: int


def pairs(evals: Iterable[Eval], seed: str) -> list[Pair]:
    """Up to `ROUNDS` pairs of answers by different models, each of another prompt as far as there are enough.

    The models that have been shown least come first, so that each gets its turn. Answers alike are no question.
    """
    chance = Random(seed)
    open = {prompt: duels for prompt, duels in duels_by_prompt(evals).items() if duels}
    prompts = sorted(open)
    chance.shuffle(prompts)
    shown: Counter[Choice] = Counter()
    found: list[Pair] = []
    while any(open.values()) and len(found) < ROUNDS:
        for prompt in prompts:
            if open[prompt] and len(found) < ROUNDS:
                duel = min(open[prompt], key=lambda duel: (sum(shown[choice(one)] for one in duel), chance.random()))
                open[prompt].remove(duel)
                shown.update(map(choice, duel))
                left, right = chance.sample(duel, 2)
                found.append(Pair(left.id, right.id))
    return found


def duels_by_prompt(evals: Iterable[Eval]) -> Mapping[str, list[tuple[Eval, Eval]]]:
    by_prompt: dict[str, list[Eval]] = {}
    for eval in sorted(evals, key=lambda eval: eval.id):
        if eval.answer is not None:
            by_prompt.setdefault(eval.source, []).append(eval)
    return {
        prompt: [duel for duel in combinations(answers, 2) if duel[0].answer != duel[1].answer]
        for prompt, answers in by_prompt.items()
    }


def choice(eval: Eval) -> Choice:
    return Choice(eval.provider, eval.model)


def tally(votes: Sequence[Vote]) -> list[Tally]:
    """How each model fared, the one with the most wins first."""
    won, same, lost = Counter[str](), Counter[str](), Counter[str]()
    for vote in votes:
        if vote.verdict == "same":
            same.update([vote.left_model, vote.right_model])
        else:
            sides = [vote.left_model, vote.right_model]
            won[sides.pop(0 if vote.verdict == "left" else 1)] += 1
            lost.update(sides)
    models = {model for vote in votes for model in (vote.left_model, vote.right_model)}
    found = [Tally(model, won[model], same[model], lost[model]) for model in models]
    return sorted(found, key=lambda each: (-each.won, each.lost, each.model))
