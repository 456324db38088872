"""How well given labels agree with right ones: accuracy with its interval, macro-F1, and where the mistakes are.

Written out here because it is small: the well-kept libraries that hold it bring NumPy and SciPy along.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean

CONFIDENCE = 0.95
Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


@dataclass(frozen=True, slots=True)
class Labelled:
    """One case with the label that is right, as a person said, and the label that was given to it."""

    right: str
    given: str


@dataclass(frozen=True, slots=True)
class Proportion:
    """So many of so many. `value` and `interval` are shares from 0 to 1, None where there is nothing to count."""

    hits: int
    of: int

    @classmethod
    def counted(cls, outcomes: Iterable[bool]) -> "Proportion":
        each = list(outcomes)
        return cls(sum(each), len(each))

    @property
    def value(self) -> float | None:
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % score interval of E. B. Wilson, "Probable inference, the law of succession, and statistical
        inference", Journal of the American Statistical Association 22 (1927), which holds for small numbers too."""
        if not self.of:
            return None
        share, weight = self.hits / self.of, Z**2 / self.of
        centre = (share + weight / 2) / (1 + weight)
        reach = Z / (1 + weight) * math.sqrt(share * (1 - share) / self.of + weight / (4 * self.of))
        return max(0.0, centre - reach), min(1.0, centre + reach)

    def as_json(self) -> dict[str, object]:
        """For programs: the counts, the share and its interval, null where there is nothing to count."""
        return {"hits": self.hits, "of": self.of, "value": self.value, "interval": self.interval}


@dataclass(frozen=True, slots=True)
class CategoryScore:
    """One category: `precision` counts the cases that were given it, `recall` those that it is right for."""

    category: str
    precision: Proportion
    recall: Proportion

    @property
    def f1(self) -> float:
        """Twice the hits over all that were given or right; 0 where there are no hits."""
        return 2 * self.precision.hits / (self.precision.of + self.recall.of)


@dataclass(frozen=True, slots=True)
class Scores:
    """What a set of labelled cases shows. `confusion` counts pairs of right and given label, the right ones too."""

    accuracy: Proportion
    categories: tuple[CategoryScore, ...]
    confusion: Mapping[tuple[str, str], int]

    @property
    def macro_f1(self) -> float | None:
        """The mean F1 of the categories that occur among the right or the given labels, as scikit-learn reckons it."""
        return fmean(score.f1 for score in self.categories) if self.categories else None


def score(cases: Sequence[Labelled]) -> Scores:
    """Categories come in the order of the alphabet."""
    confusion = Counter((case.right, case.given) for case in cases)
    right = Counter(case.right for case in cases)
    given = Counter(case.given for case in cases)
    return Scores(
        accuracy=Proportion.counted(case.right == case.given for case in cases),
        categories=tuple(
            CategoryScore(
                name,
                precision=Proportion(confusion[name, name], given[name]),
                recall=Proportion(confusion[name, name], right[name]),
            )
            for name in sorted(right | given)
        ),
        confusion=dict(confusion),
    )
