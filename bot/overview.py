"""What there is to know about the models in use: who answers what, how they do, what they cost, what will change."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot import lifecycle
from bot.budget import Left, midnights
from bot.choices import DEFAULT, TASKS, WHOLE, Choice, Sample
from bot.lifecycle import Warning
from bot.llm import Gateway
from bot.routes import RoutingTable
from bot.settings import Settings, WorkspaceSettings
from bot.store import Costs, LastError, Line, Standing
from bot.week import Week

Parts = Sequence[tuple[Choice, int]]
"""Models with their shares, in per cent."""


@dataclass(frozen=True, slots=True)
class Health:
    """How a model does: `left_alone` is for how many seconds it is not asked yet, None where it is.

    `error` is today's last failure, and `p95_ms` the latency that 95 of 100 answers of today kept to.
    """

    choice: Choice
    left_alone: float | None
    error: LastError | None
    p95_ms: int | None


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything at one moment. `tasks` has who answers each task, the default too; `own` those that have their own.

    `week` is what this week's calls come to, which began on Monday in the workspace's time zone.
    """

    tasks: Mapping[str, Parts]
    own: frozenset[str]
    fallback: Choice | None
    shadow: Sample | None
    standing: Mapping[str, Standing]
    settings: Settings
    left: Left
    health: Sequence[Health]
    week: Sequence[Line]
    warnings: Sequence[Warning]


async def look(gateway: Gateway, settings: WorkspaceSettings) -> Overview:
    """The overview as of now. Raises `DatabaseError`."""
    held, table, budget = await settings.read(), await gateway.routes.table(), gateway.attempts.budget
    now = budget.now()
    choices = sorted(table.choices, key=str)
    zone = held.zone
    today, _, _ = midnights(now, held.timezone)
    store = settings.store
    week = await store.costs(by="model", since=Week.of(now, zone).begins(zone), until=now, zone=zone)
    day = await store.costs(by="model", since=today, until=now, zone=zone)
    errors = {(error.provider, error.model): error for error in await store.last_errors(today)}
    return Overview(
        tasks={task: parts(table, task) for task in (DEFAULT, *TASKS)},
        own=frozenset(task for task in (DEFAULT, *TASKS) if held.shares(task)),
        fallback=table.default.fallback,
        shadow=table.sample,
        standing={row.name: row for row in await store.standing(settings.workspace)},
        settings=held,
        left=await budget.left(),
        health=[health(choice, gateway, errors, day) for choice in choices],
        week=week.lines if week else [],
        warnings=await asyncio.to_thread(
            lifecycle.warnings, choices, now.astimezone(zone).date(), gateway.attempts.prices
        ),
    )


def parts(table: RoutingTable, task: str) -> Parts:
    shares = table.tasks.get(task) or table.shared
    return [(share.choice, share.percent) for share in shares] or [(table.default.first, WHOLE)]


def health(choice: Choice, gateway: Gateway, errors: Mapping[tuple[str, str], LastError], day: Costs | None) -> Health:
    p95 = next((line.p95_ms for line in (day.lines if day else ()) if line.name == str(choice)), None)
    return Health(choice, gateway.left_alone.get(choice), errors.get((choice.provider, choice.model)), p95)


def replacements(overview: Overview, choice: Choice, successor: str) -> Mapping[str, str]:
    """What to type so that a successor takes a model's place, for each place that it has."""
    found = {}
    for task, shares in overview.tasks.items():
        if choice in dict(shares) and (task == DEFAULT or task in overview.own):
            found[task] = replaced(task, shares, choice, successor)
    if choice == overview.fallback:
        found["fallback"] = f"fallback {choice.provider} {successor}"
    if overview.shadow and choice == overview.shadow.choice:
        scope = f" for {overview.shadow.task}" if overview.shadow.task else ""
        found["shadow"] = f"shadow {choice.provider} {successor} {overview.shadow.percent}{scope}"
    return found


def replaced(task: str, shares: Parts, choice: Choice, successor: str) -> str:
    if len(shares) == 1:
        return f"set {choice.provider} {successor} for {task}"
    new = Choice(choice.provider, successor)
    return f"split {' '.join(f'{new if one == choice else one}={percent}' for one, percent in shares)} for {task}"
