"""Computes the digest of the last week, as `python -m bot digest` does; `bench` starts it to see what that takes."""

import asyncio
import json
import resource
import time
from datetime import UTC, datetime

import click

from bot.database import Database
from bot.digest import figures
from bot.pricing import Prices
from bot.settings import Settings
from bot.store import Store
from bot.week import last_complete

SETTINGS = Settings(daily_budget_usd=100.0, monthly_budget_usd=1_000.0)


async def measured(url: str, runs: int) -> dict[str, object]:
    """Seconds and processor seconds of each run, the first in a cold process, and the largest resident memory."""
    database = await Database.open(url)
    try:
        took, worked, now = [], [], datetime.now(UTC)
        for _ in range(runs):
            begun, worked_before = time.perf_counter(), time.process_time()
            found = await figures(
                Store(database),
                last_complete(now, SETTINGS.zone),
                settings=SETTINGS,
                workspace="T0SANDBOX",
                prices=Prices(),
                now=now,
            )
            took.append(time.perf_counter() - begun)
            worked.append(time.process_time() - worked_before)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return {"seconds": took, "processor": worked, "peak": peak, "calls": found.total.calls}
    finally:
        await database.close()


@click.command()
@click.argument("url")
@click.argument("runs", type=int)
def main(url: str, runs: int) -> None:
    click.echo(json.dumps(asyncio.run(measured(url, runs))))


if __name__ == "__main__":
    main()
