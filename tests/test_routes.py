"""Routes: who is asked for a job, by the settings of the workspace and by the environment where those are silent."""

from collections import Counter
from pathlib import Path

import pytest

from bot.choices import Choice
from bot.gateways import ready
from bot.routes import Route, RoutingTable, table
from bot.settings import Settings
from tests.gateways import OFFLINE, FixedRoutes, opened

HAIKU, MINI, LUNA = (
    Choice("claude", "claude-haiku-4-5"),
    Choice("openai", "gpt-4o-mini"),
    Choice("openai", "gpt-6-luna"),
)
CONFIGURED = Route(HAIKU, MINI)


def share(choice: Choice, percent: int = 100) -> dict[str, object]:
    return {"provider": choice.provider, "model": choice.model, "percent": percent}


def routes(**settings: object) -> RoutingTable:
    return table(Settings.model_validate(settings), CONFIGURED)


def test_it_goes_by_the_environment_where_nothing_is_set() -> None:
    assert routes().route("triage", "job") == CONFIGURED
    assert routes().choices == {HAIKU, MINI}


def test_it_prefers_a_tasks_own_model_to_the_default() -> None:
    found = routes(default_model=[share(MINI)], triage_model=[share(LUNA)])

    assert found.route("triage", "job").first == LUNA
    assert found.route("summarise", "job").first == MINI
    assert found.choices == {MINI, LUNA}


def test_it_shares_requests_out_by_job_and_keeps_a_jobs_model() -> None:
    found = routes(default_model=[share(HAIKU, 90), share(LUNA, 10)])
    firsts = [found.route("triage", f"job-{number}").first for number in range(10_000)]

    assert firsts == [found.route("triage", f"job-{number}").first for number in range(10_000)]
    counted = Counter(firsts)
    assert counted.keys() == {HAIKU, LUNA}
    assert 900 < counted[LUNA] < 1_100


@pytest.mark.parametrize(
    ("fallback", "found"),
    [(None, MINI), ("off", None), ({"provider": "openai", "model": "gpt-6-luna"}, LUNA)],
)
def test_it_knows_who_stands_in(fallback: object, found: Choice | None) -> None:
    assert routes(fallback=fallback).route("triage", "job").fallback == found


def test_it_has_nobody_stand_in_for_themselves() -> None:
    assert routes(default_model=[share(MINI)]).route("triage", "job") == Route(MINI)


def test_it_samples_jobs_for_a_candidate_independently_of_the_split() -> None:
    sample = {**share(LUNA, 20), "task": "triage"}
    found = routes(default_model=[share(HAIKU, 50), share(MINI, 50)], shadow=sample)
    taken = [found.route("triage", f"job-{number}") for number in range(10_000)]

    counted = Counter((route.first, route.shadow) for route in taken)
    assert 900 < counted[HAIKU, LUNA] < 1_100
    assert 900 < counted[MINI, LUNA] < 1_100
    assert {found.route("summarise", f"job-{number}").shadow for number in range(100)} == {None}
    assert found.choices == {HAIKU, MINI, LUNA}


def test_it_has_no_candidate_ask_what_it_answers_itself() -> None:
    found = routes(shadow=share(HAIKU, 100))

    assert found.route("triage", "job").shadow is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"triage_model": [share(MINI, 90)]},
        {"triage_model": []},
        {"triage_model": [{**share(MINI), "provider": "nobody"}]},
        {"fallback": "on"},
        {"shadow": {**share(MINI, 5), "task": "cooking"}},
        {"shadow": share(MINI, 101)},
        {"shadow_daily_usd": -1},
    ],
)
def test_it_takes_no_setting_that_could_not_be_followed(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        routes(**wrong)


async def test_it_starts_though_the_chosen_provider_has_lost_its_key(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path, OFFLINE, routes=FixedRoutes(Route(MINI))) as running:
        await ready(running.gateway)
        assert await running.calls() == []

    assert "openai/gpt-4o-mini cannot be asked (missing_key)" in caplog.text
