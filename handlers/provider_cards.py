"""What `/llm-provider` shows: who answers what, how they do, what they cost, and for admins the menus to change it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.errors import ModelNotFound, ProviderError, Unpriced
from bot.amounts import cost, exact, plural
from bot.budget import Left
from bot.catalogue import Catalogue, close_models, either
from bot.changes import NO_CHANGES, Names, named, sampled, shared
from bot.choices import DEFAULT, TASKS
from bot.overview import Health, Overview, replacements
from bot.purposes import WORK
from bot.settings import Settings, model_setting
from bot.store import Change, Line, Standing
from bot.trials import Trial
from handlers import audits
from handlers import provider_menus as menus
from handlers.answers import BLOCK_COST, BLOCKS_LIMIT
from handlers.blocks import NAME_LENGTH, Content, clip, context, fitted, header, packed, section
from handlers.mrkdwn import date, escape
from handlers.replies import sentence

TITLE = "Models"
FEW = (12, 6, 3, 1)
"""Lines under a heading, the others being counted: the most that Slack takes."""

HOW = (
    "`/llm-provider`: who answers what, how they do, what they cost",
    "`/llm-provider set openai [gpt-6-luna] [for triage]`: switch, for one task or for all without their own",
    "`/llm-provider reset [for triage]`: back to the default",
    "`/llm-provider split claude=90 openai=10 [for triage]`: share the requests out, in per cent",
    "`/llm-provider fallback openai`, `fallback off`: who stands in where a provider cannot answer",
    "`/llm-provider shadow openai 5 [for triage]`, `shadow off`: send a sample of the prompts to a candidate too",
    "`/llm-provider budget daily 5`, `budget monthly 100`, `budget daily off`: what calls may cost, in US dollars",
    "`/llm-provider compare 20 triage`: other models on the last prompts of a task, with a table of what each is worth",
    "`/llm-provider digest`: what the last complete week came to, and who would have been cheaper",
    "`/llm-provider history`: the last ten changes",
)
WHO = "Everybody may look; owners and admins of the workspace may change. Put `because …` behind a change to say why."

FAILURES: Mapping[str, str] = {
    "missing_key": "it has not what it needs",
    "not_installed": "its package is not installed",
    "no_api": "its address leads to nothing that it speaks",
    "auth": "it did not accept the key",
    "forbidden": "it did not accept the key for the model",
    "quota_exhausted": "its account is out of credit or quota",
    "model_not_found": "it did not know the model",
    "bad_request": "it refused the request",
    "too_long": "the input was too long",
    "refused": "it declined to answer",
    "truncated": "its answer was cut off",
    "empty": "it answered without a word",
    "bad_output": "its answer was of no use",
    "rate_limited": "it took no more requests",
    "overloaded": "it was overloaded",
    "server_error": "it had a fault",
    "timed_out": "it took too long",
    "unreachable": "it could not be reached",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A line under a heading, in markup, with the menu or the buttons that belong to it."""

    text: str
    menu: dict[str, Any] | None = None
    buttons: dict[str, Any] | None = None


def status(overview: Overview, names: Names, catalogue: Catalogue | None) -> Content:
    """Everything at one moment; with a catalogue, what an admin can change it by."""
    fixed = list(settled(overview, names, catalogue))
    parts, blocks = fixed, []
    for few in FEW:
        parts = [*fixed, *observed(overview, few, offer=catalogue is not None)]
        blocks = [header(TITLE), *(block for part in parts for block in drawn(part))]
        blocks.append(menus.more() if catalogue else context(WHO))
        if weight(blocks) + BLOCK_COST * len(blocks) <= BLOCKS_LIMIT:
            break
    return fitted([TITLE, *(part.text.replace("*", "") for part in parts)], blocks)


def settled(overview: Overview, names: Names, catalogue: Catalogue | None) -> Iterator[Part]:
    """What can be set."""
    for task in (DEFAULT, *TASKS):
        yield task_line(task, overview, names, catalogue)
    yield fallback_line(overview, names, catalogue)
    yield shadow_line(overview, names, catalogue)
    yield Part(budget_words(overview.settings, overview.left), menus.budget_menu() if catalogue else None)


def observed(overview: Overview, few: int, *, offer: bool) -> Iterator[Part]:
    """What has come of it, and what will."""
    yield from listed("Health", [health(one) for one in overview.health], few)
    yield from listed("This week", [used(line) for line in overview.week] or ["no calls yet"], few)
    yield from list(warnings(overview, offer=offer))[:few]


def weight(value: object) -> int:
    """The characters that Slack counts: every text that a reader would see, however deep."""
    if isinstance(value, Mapping):
        own = value.get("text")
        return (len(own) if isinstance(own, str) else 0) + sum(map(weight, value.values()))
    return sum(map(weight, value)) if isinstance(value, list) else 0


def drawn(part: Part) -> Iterator[dict[str, Any]]:
    yield section(part.text) | ({"accessory": part.menu} if part.menu else {})
    if part.buttons:
        yield part.buttons


def task_line(task: str, overview: Overview, names: Names, catalogue: Catalogue | None) -> Part:
    shares = overview.tasks[task]
    own = overview.standing.get(model_setting(task)) if task in overview.own else None
    origin = since(own, names) if own else "as configured" if task == DEFAULT else "by default"
    menu = menus.model_menu(task, shares, catalogue) if catalogue else None
    return Part(f"*{task}*: {escape(shared(shares))} · {origin}", menu)


def fallback_line(overview: Overview, names: Names, catalogue: Catalogue | None) -> Part:
    who = named(overview.fallback) if overview.fallback else "nobody"
    set_by = overview.standing.get("fallback")
    origin = since(set_by, names) if set_by else "as configured"
    return Part(f"*fallback*: {escape(who)} · {origin}", menus.fallback_menu(catalogue) if catalogue else None)


def shadow_line(overview: Overview, names: Names, catalogue: Catalogue | None) -> Part:
    who = sampled(overview.shadow) if overview.shadow else "off"
    set_by = overview.standing.get("shadow")
    origin = f" · {since(set_by, names)}" if set_by else ""
    return Part(f"*shadow*: {escape(who)}{origin}", menus.shadow_menu(catalogue) if catalogue else None)


def since(standing: Standing, names: Names) -> str:
    return f"since {date(datetime.fromisoformat(standing.changed_at))} by {escape(names(standing.changed_by))}"


def budget_words(settings: Settings, left: Left) -> str:
    found = [
        f"{dollars_left(left.daily)} of {exact(settings.daily_budget_usd)} left today"
        if settings.daily_budget_usd is not None
        else "no daily limit",
        f"{dollars_left(left.monthly)} of {exact(settings.monthly_budget_usd)} left this month"
        if settings.monthly_budget_usd is not None
        else "no monthly limit",
        f"shadow calls: {dollars_left(left.shadow)} of {exact(settings.shadow_daily_usd)} left today",
    ]
    return f"*budget*: {' · '.join(found)}"


def dollars_left(usd: float | None) -> str:
    return exact(round(usd or 0.0, 4))


def listed(heading: str, lines: Sequence[str], few: int) -> Iterator[Part]:
    more = [f"… and {len(lines) - few} more"] if len(lines) > few else []
    for text in packed(f"*{heading}*", [f"• {line}" for line in [*lines[:few], *more]]):
        yield Part(text)


def health(one: Health) -> str:
    if one.left_alone is None:
        words = "is asked"
    else:
        words = f"failed repeatedly and is left alone for {max(round(one.left_alone), 1)} s"
    latency = f"p95 today {one.p95_ms / 1000:.1f} s" if one.p95_ms is not None else "no answers today"
    last = (
        f" · last failure {date(datetime.fromisoformat(one.error.called_at))}: {failure(one.error.error)}"
        if (one.error)
        else ""
    )
    return f"{escape(named(one.choice))} {words} · {latency}{last}"


def failure(kind: str) -> str:
    return FAILURES.get(kind, f"something went wrong ({escape(kind)})")


def spent(line: Line) -> str:
    """Calls and what they have cost, as a sentence says it."""
    failed = f", {line.failed:,} failed" if line.failed else ""
    billed = cost(line.cost_usd) if line.cost_usd is not None or line.unpriced else "nothing billed"
    unknown = f" and {plural(line.unpriced, 'call')} of unknown price" if line.unpriced and line.cost_usd else ""
    return f"{plural(line.calls, 'call')}{failed}, {billed}{unknown}"


def used(line: Line) -> str:
    """A model, and what its calls have come to."""
    name = line.name if line.purpose == WORK else f"trial calls ({line.purpose})"
    return f"{escape(clip(name, NAME_LENGTH))}: {spent(line)}"


def warnings(overview: Overview, *, offer: bool) -> Iterator[Part]:
    for number, warning in enumerate(overview.warnings):
        places = replacements(overview, warning.choice, warning.successor) if warning.successor else {}
        buttons = menus.successors(number, places, warning.successor or "") if places and offer else None
        yield Part(f"⚠️ {escape(warning.sentence)}", buttons=buttons)


def history(changes: Sequence[Change], names: Names) -> Content:
    """The last changes, the newest first."""
    lines = [audits.line(change, names) for change in changes] or [NO_CHANGES]
    texts = list(packed("*The last changes*", lines))
    return fitted([text.replace("*", "") for text in texts], map(section, texts))


def how_to(unknown: str) -> Content:
    """What can be typed; `unknown` is what was typed instead."""
    lead = [escape(f"I do not know “{unknown[:40]}”. This is what I understand:")] if unknown else []
    lines = [f"• {escape(line)}" for line in HOW]
    return fitted([*lead, *lines, WHO], [*map(section, lead), section("\n".join(lines)), context(WHO)])


def answered(trial: Trial) -> str:
    """How a test call went, as a sentence."""
    if trial.error is not None:
        return refused(trial.choice.model, trial, trial.error)
    return f"{named(trial.choice)} answered a test call in {trial.seconds:.1f} s ({cost(trial.cost_usd)})."


def refused(model: str, trial: Trial, error: ProviderError) -> str:
    vendor = trial.choice.vendor.label
    if isinstance(error, ModelNotFound):
        close = close_models(trial.choice)
        meant = f" Did you mean {either(close)}?" if close else ""
        return f"{vendor} does not know the model {model}.{meant}"
    if isinstance(error, Unpriced):
        return sentence(error, bot="")
    return f"{named(trial.choice)} failed a test call. {sentence(error, bot='')}"
