"""What the command `triage` prints: sentences and tables for people, JSON for programs."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot import tables
from bot.amounts import hits, plural
from bot.categories import URGENCIES
from bot.store import Count, OpenCase, QuietFigures, TriageFigures

NONE = "No support messages in that time."
UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def as_json(figures: TriageFigures) -> dict[str, object]:
    """Every figure; shares with their interval, null where there is nothing to count."""
    return asdict(figures) | {
        "since": figures.since.isoformat(),
        "until": figures.until.isoformat(),
        "corrected": figures.corrected.as_json(),
        "quiet": [quiet_as_json(channel) for channel in figures.quiet],
    }


def quiet_as_json(figures: QuietFigures) -> dict[str, object]:
    shares = ("handled", "requests", "noise", "labels", "attention")
    return asdict(figures) | {name: getattr(figures, name).as_json() for name in shares}


def show(console: Console, figures: TriageFigures, address: Callable[[OpenCase], str]) -> None:
    """What there is to say; `address` gives the link to a case."""
    for line in sorted_lines(figures) if figures.cases else [NONE]:
        console.print(escape(line))
    if figures.counts:
        tables.show(console, counted(figures.counts))
    for line in carded_lines(figures):
        console.print(escape(line))
    if figures.oldest:
        tables.show(console, listed(figures.oldest, figures.until, address))
    for channel in figures.quiet:
        for line in quiet_lines(channel):
            console.print(escape(line))


def sorted_lines(figures: TriageFigures) -> Iterator[str]:
    requests = sum(count.cases for count in figures.counts)
    when = f"{figures.since:%Y-%m-%d %H:%M} UTC"
    yield f"{plural(figures.cases, 'case')} since {when}: {plural(requests, 'request')}, {figures.noise:,} noise."
    if figures.unsorted:
        kinds = ", ".join(f"{kind} {cases:,}" for kind, cases in figures.unsorted.items())
        yield f"Not sorted: {sum(figures.unsorted.values()):,} ({kinds}). python -m bot calls tells what went wrong."
    if figures.unusable:
        yield f"No usable answer from the model, left to a person: {figures.unusable:,}."


def counted(counts: Iterable[Count]) -> Table:
    """A row per category, the largest first, a column per urgency."""
    cases = {(count.category, count.urgency): count.cases for count in counts}
    totals = Counter[str]()
    for (category, _), count in cases.items():
        totals[category] += count
    table = Table("category", *URGENCIES, "all", box=None, show_footer=True)
    for column in table.columns[1:]:
        column.justify = "right"
    for category, total in totals.most_common():
        row = [cases.get((category, urgency), 0) for urgency in URGENCIES]
        table.add_row(escape(category), *(f"{count:,}" if count else "" for count in row), f"{total:,}")
    by_urgency = [sum(count for (_, each), count in cases.items() if each == urgency) for urgency in URGENCIES]
    for column, text in zip(
        table.columns, ["all", *(f"{each:,}" for each in (*by_urgency, totals.total()))], strict=True
    ):
        column.footer = text
    return table


def carded_lines(figures: TriageFigures) -> Iterator[str]:
    """What people made of the cards."""
    if figures.corrected.of:
        parts = f"category {figures.recategorised:,}, urgency {figures.rerated:,}, not support {figures.dismissed:,}"
        yield f"Corrected by people: {hits(figures.corrected)} cards: {parts}."
    if figures.done_seconds is not None:
        yield f"Done: {figures.done:,}, half of them within {span(figures.done_seconds)}."
    if figures.uncarded:
        yield f"Cards that Slack did not take: {figures.uncarded:,}."
    if figures.open:
        yield f"Open now: {figures.open:,}" + (", the oldest:" if figures.open > len(figures.oldest) else ":")


def listed(cases: Iterable[OpenCase], now: datetime, address: Callable[[OpenCase], str]) -> Table:
    table = Table("age", "urgency", "category", "assigned to", "message", box=None)
    table.columns[-1].overflow = "fold"
    for case in cases:
        age = span((now - datetime.fromisoformat(case.opened_at)).total_seconds())
        table.add_row(age, case.urgency, *map(escape, (case.category, case.assignee or "nobody", address(case))))
    return table


def quiet_lines(figures: QuietFigures) -> Iterator[str]:
    """How far the model and people agree in a quiet channel."""
    yield f"Quiet channel {figures.channel}: {plural(figures.handled.of, 'case')} sorted, nothing posted."
    yield f"  Answered or marked by people: {hits(figures.handled)}."
    if figures.attention.of:
        requests, noise = figures.requests, figures.noise
        yield (
            f"  Agreed after a day on whether anybody has to act: {hits(figures.attention)}. Requests that people "
            f"answered or marked: {requests.hits:,} of {requests.of:,}; noise that they left alone: "
            f"{noise.hits:,} of {noise.of:,}."
        )
    if figures.labels.of:
        yield f"  Same category as the emoji that people put: {hits(figures.labels)}."
    for replies in figures.replies:
        what = f"{replies.urgency}: first" if replies.urgency else "First"
        yield f"  {what} reply after {span(replies.median_seconds)} (median of {replies.replies:,})."
    if figures.responders:
        yield f"  Replied first: {', '.join(f'{each.person} {each.cases:,}' for each in figures.responders)}."


def span(seconds: float) -> str:
    """A length of time by its two largest units."""
    left = round(seconds)
    parts = []
    for length, unit in UNITS:
        count, left = divmod(left, length)
        parts.append((count, unit))
    parts.append((left, "s"))
    first = next((place for place, (count, _) in enumerate(parts) if count), len(parts) - 1)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count) or "0 s"
