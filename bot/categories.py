"""The categories that a support channel's messages are sorted into, and the rules of their urgency."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, field_validator

from bot.ids import OWNER
from bot.transcript import readable

FEWEST, MOST = 2, 20
LONGEST_NAME = 40
LONGEST_DESCRIPTION = 200
LONGEST_RULE = 300
"""Characters of one line; together these bound what the categories and rules add to every prompt to 7,000."""

NAME = re.compile(rf"(?=.{{1,{LONGEST_NAME}}}\Z)[a-z0-9]+(-[a-z0-9]+)*")
EMOJI = re.compile(r"[\w+'-]{1,100}(::skin-tone-[2-6])?")
"""Names of emoji may be written in any alphabet, but not in capitals."""

URGENCIES = ("p1", "p2", "p3", "p4")


class Category(BaseModel):
    """A category: what the model is told about it, who answers for it, and the emoji that marks its messages.

    `owner` is the Slack id of a person (U, W) or a user group (S), empty where nobody answers for it; `emoji` is the
    emoji's name without colons.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str
    owner: str = ""
    emoji: str = "label"

    @field_validator("name")
    @classmethod
    def named(cls, name: str) -> str:
        if not NAME.fullmatch(name):
            raise ValueError(f"a category's name is at most {LONGEST_NAME} small letters, digits and single hyphens")
        return name

    @field_validator("description")
    @classmethod
    def described(cls, description: str) -> str:
        return one_line("a category's description", description, LONGEST_DESCRIPTION)

    @field_validator("owner")
    @classmethod
    def owned(cls, owner: str) -> str:
        if owner and not OWNER.fullmatch(owner):
            raise ValueError("a category's owner is the id of a person (U…, W…) or of a user group (S…), or empty")
        return owner

    @field_validator("emoji")
    @classmethod
    def marked(cls, emoji: str) -> str:
        name = emoji.removeprefix(":").removesuffix(":")
        if not EMOJI.fullmatch(name) or name != name.lower():
            raise ValueError("a category's emoji is a name as Slack writes it between colons, such as bug")
        return name


def one_line(what: str, text: str, longest: int) -> str:
    """The text, stripped. Raises `ValueError` where it is empty, too long, or not one line that people can read."""
    text = text.strip()
    if not 0 < len(text) <= longest or readable(text) != text or len(text.splitlines()) > 1:
        raise ValueError(f"{what} is one line of 1 to {longest} characters")
    return text


OTHER = Category(
    name="other",
    description="answers, discussion, announcements, review requests and whatever fits no other category",
    emoji="speech_balloon",
)
"""Always among the categories, so that nothing has to be forced into one that does not fit."""

DEFAULT_CATEGORIES = (
    Category(
        name="billing",
        description="money: invoices, charges, refunds, payments, prices, subscriptions",
        emoji="credit_card",
    ),
    Category(name="bug", description="reports that something fails, gives an error or is wrong", emoji="bug"),
    Category(
        name="feature-request",
        description="wishes for or proposes something that does not exist yet, documentation included",
        emoji="bulb",
    ),
    Category(
        name="account",
        description="access and identity: logging in, passwords, permissions, invitations, personal details",
        emoji="key",
    ),
    Category(name="how-to", description="asks how, what, where or whether, and nothing fails", emoji="question"),
    OTHER,
)

DEFAULT_URGENCY_RULES = """\
p1: many people cannot work, data is lost or leaks, or money is being lost, now.
p2: somebody cannot go on with their work, or a deadline is near.
p3: something is wrong or missing, but there is a way around it.
p4: a question, a wish or a remark that can wait."""


def complete(categories: tuple[Category, ...]) -> tuple[Category, ...]:
    """The categories, with `other` added last where it is missing. Raises `ValueError` where they cannot be used."""
    names = [category.name for category in categories]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two categories are called {twice[0]}")
    if OTHER.name not in names:
        categories = (*categories, OTHER)
    if not FEWEST <= len(categories) <= MOST:
        raise ValueError(f"there are {FEWEST} to {MOST} categories, {OTHER.name} included")
    return categories


def ruled(rules: str) -> str:
    """The rules, a line for each urgency. Raises `ValueError` where one is missing, too long or there twice."""
    lines = [one_line("an urgency rule", line, LONGEST_RULE) for line in rules.strip().splitlines()]
    if [line.partition(":")[0] for line in lines] != list(URGENCIES):
        raise ValueError("the urgency rules are four lines that begin with p1:, p2:, p3: and p4:, in this order")
    return "\n".join(lines)


Categories = Annotated[tuple[Category, ...], AfterValidator(complete)]
UrgencyRules = Annotated[str, AfterValidator(ruled)]
