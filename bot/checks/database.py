"""Whether the database can be used, and what admins have set in it. Looking makes no file where there is none."""

import os

from bot.checks.finding import Finding, ok, problem
from bot.database import Database, DatabaseError
from bot.settings import Settings, WorkspaceSettings
from bot.sqlite import locate
from bot.store import Store

WHAT = "database"
NO_WRITES = "The database takes no writes: see whether its disk is full, or another program holds it."


async def check(url: str, defaults: Settings) -> tuple[Finding, list[Settings]]:
    """Open it as the bot does, which brings its tables up to date, and write to it.

    Also returns the settings that hold in each workspace which it knows; `defaults` are those of the environment.
    """
    try:
        if absent(url):
            return ok(WHAT, "There is none yet: the first start makes it."), []
        database = await Database.open(url)
        try:
            found = await standing(Store(database), defaults)
            writable = await database.writable()
        finally:
            await database.close()
    except DatabaseError as error:
        return problem(WHAT, str(error)), []
    if not writable:
        return problem(WHAT, NO_WRITES), found
    return ok(WHAT, "It opens, its tables are up to date, and it takes writes."), found


async def standing(store: Store, defaults: Settings) -> list[Settings]:
    return [await WorkspaceSettings(store, each, defaults).read() for each in await store.workspaces()]


def absent(url: str) -> bool:
    """Whether there is no file but a folder in which one can be made."""
    path = locate(url)
    return path is not None and not path.exists() and path.parent.is_dir() and os.access(path.parent, os.W_OK)
