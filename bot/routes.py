"""Which model answers: a provider and one of its models for each task, and who stands in when that one cannot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from adapters import PROVIDERS, Vendor


@dataclass(frozen=True, slots=True)
class Choice:
    """One model of one provider."""

    provider: str
    model: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"

    @property
    def vendor(self) -> Vendor:
        return PROVIDERS[self.provider]


@dataclass(frozen=True, slots=True)
class Route:
    """Who is asked first and who, if anybody, where that one cannot answer."""

    first: Choice
    fallback: Choice | None = None

    @property
    def choices(self) -> frozenset[Choice]:
        return frozenset({self.first, self.fallback or self.first})


@dataclass(frozen=True, slots=True)
class RoutingTable:
    """The routes that hold at one moment: one for each task that has its own, and one for all others."""

    default: Route
    tasks: Mapping[str, Route] = field(default_factory=dict)

    def route(self, task: str, job: str) -> Route:
        """The route of a job's calls for a task."""
        return self.tasks.get(task, self.default)

    @property
    def choices(self) -> frozenset[Choice]:
        """All that may be asked."""
        return self.default.choices.union(*(route.choices for route in self.tasks.values()))


class Routes(Protocol):
    """Where the routes are read from, anew for every question, so that a switch holds for the next one."""

    async def table(self) -> RoutingTable: ...


class FixedRoutes(Routes):
    """The routes of the environment, which never change."""

    def __init__(self, default: Route) -> None:
        self.fixed = RoutingTable(default)

    async def table(self) -> RoutingTable:
        return self.fixed
