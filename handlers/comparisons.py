"""How a comparison looks: the question before it, and the table after it, with the same in plain words."""

from collections.abc import Iterator, Sequence
from typing import Any

from adapters.models import label
from bot.amounts import LEAST, cost, counted, money, plural, reckoned, seconds
from bot.choices import Choice
from bot.comparison import Figures, ModelFigures
from bot.measures import TRIAGE
from bot.replay import Estimate, Plan, Quote
from handlers import charts
from handlers.blocks import Content, actions, button, context, fitted, notice, section
from handlers.mrkdwn import escape

COMPARE, CANCEL, VOTE = "compare_run", "compare_cancel", "compare_vote"

NONE_LEFT = "There is nothing to compare: no prompt of the task {task} is kept any more, or none was asked yet."
DEARER = "This costs more than I told you, so I ask again. "
LABELS = (
    "*Agrees* counts cases that the model in use sorts alike. *Correct* counts cases that people corrected, with the "
    "95 % interval. The model that they corrected starts at a disadvantage there."
)
CITED = "*Cited* counts the entries that cite a message which exists; the others are left out of what people see."


def question(plan: Plan, estimates: Sequence[Estimate], value: str, *, dearer: bool = False) -> Content:
    """What comparing would cost, and whether to do it; where nothing is left to compare, just that.

    `dearer` says that it was asked before, at a lower cost.
    """
    if not plan.prompts:
        return notice(" ".join([NONE_LEFT.format(task=plan.wanted.task), *shortages(plan)]))
    head = f"{DEARER if dearer else ''}Compare {plural(len(plan.choices), 'model')} on {prompts(plan)}?"
    lines = [f"• {named(each.choice, plan.in_use)}: {estimated(each, len(plan.prompts))}" for each in estimates]
    price = together(Quote.of(estimates))
    total = f"Together {price}. Estimated from the tokens that these prompts took before."
    spoken = [*map(escape, [head, *shortages(plan), *lines, total])]
    return fitted(
        spoken,
        [
            section(f"*{escape(head)}*"),
            *[section(escape(" ".join(said))) for said in [shortages(plan)] if said],
            section("\n".join(map(escape, lines))),
            context(escape(total)),
            actions(button(f"Compare, {price}", COMPARE, value), button("Cancel", CANCEL, value)),
        ],
    )


def prompts(plan: Plan) -> str:
    """Such as `the last 8 prompts of the task summarise`."""
    count = len(plan.prompts)
    return f"the last {f'{count} prompts' if count > 1 else 'prompt'} of the task {plan.wanted.task}"


def shortages(plan: Plan) -> list[str]:
    """Why there are fewer prompts than were asked for."""
    logged = len(plan.logged)
    found = []
    if plan.purged:
        found.append(f"{plan.purged} of {logged} prompts have been purged.")
    if plan.unexplained:
        found.append(
            f"{plan.unexplained} of {logged} prompts were logged by an older version, which kept too little of them."
        )
    if logged < plan.wanted.most and plan.prompts:
        found.append(f"There are no more than {logged} in the log.")
    return found


def estimated(each: Estimate, of: int) -> str:
    stored = f", {of - each.missing} of {of} answers are kept already" if each.missing < of else ""
    return f"{about(each.usd)}{stored}"


def about(usd: float | None) -> str:
    return f"about {money(usd)}" if usd is not None and usd >= LEAST else cost(usd)


def together(quote: Quote) -> str:
    return f"{about(quote.usd)} and what is unknown" if quote.unknown else about(quote.usd)


def named(choice: Choice, in_use: Choice) -> str:
    return f"{label(choice.model)} (in use)" if choice == in_use else label(choice.model)


def table(plan: Plan, figures: Figures, refused: Sequence[str], value: str) -> Content:
    """The table, with a way to a blind vote where there are summaries to judge."""
    rows = [[*row(each, plan)] for each in figures]
    return shown(plan, figures, refused, value, [charts.table(columns(plan), rows)])


def lines(plan: Plan, figures: Figures, refused: Sequence[str], value: str) -> Content:
    """The same without the table."""
    return shown(plan, figures, refused, value, [section("\n".join(escape(spoken(each, plan)) for each in figures))])


def shown(
    plan: Plan, figures: Figures, refused: Sequence[str], value: str, middle: Sequence[dict[str, Any]]
) -> Content:
    head = f"{plural(len(figures), 'model')} on {prompts(plan)}: {total(figures)} in all."
    notes = [*shortages(plan), *gaps(figures, refused)]
    legend = LABELS if plan.wanted.task == TRIAGE else CITED
    foot = " ".join([*map(escape, notes), legend])
    blocks = [section(f"*{escape(head)}*"), *middle, context(foot)]
    if plan.wanted.task != TRIAGE and sum(each.answered > 0 for each in figures) > 1:
        blocks.append(actions(button("Vote blind", VOTE, value)))
    said = [head, *(spoken(each, plan) for each in figures), *notes]
    return fitted([*map(escape, said), legend], blocks)


def columns(plan: Plan) -> list[str]:
    quality = ["Agrees", "Correct"] if plan.wanted.task == TRIAGE else ["Cited"]
    return ["Model", "Calls", "Failures", "Cost", "p50", "p95", *quality]


def row(each: ModelFigures, plan: Plan) -> Iterator[str]:
    yield named(each.choice, plan.in_use)
    yield f"{each.calls:,}"
    yield f"{each.failed:,}"
    yield spent(each)
    yield from map(seconds, (each.p50_ms, each.p95_ms))
    if plan.wanted.task == TRIAGE:
        yield counted(each.agreement)
        yield reckoned(each.accuracy)
    else:
        yield counted(each.kept_entries)


def spoken(each: ModelFigures, plan: Plan) -> str:
    """One line of the table as a sentence."""
    model, *cells = row(each, plan)
    return f"{model}: " + ", ".join(f"{name} {cell}" for name, cell in zip(columns(plan)[1:], cells, strict=True))


def spent(each: ModelFigures) -> str:
    if not each.unpriced:
        return "free" if each.choice.vendor.free else money(each.cost_usd)
    known = f"{money(each.cost_usd)} and " if each.cost_usd else ""
    return f"{known}{each.unpriced} unknown"


def total(figures: Figures) -> str:
    """What the whole table has cost; unknown prices are named, never counted as nothing."""
    unpriced = sum(each.unpriced for each in figures)
    known = money(sum(each.cost_usd for each in figures))
    return f"{known} and {plural(unpriced, 'call')} of unknown price" if unpriced else known


def gaps(figures: Figures, refused: Sequence[str]) -> Iterator[str]:
    """What is missing from the table, and why."""
    models = [label(each.choice.model) for each in figures if str(each.choice) in refused]
    if models:
        yield (
            f"The budget did not allow all answers of {', '.join(models)}. Compare again when it does: what is kept is"
            " not asked twice."
        )
