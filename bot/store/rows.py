"""What the parts of the store have in common: the database they read and write."""

from bot.database import Database

BATCH = 200
"""Rows that a statement changes at a time where it is repeated, so that other writes get in between."""


class Rows:
    """Base of the store's parts, of which each knows the tables of one noun. Every method raises `DatabaseError`."""

    def __init__(self, database: Database) -> None:
        self.database = database
