"""The Home tab as a pure function: what everybody finds there, and below it what admins do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot import changes
from bot.amounts import plural
from bot.changes import Names
from bot.setting_forms import FORMS
from bot.settings import Settings
from bot.store import Change, Costs
from handlers import audits
from handlers.blocks import actions, button, clip, context, header, packed, plain, section
from handlers.home_fields import FIELDS
from handlers.home_modals import named
from handlers.mrkdwn import date, escape, link
from handlers.provider_cards import spent, used

CALLBACK = "home"
EDIT, CATEGORIES, LIVE, REFRESH = "home_edit", "home_categories", "home_live", "home_refresh"

HEADLINE_LENGTH = 300
QUIET_SHOWN = 30
"""Quiet channels that have a line of their own; Slack takes 100 blocks in all."""

MODELS_SHOWN = 20

WHAT = (
    "I summarise long Slack threads, with a link to the message behind every line. Only what you may read yourself "
    "goes into a summary that you ask for."
)
NO_SUMMARIES = "You have not asked for a summary lately. What you ask for appears here, and only you see it."
NO_CALLS = "No calls to models yet."


@dataclass(frozen=True, slots=True)
class Kept:
    """A summary that somebody asked for: its headline, where it leads, and the channel that it is of."""

    headline: str
    address: str
    channel: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Office:
    """What admins see. `retention_days` is 0 where what people write is not kept; `quiet` is a remark on each quiet
    channel, and `glance` the lines about triage, in markup."""

    settings: Settings
    retention_days: int
    week: Costs | None
    changes: Sequence[Change]
    names: Names
    glance: Sequence[str]
    quiet: Mapping[str, str]


def view(bot: str, summaries: Sequence[Kept], office: Office | None) -> dict[str, Any]:
    """The tab; without an office as everybody sees it."""
    blocks = [*welcome(bot), *last(summaries), *(administered(office) if office else [])]
    return {"type": "home", "callback_id": CALLBACK, "blocks": blocks}


def welcome(bot: str) -> Iterator[dict[str, Any]]:
    examples = (
        f"`@{escape(bot)} tldr` inside a thread: the summary comes in that thread, for everyone there.",
        "`/tldr` and a message link: the summary comes to you alone.",
        "`/tldr 24h` in a channel: what was said there in the last 24 hours.",
    )
    yield header("Precis")
    yield section(WHAT)
    yield section("\n".join(f"• {example}" for example in examples))


def last(summaries: Sequence[Kept]) -> Iterator[dict[str, Any]]:
    yield header("Your last summaries")
    lines = [kept(summary) for summary in summaries]
    yield from sections(lines or [NO_SUMMARIES])


def kept(summary: Kept) -> str:
    headline = clip(summary.headline, HEADLINE_LENGTH) or "Summary"
    return f"• {link(summary.address, headline)} · <#{summary.channel}> · {date(summary.made_at)}"


def sections(lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    yield from map(section, packed(lines[0], lines[1:]))


def administered(office: Office) -> Iterator[dict[str, Any]]:
    """Settings, numbers and changes."""
    yield {"type": "divider"}
    yield header("Settings")
    yield context("Only owners and admins see what stands from here on. Models are switched with `/llm-provider`.")
    for name in FIELDS:
        yield setting(name, office.settings)
    yield from categories(office.settings)
    yield section(retention(office.retention_days))
    yield header("This week")
    yield from sections([*week(office.week)])
    yield header("Triage at a glance")
    yield from sections(office.glance)
    yield from quiet(office.settings.quiet_channels, office.quiet)
    yield header("Recent changes")
    yield from sections([audits.line(change, office.names) for change in office.changes] or [changes.NO_CHANGES])
    yield actions(button("Refresh", REFRESH, "refresh", label="Show the latest figures"))


def setting(name: str, settings: Settings) -> dict[str, Any]:
    title = FORMS[name].title
    text = f"*{title}*: {FIELDS[name].words(getattr(settings, name))}"
    return section(text) | {"accessory": button("Change", EDIT, name, label=f"Change: {title}")}


def categories(settings: Settings) -> Iterator[dict[str, Any]]:
    lines = [f"• {named(category)}" for category in settings.categories]
    first, *others = map(section, packed("*Categories*", lines))
    yield first | {"accessory": button("Edit", CATEGORIES, "categories", label="Edit the categories")}
    yield from others


def retention(days: int) -> str:
    kept = f"kept for {plural(days, 'day')}" if days else "not kept"
    return (
        f"*What people write*: {kept}. Whoever runs Precis sets that, with `CONTENT_RETENTION_DAYS`: it holds for what "
        "is stored already, which nobody should be able to change by a press."
    )


def week(costs: Costs | None) -> Iterator[str]:
    """What this week came to, and each model's part in it."""
    if costs is None:
        yield NO_CALLS
        return
    yield f"*{spent(costs.total)}*"
    yield from (f"• {used(line)}" for line in costs.lines[:MODELS_SHOWN])
    if len(costs.lines) > MODELS_SHOWN:
        yield f"• … and {len(costs.lines) - MODELS_SHOWN} more"


def quiet(channels: Sequence[str], remarks: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for channel in channels[:QUIET_SHOWN]:
        text = f"<#{channel}> is quiet. {remarks.get(channel, 'Nothing to compare yet.')}"
        yield section(text) | {"accessory": button("Go live", LIVE, channel) | {"confirm": going_live()}}
    if len(channels) > QUIET_SHOWN:
        yield context(f"… and {len(channels) - QUIET_SHOWN} more quiet channels.")


def going_live() -> dict[str, Any]:
    return {
        "title": plain("Go live?"),
        "text": plain("From the next message on, each request in that channel gets a card in its thread."),
        "confirm": plain("Go live"),
        "deny": plain("Stay quiet"),
    }
