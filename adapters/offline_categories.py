"""The categories that a request offers, and how well a text fits one that only its own words describe."""

import re
from collections import Counter
from collections.abc import Mapping

from adapters.base import Request
from adapters.offline_sentences import words

DESCRIBED = re.compile(r"^- ([a-z0-9-]+): (.+)$", re.MULTILINE)
ENDING = re.compile(r"(?<=\w{4})(?:ies|ing|ions?|ed|en|es|e|s|y)$")
VAGUE = "anything everything questions problems requests issues customers messages asking users reports needs"
"""Words that say nothing about a category, because every description could use them."""

NAMED, MENTIONED = 3.0, 2.0
"""What a word of a category's name and one of its description count, on the scale of the cues."""


def offered(request: Request) -> Mapping[str, str]:
    """The names that the answer may use, in the request's order, each with its description where the prompt has one.

    Raises `ValueError` where the request offers none.
    """
    found: object = request.schema
    for key in ("properties", "category", "enum"):
        found = found.get(key) if isinstance(found, Mapping) else None
    if not isinstance(found, list) or not found:
        raise ValueError("no categories")
    described: dict[str, str] = {}
    for name, description in DESCRIBED.findall(request.system):
        described.setdefault(name, description)
    return {str(name): described.get(str(name), "") for name in found}


def fits(text: str, categories: Mapping[str, str]) -> Mapping[str, float]:
    """How many telling words of each category's name and description the text uses, weighted."""
    said = stems(text)
    names = {name: stems(name.replace("-", " ")) for name in categories}
    descriptions = {name: stems(description) - names[name] for name, description in categories.items()}
    uses = Counter(stem for name in categories for stem in names[name] | descriptions[name])
    telling = {stem for stem, times in uses.items() if times == 1 and stem in said} - stems(VAGUE)
    return {
        name: NAMED * len(telling & names[name]) + MENTIONED * len(telling & descriptions[name]) for name in categories
    }


def stems(text: str) -> frozenset[str]:
    return frozenset(ENDING.sub("", word) for word in words(text))
