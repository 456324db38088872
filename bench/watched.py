"""The app as `python -m bot run` runs it, beside a ticker that notes how late the event loop was; `bench` starts it."""

import asyncio
import json
import time

import click

from bot import app, config, logs
from bot.cli.environment import environment
from bot.config import Config
from bot.pricing import Prices

TICK = 0.005
NOTED = 0.005
"""Seconds between ticks, and how late one must be to be noted."""


async def tick(late: list[tuple[float, float]]) -> None:
    """Note each late tick: when on the monotonic clock, which all processes share, and by how many seconds."""
    while True:
        due = time.monotonic() + TICK
        await asyncio.sleep(TICK)
        now = time.monotonic()
        if now - due > NOTED:
            late.append((now, now - due))


async def watched(settings: Config) -> list[tuple[float, float]]:
    late: list[tuple[float, float]] = []
    ticker = asyncio.create_task(tick(late))
    try:
        await app.run(settings, Prices())
    finally:
        ticker.cancel()
    return late


if __name__ == "__main__":
    chosen = config.load(environment())
    logs.configure(chosen.log_level)
    click.echo(json.dumps(asyncio.run(watched(chosen))))
