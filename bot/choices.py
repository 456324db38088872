"""Which model is meant: one of a provider's, alone or with its share of the requests, as people set it."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from adapters import PROVIDERS, Vendor
from adapters.models import label

TASKS = ("summarise", "triage", "extract", "route")
"""What models are asked for; each task may have a model of its own."""

DEFAULT = "default"
"""Stands for all tasks that have no model of their own."""

WHOLE = 100
"""Per cent."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One model of one provider."""

    provider: str
    model: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"

    @classmethod
    def parse(cls, name: str) -> "Choice":
        """The choice that is written `provider/model`, also of a provider that this version does not know."""
        provider, _, model = name.partition("/")
        return cls(provider, model)

    @property
    def vendor(self) -> Vendor:
        return PROVIDERS[self.provider]


def named(name: str) -> str:
    """What people read for `provider/model`."""
    return label(Choice.parse(name).model)


def known_provider(name: str) -> str:
    if name not in PROVIDERS:
        raise ValueError(f"choose one of {', '.join(PROVIDERS)}")
    return name


def known_task(name: str) -> str:
    if name and name not in TASKS:
        raise ValueError(f"choose one of {', '.join(TASKS)}")
    return name


class Picked(BaseModel):
    """A model as a setting names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: Annotated[str, AfterValidator(known_provider)]
    model: Annotated[str, Field(min_length=1, max_length=200)]

    @property
    def choice(self) -> Choice:
        return Choice(self.provider, self.model)


class Share(Picked):
    """A model with the part of a task's requests that it answers, in per cent."""

    percent: Annotated[int, Field(ge=0, le=WHOLE)] = WHOLE


class Sample(Picked):
    """A candidate that is sent `percent` of the prompts of `task`, of all tasks where that is empty."""

    percent: Annotated[int, Field(ge=0, le=WHOLE)]
    task: Annotated[str, AfterValidator(known_task)] = ""


def adds_up(shares: tuple[Share, ...]) -> tuple[Share, ...]:
    if sum(share.percent for share in shares) != WHOLE:
        raise ValueError("the shares add up to 100 per cent")
    return shares


Shares = Annotated[tuple[Share, ...], AfterValidator(adds_up)]
"""Who answers a task: the shares of its models, which add up to 100 per cent."""
