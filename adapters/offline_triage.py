"""Triage by rules: cue words vote for a category, and the margin of the vote is the confidence."""

import re
from collections.abc import Mapping

CUES: Mapping[str, tuple[tuple[float, str], ...]] = {
    "billing": (
        (3, r"invoice|refund|billing|bill(ed|s)?\b|overcharg|charged?\b|receipt|rechnung|erstattung|abbuchung"),
        (2, r"payment|subscription|pricing|\bfees?\b|credit card|direct debit|exchange rate|cash|zahlung|abo\b"),
    ),
    "bug": (
        (3, r"\b(error|exception|traceback|stack ?trace|crash\w*|bug|regression|segfault|panic|fehler\w*)\b"),
        (3, r"\b(broken|does ?n[o']?t work|not? (longer )?working|stopped working|won'?t (start|load|open)|kaputt)"),
        (2, r"\bfail(s|ed|ing|ure)?\b|timed? ?out|\b50[0-4]\b|no such file|not found|heap space|funktioniert nicht"),
        (1, r"\b(unable to|cannot|can'?t|could ?n[o']t|trouble|problem|issue|wrong|stuck|hangs?|geht nicht)\b"),
    ),
    "account": (
        (3, r"\b(log|sign)[ -]?(in|on|into)\b|\blogged out|password|passcode|\b(2fa|mfa|sso|ldap)\b|locked out|anmeld"),
        (3, r"(need|get|have|grant|give|request)\w* (\w+ ){0,3}(access|permission|rights?|invite)|zugang"),
        (3, r"\binvit(e|ation)\b"),
        (
            2,
            r"\b(my|your|user|new) ?(account|id|username|credentials?|profile)\b|username|permissions?\b|commit rights",
        ),
        (1, r"\baccount\b|verify|identity|personal details|address"),
    ),
    "feature-request": (
        (3, r"\b(would|it'?d|could|might) be (\w+ )?(nice|great|good|cool|helpful|useful|awesome|handy)(?! if you)"),
        (3, r"feature request|\bi wish\b|\b(please|should we|can (we|you)|could (we|you)) add|wäre (schön|gut)"),
        (4, r"\bany plans? (to|for)"),
        (2, r"\bsupport for\b"),
        (2, r"\bfeature\b|\b(ability|option|way) to\b|make (this|it) (configurable|possible)|suggest(ion)?\b|improve"),
        (1, r"\benhancement|propos(e|al)|instead of having|what if"),
    ),
    "how-to": (
        (3, r"\bhow (do|does|can|could|should|to|would|will|is|are|long|much|many)\b|is it possible"),
        (3, r"\bwie (kann|geht|mache)"),
        (2, r"\b(what|which|where|when|why|who)('s| is| are| does| do| would| will| can| can i)?\b[^.!\n]*\?"),
        (2, r"\b(is|are) there (an?|any|some)\b|does any(one|body) know|any (idea|docs|example)|explain\b"),
        (2, r"\b(can|could|may|should|do) i\b[^.!\n]*\?|point me|tell me|looking for|question"),
        (1, r"\?"),
    ),
    "other": (
        (3, r"\b(review|take a look|have a look|merge|approve)\w*\b.*(https?:|\bprs?\b|pull request|#\d+)"),
        (2, r"\b(heads.?up|fyi|announc\w+|reminder|feedback welcome|in case you|agreed?\b|sure,|yes[.,]|no[.,])"),
        (1, r"\bthank(s| you)|\bwe (decided|need|are going)|you (can|could|may|should)\b(?!.*\?)"),
        (0.9, r"(?s)\A(?!.*(\?|\b(i|i'm|my|me|we|us|please)\b))"),
        (0.9, r""),
    ),
}
COMPILED = {
    name: [(weight, re.compile(pattern, re.IGNORECASE)) for weight, pattern in cues] for name, cues in CUES.items()
}
REASONS = {
    "billing": "speaks of money",
    "bug": "reports that something fails",
    "account": "asks about access or an account",
    "feature-request": "wishes for a capability",
    "how-to": "asks how something is done",
    "other": "no cue of a request was found",
}
IDLE_WORDS = """
    a again all alright and are awesome bye cheers congrats congratulations cool danke day did done everybody
    everyone evening fine fixed folks for glad good got great guys hallo hello help hey hi hola is it it's its job
    lgtm lol lot many moin morning much my nevermind never mind nice night no noted now ok okay perfect please
    problem resolved so solved sure team thank thanks that that's the there this thx to today too ty u very welcome
    well works worked yay yeah yep yes you you're your vielen dank guten tag alles klar gelöst erledigt
"""
SMALL_TALK = frozenset(IDLE_WORDS.split())
LINK = re.compile(r"https?:[^\s>|]*")
ASIDE = re.compile(r"has (joined|left) the channel|<[@#!][^>]*>|@[\w.-]+|:[\w+-]+:|\+1\b")
LONGEST = 4_000
"""Characters that are looked at: what a message is about stands at its beginning."""

URGENT = re.compile(r"\b(outage|(is|are|went) down|urgent|asap|emergency|data loss|breach|dringend|notfall)\b", re.I)
PRESSING = re.compile(
    r"\b(block(ed|er|ing)|production|critical|customers?|today|immediately|stolen|fraud|deadline|sofort)\b", re.I
)


def triage(text: str) -> Mapping[str, object]:
    text = LINK.sub("https:", text[:LONGEST]).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    votes = {name: vote(cues, text) for name, cues in COMPILED.items()}
    noise = "?" not in text and idle(text)
    category = "other" if noise else max(votes, key=lambda name: votes[name])
    share = votes[category] / (sum(votes.values()) or 1.0)
    return {
        "category": category,
        "urgency": urgency(category, text),
        "confidence": 0.95 if noise else round(0.2 + 0.75 * share, 2),
        "reason": "no request in it" if noise else REASONS[category],
        "noise": noise,
    }


def idle(text: str) -> bool:
    """Nothing but greetings, thanks, "resolved" and emoji."""
    return all(word in SMALL_TALK for word in re.findall(r"[\w']+", ASIDE.sub(" ", text.lower())))


def vote(cues: list[tuple[float, re.Pattern[str]]], text: str) -> float:
    return sum(weight for weight, cue in cues if cue.search(text))


def urgency(category: str, text: str) -> str:
    if URGENT.search(text):
        return "p1"
    if category in {"bug", "account", "billing"}:
        return "p2" if PRESSING.search(text) else "p3"
    return "p4"
