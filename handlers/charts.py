"""Blocks that show figures: a bar chart and a table, within Slack's limits."""

from collections.abc import Iterable, Sequence
from typing import Any

LABEL = 20
POINTS = 20
TITLE = 50
ROWS, COLUMNS = 100, 20
"""Slack's: characters of a label, bars, characters of a title, rows and columns of a table."""


def bars(title: str, axis: str, values: Sequence[tuple[str, float]]) -> dict[str, Any]:
    """A bar for each value, named on 20 characters; the first 20 of them."""
    shown = values[:POINTS]
    labels = distinct(name for name, _ in shown)
    data = [{"label": label, "value": value} for label, (_, value) in zip(labels, shown, strict=True)]
    return {
        "type": "data_visualization",
        "title": title[:TITLE],
        "chart": {
            "type": "bar",
            "series": [{"name": axis[:LABEL], "data": data}],
            "axis_config": {"categories": labels, "y_label": axis},
        },
    }


def distinct(names: Iterable[str]) -> list[str]:
    """The names on 20 characters each; those that would look alike are numbered."""
    found: list[str] = []
    for name in names:
        label, number = shortened(name), 2
        while label in found:
            mark = f" {number}"
            label, number = shortened(name, LABEL - len(mark)) + mark, number + 1
        found.append(label)
    return found


def shortened(name: str, length: int = LABEL) -> str:
    return name if len(name) <= length else name[: length - 1].rstrip() + "…"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    """A heading and a row for each model; every column but the first stands to the right."""
    cells = [[{"type": "raw_text", "text": cell or "–"} for cell in row[:COLUMNS]] for row in [head, *rows][:ROWS]]
    settings = [{"is_wrapped": True}, *({"align": "right"} for _ in head[1:COLUMNS])]
    return {"type": "table", "rows": cells, "column_settings": settings}
