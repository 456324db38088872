"""Which model answers: a provider and one of its models, and who stands in when that one cannot."""

from dataclasses import dataclass
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


class Routes(Protocol):
    async def route(self, task: str, job: str) -> Route:
        """The route of a job's calls for a task: the same however often the job is tried, unless an admin switches."""


class FixedRoute(Routes):
    """One route for everything."""

    def __init__(self, route: Route) -> None:
        self.fixed = route

    async def route(self, task: str, job: str) -> Route:
        return self.fixed
