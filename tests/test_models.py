"""The provider table, the model rows, and that an SDK is imported only when its provider is built."""

import ast
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from adapters import PROVIDERS, build, errors
from adapters.models import MODELS, label, model, rules

ROOT = Path(__file__).parents[1]
SDKS = {
    "claude": "anthropic",
    "openai": "openai",
    "gemini": "google.genai",
    "gemini-legacy": "google.generativeai",
    "compatible": "openai",
}


def test_it_has_a_row_for_every_default_model_and_every_model_a_row_points_to():
    named = {vendor.default_model for vendor in PROVIDERS.values() if vendor.default_model}
    named |= {other for row in MODELS.values() for other in (row.successor, row.routed_to) if other}
    assert named <= set(MODELS)


def test_it_says_where_each_fact_comes_from():
    for row in MODELS.values():
        assert row.source
        assert row.read <= date(2026, 11, 22)
        assert row.provider in PROVIDERS
        assert 0 < row.max_output <= row.window


@pytest.mark.parametrize(
    ("snapshot", "alias"),
    [("claude-haiku-4-5-20251001", "claude-haiku-4-5"), ("gpt-4o-mini-2024-07-18", "gpt-4o-mini")],
)
def test_it_finds_the_row_of_a_dated_snapshot(snapshot, alias):
    found = model(snapshot)
    assert found is not None
    assert found.id == alias


@pytest.mark.parametrize("unknown", ["gpt-4o-mini-audio", "claude-haiku", "claude-haiku-4-5-latest", "", "x-20251001"])
def test_it_has_no_row_for_other_models(unknown):
    assert model(unknown) is None


def test_it_allows_nothing_optional_for_a_model_without_a_row():
    row = rules("a-model-of-tomorrow")
    assert (row.sampling, row.thinking, row.output_limit(500)) == (False, None, 500)


def test_it_leaves_room_for_thoughts_but_never_asks_for_more_than_the_model_gives():
    assert rules("gemini-3.8-flash").output_limit(500) > 500
    assert rules("gpt-4o-mini").output_limit(500) == 500
    assert rules("gpt-4o-mini").output_limit(1_000_000) == 16_384


def test_it_labels_a_model_for_people():
    assert label("claude-haiku-4-5-20251001") == "Claude Haiku 4.5"
    assert label("someone/else-7b") == "someone/else-7b"


def test_it_builds_the_default_model_or_the_one_asked_for():
    assert build("offline", key=None).model == "offline-rules-1"
    assert build("claude", key="k").model == "claude-haiku-4-5"
    assert build("claude", key="k", model="claude-haiku-5-5").model == "claude-haiku-5-5"


@pytest.mark.parametrize("name", ["claud", "", "base", "errors"])
def test_it_refuses_a_provider_nobody_knows(name):
    with pytest.raises(errors.UnknownProvider):
        build(name, key="k")


@pytest.mark.parametrize("name", [name for name in SDKS if not PROVIDERS[name].key_optional])
@pytest.mark.parametrize("key", [None, "", "  \n"])
def test_it_refuses_to_build_without_a_key(name, key):
    with pytest.raises(errors.MissingKey, match=str(PROVIDERS[name].key_variable)):
        build(name, key=key)


@pytest.mark.parametrize("key", ["sk-“quoted”", "two\nlines", "nul\0"])
def test_it_refuses_a_key_that_cannot_be_one_without_showing_it(key):
    with pytest.raises(errors.Auth) as caught:
        build("openai", key=key)
    assert key not in repr(caught.value)


def imported(statement: str) -> set[str]:
    """The names of the modules that a fresh interpreter has loaded after the statement."""
    script = f"import sys; {statement}; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(found.stdout.split())


def test_it_imports_no_sdk_and_nothing_of_the_product_with_the_table():
    loaded = imported("import adapters, adapters.models")
    assert loaded & {*SDKS.values(), "httpx2", "aiohttp", "slack_sdk", "slack_bolt"} == set()
    assert [name for name in loaded if name.split(".")[0] in {"bot", "handlers"}] == []


@pytest.mark.parametrize("name", PROVIDERS)
def test_it_imports_only_the_sdk_of_the_provider_that_is_built(name):
    loaded = imported(f"from adapters import build; build({name!r}, key='k', base_url='http://127.0.0.1:9')")
    assert loaded & set(SDKS.values()) == ({SDKS[name]} if name in SDKS else set())


def test_it_knows_when_a_model_goes_and_what_follows_it():
    going = {row.id: (row.shutdown, row.routed_to, row.successor) for row in MODELS.values() if row.successor}
    assert going == {
        "claude-haiku-4-5": (None, None, "claude-haiku-5-5"),
        "gpt-4o-mini": (date(2027, 1, 14), None, "gpt-6-luna"),
        "gemini-3.5-flash": (None, "gemini-3.6-flash", "gemini-3.6-flash"),
    }
    assert [row.id for row in MODELS.values() if (row.shutdown or row.routed_to) and not row.successor] == []


@pytest.mark.parametrize("window", [1_000, 50_000])
def test_it_takes_a_window_from_the_configuration(window):
    row = build("claude", key="k", window=window).row
    assert (row.window, row.max_output) == (window, min(window, MODELS["claude-haiku-4-5"].max_output))


ALLOWED = {
    "claude": {"anthropic"},
    "openai": {"openai"},
    "openai_chat": {"openai"},
    "compatible": {"openai"},
    "gemini": {"google", "httpx2", "pydantic"},
    "gemini_legacy": {"google", "requests", "urllib3"},
    "connections": {"aiohttp", "httpx2"},
    "base": {"jsonschema"},
}


SHARED = {"compatible": {"openai_chat"}}


@pytest.mark.parametrize("path", sorted(ROOT.glob("adapters/*.py")), ids=lambda path: path.stem)
def test_it_keeps_to_its_direction(path):
    """An adapter knows the contract, the errors, the models, its own SDK, and of other files those that it shares."""
    tree = ast.walk(ast.parse(path.read_text()))
    nodes = [node for node in tree if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {name for node in nodes for name in names(node)}
    foreign = {name for name in modules if name.split(".")[0] not in {*sys.stdlib_module_names, "adapters"}}
    assert {name.split(".")[0] for name in foreign} <= ALLOWED.get(path.stem, set())
    own = {name.removeprefix("adapters").removeprefix(".") for name in modules if name.startswith("adapters")}
    below = {name for name in own if name.startswith(f"{path.stem.partition('_')[0]}_")}
    assert own <= {"", "base", "connections", "errors", "models"} | below | SHARED.get(path.stem, set())


def names(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
