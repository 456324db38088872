"""The figures of a week, as the digest shows them and as anybody can query them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from bot.elsewhere import Elsewhere
from bot.evals import Proportion
from bot.store import ChannelCost, Line, Totals, Votes
from bot.week import Week


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFigures:
    """One model's week, from its calls of one purpose.

    `line` has calls, tokens, cost, latency and failures, all as in `costs`. `tasks` counts the calls of each task. The
    other counts are as in `TaskCalls`. `thumbs` are those pointing up; `labels` the labels that people let stand;
    `votes` the blind votes.
    """

    line: Line
    tasks: Mapping[str, int]
    stood_in: int
    metered: int
    priced: int
    cache_write_tokens: int
    thinking_tokens: int
    thumbs: Proportion
    labels: Proportion
    votes: Votes | None

    @property
    def model(self) -> str:
        """`provider/model`, as it was asked for."""
        return self.line.name

    @property
    def per_100_usd(self) -> float | None:
        """The cost of 100 calls, over the calls of known cost."""
        return self.line.cost_usd / self.priced * 100 if self.line.cost_usd is not None and self.priced else None

    @property
    def score(self) -> float | None:
        """The share of blind votes that were won, of which one that found both the same counts for half."""
        return (self.votes.won + self.votes.same / 2) / self.votes.votes if self.votes and self.votes.votes else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetUse:
    """How much of a budget is used: `period` is `daily` for the week's dearest day, or `monthly` up to its end.

    `begun` is the first day of that period. US dollars, with what is held for calls whose bill never came.
    """

    period: str
    begun: str
    used_usd: float
    cap_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Everything about one week. `models` are those that somebody waited for, the dearest first, unknown costs last;
    `trials` are models tried in the background or replayed, one for each purpose. `before` is the week before.
    `complete` is whether the week is over."""

    week: Week
    timezone: str
    complete: bool
    total: Totals
    before: Totals
    models: Sequence[ModelFigures]
    trials: Sequence[ModelFigures]
    channels: Sequence[ChannelCost]
    budgets: Sequence[BudgetUse]
    warnings: Sequence[str]
    elsewhere: Elsewhere | None

    @property
    def empty(self) -> bool:
        return not self.models and not self.trials

    def change(self, name: str) -> float | None:
        """The relative change of a total, 0.1 for ten percent more; None where there is nothing to compare with.

        A week that is not over is not compared with a whole one.
        """
        now, before = getattr(self.total, name), getattr(self.before, name)
        return (now - before) / before if self.complete and now is not None and before else None


def as_json(figures: Figures) -> dict[str, object]:
    """Every figure. Shares are from 0 to 1, changes relative to the week before; null stands for unknown."""
    return {
        "week": str(figures.week),
        "first_day": figures.week.monday.isoformat(),
        "last_day": figures.week.sunday.isoformat(),
        "timezone": figures.timezone,
        "complete": figures.complete,
        "total": asdict(figures.total),
        "before": asdict(figures.before),
        "change": {name: figures.change(name) for name in ("calls", "cost_usd")},
        "models": [model_as_json(model) for model in figures.models],
        "trials": [model_as_json(model) for model in figures.trials],
        "channels": [asdict(channel) for channel in figures.channels],
        "budgets": [asdict(budget) for budget in figures.budgets],
        "warnings": list(figures.warnings),
        "elsewhere": elsewhere_as_json(figures.elsewhere) if figures.elsewhere else None,
    }


def model_as_json(model: ModelFigures) -> dict[str, object]:
    line = asdict(model.line)
    return {
        "model": line.pop("name"),
        **line,
        "tasks": dict(model.tasks),
        "stood_in": model.stood_in,
        "priced": model.priced,
        "cache_write_tokens": model.cache_write_tokens,
        "thinking_tokens": model.thinking_tokens,
        "per_100_usd": model.per_100_usd,
        "thumbs_up": model.thumbs.as_json(),
        "labels": model.labels.as_json(),
        "votes": {"score": model.score, **(asdict(model.votes) if model.votes else {})},
    }


def elsewhere_as_json(found: Elsewhere) -> dict[str, object]:
    candidates = [asdict(each) | {"labels": each.labels.as_json()} for each in found.candidates]
    return {
        "actual_usd": found.actual_usd,
        "model": found.model,
        "labels": found.labels.as_json(),
        "outcome": found.outcome,
        "pick": found.pick.model if found.pick else None,
        "labels_needed": found.needed,
        "candidates": candidates,
    }
