"""Slack's ids by their first letter, as people may give them."""

import re


def pattern(kinds: str) -> re.Pattern[str]:
    """An id that begins with one of these letters."""
    return re.compile(f"[{kinds}][A-Z0-9]{{2,20}}")


CHANNEL, CONVERSATION = pattern("CG"), pattern("CDG")
PERSON, OWNER = pattern("UW"), pattern("UWS")
"""A conversation may be a direct message too, an owner a user group."""

GROUP_ID = "S"
"""How the id of a user group begins."""
