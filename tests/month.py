"""A month of invented rows, and what a week of them comes to, in plain Python over those rows."""

import asyncio
import json
import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import permutations
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

from bot.store import Call, Eval, Store

BERLIN = ZoneInfo("Europe/Berlin")
BEGINS = datetime(2026, 10, 12, tzinfo=BERLIN)
"""Clocks go back on 2026-10-25, within the month."""

MODELS = {
    "openai/gpt-4o-mini": 6,
    "openai/gpt-6-luna": 2,
    "claude/claude-haiku-4-5": 3,
    "gemini/gemini-3.6-flash": 1,
    "compatible/tiny-7b": 1,
}
UNPRICED = "compatible/tiny-7b"
CATEGORIES = ("bug", "billing", "how-to")


@dataclass
class Month:
    """The rows as they went into the database; `handled` are the ids of cases that somebody dealt with."""

    calls: list[Call] = field(default_factory=list)
    evals: dict[str, Eval] = field(default_factory=dict)
    thumbs: list[tuple[str, str, datetime]] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)
    handled: set[str] = field(default_factory=set)
    votes: list[dict[str, Any]] = field(default_factory=list)


def within(moment: str | datetime, since: datetime, until: datetime) -> bool:
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return since <= at < until


def generated(days: int = 30, seed: int = 11, per_day: int = 25) -> Month:
    dice, month = random.Random(seed), Month()
    for number in range(days * per_day):
        at = BEGINS + timedelta(seconds=dice.uniform(0, days * 86_400))
        call = made(dice, str(number), at)
        month.calls.append(call)
        if call.task == "summarise" and call.outcome == "ok" and dice.random() < 0.4:
            given = at + timedelta(hours=dice.uniform(0, 30))
            month.thumbs.append((call.id, dice.choice(["up", "up", "down"]), given))
        if call.task == "triage" and call.outcome == "ok":
            triaged(dice, month, call, at)
        for trial in range(dice.choice([0, 0, 1, 3]) if call.outcome == "ok" else 0):
            tried(dice, month, call, f"{number}-{trial}")
    for number in range(60):
        left, right = dice.sample(list(MODELS), 2)
        at = BEGINS + timedelta(days=dice.uniform(0, days))
        verdict = dice.choice(["left", "right", "same"])
        month.votes.append({"id": str(number), "at": at, "left": left, "right": right, "verdict": verdict})
    return month


def made(dice: random.Random, number: str, at: datetime) -> Call:
    [name] = dice.choices(list(MODELS), list(MODELS.values()))
    provider, _, model = name.partition("/")
    ok, metered = dice.random() < 0.9, dice.random() < 0.95
    task = dice.choice(["summarise", "triage", "extract"])
    return Call(
        id=f"call-{number}",
        called_at=at.astimezone(ZoneInfo("UTC")).isoformat(),
        task=task,
        prompt_version=f"{task}-1",
        provider=provider,
        requested_model=model,
        served_model=model,
        latency_ms=dice.randrange(100, 9_000),
        attempt=1,
        outcome="ok" if ok else "failed",
        error=None if ok else "overloaded",
        input_tokens=dice.randrange(500, 9_000) if metered else None,
        cached_tokens=dice.randrange(500) if metered else None,
        cache_write_tokens=dice.randrange(50) if metered else None,
        output_tokens=dice.randrange(20, 900) if metered else None,
        thinking_tokens=dice.randrange(20) if metered else None,
        cost_usd=dice.random() / 100 if metered and name != UNPRICED else None,
        workspace="T1",
        channel=dice.choice(["C1", "C2", "C3", "C4", "D1", None]),
        user=dice.choice(["U1", "U2"]),
        job=f"job-{number}",
        prompt=f"prompt {number}",
        answer=json.dumps({"category": dice.choice(CATEGORIES), "noise": dice.random() < 0.1}),
        instead_of="openai" if dice.random() < 0.05 else None,
        prompt_digest=task,
    )


def tried(dice: random.Random, month: Month, call: Call, number: str) -> None:
    """Some model is asked the same once more: in the shadow within a second, or within three days by a comparison."""
    shadow, at = dice.random() < 0.5, datetime.fromisoformat(call.called_at)
    asked = made(dice, number, at + timedelta(seconds=dice.uniform(0, 1 if shadow else 3 * 86_400)))
    trial = replace(asked, task=call.task, prompt_version=call.prompt_version, prompt_digest=call.task)
    if shadow:
        month.calls.append(replace(trial, purpose="shadow", job=call.job, prompt=call.prompt))
        return
    eval = replayed(call, trial)
    month.calls.append(replace(trial, purpose="compare", job=eval.id, prompt=None, answer=None))
    month.evals[eval.id] = eval


def replayed(call: Call, trial: Call) -> Eval:
    """What a comparison keeps of a trial."""
    ok = trial.outcome == "ok"
    given = json.loads(trial.answer or "")
    return Eval(
        id=f"{call.id} by {name(trial)}",
        workspace="T1",
        evaluated_at=trial.called_at,
        task=call.task,
        source=call.id,
        asked_at=call.called_at,
        channel=call.channel,
        prompt_digest=call.task,
        provider=trial.provider,
        model=trial.requested_model,
        outcome=trial.outcome,
        error=trial.error,
        call=trial.id if ok else None,
        label=label(given["category"], given["noise"]) if ok and call.task == "triage" else None,
        answer=trial.answer if ok else None,
    )


def triaged(dice: random.Random, month: Month, call: Call, at: datetime) -> None:
    """A case that this call has sorted; some people have corrected, taken or closed it."""
    given = json.loads(call.answer or "")
    case: dict[str, Any] = {
        "id": call.job,
        "workspace": "T1",
        "channel": "C1",
        "ts": f"{at.timestamp():.6f}",
        "author": dice.choice(["U1", "U2"]),
        "quiet": 0,
        "opened_at": call.called_at,
        "updated_at": call.called_at,
        "triaged_at": call.called_at,
        "call": call.id,
        "model_category": given["category"],
        "model_noise": given["noise"],
        "category": dice.choice([given["category"], given["category"], *CATEGORIES]),
        "noise": given["noise"] if dice.random() < 0.9 else not given["noise"],
        "text": "what was said",
        "reason": "why",
    }
    corrected = (case["category"], case["noise"]) != (case["model_category"], case["model_noise"])
    if corrected or dice.random() < 0.5:
        month.handled.add(str(call.job))
        if not corrected:
            case |= {"assignee": "U9"} if dice.random() < 0.5 else {"done_at": call.called_at, "done_by": "U9"}
    month.cases.append(case)


async def written(month: Month, store: Store) -> None:
    """Put the rows into a database."""
    utc = ZoneInfo("UTC")
    await asyncio.gather(*(store.database.insert("triage", case) for case in month.cases))
    await asyncio.gather(*map(store.log_call, month.calls))
    await asyncio.gather(*map(store.keep_eval, month.evals.values()))
    await asyncio.gather(
        *(store.give_feedback(call, "U1", verdict, at.astimezone(utc)) for call, verdict, at in month.thumbs),
        *(store.database.insert("corrections", correction(case)) for case in month.cases if labelled(month, case)),
        *(store.database.insert("votes", ballot(vote)) for vote in month.votes),
    )


def labelled(month: Month, case: dict[str, Any]) -> bool:
    """Whether somebody dealt with the case by correcting it."""
    return case["id"] in month.handled and not {"assignee", "done_at"} & case.keys()


def ballot(vote: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": vote["id"],
        "workspace": "T1",
        "voted_at": vote["at"].astimezone(ZoneInfo("UTC")).isoformat(),
        "voter": "U1",
        "task": "summarise",
        "left_model": vote["left"],
        "right_model": vote["right"],
        "verdict": vote["verdict"],
    }


def correction(case: dict[str, Any]) -> dict[str, Any]:
    moved = case["category"] != case["model_category"]
    return {
        "id": f"correction-{case['id']}",
        "triage": case["id"],
        "call": case["call"],
        "corrected_at": case["opened_at"],
        "corrected_by": "U9",
        "field": "category" if moved else "support",
        "old": case["model_category"] if moved else "yes",
        "new": case["category"] if moved else "no",
        "text": "what was said",
    }


def name(call: Call) -> str:
    return f"{call.provider}/{call.requested_model}"


def rank(values: list[int], percent: int) -> int | None:
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1] if values else None


def computed(month: Month, since: datetime, until: datetime) -> dict[tuple[str, str], dict[str, Any]]:
    """Each model's figures by its name and purpose, from the definitions."""
    groups: dict[tuple[str, str], list[Call]] = {}
    for call in month.calls:
        if within(call.called_at, since, until):
            groups.setdefault((name(call), call.purpose), []).append(call)
    return {key: figures(month, key[0], calls, since, until) for key, calls in groups.items()}


def figures(month: Month, model: str, calls: list[Call], since: datetime, until: datetime) -> dict[str, Any]:
    costs = [call.cost_usd for call in calls if call.cost_usd is not None]
    times = [call.latency_ms for call in calls if call.outcome == "ok"]
    return {
        "calls": len(calls),
        "failed": sum(call.outcome != "ok" for call in calls),
        "input_tokens": sum(call.input_tokens or 0 for call in calls),
        "cached_tokens": sum(call.cached_tokens or 0 for call in calls),
        "cache_write_tokens": sum(call.cache_write_tokens or 0 for call in calls),
        "output_tokens": sum(call.output_tokens or 0 for call in calls),
        "thinking_tokens": sum(call.thinking_tokens or 0 for call in calls),
        "cost_usd": round(math.fsum(costs), 9) if costs else None,
        "unpriced": sum(call.cost_usd is None and call.input_tokens is not None for call in calls),
        "priced": len(costs),
        "per_100_usd": round(math.fsum(costs) / len(costs) * 100, 9) if costs else None,
        "p50_ms": rank(times, 50),
        "p95_ms": rank(times, 95),
        "tasks": dict(Counter(call.task for call in calls)),
        "stood_in": sum(call.outcome == "ok" and call.instead_of is not None for call in calls),
        "thumbs": thumbs(month, model, since, until),
        "labels": labels(month, model, since, until),
        "votes": votes(month, model, since, until),
    }


def thumbs(month: Month, model: str, since: datetime, until: datetime) -> tuple[int, int]:
    by = {call.id: name(call) for call in month.calls}
    given = [verdict for id, verdict, at in month.thumbs if by[id] == model and within(at, since, until)]
    return given.count("up"), len(given)


def label(category: str, noise: bool) -> str:
    return "noise" if noise else category


def labels(month: Month, model: str, since: datetime, until: datetime) -> tuple[int, int]:
    """Right ones and all, one for each case that the model has been asked about."""
    outcomes = []
    for case in month.cases:
        if case["id"] in month.handled and within(case["opened_at"], since, until):
            given = said(month, model, case)
            outcomes += [given[-1] == label(case["category"], case["noise"])] if given else []
    return sum(outcomes), len(outcomes)


def said(month: Month, model: str, case: dict[str, Any]) -> list[str]:
    """What a model called a case; the last one counts: where it has sorted the case, that, else the newest trial."""
    own: list[tuple[str, str]] = []
    trials: list[tuple[str, str]] = []
    for call in month.calls:
        if name(call) == model and call.task == "triage" and call.outcome == "ok" and call.job == case["id"]:
            given = json.loads(call.answer or "")
            (own if call.id == case["call"] else trials).append((call.called_at, label(**given)))
    for eval in month.evals.values():
        if f"{eval.provider}/{eval.model}" == model and eval.source == case["call"] and eval.label:
            trials.append((eval.evaluated_at, eval.label))
    return [given for _, given in [*sorted(trials), *own]]


def votes(month: Month, model: str, since: datetime, until: datetime) -> tuple[int, int, int]:
    """Won, found the same, and all."""
    seen = [vote for vote in month.votes if within(vote["at"], since, until) and model in (vote["left"], vote["right"])]
    won = sum(vote["verdict"] in ("left", "right") and vote[vote["verdict"]] == model for vote in seen)
    return won, sum(vote["verdict"] == "same" for vote in seen), len(seen)


def pairs(month: Month) -> dict[tuple[str, str], tuple[int, float]]:
    """How many prompts of the month two models have both read, and the second one's tokens for one of the first."""
    read: dict[tuple[str, str], list[tuple[int, float, float]]] = {}
    for group in readings(month):
        for one, other in permutations(group, 2):
            count = min(len(group[one]), len(group[other]))
            read.setdefault((one, other), []).append((count, fmean(group[one]), fmean(group[other])))
    return {
        key: (
            sum(count for count, _, _ in each),
            sum(count * there for count, _, there in each) / sum(count * here for count, here, _ in each),
        )
        for key, each in read.items()
    }


def readings(month: Month) -> Iterator[dict[str, list[int]]]:
    """The tokens that each model counted of one prompt, once for what went into the shadow and once for replays."""
    calls = {call.id: call for call in month.calls}
    for source in month.calls:
        shadows = [call for call in month.calls if call.purpose == "shadow" and call.job == source.job]
        replays = [calls[eval.call] for eval in month.evals.values() if eval.source == source.id and eval.call]
        for trials in (shadows, replays):
            if source.purpose == "work" and trials:
                yield counted([source, *trials])


def counted(calls: list[Call]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for call in calls:
        if call.outcome == "ok" and call.input_tokens:
            found.setdefault(name(call), []).append(call.input_tokens)
    return found
