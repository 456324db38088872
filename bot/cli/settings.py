"""`settings`: what is set for the workspace, and setting it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, TextIO
from uuid import uuid4

import click

from bot.cli.console import console
from bot.cli.ending import carry_out, fail
from bot.cli.environment import environment
from bot.cli.records import records
from bot.cli.workspaces import chosen, workspace

if TYPE_CHECKING:
    from bot.setting_forms import Form
    from bot.settings import Settings, WorkspaceSettings
    from bot.store import Standing

HOLDS = "It holds for the next message, without a restart."
SECRETS = ("_token", "_key", "_secret")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("name", required=False)
@click.argument("value", required=False)
@click.option("--file", type=click.File(encoding="utf-8"), help="Read the value from a file; - is standard input.")
@click.option("--reset", is_flag=True, help="Put the setting back to its default.")
@workspace
def settings(name: str | None, value: str | None, file: TextIO | None, reset: bool, workspace: str | None) -> None:
    """Show what is set for the workspace, explain one setting, or set it.

    Without a NAME all settings are listed, and where each value comes from. With one, the setting is explained; with a
    VALUE, a --file or --reset it is changed. A change holds for the next message, without a restart, and is in the
    audit as the operator's.

    What one setting prints can be changed in a file and read back with --file, which is how categories are best set:
    lines that begin with # do not count.
    """
    given = [value is not None, file is not None, reset]
    if any(given) and (name is None or sum(given) > 1):
        fail("Name one setting, then give it one thing: a value, --file, or --reset.", 2)
    text = value if file is None else content(file)
    carry_out(answer(environment(), name and found(name), text, reset, workspace))


def content(file: TextIO) -> str:
    """What a file says, without its comments."""
    try:
        lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        fail(f"The file cannot be read ({type(error).__name__}): save it as a text file in UTF-8.", 2)
    return "\n".join(line for line in lines if not line.startswith("#"))


def found(name: str) -> str:
    """The setting that is meant. Ends the command where there is none."""
    from bot.setting_forms import FORMS

    meant = name.lower().replace("-", "_")
    if meant not in FORMS:
        fail(unknown(name, get_close_matches(meant, FORMS, n=1)), 2)
    return meant


def unknown(name: str, close: list[str]) -> str:
    if name.lower().endswith(SECRETS):
        return f"{name[:40]} is a secret, and no setting: put it into the environment or into .env."
    hint = f"did you mean {close[0]}?" if close else "python -m bot settings lists them all."
    return f"There is no setting {name[:40]!r}: {hint}"


async def answer(
    environment: dict[str, str], name: str | None, text: str | None, reset: bool, named: str | None
) -> None:
    from bot import config
    from bot.settings import WorkspaceSettings

    try:
        defaults = config.settings(environment)
    except config.ConfigError as error:
        fail(str(error), 2)
    changing = reset or text is not None
    async with records(config.database_url(environment), create=changing) as store:
        team = await chosen(store, named, environment)
        settings = WorkspaceSettings(store, team, defaults)
        if name and changing:
            await change(settings, name, text)
        page = Page(environment, defaults, await settings.read(), await store.standing(team))
    if name is None:
        overview(page)
    elif changing:
        click.echo(f"{name} is now {page.brief(name)} ({page.origin(name)}). {HOLDS}")
    else:
        click.echo("\n".join(page.explained(name)))


async def change(settings: WorkspaceSettings, name: str, text: str | None) -> None:
    """Set it, or with None put it back to its default. Ends the command where the setting does not take the text."""
    from pydantic import ValidationError

    from bot.inbox import Inbox
    from bot.setting_forms import FORMS, problems
    from bot.settings import OPERATOR
    from handlers import audits

    if text is not None and not text.strip():
        fail(f"{name} takes {FORMS[name].kind.takes}. --reset puts it back to its default.", 2)
    id = uuid4().hex
    try:
        value = None if text is None else FORMS[name].kind.read(text)
        if text is None or value is not None:
            await settings.change(name, value, by=OPERATOR, id=id)
        else:
            await settings.lift(name, by=OPERATOR, id=id)
    except ValidationError as error:
        fail("\n".join(problems(name, error)), 2)
    except ValueError as error:
        fail(f"{name} takes {FORMS[name].kind.takes}: {error}.", 2)
    await audits.tell(id, settings, Inbox(settings.store.database))


@dataclass(frozen=True, slots=True)
class Page:
    """What can be told of the settings of a workspace: what holds, the defaults, and what has been set."""

    environment: Mapping[str, str]
    defaults: Settings
    values: Settings
    standing: list[Standing]

    def form(self, name: str) -> Form:
        from bot.setting_forms import FORMS

        return FORMS[name]

    def text(self, name: str, settings: Settings) -> str:
        return self.form(name).kind.text(getattr(settings, name))

    def brief(self, name: str) -> str:
        from bot.setting_forms import brief

        return brief(name, getattr(self.values, name))

    def origin(self, name: str) -> str:
        for row in self.standing:
            if row.name == name:
                return f"set {row.changed_at[:16].replace('T', ' ')} UTC by {row.changed_by}"
        return self.default(name)

    def default(self, name: str) -> str:
        variable = self.form(name).variable
        return f"from {variable}" if self.environment.get(variable) else "the default"

    def explained(self, name: str) -> Iterator[str]:
        """What a file could say that sets it as it is set now."""
        yield f"# {self.form(name).about}"
        yield f"# It takes {self.form(name).kind.takes}."
        variable = self.form(name).variable
        yield f"# Now: {self.origin(name)}." + (f" {variable} sets its default." if variable else "")
        yield self.text(name, self.values)


def overview(page: Page) -> None:
    from rich.markup import escape
    from rich.table import Table

    from bot.setting_forms import FORMS

    shown = console()
    table = Table("setting", "value", "where it comes from", box=None)
    table.columns[0].no_wrap = True
    for name in FORMS:
        table.add_row(name, escape(page.brief(name)), escape(page.origin(name)))
    shown.print(table)
    shown.print(
        "python -m bot settings NAME explains one. A change holds for the next message, without a restart.",
        soft_wrap=True,
    )
