"""The card of a support case, as a pure function of the case, the settings and people's names."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.models import label
from bot.categories import URGENCIES, Category
from bot.ids import GROUP_ID
from bot.settings import Settings
from bot.store import Case
from bot.triager import in_words, unsure
from handlers.blocks import NAME_LENGTH, Content, actions, button, clip, context, fitted, plain, section
from handlers.mrkdwn import escape

CATEGORY, URGENCY = "triage_category", "triage_urgency"
FIRST, SECOND = "triage_first", "triage_second"
ASSIGN, DONE, REOPEN = "triage_assign", "triage_done", "triage_reopen"
NOT_SUPPORT, SUPPORT = "triage_not_support", "triage_support"

GUESS = ":guess"
"""Behind the case's id in the id of the block that holds the two likeliest categories."""

NEEDS_A_HUMAN = "Not sure: needs a human."
MOST_URGENT = URGENCIES[0]
DONE_MARK = "white_check_mark"


def people(case: Case, settings: Settings) -> set[str]:
    """The ids of those whom the card names."""
    found = {case.assignee, case.done_by, case.corrected_by, case.dismissed_by, owner(case, settings)}
    return {id for id in found if id and not id.startswith(GROUP_ID)}


def card(case: Case, settings: Settings, names: Mapping[str, str]) -> Content:
    """What is shown under the message; one line where it is no request."""
    if case.noise:
        return dismissed(case, names)
    spoken = list(said(case, settings, names))
    unsure = is_unsure(case, settings)
    guesses = [guess(case)] if unsure else []
    blocks = [section("\n".join(spoken)), *guesses, operated(case, settings), context(footer(case))]
    asked = [f"Is it {' or '.join(case.likeliest.split())}?"] if unsure and case.likeliest else []
    return fitted([*spoken, *asked, footer(case)], blocks)


def is_unsure(case: Case, settings: Settings) -> bool:
    """Whether a person has to say what it is, and none has yet."""
    return not case.categorised and unsure(case.confidence, settings)


def said(case: Case, settings: Settings, names: Mapping[str, str]) -> Iterator[str]:
    """The lines of a card, in markup; what a model wrote is escaped."""
    unsure = is_unsure(case, settings)
    if unsure:
        yield f"*{NEEDS_A_HUMAN}*"
    label = f"*{escape(case.category or '')}* · *{case.urgency}*"
    known = in_words(case.confidence or 0.0) if unsure or case.corrected_by is None else by(case.corrected_by, names)
    yield " · ".join([f"Perhaps {label}" if unsure else label, known, owned(case, settings, names)])
    if case.reason and (unsure or case.corrected_by is None):
        yield escape(case.reason)
    if case.assignee:
        yield f"Assigned to {named(case.assignee, names)}."
    if case.status == "done" and case.done_by:
        yield f"✅ Done, says {named(case.done_by, names)}."


def by(user: str, names: Mapping[str, str]) -> str:
    return f"set by {named(user, names)}"


def owner(case: Case, settings: Settings) -> str:
    """Who answers for the category of a case: always from the settings, whatever the model or a message says."""
    category = category_of(case, settings)
    return category.owner if category else ""


def category_of(case: Case, settings: Settings) -> Category | None:
    return next((category for category in settings.categories if category.name == case.category), None)


def owned(case: Case, settings: Settings, names: Mapping[str, str]) -> str:
    """The owner: mentioned where it is most urgent, else named without a ping."""
    id = owner(case, settings)
    if not id:
        return "no owner"
    if called(case, settings):
        return f"owner {mention(id)}"
    return "owner: the owner group" if id.startswith(GROUP_ID) else f"owner: {named(id, names)}"


def called(case: Case, settings: Settings) -> str:
    """The owner whom it is so urgent for that they are mentioned, empty where nobody is."""
    return owner(case, settings) if case.urgency == MOST_URGENT and case.status == "open" and not case.noise else ""


def mention(owner: str) -> str:
    return f"<!subteam^{owner}>" if owner.startswith(GROUP_ID) else f"<@{owner}>"


def call(owner: str) -> Content:
    """What calls an owner to a case that has become most urgent after its card was posted: an edit notifies nobody."""
    text = f"This is *{MOST_URGENT}* · owner {mention(owner)}"
    return Content(text=text, blocks=(section(text),))


def named(id: str, names: Mapping[str, str]) -> str:
    return escape(clip(names.get(id, "somebody"), NAME_LENGTH))


def guess(case: Case) -> dict[str, Any]:
    """The two likeliest categories, each as a button."""
    likeliest = (case.likeliest or "").split()[:2]
    buttons = [
        button(name, action, name, label=f"This is {name}")
        for name, action in zip(likeliest, (FIRST, SECOND), strict=False)
    ]
    return {**actions(*buttons), "block_id": f"{case.id}{GUESS}"}


def operated(case: Case, settings: Settings) -> dict[str, Any]:
    """The menus and buttons; the block bears the id of the case."""
    done = button("Reopen", REOPEN, case.id) if case.status == "done" else button("Done", DONE, case.id)
    elements = [
        menu("Category", CATEGORY, [category.name for category in settings.categories], case.category),
        menu("Urgency", URGENCY, URGENCIES, case.urgency),
        button("Assign to me", ASSIGN, case.id),
        done,
        button("Not support", NOT_SUPPORT, case.id, label="This is not a support request"),
    ]
    return {**actions(*elements), "block_id": case.id}


def menu(title: str, action_id: str, labels: Any, chosen: str | None) -> dict[str, Any]:
    """A menu that shows what holds; a category that was taken out of the settings shows the title instead."""
    options = {name: {"text": plain(name), "value": name} for name in labels}
    initial = {"initial_option": options[chosen]} if chosen in options else {}
    return {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(title),
        "options": list(options.values()),
    } | initial


def footer(case: Case) -> str:
    """Who generated the label, and that it can be corrected."""
    model = f"generated by {escape(label(case.model))}, " if case.model else ""
    return f"{model}so correct what is wrong"


def dismissed(case: Case, names: Mapping[str, str]) -> Content:
    """What is left of the card of something that is no request."""
    by = f", says {named(case.dismissed_by, names)}" if case.dismissed_by else " any more"
    text = f"Not a support request{by}."
    undo = button("It is one", SUPPORT, case.id, label="This is a support request")
    return Content(text=text, blocks=({**section(text), "block_id": case.id, "accessory": undo},))


def reactions(case: Case, settings: Settings) -> str:
    """The emoji that should stand on the message: its category's, and a check mark where it is done."""
    if case.noise:
        return ""
    category = category_of(case, settings)
    emoji = [category.emoji] if category else []
    return " ".join([*emoji, *([DONE_MARK] if case.status == "done" else [])])
