"""Changes of settings in words: what was changed, from what to what, and why."""

import json
from collections.abc import Callable, Sequence

from pydantic import ValidationError

from adapters.models import label
from bot.amounts import exact
from bot.choices import TASKS, WHOLE, Choice, Picked, Sample, Share
from bot.differences import differences
from bot.setting_forms import FORMS, brief
from bot.settings import OPERATOR, Settings, model_setting
from bot.store import Change

AS_CONFIGURED = "as configured"
NO_CHANGES = "Nothing has been changed yet: everything is as configured."

Names = Callable[[str], str]
"""Gives the name of whoever made a change."""

DEFAULTS = {"shadow": "off", **{model_setting(task): "the default model" for task in TASKS}}
"""What holds where a setting is not set, and the environment has no word in it."""


def told(change: Change, who: str) -> str:
    """The whole change as one sentence, or two; `who` is the name of whoever made it."""
    because = f" Reason: {change.reason}" if change.reason else ""
    return f"{who} changed {subject(change.name)}{moved(change)}.{because}"


def moved(change: Change) -> str:
    """From what to what; where a value has parts, only what differs."""
    if differing := differences(change.name, change.old, change.new):
        return f": {'; '.join(differing)}"
    old, new = (value(change.name, written) for written in (change.old, change.new))
    return f" from {old} to {new}"


def changer(changed_by: str) -> str:
    """Who made a change, where no name is at hand."""
    return "The operator" if changed_by == OPERATOR else changed_by


def subject(name: str) -> str:
    """What was changed, inside a sentence; a setting of another version is called by its name."""
    title = FORMS[name].title if name in FORMS else f"setting {name}"
    return f"the {title[0].lower()}{title[1:]}"


def value(name: str, written: str | None) -> str:
    """A setting's value, given as JSON; one that this version cannot read is shown as it is."""
    if written is None:
        return DEFAULTS.get(name, AS_CONFIGURED)
    if name not in Settings.model_fields:
        return written
    try:
        read = getattr(Settings.model_validate({name: json.loads(written)}), name)
    except (ValidationError, ValueError):
        return written
    return words(name, read)


def words(name: str, read: object) -> str:
    if isinstance(read, Sample):
        return sampled(read)
    if isinstance(read, Picked):
        return named(read.choice)
    if name == "fallback":
        return str(read)
    if isinstance(read, tuple) and read and isinstance(read[0], Share):
        return shared([(share.choice, share.percent) for share in read])
    if name.endswith("_usd"):
        return "no limit" if read is None else exact(float(str(read)))
    return "no limit" if read is None else brief(name, read)


def named(choice: Choice) -> str:
    """A model as people read it, with the provider by its name in commands."""
    return f"{label(choice.model)} ({choice.provider})"


def shared(shares: Sequence[tuple[Choice, int]]) -> str:
    if len(shares) == 1:
        return named(shares[0][0])
    return " and ".join(f"{percent} % {named(choice)}" for choice, percent in shares)


def sampled(sample: Sample) -> str:
    part = "all prompts" if sample.percent == WHOLE else f"{sample.percent} % of the prompts"
    return f"{part}{f' of {sample.task}' if sample.task else ''} to {named(sample.choice)}"
