"""`demo`: Precis at work in a Slack workspace that lives on this machine."""

from pathlib import Path

import click

from adapters import PROVIDERS
from bot.cli.ending import carry_out, fail
from bot.cli.environment import environment


@click.command()
@click.option("--export", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A Slack export to load.")
@click.option("--thread", metavar="CHANNEL[/TS]", help="Its thread; a channel alone stands for its longest.")
@click.option(
    "--provider",
    type=click.Choice(list(PROVIDERS)),
    default="offline",
    show_default=True,
    help="Who answers. All but offline need their key, and cost money.",
)
def demo(export: Path | None, thread: str | None, provider: str) -> None:
    """Play /tldr, the shortcut and a mention in a Slack workspace that lives on this machine."""
    if (export is None) != (thread is None):
        fail("--export and --thread go together: name the folder, and the thread as CHANNEL or CHANNEL/TS.", 2)
    from bot import app, config, logs
    from bot import demo as stage

    logs.configure("WARNING")
    try:
        chosen = config.provider(environment() | {"LLM_PROVIDER": provider})
        carry_out(stage.play(chosen, export, thread))
    except stage.DemoFailed as error:
        fail(str(error), 1)
    except app.StartError as error:
        fail(str(error), error.status)
    except (config.ConfigError, stage.NoSuchThread, stage.BadExport) as error:
        fail(str(error), 2)
