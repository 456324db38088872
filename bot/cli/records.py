"""The database as a command finds it: one that only reads makes no file where there is none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.cli.ending import fail

if TYPE_CHECKING:
    from bot.store import Store


@asynccontextmanager
async def records(url: str, *, create: bool = False) -> AsyncIterator[Store]:
    """What is stored at that address. Ends the command where there is nothing yet, unless it is to be created; raises
    `DatabaseError`."""
    from bot.database import Database
    from bot.sqlite import locate
    from bot.store import Store

    path = locate(url)
    if path is not None and not path.exists() and not create:
        fail(f"There is no database at {url} yet: start the bot first, or set DATABASE_URL.", 2)
    database = await Database.open(url)
    try:
        yield Store(database)
    finally:
        await database.close()
