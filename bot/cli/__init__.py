"""The commands, one file each. Each imports what it works with when it is run, so that the others start fast."""

import click

from bot.cli.audit import audit
from bot.cli.calls import calls
from bot.cli.check import check
from bot.cli.costs import costs
from bot.cli.demo import demo
from bot.cli.digest import digest
from bot.cli.forget import forget
from bot.cli.run import run
from bot.cli.settings import settings
from bot.cli.triage import triage

VERSION = "0.1.0"
"""Stands in pyproject.toml too: a checkout is not an installed package that could be asked."""


@click.group()
@click.version_option(VERSION, prog_name="precis")
def main() -> None:
    """Precis: Slack threads on one screen, each line with its source."""


for command in (run, check, settings, triage, audit, calls, costs, digest, forget, demo):
    main.add_command(command)
