"""What has been spent and what is reserved for calls under way; and how much one person has asked for."""

from datetime import datetime

from bot.purposes import WORK
from bot.store.rows import BATCH, Rows

RESERVED_SECONDS = 600
"""A reservation older than this was left by a process that died."""

OF_THAT_BUDGET = "(purpose = 'shadow') = ({shadow} = 'shadow')"
SPENT = f"""
    SELECT coalesce(sum(coalesce(cost_usd, reserved_usd)), 0.0) AS usd FROM calls
    WHERE workspace = $1 AND called_at >= $2 AND called_at < $4 AND {OF_THAT_BUDGET.format(shadow="$3")}"""
RESERVE = f"""
    INSERT INTO reservations (call, workspace, usd, reserved_at, purpose)
    SELECT $1, $2, $3, $4, $9 WHERE $8 >= $3
        + (SELECT coalesce(sum(coalesce(cost_usd, reserved_usd)), 0.0) FROM calls
           WHERE workspace = $2 AND called_at >= $5 AND called_at < $7 AND {OF_THAT_BUDGET.format(shadow="$9")})
        + (SELECT coalesce(sum(usd), 0.0) FROM reservations
           WHERE workspace = $2 AND reserved_at >= $6 AND reserved_at < $7 AND {OF_THAT_BUDGET.format(shadow="$9")})
    RETURNING call"""
FORGET_RESERVATIONS = f"""
    DELETE FROM reservations WHERE call IN (SELECT call FROM reservations WHERE reserved_at < $1 LIMIT {BATCH})
    RETURNING call"""
CALLS_FOR = """
    SELECT count(*) AS calls FROM calls
    WHERE "user" = $1 AND called_at >= $2 AND workspace = $3 AND task = $4 AND purpose = 'work'"""
REQUESTS = """
    SELECT DISTINCT job FROM calls
    WHERE "user" = $1 AND called_at >= $2 AND workspace = $3 AND task <> $4 AND purpose = 'work'"""


class Budgets(Rows):
    async def reserve(
        self,
        call: str,
        workspace: str,
        usd: float,
        at: datetime,
        *,
        day: datetime,
        until: datetime,
        since: datetime,
        most: float,
        purpose: str = WORK,
    ) -> bool:
        """Set `usd` aside for a call, unless that, all spent from `day` to `until` and all reserved pass `most`.

        Calls of the purpose `shadow` are counted apart from all others. Reservations made before `since` were left by
        processes that died; what is dated after `until`, by a clock that was ahead, counts when that day has come. All
        in one statement, so that processes which reserve at the same moment cannot pass the budget together.
        """
        moments = (moment.isoformat() for moment in (at, day, since, until))
        return bool(await self.database.write(RESERVE, call, workspace, usd, *moments, most, purpose))

    async def release(self, call: str) -> None:
        """End a reservation; what the call cost stands in its row."""
        await self.database.write("DELETE FROM reservations WHERE call = $1", call)

    async def spent(self, workspace: str, since: datetime, purpose: str = WORK, *, until: datetime) -> float:
        """US dollars in that time: known costs, and what is held for calls whose bill never came.

        Those of the purpose `shadow` where that is given, otherwise all others.
        """
        [row] = await self.database.report(SPENT, workspace, since.isoformat(), purpose, until.isoformat())
        return float(row["usd"] or 0.0)

    async def calls_for(self, workspace: str, user: str, since: datetime, task: str) -> int:
        """How many calls for a task this person has caused since then."""
        [row] = await self.database.read(CALLS_FOR, user, since.isoformat(), workspace, task)
        return int(row["calls"] or 0)

    async def requests(self, workspace: str, user: str, since: datetime, *, unasked: str) -> set[str]:
        """The jobs of this person that have called a model since then, without the task that nobody asks for."""
        rows = await self.database.read(REQUESTS, user, since.isoformat(), workspace, unasked)
        return {str(row["job"]) for row in rows}

    async def forget_reservations(self, before: datetime) -> None:
        """Delete what dead processes had reserved."""
        await self.database.repeat(FORGET_RESERVATIONS, before.isoformat())
