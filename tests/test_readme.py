"""The README's blocks against the code, so that they cannot drift."""

import re
import shlex

import click
import pytest

from adapters import PROVIDERS
from bot import config, demo
from bot.cli import main
from bot.providers import ProviderConfig
from bot.sandbox import Workspace
from bot.settings import REQUESTS_PER_USER_HOUR
from handlers.links import permalink
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()


def block(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", README, re.DOTALL)
    assert found is not None
    return found[1]


async def test_it_shows_the_answer_that_the_demo_gives() -> None:
    workspace = Workspace.from_export(demo.SHIPPED)
    scene = demo.find(workspace, None)
    async with demo.stage(workspace, ProviderConfig("offline", "offline-rules-1", None, None)) as (slack, precis):
        address = permalink(slack.url, scene.channel, scene.ts, None)
        asked = await slack.person(scene.askers[0]).command("/tldr", address, channel=scene.channel)
        await precis.services.inbox.idle()

    answer = re.sub(r"\d+\.\d s", "0.0 s", asked.answers[0]["text"]).splitlines()
    shown = block("answer").replace("\n  ", " ").splitlines()[1:-1]
    assert len(shown) > 12
    assert [line for line in shown if line not in answer] == ["…"] * shown.count("…")


def test_it_lists_the_variables_of_the_example_file() -> None:
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \|", block("settings"), re.MULTILINE)
    listed = {name for row in rows for name in re.findall("[A-Z_]+", row)}

    assert listed == set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE))


@pytest.mark.parametrize(
    ("variable", "default"),
    [
        ("SLACK_API_URL", config.SLACK_API_URL),
        ("DATABASE_URL", config.DATABASE_URL),
        ("CONTENT_RETENTION_DAYS", str(config.CONTENT_RETENTION_DAYS)),
        ("MAX_REQUESTS_PER_USER_HOUR", str(REQUESTS_PER_USER_HOUR)),
        ("MAX_CONCURRENT_CALLS", str(config.MAX_CONCURRENT_CALLS)),
    ],
)
def test_it_states_the_defaults(variable: str, default: str) -> None:
    assert f"| `{variable}` | `{default}` |" in README


@pytest.mark.parametrize("vendor", [vendor for vendor in PROVIDERS.values() if vendor.key_variable])
def test_it_names_the_default_models(vendor: object) -> None:
    assert f"`{getattr(vendor, 'default_model')}`" in README  # noqa: B009


def commands() -> list[str]:
    return sorted({line.partition("#")[0].strip() for line in re.findall(r"python -m bot ([^`\n]+)", README)})


@pytest.mark.parametrize("line", commands())
def test_it_shows_commands_that_exist(line: str) -> None:
    name, *arguments = shlex.split(line)
    assert isinstance(main, click.Group)
    command = main.commands[name]
    known = {option for parameter in command.params for option in parameter.opts}

    assert {argument for argument in arguments if argument.startswith("--")} <= known
