"""Where commands print their tables: as wide as the terminal, or as they need where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def console(piped: int = 120) -> Console:
    """`piped` is how many columns it has where no terminal says so."""
    from rich.console import Console

    found = Console()
    return found if found.is_terminal else Console(width=piped)
