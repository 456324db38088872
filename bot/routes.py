"""Which model answers: a provider and one of its models for each task, and who stands in when that one cannot."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Protocol

from bot.choices import TASKS, WHOLE, Choice, Picked, Sample, Shares
from bot.settings import Settings, WorkspaceSettings


@dataclass(frozen=True, slots=True)
class Route:
    """Who is asked first and who, if anybody, where that one cannot answer. `shadow` is sent the same, unseen."""

    first: Choice
    fallback: Choice | None = None
    shadow: Choice | None = None

    @property
    def choices(self) -> frozenset[Choice]:
        return frozenset({self.first, self.fallback or self.first, self.shadow or self.first})


@dataclass(frozen=True, slots=True)
class RoutingTable:
    """Who answers at one moment: each task that has its own models, and all others. `default` names all who stand in.

    A job's place in a split and in the sample follows from its id alone, so that a retry keeps its model.
    """

    default: Route
    shared: Shares = ()
    tasks: Mapping[str, Shares] = field(default_factory=dict)
    sample: Sample | None = None

    def route(self, task: str, job: str) -> Route:
        """The route of a job's calls for a task."""
        first = picked(self.tasks.get(task) or self.shared, job) or self.default.first
        fallback, shadow = self.default.fallback, self.shadowed(task, job)
        return Route(first, fallback if fallback != first else None, shadow if shadow != first else None)

    def shadowed(self, task: str, job: str) -> Choice | None:
        if self.sample is None or self.sample.task not in ("", task):
            return None
        return self.sample.choice if place(job, "shadow") < self.sample.percent else None

    @property
    def choices(self) -> frozenset[Choice]:
        """All that may be asked."""
        shares = [*self.shared, *(share for shares in self.tasks.values() for share in shares)]
        found = {share.choice for share in shares if share.percent}
        if not self.shared:
            found.add(self.default.first)
        if self.default.fallback:
            found.add(self.default.fallback)
        if self.sample and self.sample.percent:
            found.add(self.sample.choice)
        return frozenset(found)


def picked(shares: Shares, job: str) -> Choice | None:
    """The model whose share of the hundred places holds that of the job; None where there are no shares."""
    left = place(job, "split")
    for share in shares:
        left -= share.percent
        if left < 0:
            return share.choice
    return None


def place(job: str, draw: str) -> int:
    """Where a job falls among a hundred places; each draw is independent of the others."""
    return int.from_bytes(hashlib.sha256(f"{draw}\0{job}".encode(errors="replace")).digest()[:8]) % WHOLE


class Routes(Protocol):
    """Where the routes are read from, anew for every question, so that a switch holds for the next one."""

    async def table(self) -> RoutingTable: ...


class SettingsRoutes(Routes):
    """The routes that admins have set for the workspace, and those of the environment for what they have not.

    `default` are those of the environment on a day, `now` is aware.
    """

    def __init__(
        self, settings: WorkspaceSettings, default: Callable[[date], Route], now: Callable[[], datetime]
    ) -> None:
        self.settings = settings
        self.default = default
        self.now = now

    async def table(self) -> RoutingTable:
        return table(await self.settings.read(), self.default(self.now().astimezone(UTC).date()))


def table(settings: Settings, default: Route) -> RoutingTable:
    """The routes by these settings; `default` are those of the environment."""
    return RoutingTable(
        Route(default.first, stand_in(settings.fallback, default.fallback)),
        shared=settings.default_model or (),
        tasks={task: shares for task in TASKS if (shares := settings.shares(task))},
        sample=settings.shadow,
    )


def stand_in(fallback: Picked | str | None, default: Choice | None) -> Choice | None:
    if fallback is None:
        return default
    return fallback.choice if isinstance(fallback, Picked) else None
