"""The files around the code: they agree with it and with each other, and hold nothing of anybody's machine."""

import json
import pkgutil
import re
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from adapters import PROVIDERS
from bot import __main__, cli, config

ROOT = Path(__file__).parents[1]
START = "python -m bot run"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ("requirements.lock", "requirements-dev.lock")
LOCKED = re.compile(r"([a-z0-9._-]+)(?:\[[a-z0-9,_-]+\])?==([^\s;]+)(?: ; [^\\]+?)?((?: --hash=sha256:[0-9a-f]{64})+)")
MACHINE = re.compile(
    r"(?<![\w.:/~$}-])/(home|root|Users|work|workspace|mnt|media|tmp|opt|srv|private)/\w|[A-Z]:\\\\?Users"
)
KNOWN_HOSTS = re.compile(r"([a-z0-9-]+\.)*(slack\.com|example|your\.host|example\.com|localhost|127\.0\.0\.1)")


class Recorder(Mapping[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values_ = values
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self.values_[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)


def read_variables() -> set[str]:
    """Every variable that the configuration asks for, with any provider and with none."""
    asked: set[str] = set()
    for name in ("", *PROVIDERS):
        environment = Recorder({"LLM_PROVIDER": name})
        with pytest.raises(config.ConfigError):
            config.load(environment)
        asked |= environment.asked
    return asked


def locked(name: str) -> dict[str, str]:
    """The version of every package in a lock file."""
    entries = (ROOT / name).read_text().replace(" \\\n   ", "").splitlines()
    found: dict[str, str] = {}
    for entry in entries:
        match = LOCKED.fullmatch(entry)
        assert match, f"{name}: {entry[:80]}"
        found[canonicalize_name(match[1])] = match[2]
    return found


def tracked() -> list[Path]:
    """The text files that are in version control, or would be if they were added."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no checkout")
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()]


def product() -> list[Path]:
    return [path for path in tracked() if path.parent != ROOT / "tests"]


def test_it_names_in_the_example_just_the_variables_that_are_read() -> None:
    example = re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert sorted(example) == sorted(read_variables())


def test_it_knows_the_names_of_all_variables() -> None:
    assert read_variables() == config.VARIABLES


def test_it_shows_the_defaults_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text()

    for name, value in (
        ("SLACK_API_URL", config.SLACK_API_URL),
        ("DATABASE_URL", config.DATABASE_URL),
        ("CONTENT_RETENTION_DAYS", config.CONTENT_RETENTION_DAYS),
    ):
        assert f"#{name}={value}\n" in example
    assert all(level in example for level in config.LOG_LEVELS)
    assert f"choose: {', '.join(PROVIDERS)}" in example


def test_it_holds_no_secret_in_the_example() -> None:
    values = re.findall(r"^[A-Z_]+=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert values == ["", ""]


@pytest.mark.parametrize("name", LOCKS)
def test_it_locks_every_package_by_hash_and_names_no_source(name: str) -> None:
    assert len(locked(name)) > 30


@pytest.mark.parametrize("dependency", PROJECT["project"]["dependencies"])
def test_it_locks_every_dependency_within_its_bounds(dependency: str) -> None:
    wanted = Requirement(dependency)

    assert wanted.specifier.contains(locked("requirements.lock")[canonicalize_name(wanted.name)])
    assert {part.operator for part in wanted.specifier} == {">=", "<"}


@pytest.mark.parametrize("dependency", PROJECT["project"]["optional-dependencies"]["dev"])
def test_it_locks_every_tool_within_its_bounds(dependency: str) -> None:
    wanted = Requirement(dependency)

    assert wanted.specifier.contains(locked("requirements-dev.lock")[canonicalize_name(wanted.name)])


def test_it_tests_with_the_versions_that_run() -> None:
    run, dev = locked("requirements.lock"), locked("requirements-dev.lock")

    assert run.items() <= dev.items()


def test_it_needs_no_package_of_the_tests_to_run() -> None:
    assert not {"pytest", "hypothesis", "mypy", "ruff"} & locked("requirements.lock").keys()


def test_it_has_the_version_of_the_package() -> None:
    assert PROJECT["project"]["version"] == cli.VERSION


def test_it_ships_every_package() -> None:
    packages = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

    assert sorted(packages) == sorted(path.parent.name for path in ROOT.glob("*/py.typed"))


def test_it_installs_a_command_that_exists() -> None:
    assert [pkgutil.resolve_name(target) for target in PROJECT["project"]["scripts"].values()] == [__main__.main]


def test_it_is_under_the_mit_licence() -> None:
    assert (ROOT / "LICENSE").read_text().startswith("MIT License\n\nCopyright (c) ")
    assert PROJECT["project"]["license"] == "MIT"


def test_it_starts_as_the_procfile_says() -> None:
    lines = re.findall(r"^(?:# )?([a-z]+): (.+)$", (ROOT / "Procfile").read_text(), re.MULTILINE)

    assert lines == [("worker", START), ("web", START)]
    assert "run" in cli.main.commands


def test_it_starts_as_the_slack_cli_asks() -> None:
    hooks: dict[str, Any] = json.loads((ROOT / ".slack" / "hooks.json").read_text())["hooks"]

    assert hooks == {"get-manifest": "cat manifest.json", "start": START}
    assert json.loads((ROOT / "manifest.json").read_text())


def test_it_holds_no_path_of_anybodys_machine() -> None:
    assert not [str(path.relative_to(ROOT)) for path in tracked() if MACHINE.search(path.read_text(errors="replace"))]


def test_it_points_to_slack_and_invented_hosts_only() -> None:
    links = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in product()
        for host in re.findall(r"https?://([A-Za-z0-9][A-Za-z0-9.-]*)", path.read_text(errors="replace"))
        if not KNOWN_HOSTS.fullmatch(host)
    ]

    assert not links


def test_it_names_no_package_index() -> None:
    option = re.compile(r"(?<!--no-emit-)\b(index-url|find-links|trusted-host)\b")

    assert not [str(path.relative_to(ROOT)) for path in product() if option.search(path.read_text(errors="replace"))]
    assert not {"uv", "pip", "poetry", "pdm"} & PROJECT["tool"].keys()
