"""The weekly digest: when it is due, and what a week came to."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from adapters import PROVIDERS
from bot.choices import Choice
from bot.elsewhere import Elsewhere, Traffic, elsewhere
from bot.evals import Proportion
from bot.figures import BudgetUse, Figures, ModelFigures
from bot.job import Body
from bot.lifecycle import warnings
from bot.pricing import Prices
from bot.purposes import WORK
from bot.scheduler import Ring
from bot.settings import Settings
from bot.store import Line, Store, Tally, TaskCalls, Votes
from bot.week import Week, last_complete, moment

QUEUE = "digest"
TRIAGE = "triage"
CHANNELS = 3
LABEL_WEEKS = timedelta(weeks=13)
"""How far back labels and replays tell something about the models of today: a quarter."""


def hour(settings: Settings, now: datetime) -> datetime:
    """When the digest of the last complete week is due: in the week that runs now."""
    return Week.of(now, settings.zone).hour(settings.digest_day, settings.digest_at, settings.zone)


def due(settings: Settings, now: datetime, workspace: str) -> Ring | None:
    """The digest whose hour has come in this week, where there is a channel for it."""
    if not settings.digest_channel or now < hour(settings, now):
        return None
    return order(workspace, last_complete(now, settings.zone), now, asked=False)


def order(workspace: str, week: Week, now: datetime, *, asked: bool) -> Ring:
    """The job that posts a week's digest, the same for all who want it; `asked`: at once, whatever its hour is."""
    body: Body = {"week": str(week), "at": now.timestamp(), "asked": asked}
    return Ring(f"{QUEUE}:{workspace}:{week}", QUEUE, body)


async def figures(
    store: Store, week: Week, *, settings: Settings, workspace: str, prices: Prices, now: datetime
) -> Figures:
    """What a week came to. Raises `DatabaseError`.

    A week begins and ends at midnight in the time zone of the settings. Warnings are about the models that were used in
    it, as of `now`, and so are the prices of other models.
    """
    zone = settings.zone
    since, until = week.begins(zone), week.ends(zone)
    lines = await store.model_lines(since, until)
    models = await joined(store, lines, since, until)
    working = [model for model in models if model.line.purpose == WORK]
    choices = [choice for model in working if (choice := chosen(model.model))]
    today = now.astimezone(zone).date()
    return Figures(
        week=week,
        timezone=settings.timezone,
        complete=until <= now,
        total=await store.totals(since, until),
        before=await store.totals(week.before.begins(zone), since),
        models=working,
        trials=[model for model in models if model.line.purpose != WORK],
        channels=await store.dearest_channels(since, until, CHANNELS),
        budgets=await budgets(store, week, settings, workspace),
        warnings=[each.sentence for each in await asyncio.to_thread(warnings, choices, today, prices)],
        elsewhere=await compared(store, working, until, prices, now),
    )


async def joined(store: Store, lines: Sequence[Line], since: datetime, until: datetime) -> list[ModelFigures]:
    """Each model's line with everything else that is known about its calls; verdicts go with its work."""
    tasks = await store.task_calls(since, until)
    thumbs = shares(await store.thumbs(since, until))
    labels = shares(await store.labels(since, until))
    votes = {each.model: each for each in await store.blind_votes(since, until)}
    return [
        model(line, [each for each in tasks if (each.model, each.purpose) == key(line)], thumbs, labels, votes)
        for line in lines
    ]


def key(line: Line) -> tuple[str, str]:
    return line.name, line.purpose


def shares(tallies: Iterable[Tally]) -> dict[str, Proportion]:
    return {each.model: Proportion(each.hits, each.of) for each in tallies}


def model(
    line: Line,
    tasks: Sequence[TaskCalls],
    thumbs: Mapping[str, Proportion],
    labels: Mapping[str, Proportion],
    votes: Mapping[str, Votes],
) -> ModelFigures:
    nothing = Proportion(0, 0)
    return ModelFigures(
        line=line,
        tasks={each.task: each.calls for each in tasks},
        stood_in=sum(each.stood_in for each in tasks),
        metered=sum(each.metered for each in tasks),
        priced=sum(each.priced for each in tasks),
        cache_write_tokens=sum(each.cache_write_tokens for each in tasks),
        thinking_tokens=sum(each.thinking_tokens for each in tasks),
        thumbs=thumbs.get(line.name, nothing),
        labels=labels.get(line.name, nothing),
        votes=votes.get(line.name),
    )


def chosen(name: str) -> Choice | None:
    """The choice that a name in the call log stands for, None for a provider that this version does not know."""
    found = Choice.parse(name)
    return found if found.provider in PROVIDERS else None


async def budgets(store: Store, week: Week, settings: Settings, workspace: str) -> list[BudgetUse]:
    """How much of each budget that is set was used: on the week's dearest day, and in its month up to its end."""
    found, zone = [], settings.zone
    days = [week.monday + timedelta(days=number) for number in range(7)]
    if settings.daily_budget_usd is not None:
        spent = [await spent_on(store, workspace, day, settings) for day in days]
        dearest = max(range(7), key=lambda number: spent[number])
        found.append(use("daily", days[dearest], spent[dearest], settings.daily_budget_usd))
    if settings.monthly_budget_usd is not None:
        first = week.sunday.replace(day=1)
        used = await store.spent(workspace, day_of(first, settings)[0], until=week.ends(zone))
        found.append(use("monthly", first, used, settings.monthly_budget_usd))
    return found


async def spent_on(store: Store, workspace: str, day: date, settings: Settings) -> float:
    begins, ends = day_of(day, settings)
    return await store.spent(workspace, begins, until=ends)


def day_of(day: date, settings: Settings) -> tuple[datetime, datetime]:
    return moment(day, time(), settings.zone), moment(day + timedelta(days=1), time(), settings.zone)


def use(period: str, begun: date, used: float, cap: float) -> BudgetUse:
    return BudgetUse(period=period, begun=begun.isoformat(), used_usd=used, cap_usd=cap)


async def compared(
    store: Store, models: Sequence[ModelFigures], until: datetime, prices: Prices, now: datetime
) -> Elsewhere | None:
    """The week's traffic with other models; None where no model counted tokens."""
    traffic = [moved(each) for each in models if each.metered]
    if not traffic:
        return None
    since = until - LABEL_WEEKS
    labels, pairs = shares(await store.labels(since, until)), await store.pairs(since, until)
    judged = max(models, key=lambda each: (each.tasks.get(TRIAGE, 0), each.line.calls)).model
    return await asyncio.to_thread(elsewhere, traffic, judged, labels, pairs, prices, now)


def moved(figures: ModelFigures) -> Traffic:
    line = figures.line
    return Traffic(
        model=line.name,
        calls=figures.metered,
        input_tokens=line.input_tokens,
        cached_tokens=line.cached_tokens,
        cache_write_tokens=figures.cache_write_tokens,
        output_tokens=line.output_tokens,
        cost_usd=None if line.unpriced else line.cost_usd,
    )
