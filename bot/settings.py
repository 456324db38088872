"""The settings of a workspace: defaults from the environment, and over them what admins have set."""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import reduce
from typing import Annotated, Literal
from uuid import uuid4
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, NonNegativeFloat, PositiveInt, ValidationError

from bot.categories import DEFAULT_CATEGORIES, DEFAULT_URGENCY_RULES, Categories, Category, UrgencyRules
from bot.choices import DEFAULT, TASKS, Picked, Sample, Shares
from bot.ids import CHANNEL, pattern
from bot.store import Change, Store
from bot.variables import TIME_OF_DAY, Weekday, zone

__all__ = ["OPERATOR", "Category", "Settings", "WorkspaceSettings"]

log = logging.getLogger("precis.settings")

REQUESTS_PER_USER_HOUR = 60
SHADOW_DAILY_USD = 1.0
OFF: Literal["off"] = "off"
OPERATOR = "operator"
"""Stands in the audit for whoever changes settings on the command line."""


def now() -> datetime:
    return datetime.now(UTC)


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


def ids(kinds: str, what: str) -> AfterValidator:
    """Checks that each id begins with one of these letters, and keeps each once."""
    form = pattern(kinds)

    def checked(given: tuple[str, ...]) -> tuple[str, ...]:
        odd = [id for id in given if not form.fullmatch(id)]
        if odd:
            raise ValueError(f"{odd[0][:30]!r} is not the id of {what}")
        return tuple(dict.fromkeys(given))

    return AfterValidator(checked)


def channel(id: str) -> str:
    """One channel's id, or nothing. Raises `ValueError`."""
    if id and not CHANNEL.fullmatch(id):
        raise ValueError(f"{id[:30]!r} is not the id of a channel (C… or G…)")
    return id


def share(part: float) -> float:
    if not 0 <= part <= 1:
        raise ValueError("give a number from 0 to 1")
    return part


def time_of_day(given: str) -> str:
    if not TIME_OF_DAY.fullmatch(given):
        raise ValueError("give a time such as 09:00 or 17:30")
    return given


def zone_name(name: str) -> str:
    found = zone(name)
    if found is None:
        raise ValueError("give the name of a time zone such as Europe/Berlin")
    return found.key


Channels = Annotated[tuple[str, ...], ids("CG", "a channel (C… or G…)")]
Bots = Annotated[tuple[str, ...], ids("AB", "a bot (B…) or an app (A…)")]


class Settings(Frozen):
    """Everything that can be set for a workspace, each field under its own name in the table `settings`.

    The messages of `triage_channels` and `quiet_channels` are sorted, but in the quiet ones nothing is posted, also
    where a channel is both; `triage_bots` are the bots and apps whose messages are sorted as people's are. A label
    whose confidence is below `confidence_floor` is left to a person. `digest_channel` is where Precis reports about
    itself, empty for nowhere; it does so every week on `digest_day` at `digest_time`, which clocks in `timezone` show.
    With `pending_report`, every support channel is told on weekdays which of its urgent cases are still open.

    Channels are Slack ids. Budgets are US dollars, None for no limit; days and months begin at midnight in `timezone`.
    `requests_per_user_hour` is what one person may ask for within an hour, None for as much as they like.

    `default_model` and its like say who answers a task, by shares of its requests: None where it is for the default to
    say, and at last for the environment. So does None as the `fallback`, where `off` is nobody. The candidate of
    `shadow` is sent a sample of the prompts, for `shadow_daily_usd` a day at the most, which no other budget counts.
    Changes are told in the `audit_channel`, in none where that is empty.
    """

    triage_channels: Channels = ()
    quiet_channels: Channels = ()
    triage_bots: Bots = ()
    categories: Categories = DEFAULT_CATEGORIES
    urgency_rules: UrgencyRules = DEFAULT_URGENCY_RULES
    confidence_floor: Annotated[float, AfterValidator(share)] = 0.5
    digest_channel: Annotated[str, AfterValidator(channel)] = ""
    digest_day: Weekday = "mon"
    digest_time: Annotated[str, AfterValidator(time_of_day)] = "09:00"
    pending_report: bool = False
    daily_budget_usd: NonNegativeFloat | None = None
    monthly_budget_usd: NonNegativeFloat | None = None
    requests_per_user_hour: PositiveInt | None = REQUESTS_PER_USER_HOUR
    timezone: Annotated[str, AfterValidator(zone_name)] = "UTC"
    default_model: Shares | None = None
    summarise_model: Shares | None = None
    triage_model: Shares | None = None
    extract_model: Shares | None = None
    route_model: Shares | None = None
    fallback: Picked | Literal["off"] | None = None
    shadow: Sample | None = None
    shadow_daily_usd: NonNegativeFloat = SHADOW_DAILY_USD
    audit_channel: Annotated[str, AfterValidator(channel)] = ""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def shares(self, task: str) -> Shares | None:
        """Who answers the task, None where nobody has set that."""
        found: Shares | None = getattr(self, model_setting(task))
        return found

    @property
    def digest_at(self) -> time:
        return time.fromisoformat(self.digest_time)


def model_setting(task: str) -> str:
    """The name of the setting that says who answers a task."""
    assert task in (*TASKS, DEFAULT), task
    return f"{task}_model"


@dataclass(slots=True)
class Reading:
    """A look into the database that has not begun yet, or what it found."""

    found: Settings | None = None


class WorkspaceSettings:
    """Reads and changes the settings of one workspace, always from the database: a change holds for the next read.

    Whoever asks while others wait for their look shares the next one. Every method raises `DatabaseError`.
    """

    def __init__(
        self,
        store: Store,
        workspace: str,
        defaults: Settings,
        *,
        now: Callable[[], datetime] = now,
    ) -> None:
        self.store = store
        self.workspace = workspace
        self.defaults = defaults
        self.now = now
        self.read_last: tuple[dict[str, str], Settings] = ({}, defaults)
        self.turn = asyncio.Lock()
        self.next_reading = Reading()

    async def read(self) -> Settings:
        """What holds now. A value that this version cannot read counts as not set, and is named in the log."""
        reading = self.next_reading
        async with self.turn:
            if reading.found is None:
                self.next_reading = Reading()
                reading.found = self.standing(await self.store.settings(self.workspace))
        return reading.found

    def standing(self, changed: dict[str, str]) -> Settings:
        if changed != self.read_last[0]:
            self.read_last = changed, reduce(self.with_value, changed.items(), self.defaults)
        return self.read_last[1]

    def with_value(self, settings: Settings, row: tuple[str, str]) -> Settings:
        name, value = row
        if name not in Settings.model_fields:
            return settings
        try:
            return Settings.model_validate({**settings.model_dump(), name: json.loads(value)})
        except (ValidationError, ValueError):
            log.error("The setting %s holds a value that this version cannot read: set it again", name)
            return settings

    async def change(
        self, name: str, value: object, *, by: str, reason: str | None = None, id: str | None = None
    ) -> Settings:
        """Set one field, or with None put it back to its default; the change is in the audit when this returns.

        A change with an `id` is made once, however often it is asked for, and what is set already is none. Returns what
        holds now. Raises `ValidationError` where the field does not take the value.
        """
        return await self.write(name, None if value is None else self.written(name, value), by, reason, id)

    async def lift(self, name: str, *, by: str, reason: str | None = None, id: str | None = None) -> Settings:
        """Set a field to none, which is no limit for one that limits, whatever its default; else as `change`."""
        return await self.write(name, self.written(name, None), by, reason, id)

    def written(self, name: str, value: object) -> str:
        checked = Settings.model_validate({**self.defaults.model_dump(), name: value})
        return json.dumps(checked.model_dump(mode="json")[name])

    async def write(self, name: str, new: str | None, by: str, reason: str | None, id: str | None) -> Settings:
        old = (await self.store.settings(self.workspace)).get(name)
        if new != old:
            await self.store.change_setting(
                Change(
                    id=id or uuid4().hex,
                    workspace=self.workspace,
                    changed_at=self.now().isoformat(),
                    changed_by=by,
                    name=name,
                    old=old,
                    new=new,
                    reason=reason,
                )
            )
        return await self.read()
