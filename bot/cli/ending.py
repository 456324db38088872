"""How a command ends: what an operator can put right is one message and an exit status, not a traceback."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn

import click


def carry_out(work: Coroutine[Any, Any, None]) -> None:
    """Run a command to its end. One that starts the app answers `StartError` itself."""
    from bot.troubles import DatabaseError

    try:
        asyncio.run(work)
    except DatabaseError as error:
        fail(str(error), 2)


def fail(message: str, status: int) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(status)
