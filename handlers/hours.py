"""Waiting for an hour that admins have set, and that they may set anew meanwhile."""

from datetime import datetime

from bot.inbox import Later
from handlers.services import Services

MINUTE = 60.0
"""Seconds after which a job that waits reads the settings anew."""


def until(moment: datetime, services: Services) -> None:
    """Return when it has come. Raises `Later` before."""
    left = (moment - services.now()).total_seconds()
    if left > 0:
        raise Later(min(left, MINUTE))
