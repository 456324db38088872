"""Triage by rules: cue words vote for a category, and the margin of the vote is the confidence."""

import re
from collections.abc import Mapping

from adapters.offline_categories import fits
from adapters.offline_triage_cues import ADDRESSED, ASIDE, ASKING, CUES, OUTAGE, PRESSING, SMALL_TALK

COMPILED = {
    name: [(weight, re.compile(pattern, re.IGNORECASE)) for weight, pattern in cues] for name, cues in CUES.items()
}
USUAL: Mapping[str, str] = dict.fromkeys(CUES, "")
"""The categories that have cues of their own, and need no description."""

REST = "other"
CAN_WAIT = frozenset({"feature-request", "how-to", REST})
NOTHING_ASKED = "no request in it"
DESCRIBED = "uses the words of the category's description"
REASONS = {
    "billing": "speaks of money",
    "bug": "reports that something fails",
    "account": "asks about access or an account",
    "feature-request": "wishes for a capability",
    "how-to": "asks how something is done",
    REST: "no cue of a request was found",
}
LINK = re.compile(r"https?:[^\s>|]*")
LONGEST = 4_000
"""Characters that are looked at: what a message is about stands at its beginning."""

SURE = 0.95


def triage(text: str, categories: Mapping[str, str] = USUAL) -> Mapping[str, object]:
    """Sort a text into one of these categories, given by name and description."""
    text = LINK.sub("https:", text[:LONGEST]).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    votes = voted(text, categories)
    noise = idle(text)
    ranked = sorted(votes, key=lambda name: (noise and name == REST, votes[name]), reverse=True)
    category, second = ranked[0], ranked[min(1, len(ranked) - 1)]
    share = votes[category] / (sum(votes.values()) or 1.0)
    return {
        "reason": NOTHING_ASKED if noise else REASONS.get(category, DESCRIBED),
        "category": category,
        "second": second,
        "urgency": urgency(category, text),
        "confidence": SURE if noise else round(0.2 + 0.75 * share, 2),
        "noise": noise,
    }


def voted(text: str, categories: Mapping[str, str]) -> Mapping[str, float]:
    """The votes for each category: by its cues, or where it has none by its own words."""
    own = fits(text, {name: description for name, description in categories.items() if name not in COMPILED})
    return {name: vote(COMPILED[name], text) if name in COMPILED else own[name] for name in categories}


def vote(cues: list[tuple[float, re.Pattern[str]]], text: str) -> float:
    return sum(weight for weight, cue in cues if cue.search(text))


def idle(text: str) -> bool:
    """Nothing but greetings, thanks, "resolved" and emoji."""
    said = ASIDE.sub(" ", ADDRESSED.sub(r"\1", text).lower())
    return not ASKING.search(said) and all(word in SMALL_TALK for word in re.findall(r"[\w']+", said))


def urgency(category: str, text: str) -> str:
    """By the default rules: those that a workspace writes are for models."""
    if OUTAGE.search(text):
        return "p1"
    if category in CAN_WAIT:
        return "p4"
    return "p2" if PRESSING.search(text) else "p3"
