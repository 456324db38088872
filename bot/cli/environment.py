"""What the commands read their settings from: the process's environment, and `.env` beside it."""

import os

from bot.cli.ending import fail


def environment() -> dict[str, str]:
    """The process's environment, over what `.env` in the working folder says. Ends it where that is no text."""
    return set_in_file() | {name: value for name, value in os.environ.items() if value}


def set_in_file() -> dict[str, str]:
    """What `.env` in the working folder sets. Ends the process where that is no text."""
    from dotenv import dotenv_values

    try:
        file = dotenv_values(".env")
    except (OSError, UnicodeDecodeError) as error:
        fail(f".env cannot be read ({type(error).__name__}): save it as a text file in UTF-8.", 2)
    return {name: value for name, value in file.items() if value}
