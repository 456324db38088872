"""Triage at a glance: what the support cases of this week came to, and how far people agree in quiet channels.

A quiet channel is looked at over `LOOK_BACK`, so that there is something to compare on a Monday too.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from bot.amounts import hits, plural
from bot.categories import URGENCIES
from bot.store import QuietFigures, TriageFigures
from handlers.blocks import clip
from handlers.mrkdwn import escape

NO_CASES = "No support messages this week."
LOOK_BACK = timedelta(days=14)
NAME_LENGTH = 40
UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def glance(figures: TriageFigures) -> Sequence[str]:
    """The lines for all channels, in markup."""
    return [*(lines(figures) if figures.cases else [NO_CASES]), f"• Open now: {figures.open:,}"]


def lines(figures: TriageFigures) -> Iterator[str]:
    requests = sum(count.cases for count in figures.counts)
    yield f"*{plural(figures.cases, 'case')}*: {plural(requests, 'request')}, {figures.noise:,} noise."
    urgencies, categories = Counter[str](), Counter[str]()
    for count in figures.counts:
        urgencies[count.urgency] += count.cases
        categories[count.category] += count.cases
    if requests:
        yield f"• By urgency: {', '.join(f'{each} {urgencies[each]:,}' for each in URGENCIES if urgencies[each])}"
        by_category = (f"{escape(clip(name, NAME_LENGTH))} {cases:,}" for name, cases in categories.most_common())
        yield f"• By category: {', '.join(by_category)}"
    if figures.unsorted:
        yield f"• Not sorted, because no model could be asked: {sum(figures.unsorted.values()):,}"
    if figures.corrected.of:
        yield f"• Corrected by people: {hits(figures.corrected)} cards"
    if figures.done_seconds is not None:
        yield f"• Done: {figures.done:,}, half of them within {span(figures.done_seconds)}"


def remarks(channels: Sequence[QuietFigures]) -> Mapping[str, str]:
    """How far the labels agree with what people do, for each quiet channel that had cases."""
    return {each.channel: " ".join(agreement(each)) for each in channels}


def agreement(figures: QuietFigures) -> Iterator[str]:
    cases = plural(figures.handled.of, "case")
    yield f"{cases} sorted in {LOOK_BACK.days} days, {figures.handled.hits:,} answered or marked by people."
    if figures.attention.of:
        yield f"Agreed after a day on whether anybody has to act: {hits(figures.attention)}."
    if figures.labels.of:
        yield f"Same category as the emoji that people put: {hits(figures.labels)}."


def span(seconds: float) -> str:
    """A length of time by its largest unit."""
    for length, unit in UNITS:
        if seconds >= length:
            return plural(round(seconds / length), unit)
    return plural(round(seconds), "second")
