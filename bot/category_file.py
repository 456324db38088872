"""Categories as people write them in a file: TOML, with a table for each."""

import json
import tomllib
from collections.abc import Sequence

from bot.categories import Category

TABLE = "categories"


def written(categories: Sequence[Category]) -> str:
    """The TOML of these categories, which `read` takes back."""
    return "\n\n".join(f"[[{TABLE}]]\n{table(category)}" for category in categories)


def table(category: Category) -> str:
    # what JSON escapes in a string TOML reads too, and a category holds no character that only TOML escapes
    return "\n".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in category)


def read(text: str) -> object:
    """What stands in a TOML file, or in a JSON list, unchecked. Raises `ValueError` where it is neither."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"this is not TOML, {str(error)[:1].lower()}{str(error)[1:]}") from None
    if list(found) != [TABLE]:
        raise ValueError(f"the file holds a table [[{TABLE}]] for each category, and nothing else")
    return found[TABLE]
