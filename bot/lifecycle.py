"""Models come and go: which one answers in place of a default that has been shut down."""

from datetime import date

from adapters.models import model


def current(model_id: str, today: date) -> str:
    """The model itself, or past the day of its shutdown its successor."""
    row = model(model_id)
    if row is None or row.shutdown is None or row.successor is None or today < row.shutdown:
        return model_id
    return current(row.successor, today)
