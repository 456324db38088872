"""What a call to a model is for; the word stands in its row, and SQL spells it out."""

WORK = "work"
"""Somebody waits for its answer."""

SHADOW = "shadow"
"""A sample that a candidate is sent, unseen. It has a budget of its own, which no other call touches."""

COMPARE = "compare"
"""A comparison's. Its text stands in the row of the call that it repeats, and its answer in `evals`: a second copy
would outlive the first."""

CHECK = "check"
"""Whether a model answers, before it is switched to."""
