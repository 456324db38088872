"""Whether the database can be used. Looking makes no file where there is none."""

import os

from bot.checks.finding import Finding, ok, problem
from bot.database import Database, DatabaseError
from bot.sqlite import locate

WHAT = "database"


async def check(url: str) -> Finding:
    """Open it as the bot does, which brings its tables up to date, and write to it."""
    try:
        if absent(url):
            return ok(WHAT, "There is none yet: the first start makes it.")
        database = await Database.open(url)
    except DatabaseError as error:
        return problem(WHAT, str(error))
    try:
        if not await database.writable():
            return problem(
                WHAT, "The database takes no writes: see whether its disk is full, or another program holds it."
            )
    finally:
        await database.close()
    return ok(WHAT, "It opens, its tables are up to date, and it takes writes.")


def absent(url: str) -> bool:
    """Whether there is no file but a folder in which one can be made."""
    path = locate(url)
    return path is not None and not path.exists() and path.parent.is_dir() and os.access(path.parent, os.W_OK)
