"""How settings are written as text: what each is for, what it takes, and what is wrong with a value."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.categories import Category
from bot.setting_kinds import (
    AMOUNT,
    BOTS,
    CATEGORIES,
    CHANNEL,
    CHANNELS,
    COUNT,
    DAY,
    DOLLARS,
    OTHER,
    RULES,
    SAMPLE,
    SHARE,
    SHARES,
    SWITCH,
    TIME,
    ZONE,
    Kind,
)

LONGEST = 50
"""Characters of a value that is told on one line."""

TRIED = "/llm-provider tries a model before it is set."


@dataclass(frozen=True, slots=True)
class Form:
    """How one setting is shown and written: `title` in at most 24 characters, `about` for whoever is to set it.

    `variable` sets its default in the environment, empty where nothing does.
    """

    title: str
    about: str
    kind: Kind
    variable: str = ""


FORMS: Mapping[str, Form] = {
    "triage_channels": Form(
        "Support channels",
        "New messages there are sorted, and each request gets a card in its thread. Invite Precis to each of them.",
        CHANNELS,
        "TRIAGE_CHANNELS",
    ),
    "quiet_channels": Form(
        "Quiet channels",
        "New messages there are sorted, but nothing is posted, also where a channel is a support channel too. "
        "App Home and python -m bot triage show how far the labels agree with what people do.",
        CHANNELS,
    ),
    "triage_bots": Form("Sorted bots", "Bots and apps whose messages are sorted as people's are.", BOTS),
    "categories": Form(
        "Categories",
        "What messages are sorted into: a name, the description that the model is given, the owner (the Slack id of a "
        "person, U… or W…, or of a user group, S…) and the emoji that marks the message. other is always among them.",
        CATEGORIES,
    ),
    "urgency_rules": Form("Urgency rules", "What makes a message p1 to p4, as the model is told: a line each.", RULES),
    "confidence_floor": Form(
        "Confidence floor", "A label whose confidence, from 0 to 1, is below that is left to a person.", SHARE
    ),
    "pending_report": Form(
        "Pending report",
        "On weekdays at 16:00 each support channel is told which of its p1 and p2 cases are open, if any are.",
        SWITCH,
    ),
    "default_model": Form("Default model", f"Who answers every task that has no model of its own. {TRIED}", SHARES),
    "summarise_model": Form("Model for summarise", f"Who summarises. {TRIED}", SHARES),
    "triage_model": Form("Model for triage", f"Who sorts support messages. {TRIED}", SHARES),
    "extract_model": Form("Model for extract", f"Who pulls dates and amounts out of text. {TRIED}", SHARES),
    "route_model": Form("Model for route", f"Who decides what a mention asks for. {TRIED}", SHARES),
    "fallback": Form("Fallback", f"Who answers where the others cannot. {TRIED}", OTHER),
    "shadow": Form(
        "Shadow calls", "A candidate that is sent some of the prompts, and whose answers nobody sees.", SAMPLE
    ),
    "digest_channel": Form(
        "Digest channel", "Where Precis reports about itself. Invite it there.", CHANNEL, "DIGEST_CHANNEL"
    ),
    "digest_day": Form("Digest day", "On which day of the week the digest is posted.", DAY, "DIGEST_DAY"),
    "digest_time": Form("Digest time", "When it is posted, as clocks in the time zone show.", TIME, "DIGEST_TIME"),
    "audit_channel": Form("Audit channel", "Where changes of settings are told. Invite Precis there.", CHANNEL),
    "daily_budget_usd": Form(
        "Daily budget",
        "What models may cost a day, in US dollars. 0 stops all calls that cost money.",
        DOLLARS,
        "DAILY_BUDGET_USD",
    ),
    "monthly_budget_usd": Form(
        "Monthly budget",
        "What models may cost a month, in US dollars. 0 stops all calls that cost money.",
        DOLLARS,
        "MONTHLY_BUDGET_USD",
    ),
    "shadow_daily_usd": Form(
        "Budget of shadow calls",
        "What shadow calls may cost a day, in US dollars, apart from the other budgets.",
        AMOUNT,
    ),
    "requests_per_user_hour": Form(
        "Requests per person", "What one person may ask for within an hour.", COUNT, "MAX_REQUESTS_PER_USER_HOUR"
    ),
    "timezone": Form("Time zone", "Where days, weeks and months begin, such as Europe/Berlin.", ZONE, "TIMEZONE"),
}
"""Every setting, in the order in which they are listed."""


def brief(name: str, value: object) -> str:
    """A value on one line, shortened where it is long; of categories the names."""
    names = [category.name for category in cast(Sequence[Category], value)] if name == "categories" else []
    text = " ".join((", ".join(names) or FORMS[name].kind.text(value)).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip(" ,") + "…"


def problems(name: str, error: ValidationError) -> Iterator[str]:
    """What is wrong with the value of a setting, a sentence each that says how it should be."""
    found = error.errors(include_url=False, include_input=False)
    telling = [each for each in found if each["type"] != "literal_error"]  # of two forms, the other one says more
    for each in telling or found:
        match each["loc"][1:]:
            case (int() as index, str() as field, *_):
                yield f"{name}, number {index + 1}: {of_field(field, each)}."
            case _ if each["type"] == "value_error":
                yield f"{name}: {each['ctx']['error']}."
            case _:
                yield f"{name} takes {FORMS[name].kind.takes}."


def of_field(field: str, error: ErrorDetails) -> str:
    """What is wrong with one field of a category or a share."""
    match error["type"]:
        case "value_error":
            return str(error["ctx"]["error"])
        case "missing":
            return f"the {field} is missing"
        case "extra_forbidden":
            return f"{field[:40]!r} is none of {', '.join(Category.model_fields)}"
        case _ if field == "percent":
            return "the percent is a whole number from 0 to 100"
        case _:
            return f"the {field} is text in quotation marks"
