"""A transcript cut into parts at message boundaries, each line of it in exactly one part."""

from collections.abc import Iterable, Iterator

from bot.transcript import INDENT, estimate_tokens


def split(lines: Iterable[str], size: int, factor: float) -> list[list[str]]:
    """Lines in as few runs as `size` tokens each allow; a message longer than that is cut where its text allows."""
    parts: list[list[str]] = [[]]
    used = 0
    for line in lines:
        for piece in pieces(line, size, factor):
            tokens = estimate_tokens(piece, factor)
            if parts[-1] and used + tokens > size:
                parts.append([])
                used = 0
            parts[-1].append(piece)
            used += tokens
    return parts


def pieces(line: str, size: int, factor: float) -> Iterator[str]:
    """The line itself, or pieces of it that each begin with the number it is cited by."""
    if estimate_tokens(line, factor) <= size:
        yield line
        return
    number = line[: line.index("]") + 1]
    longest = max(size // 2, 64)
    for start in range(0, len(line), longest):
        piece = line[start : start + longest]
        yield piece if start == 0 else f"{number} (continued)\n{INDENT}{piece}"
