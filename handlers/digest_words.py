"""What the weekly digest says in words: its headline, a line and a row for each model, and three bullets."""

from collections.abc import Callable, Iterable, Mapping

from bot.amounts import arrow, counted, dollars, percent, reckoned, seconds, tokens
from bot.choices import named
from bot.elsewhere import ESTIMATE, Candidate, Elsewhere
from bot.figures import BudgetUse, Figures, ModelFigures
from bot.store import ChannelCost

HEAD = (
    "Model",
    "Calls",
    "Tokens in (cached)",
    "Tokens out (thinking)",
    "Cost",
    "Per 100 calls",
    "p50 / p95",
    "Failed",
    "Stood in",
    "Thumbs up",
    "Labels right",
    "Blind votes",
)

Mention = Callable[[str], str]
"""How a channel's id is shown."""


def names(models: Iterable[ModelFigures]) -> Mapping[str, str]:
    """A name for each model: its label, or where two share one, its id with the provider's."""
    ids = {each.model for each in models}
    shared = [named(model) for model in ids]
    return {model: named(model) if shared.count(named(model)) == 1 else model for model in ids}


def empty(figures: Figures) -> str:
    return f"{period(figures)} no model was asked, so there is nothing to compare."


def period(figures: Figures) -> str:
    first, last = figures.week.monday, figures.week.sunday
    begun = "In" if figures.complete else "So far, in"
    return f"{begun} week {figures.week.number} ({first.day} {first:%B} to {last.day} {last:%B %Y})"


def headline(figures: Figures) -> str:
    """One sentence for somebody who only pays."""
    total = figures.total
    calls = "1 call to a model" if total.calls == 1 else f"{total.calls:,} calls to models"
    if total.cost_usd is None and total.unpriced:
        return f"{period(figures)} there were {calls}; what they cost is unknown{unpriced(figures)}."
    more = f", plus {total.unpriced:,} whose price is unknown{unpriced(figures)}" if total.unpriced else ""
    return f"{period(figures)} {calls} cost {dollars(total.cost_usd or 0.0)}{compared(figures)}{more}."


def compared(figures: Figures) -> str:
    """The cost against the week before, where both are known in full."""
    moved = figures.change("cost_usd")
    if moved is None or figures.total.unpriced or figures.before.unpriced:
        return ""
    if abs(moved) < 0.005:
        return ", as much as the week before"
    return f", {percent(abs(moved))} {'more' if moved > 0 else 'less'} than the week before"


def unpriced(figures: Figures) -> str:
    """Who has no known price, by the ids that `prices.toml` takes."""
    return f" ({', '.join(each.model for each in figures.models if each.line.unpriced)})"


def totals(figures: Figures) -> str:
    """The totals, each with its change against the week before."""

    def told(name: str, text: str) -> str:
        return f"{text} {arrow(figures.change(name))}".rstrip()

    total = figures.total
    return " · ".join(
        (
            told("calls", f"{total.calls:,} calls"),
            told("cost_usd", dollars(total.cost_usd) if total.cost_usd is not None else "cost unknown"),
            told("failed", f"{total.failed:,} failed"),
            told("input_tokens", f"{tokens(total.input_tokens)} tokens in"),
            told("output_tokens", f"{tokens(total.output_tokens)} out"),
        )
    )


def row(model: ModelFigures, name: str) -> tuple[str, ...]:
    """A model's cells, under `HEAD`."""
    line = model.line
    return (
        name,
        by_task(model),
        f"{tokens(line.input_tokens)} ({tokens(line.cached_tokens)})",
        f"{tokens(line.output_tokens)} ({tokens(model.thinking_tokens)})",
        cost(model),
        dollars(model.per_100_usd) if model.per_100_usd is not None else "–",
        f"{seconds(line.p50_ms)} / {seconds(line.p95_ms)}",
        f"{line.failed:,}",
        f"{model.stood_in:,}",
        counted(model.thumbs),
        reckoned(model.labels),
        f"{percent(model.score)} of {model.votes.votes:,}" if model.votes and model.score is not None else "–",
    )


def by_task(model: ModelFigures) -> str:
    tasks = ", ".join(f"{task} {calls:,}" for task, calls in model.tasks.items())
    return tasks if len(model.tasks) == 1 else f"{model.line.calls:,}: {tasks}"


def cost(model: ModelFigures) -> str:
    """The known cost, and how many calls are missing in it."""
    known = dollars(model.line.cost_usd) if model.line.cost_usd is not None else ""
    unknown = f"{model.line.unpriced:,} unknown" if model.line.unpriced else ""
    return " + ".join(filter(None, (known, unknown))) or "–"


def sentence(model: ModelFigures, name: str) -> str:
    """A model's row as a line, without what there is nothing to tell about."""
    cells = dict(zip(HEAD, row(model, name), strict=True))
    line = model.line
    parts = [
        f"{cells['Calls']} calls",
        f"{cells['Cost']} ({cells['Per 100 calls']} per 100)",
        f"{cells['p50 / p95']}",
        f"{cells['Tokens in (cached)']} in, {cells['Tokens out (thinking)']} out",
    ]
    parts += [f"{line.failed:,} failed"] if line.failed else []
    parts += [f"{model.stood_in:,} stood in"] if model.stood_in else []
    parts += [f"{cells['Thumbs up']} thumbs up"] if model.thumbs.of else []
    parts += [f"labels right {cells['Labels right']}"] if model.labels.of else []
    parts += [f"blind votes {cells['Blind votes']}"] if model.score is not None else []
    return f"{name}: {'; '.join(parts)}"


def bullets(figures: Figures, mention: Mention) -> tuple[tuple[str, str], ...]:
    """Three headings with what stands behind each."""
    return (
        ("Where it went", spending(figures, mention)),
        ("The same traffic elsewhere", elsewhere(figures.elsewhere)),
        ("Ahead", " ".join(figures.warnings) or "Nothing changes within 60 days about the models in use."),
    )


def spending(figures: Figures, mention: Mention) -> str:
    places = ", ".join(f"{place(each, mention)} {dollars(each.cost_usd)}" for each in figures.channels)
    nothing = "No channel has a known cost." if figures.total.unpriced else "Nothing was spent in any channel."
    parts = [f"{places}." if places else nothing]
    parts += [budget(each) for each in figures.budgets] or ["No budget is set."]
    return " ".join(parts)


def place(cost: ChannelCost, mention: Mention) -> str:
    if not cost.channel:
        return "outside of channels"
    return "a direct message" if cost.channel.startswith("D") else mention(cost.channel)


def budget(use: BudgetUse) -> str:
    share = f" ({percent(use.used_usd / use.cap_usd)})" if use.cap_usd else ""
    amounts = f"{dollars(use.used_usd)} of {dollars(use.cap_usd)}{share}"
    if use.period == "daily":
        return f"The daily budget was used most on {use.begun}: {amounts}."
    return f"Of the budget for the month of {use.begun[:7]}, {amounts} is used."


def elsewhere(found: Elsewhere | None) -> str:
    if found is None:
        return "No tokens were counted that could be priced."
    known = [each for each in found.candidates if each.usd is not None and each.model != found.model]
    prices = ", ".join(f"{named(each.model)} {'' if each.measured else 'about '}{dollars(each.usd)}" for each in known)
    note = "" if all(each.measured for each in known) else f" (about: estimate, ±{percent(ESTIMATE)})"
    unknown = ", ".join(named(each.model) for each in found.candidates if each.usd is None)
    missing = f" Price unknown: {unknown}." if unknown else ""
    return f"{prices}{note}.{missing} {verdict(found)}"


def verdict(found: Elsewhere) -> str:
    """Who to change to, or why that cannot be said."""
    used, pick = named(found.model), found.pick
    if found.outcome == "unknown":
        return "What the week's calls cost is unknown in part, so nothing can be called cheaper."
    if pick is None:
        return "None of them would have been cheaper."
    against = f"{labels(pick)} right, {used} {counted(found.labels)}"
    if found.outcome == "as_good":
        return (
            f"Cheapest and not measurably worse on your labels: {named(pick.model)}, {dollars(pick.usd)} instead of "
            f"{dollars(found.actual_usd)} ({against})."
        )
    if found.outcome == "worse":
        return f"Everything cheaper is measurably worse on your labels: {named(pick.model)} got {against}."
    return (
        f"{named(pick.model)} would be cheapest, but there are too few labels to tell whether it is as good: "
        f"{found.needed:,} more are needed."
    )


def labels(candidate: Candidate) -> str:
    return counted(candidate.labels)


def trials(figures: Figures) -> str:
    """Who was tried beside the models in use, empty where nobody was."""
    if not figures.trials:
        return ""
    tried = " · ".join(sentence(each, f"{named(each.model)} ({each.line.purpose})") for each in figures.trials)
    return f"Tried beside them: {tried}"


def cells(figures: Figures) -> list[tuple[str, ...]]:
    shown = names(figures.models)
    return [row(model, shown[model.model]) for model in figures.models]
