"""What people ask of `/llm-provider`: words, read strictly, become a change of one setting or something to show."""

import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from bot.catalogue import LIKE, SEE_HELP, Catalogue, Misunderstood, either
from bot.choices import DEFAULT, TASKS, WHOLE, Choice
from bot.measures import MEASURES
from bot.privacy import Masker
from bot.settings import OFF, model_setting
from bot.summariser import TASK as SUMMARISE

SCOPES = (*TASKS, DEFAULT)
BUDGETS = {"daily": "daily_budget_usd", "monthly": "monthly_budget_usd", "shadow": "shadow_daily_usd"}
UNSET = "default"
REASON_LENGTH = 200
MOST_PARTS = 5
USUAL_PROMPTS, MOST_PROMPTS = 20, 100
"""How many prompts are compared where nobody says, and at most."""

BECAUSE = re.compile(r"(?:^|\s)because\s+", re.IGNORECASE)


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Status(Frozen):
    """Who answers, how they do, and what it costs."""

    kind: Literal["status"] = "status"


class History(Frozen):
    """The last changes."""

    kind: Literal["history"] = "history"


class Report(Frozen):
    """What the last complete week came to."""

    kind: Literal["digest"] = "digest"


class Help(Frozen):
    """What can be typed; `unknown` is a word that was typed instead."""

    kind: Literal["help"] = "help"
    unknown: str = ""


class Compare(Frozen):
    """Models side by side on the last `most` logged prompts of a task."""

    kind: Literal["compare"] = "compare"
    most: int = USUAL_PROMPTS
    task: str = SUMMARISE


class Switch(Frozen):
    """One change that somebody wants: a setting and its new value, None for its default.

    `lift` sets none itself, which for a budget is no limit. `models` are what it sends requests to, to be tried first.
    """

    kind: Literal["switch"] = "switch"
    setting: str
    value: JsonValue = None
    lift: bool = False
    models: tuple[Choice, ...] = ()
    reason: str = ""

    @property
    def stops_all(self) -> bool:
        """Whether no model that costs money would be asked any more."""
        return self.setting in (BUDGETS["daily"], BUDGETS["monthly"]) and self.value == 0


Asked = Status | History | Report | Help | Compare | Switch
ASKED: TypeAdapter[Asked] = TypeAdapter(Annotated[Asked, Field(discriminator="kind")])


def parse(text: str, catalogue: Catalogue) -> Asked:
    """What the words behind the command ask for. Raises `Misunderstood`."""
    said, *because = BECAUSE.split(text, maxsplit=1)
    words = said.split()
    if not words:
        return Status()
    verb = words[0].lower()
    if verb not in VERBS:
        return Help(unknown=words[0])
    asked = VERBS[verb](words[1:], catalogue)
    reason = because[0] if because else ""
    return asked.model_copy(update={"reason": spoken(reason)}) if isinstance(asked, Switch) else asked


def spoken(reason: str) -> str:
    """A reason as it may be written down: on one line, without what must not be kept."""
    return Masker().mask(" ".join(reason.split()))[:REASON_LENGTH].rstrip()


def set_model(words: Sequence[str], catalogue: Catalogue) -> Switch:
    rest, task = scoped(words, "set openai gpt-6-luna for triage")
    choice = catalogue.choice(rest)
    return Switch(setting=model_setting(task), value=shares((choice, WHOLE)), models=(choice,))


def reset(words: Sequence[str], catalogue: Catalogue) -> Switch:
    rest, task = scoped(words)
    nothing(rest)
    return Switch(setting=model_setting(task))


def fallback(words: Sequence[str], catalogue: Catalogue) -> Switch:
    needs(words, "fallback openai, fallback off or fallback default")
    if words[0].lower() in (OFF, UNSET):
        nothing(words[1:])
        return Switch(setting="fallback", value=OFF if words[0].lower() == OFF else None)
    choice = catalogue.choice(words)
    return Switch(setting="fallback", value=picked(choice), models=(choice,))


def split(words: Sequence[str], catalogue: Catalogue) -> Switch:
    example = "split claude=90 openai/gpt-6-luna=10 for triage"
    rest, task = scoped(words, example)
    parts = [part(word, catalogue, example) for word in rest]
    if len(parts) > MOST_PARTS:
        raise Misunderstood(f"A split has at most {MOST_PARTS} models.")
    models = dict(parts)
    if len(models) < len(parts):
        raise Misunderstood("A split names each model once: add its shares up.")
    if (total := sum(percent for _, percent in parts)) != WHOLE:
        raise Misunderstood(f"These shares add up to {total} %: make them add up to 100.")
    return Switch(setting=model_setting(task), value=shares(*parts), models=tuple(filter(models.get, models)))


def part(word: str, catalogue: Catalogue, example: str) -> tuple[Choice, int]:
    name, equals, percent = word.rpartition("=")
    if not (equals and name):
        raise Misunderstood(f"I do not understand “{word}”. A split looks like this: {example}.")
    return catalogue.choice([name]), per_cent(percent)


def shadow(words: Sequence[str], catalogue: Catalogue) -> Switch:
    example = "shadow openai 5, shadow openai gpt-6-luna 5 for triage or shadow off"
    needs(words, example)
    if words[0].lower() == OFF:
        nothing(words[1:])
        return Switch(setting="shadow")
    rest, task = scoped(words, example, otherwise="")
    if len(rest) < 2:
        raise Misunderstood(f"How many per cent of the prompts should it be sent? For example {example}.")
    choice, percent = catalogue.choice(rest[:-1]), per_cent(rest[-1])
    if percent == 0:
        return Switch(setting="shadow")
    value: JsonValue = {**picked(choice), "percent": percent, "task": "" if task == DEFAULT else task}
    return Switch(setting="shadow", value=value, models=(choice,))


def budget(words: Sequence[str], catalogue: Catalogue) -> Switch:
    example = "budget daily 5, budget monthly 100, budget monthly off or budget shadow 1"
    if len(words) < 2 or words[0].lower() not in BUDGETS:
        raise Misunderstood(f"Which budget, and how many US dollars? For example {example}.")
    nothing(words[2:])
    setting, amount = BUDGETS[words[0].lower()], words[1].lower()
    if amount == UNSET:
        return Switch(setting=setting)
    if amount == OFF and setting != BUDGETS["shadow"]:
        return Switch(setting=setting, lift=True)
    return Switch(setting=setting, value=dollars(amount))


def compare(words: Sequence[str], catalogue: Catalogue) -> Compare:
    how = (
        f"Write compare, then how many prompts (1 to {MOST_PROMPTS}, else {USUAL_PROMPTS}), then the task: compare"
        f" {USUAL_PROMPTS} {SUMMARISE}."
    )
    most, rest = (int(words[0][:9]), words[1:]) if words and words[0].isdecimal() else (USUAL_PROMPTS, words)
    if len(rest) > 1:
        raise Misunderstood(how)
    if not 1 <= most <= MOST_PROMPTS:
        raise Misunderstood(f"I compare 1 to {MOST_PROMPTS} prompts at a time. {how}")
    return Compare(most=most, task=compared(rest[0].lower()) if rest else SUMMARISE)


def compared(task: str) -> str:
    if task in MEASURES:
        return task
    close = difflib.get_close_matches(task, MEASURES, 1, LIKE)
    guess = f"Did you mean {close[0]}?" if close else f"Choose {either(list(MEASURES))}."
    raise Misunderstood(f"There is no task “{task[:40]}” whose models can be compared. {guess}")


def bare(asked: Status | History | Report | Help) -> Callable[[Sequence[str], Catalogue], Asked]:
    """The reading of a word that stands alone."""

    def read(words: Sequence[str], catalogue: Catalogue) -> Asked:
        nothing(words)
        return asked

    return read


VERBS: Mapping[str, Callable[[Sequence[str], Catalogue], Asked]] = {
    "set": set_model,
    "reset": reset,
    "fallback": fallback,
    "split": split,
    "shadow": shadow,
    "budget": budget,
    "compare": compare,
    "status": bare(Status()),
    "history": bare(History()),
    "digest": bare(Report()),
    "help": bare(Help()),
}


def scoped(words: Sequence[str], example: str = "", *, otherwise: str = DEFAULT) -> tuple[Sequence[str], str]:
    """The words before `for <task>`, and that task. Raises `Misunderstood` where something is needed before it."""
    rest, task = words, otherwise
    places = [place for place, word in enumerate(words) if word.lower() == "for"]
    if places:
        rest, behind = words[: places[0]], words[places[0] + 1 :]
        task = known_task(behind[0] if behind else "")
        nothing(behind[1:])
    if example:
        needs(rest, example)
    return rest, task


def known_task(word: str) -> str:
    if word.lower() in SCOPES:
        return word.lower()
    close = difflib.get_close_matches(word.lower(), SCOPES, 1, LIKE)
    meant = f" Did you mean {close[0]}?" if close else ""
    raise Misunderstood(f"I know no task “{word}”.{meant} The tasks are {', '.join(SCOPES)}.")


def needs(words: Sequence[str], example: str) -> None:
    if not words:
        raise Misunderstood(f"There is something missing. For example: {example}.")


def nothing(words: Sequence[str]) -> None:
    if words:
        raise Misunderstood(f"I do not understand “{words[0]}” there. {SEE_HELP}")


def per_cent(word: str) -> int:
    number = word.removesuffix("%")
    if not re.fullmatch(r"[0-9]{1,3}", number) or int(number) > WHOLE:
        raise Misunderstood(f"“{word}” is no percentage: write a whole number from 0 to 100.")
    return int(number)


def dollars(word: str) -> float:
    try:
        amount = float(word.removeprefix("$"))
    except ValueError:
        amount = -1.0
    if not 0 <= amount < math.inf:
        raise Misunderstood(f"“{word}” is no amount: write US dollars, such as 5 or 0.50.")
    return amount


def picked(choice: Choice) -> dict[str, JsonValue]:
    return {"provider": choice.provider, "model": choice.model}


def shares(*parts: tuple[Choice, int]) -> list[JsonValue]:
    return [{**picked(choice), "percent": percent} for choice, percent in parts if percent]
