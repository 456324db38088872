"""How amounts are written for people: numbers of things, dollars, shares, changes, seconds and tokens."""

from bot.evals import Proportion

NOTHING = "–"
"""Stands where there is nothing to tell."""

UNKNOWN = "unknown"

LEAST = 0.0001
"""US dollars; with four decimals, less would read like nothing."""


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def exact(usd: float) -> str:
    """Cents, and as many more places as the amount needs."""
    whole, _, cents = f"{usd:.6f}".partition(".")
    return f"${whole}.{cents.rstrip('0'):0<2}"


def dollars(usd: float | None) -> str:
    """Two places, and two digits that say something where it is less than a cent."""
    if usd is None:
        return UNKNOWN
    return f"${usd:,.2f}" if usd >= 0.01 or usd == 0 else f"${usd:.2g}" if usd >= LEAST else money(usd)


def money(usd: float) -> str:
    """Four places, for what calls cost."""
    return f"${usd:.4f}" if usd >= LEAST or not usd else f"under ${LEAST}"


def cost(usd: float | None) -> str:
    """What a call or some calls have cost."""
    if usd is None:
        return f"cost {UNKNOWN}"
    return money(usd) if usd else "free"


def percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def counted(proportion: Proportion) -> str:
    """A share and of how many it is."""
    return NOTHING if proportion.value is None else f"{percent(proportion.value)} of {proportion.of:,}"


def hits(proportion: Proportion) -> str:
    """A share in full, for where it is not one of many."""
    if proportion.value is None or proportion.interval is None:
        return "0 of 0"
    low, high = (f"{end * 100:.0f}" for end in proportion.interval)
    share = f"{percent(proportion.value)}, 95 % interval {low} to {high} %"
    return f"{proportion.hits:,} of {proportion.of:,} ({share})"


def reckoned(proportion: Proportion) -> str:
    """A share, of how many it is, and where it may really lie."""
    if proportion.interval is None:
        return NOTHING
    low, high = (f"{end * 100:.0f}" for end in proportion.interval)
    return f"{counted(proportion)} ({low}–{high} %)"


def arrow(change: float | None) -> str:
    """A change as an arrow and percent, nothing where there is nothing to compare with."""
    if change is None:
        return ""
    if abs(change) < 0.005:
        return "→ as before"
    return f"{'↑' if change > 0 else '↓'} {percent(abs(change))}"


def seconds(milliseconds: int | None) -> str:
    return NOTHING if milliseconds is None else f"{milliseconds / 1000:.1f} s"


def tokens(count: int) -> str:
    """Three digits of a large number."""
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.3g}{letter}"
    return str(count)
