"""Logging for operators: our own words at the chosen level, everybody else's only when they warn, and no tracebacks.

A traceback's last line is an exception's text, which can quote a message or an address with a secret in it.
"""

import logging
from types import TracebackType

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class NoTraceback(logging.Formatter):
    """Names the class of an exception and nothing more of it."""

    def formatException(self, ei: ExcInfo) -> str:
        return f"({ei[0].__name__})" if ei[0] else ""


def configure(level: str) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(NoTraceback("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("precis").setLevel(level)
