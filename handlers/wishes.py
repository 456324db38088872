"""What the asker wants of a summary, in words that the model can follow."""

import re

from bot.ids import PERSON
from bot.wish import Wish
from handlers.asks import Ask
from handlers.people import UNKNOWN
from handlers.services import Services

MENTIONED = re.compile(rf"@({PERSON.pattern})\b")
UNLIKE_A_NAME = re.compile(r"[^\w .'’-]+")
NAME_LENGTH = 40


async def wish(ask: Ask, services: Services) -> Wish:
    """What is wanted, with people by the names that they have in the transcript. Raises `SlackApiError`."""
    names = await services.people.names(MENTIONED.findall(ask.focus))
    focus = MENTIONED.sub(lambda found: f"@{called(names[found[1]]) or found[1]}", ask.focus)
    return Wish(focus=focus, told=ask.told, length=ask.length, topics=not ask.ts)


def called(name: str) -> str:
    """A name as it may stand in the asker's words, empty for none: whoever bears it has written it."""
    return "" if name == UNKNOWN else " ".join(UNLIKE_A_NAME.sub(" ", name).split())[:NAME_LENGTH].rstrip()
