"""`run`: the bot itself."""

import click

from bot.cli.ending import carry_out, fail
from bot.cli.environment import environment


@click.command()
def run() -> None:
    """Connect to Slack and work until SIGTERM or Ctrl-C."""
    from bot import app, config, logs, pricing

    try:
        chosen = config.load(environment())
        prices = pricing.Prices.load(pricing.FILE)
    except config.ConfigError as error:
        fail(f"Precis cannot start yet:\n{error}", 2)
    except pricing.PricesError as error:
        fail(str(error), 2)
    logs.configure(chosen.log_level)
    try:
        carry_out(app.run(chosen, prices))
    except app.StartError as error:
        fail(str(error), error.status)
