"""The menus and buttons of `/llm-provider`: each carries the words that one could type instead."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.catalogue import Catalogue
from bot.changes import AS_CONFIGURED, named
from bot.choices import WHOLE, Choice
from bot.overview import Parts
from bot.switching import Switch
from handlers.blocks import actions, button, clip, plain

STOP_ALL = (
    "A budget of 0 stops all calls to models that cost money, for everybody, until somebody changes it. Should I do"
    " that? Nothing has been changed yet."
)

PREFIX = "provider_do_"
DO = re.compile(PREFIX)
ANYWAY = "provider_anyway"

OPTION_LENGTH = 75
VALUE_LENGTH = 150
"""Slack's, for what an option shows and what it stands for."""

TRIED, SAMPLED = 10, 5
"""Per cent that a menu sends to a model on trial, and to a candidate in the shadow; others can be typed."""

Options = Sequence[tuple[str, str]]
"""What each option shows, and the words it stands for."""

DAILY, MONTHLY = (1, 5, 20, 100), (20, 100, 500)
"""US dollars; other amounts can be typed."""


def model_menu(task: str, shares: Parts, catalogue: Catalogue) -> dict[str, Any]:
    """Who is to answer a task: any model, alone or on trial beside the present one."""
    return menu(
        f"model_{task}",
        {
            "Switch to": [(named(one), f"set {one.provider} {one.model} for {task}") for one in catalogue.choices],
            f"Try with {TRIED} % of requests": trials(task, shares, catalogue.choices),
            "Undo": [(f"Back to {AS_CONFIGURED if task == 'default' else 'the default'}", f"reset for {task}")],
        },
    )


def trials(task: str, shares: Parts, choices: Iterable[Choice]) -> Options:
    present = shares[0][0]
    if len(shares) > 1:
        return []
    return [
        (named(one), f"split {present}={WHOLE - TRIED} {one}={TRIED} for {task}") for one in choices if one != present
    ]


def fallback_menu(catalogue: Catalogue) -> dict[str, Any]:
    return menu(
        "fallback",
        {
            "Where a provider cannot answer": [
                (named(one), f"fallback {one.provider} {one.model}") for one in catalogue.choices
            ],
            "Undo": [("Nobody", "fallback off"), (f"Back to {AS_CONFIGURED}", "fallback default")],
        },
    )


def shadow_menu(catalogue: Catalogue) -> dict[str, Any]:
    return menu(
        "shadow",
        {
            f"Send {SAMPLED} % of the prompts along to": [
                (named(one), f"shadow {one.provider} {one.model} {SAMPLED}") for one in catalogue.choices
            ],
            "Undo": [("Off", "shadow off")],
        },
    )


def budget_menu() -> dict[str, Any]:
    lifted = ("No limit", "off"), (AS_CONFIGURED.capitalize(), "default")
    return menu(
        "budget",
        {
            "A day": [(f"${usd}", f"budget daily {usd}") for usd in DAILY]
            + [(words, f"budget daily {word}") for words, word in lifted],
            "A month": [(f"${usd}", f"budget monthly {usd}") for usd in MONTHLY]
            + [(words, f"budget monthly {word}") for words, word in lifted],
        },
    )


def menu(name: str, groups: Mapping[str, Options]) -> dict[str, Any]:
    return {
        "type": "static_select",
        "action_id": f"{PREFIX}{name}",
        "placeholder": plain("Change…"),
        "option_groups": [
            {"label": brief(label), "options": found} for label, options in groups.items() if (found := shown(options))
        ],
    }


def shown(options: Options) -> list[dict[str, Any]]:
    """The options that Slack takes; a model with a very long name has to be typed."""
    return [{"text": brief(text), "value": value} for text, value in options if len(value) <= VALUE_LENGTH]


def brief(text: str) -> dict[str, Any]:
    return plain(clip(text, OPTION_LENGTH))


def more() -> dict[str, Any]:
    return actions(
        button("History", f"{PREFIX}history", "history", label="Show the last changes"),
        button("Help", f"{PREFIX}help", "help", label="Show what can be typed"),
    )


def successors(number: int, replacements: Mapping[str, str], successor: str) -> dict[str, Any]:
    """A button for each place in which a model can be replaced; `number` tells the warnings apart."""
    return actions(
        *(
            button(clip(f"Use {successor} for {place}", OPTION_LENGTH), f"{PREFIX}successor_{number}_{place}", words)
            for place, words in replacements.items()
        )
    )


def anyway(switch: Switch, text: str) -> dict[str, Any]:
    """The button that makes a change though something speaks against it."""
    return actions(button(text, ANYWAY, switch.model_dump_json(exclude={"models"}, exclude_defaults=True)))
