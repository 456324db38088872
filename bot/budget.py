"""The workspace's budget: what a call may cost is set aside before it is made, so that no cap is ever passed."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from adapters.errors import OverBudget, Unpriced
from bot.purposes import SHADOW, WORK
from bot.settings import Settings, WorkspaceSettings
from bot.store import Store
from bot.store.budgets import RESERVED_SECONDS

log = logging.getLogger("precis.budget")


@dataclass(frozen=True, slots=True)
class Exhausted:
    """A budget that is used up: `period` is `daily` or `monthly`, `begun` its first day, `usd` what it allows."""

    period: str
    begun: str
    usd: float


Alarm = Callable[[Exhausted], Awaitable[None]]
"""Tells the admins; called for every refusal, and tells them once."""


async def unheard(exhausted: Exhausted) -> None:
    """The alarm where nobody is to be told."""


@dataclass(frozen=True, slots=True)
class Left:
    """US dollars that are left today and this month, None where there is no such budget; and for shadow calls today."""

    daily: float | None
    monthly: float | None
    shadow: float


class Budget:
    """Reserves, for one workspace, what calls may cost. `now` is aware."""

    def __init__(
        self,
        store: Store,
        settings: WorkspaceSettings,
        *,
        alarm: Alarm = unheard,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store = store
        self.settings = settings
        self.alarm = alarm
        self.now = now
        self.before_today: tuple[datetime, float] | None = None

    async def reserve(self, call: str, provider: str, usd: float | None, purpose: str = WORK) -> float | None:
        """Set aside what a call may cost; returns that, or None where there is no budget or the model is free.

        Raises `OverBudget` where a cap would be passed, `Unpriced` where nobody knows what the call costs.
        """
        if usd == 0:
            return None
        settings = await self.settings.read()
        if purpose == SHADOW:
            return await self.reserve_apart(call, provider, usd, settings)
        if settings.daily_budget_usd is None and settings.monthly_budget_usd is None:
            return None
        if usd is None:
            raise Unpriced(provider)
        today, tomorrow, month = midnights(self.now(), settings.timezone)
        caps = {"daily": settings.daily_budget_usd, "monthly": await self.left_for_today(settings, today, month)}
        limits = {period: cap for period, cap in caps.items() if cap is not None}
        if not await self.set_aside(call, usd, (today, tomorrow), min(limits.values())):
            period = min(limits, key=lambda name: limits[name])
            await self.sound(settings, period, today if period == "daily" else month)
            raise OverBudget(provider, period)
        return usd

    async def reserve_apart(self, call: str, provider: str, usd: float | None, settings: Settings) -> float:
        """The same for a call that nobody sees: from a budget of its own, and nobody is told when that is used up."""
        if usd is None:
            raise Unpriced(provider)
        today, tomorrow, _ = midnights(self.now(), settings.timezone)
        if not await self.set_aside(call, usd, (today, tomorrow), settings.shadow_daily_usd, SHADOW):
            raise OverBudget(provider, SHADOW)
        return usd

    async def set_aside(
        self, call: str, usd: float, day: tuple[datetime, datetime], most: float, purpose: str = WORK
    ) -> bool:
        """Reserve of what may be spent in a day, which begins and ends at these moments."""
        begun, ended = day
        now = self.now().astimezone(UTC)
        since = now - timedelta(seconds=RESERVED_SECONDS)
        return await self.store.reserve(
            call, self.settings.workspace, usd, now, day=begun, until=ended, since=since, most=most, purpose=purpose
        )

    async def release(self, call: str) -> None:
        """Give back what was set aside; the call's row says what it cost."""
        await self.store.release(call)

    async def left_for_today(self, settings: Settings, today: datetime, month: datetime) -> float | None:
        """What the monthly budget leaves for today and all days after, None where there is none.

        The sum of the days before today is read once a day: it does not change any more when what was begun before
        midnight has ended.
        """
        if settings.monthly_budget_usd is None:
            return None
        if self.before_today is not None and self.before_today[0] == today:
            return settings.monthly_budget_usd - self.before_today[1]
        settled = self.now() - today >= timedelta(seconds=RESERVED_SECONDS)
        spent = await self.store.spent(self.settings.workspace, month, until=today)
        if settled:
            self.before_today = today, spent
        return settings.monthly_budget_usd - spent

    async def sound(self, settings: Settings, period: str, begun: datetime) -> None:
        usd = settings.daily_budget_usd if period == "daily" else settings.monthly_budget_usd
        first = begun.astimezone(ZoneInfo(settings.timezone)).date().isoformat()
        log.warning("A call was refused: the %s budget that began on %s is used up", period, first)
        await self.alarm(Exhausted(period, first, usd or 0.0))

    async def left(self) -> Left:
        """What may still be spent today and this month."""
        settings = await self.settings.read()
        today, tomorrow, month = midnights(self.now(), settings.timezone)
        workspace, daily, monthly = self.settings.workspace, settings.daily_budget_usd, settings.monthly_budget_usd
        return Left(
            None if daily is None else max(daily - await self.store.spent(workspace, today, until=tomorrow), 0.0),
            None if monthly is None else max(monthly - await self.store.spent(workspace, month, until=tomorrow), 0.0),
            max(settings.shadow_daily_usd - await self.store.spent(workspace, today, SHADOW, until=tomorrow), 0.0),
        )


def midnights(now: datetime, zone: str) -> tuple[datetime, datetime, datetime]:
    """When today, tomorrow and this month begin in that time zone, in UTC."""
    today = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    begins = today, today + timedelta(days=1), today.replace(day=1)
    today, tomorrow, month = (moment.astimezone(UTC) for moment in begins)
    return today, tomorrow, month
