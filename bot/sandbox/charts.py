"""Slack's rules for the blocks that show figures: tables, data tables and charts."""

from typing import Any

from bot.sandbox.schema import Rule, anything, array, fault, number, record, string, variant

_ID = {"block_id": string(255)}
COLUMNS = 20


def _characters(cells: Any) -> int:
    if isinstance(cells, dict):
        return sum(
            len(value) if key == "text" and isinstance(value, str) else _characters(value)
            for key, value in cells.items()
        )
    return sum(map(_characters, cells)) if isinstance(cells, list) else 0


def _small(most: int) -> Rule:
    def check(value: Any, at: str, found: list[str]) -> None:
        if _characters(value.get("rows")) > most:
            fault(found, f"{at}/rows", f"must be less than {most + 1} characters in total")

    return check


def _same_categories(value: Any, at: str, found: list[str]) -> None:
    """Every series of a chart has a figure for every category."""
    given = value.get("series")
    series = [one.get("data") for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    labels = [
        [point.get("label") for point in data if isinstance(point, dict)] for data in series if isinstance(data, list)
    ]
    if any(row != labels[0] for row in labels[1:]):
        fault(found, f"{at}/series", "every series must have the same labels")


_FILLED = variant(
    {
        "raw_text": record({"text": string(10_000)}, {}),
        "raw_number": record({"value": anything}, {"text": string(100), "format": anything}),
        "rich_text": record({"elements": array(anything, 1000)}, {}),
    }
)


def _cell(value: Any, at: str, found: list[str]) -> None:
    """A cell may be left empty."""
    if value is not None:
        _FILLED(value, at, found)


_LABEL = string(20)
_POINT = record({"label": _LABEL, "value": number(-1e15, 1e15)}, {})
_SEGMENT = record({"label": _LABEL, "value": number(1e-12, 1e15)}, {})
_SERIES = record({"name": _LABEL, "data": array(_POINT, 20)}, {})
_AXES = record(
    {"series": array(_SERIES, 6)},
    {"axis_config": record({}, {"categories": anything, "x_label": string(50), "y_label": string(50)})},
    _same_categories,
)

TABLE = record({"rows": array(array(_cell, COLUMNS), 100)}, {**_ID, "column_settings": anything}, _small(10_000))
DATA_TABLE = record(
    {"rows": array(array(_cell, COLUMNS), 201, least=2), "caption": string(3000)},
    {**_ID, "page_size": number(1, 100), "row_header_column_index": anything},
    _small(20_000),
)
DATA_VISUALIZATION = record(
    {
        "title": string(50),
        "chart": variant(
            {"pie": record({"segments": array(_SEGMENT, 12)}, {}), "bar": _AXES, "area": _AXES, "line": _AXES}
        ),
    },
    _ID,
)
