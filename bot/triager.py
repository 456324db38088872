"""The triage task: one case of a support channel goes in, its category, urgency and reason come out."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, BeforeValidator

from adapters import build
from adapters.base import Request
from adapters.errors import BadOutput, Empty, OverLimit, Refused, Truncated
from bot import prompts
from bot.categories import OTHER, URGENCIES
from bot.llm import Gateway
from bot.origin import Origin
from bot.settings import Settings
from bot.summary import clean, closed, links
from bot.transcript import Message, Transcript, fenced

MAX_OUTPUT_TOKENS = 300
"""Room for the six short fields, of which the reason takes most."""

MOST_MESSAGES = 20
LONGEST_CASE = 8_000
"""Characters of a case that are sent: what somebody needs stands at the beginning, and long logs cost money."""

LONGEST_REASON = 200
"""Characters of a reason that are shown."""

USELESS = (BadOutput, Empty, Refused, Truncated, OverLimit)
"""The model answered, or is not asked for whoever writes this much, and waiting would bring nothing better."""

USELESS_URGENCY = "p3"
USELESS_REASON = "The model gave no usable answer."

CONFIDENCE_WORDS = ((0.8, "sure"), (0.5, "fairly sure"), (0.0, "not sure"))
"""From which confidence on each word is used."""


def in_words(confidence: float) -> str:
    return next(word for least, word in CONFIDENCE_WORDS if confidence >= least)


@dataclass(frozen=True, slots=True)
class Triage:
    """How a case is sorted: always into categories and urgencies that exist.

    `confidence` is 0 to 1, and 0 where the model's answer was of no use. `reason` is one line of at most 200
    characters, with no link that the case does not hold, masked like everything that went to the model; it can be
    empty. `noise`: nobody has to do anything. `likeliest` are two different categories, best first. `call` is the call
    that decided, empty where none was of use; the calls of the same job tell more. `text` is what was said, masked, as
    far as it was read.
    """

    category: str
    urgency: str
    confidence: float
    reason: str
    noise: bool
    likeliest: tuple[str, ...]
    call: str
    text: str


def unsure(confidence: float | None, settings: Settings) -> bool:
    """Whether a person has to decide: below the floor, and always where the answer was of no use."""
    return not confidence or confidence < settings.confidence_floor


def probability(number: object) -> float:
    """A confidence, 0 for what cannot be one: a model may write 85, and NaN is a number to JSON."""
    return float(number) if isinstance(number, int | float) and 0 <= number <= 1 else 0.0


class Verdict(BaseModel):
    """A triage as the model wrote it, within the schema."""

    reason: str
    category: str
    second: str
    urgency: str
    confidence: Annotated[float, BeforeValidator(probability)]
    noise: bool


class Triager:
    """Sorts one case with one call. Nothing that stands in a case reaches the call for another."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    async def triage(self, messages: Sequence[Message], settings: Settings, origin: Origin) -> Triage:
        """Sort what one person wrote, in one message or several. Raises `ProviderError` where no model answered.

        A model is believed within these bounds:
        - An answer outside the schema, cut off, empty or refused is of no use, after the gateway's own attempt to have
          it repaired; nor is a model asked for somebody who has caused too many calls within the hour. The case becomes
          `other`, p3 and confidence 0, so that a person decides and nobody is pinged; the two likeliest categories are
          then those of the offline rules.
        - A confidence that is no number from 0 to 1 counts as 0.
        - Noise needs a confidence from the floor up, and is never p1 or p2: a doubtful case is shown to a person.
        - A second choice that repeats the first is replaced by `other`, or where that is the first, by the first of the
          workspace's categories.
        - A reason is shown as one cleaned and shortened line, whatever its language; nothing depends on what it says.
        """
        said = chosen(messages)
        transcript = Transcript(said, longest=LONGEST_CASE // len(said))
        request = asked(await asyncio.to_thread(lambda: transcript.lines), settings)
        try:
            answer = await self.gateway.ask(request, origin)
        except USELESS:
            return await for_a_person(request, transcript)
        return judged(Verdict.model_validate(answer.reply.data), transcript, settings, answer.call_id)


def chosen(messages: Sequence[Message]) -> Sequence[Message]:
    """The first message and the newest, where there are very many."""
    return messages if len(messages) <= MOST_MESSAGES else [messages[0], *messages[1 - MOST_MESSAGES :]]


def asked(lines: Sequence[str], settings: Settings) -> Request:
    prompt = prompts.triage(settings.categories, settings.urgency_rules)
    longest = LONGEST_CASE // len(lines)
    return Request(
        task="triage",
        system=prompt.system,
        text=fenced("transcript", "\n".join(line[:longest] for line in lines)),
        schema=schema([category.name for category in settings.categories]),
        max_output_tokens=MAX_OUTPUT_TOKENS,
        prompt_version=prompt.version,
    )


def schema(categories: Sequence[str]) -> dict[str, object]:
    """The JSON schema of a verdict; the reason comes first, so that the model thinks before it chooses."""
    name = {"type": "string", "enum": list(categories)}
    return closed(
        reason={"type": "string"},
        category=name,
        second=name,
        urgency={"type": "string", "enum": list(URGENCIES)},
        confidence={"type": "number"},
        noise={"type": "boolean"},
    )


def judged(verdict: Verdict, transcript: Transcript, settings: Settings, call: str) -> Triage:
    doubtful = unsure(verdict.confidence, settings) or verdict.urgency in URGENCIES[:2]
    names = [verdict.category, verdict.second, OTHER.name, *(category.name for category in settings.categories)]
    return Triage(
        category=verdict.category,
        urgency=verdict.urgency,
        confidence=verdict.confidence,
        reason=shortened(clean(verdict.reason, links(transcript))),
        noise=verdict.noise and not doubtful,
        likeliest=two(names),
        call=call,
        text=text(transcript),
    )


def text(transcript: Transcript) -> str:
    return "\n".join(message.text for message in transcript.messages)


def two(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))[:2]


def shortened(text: str) -> str:
    """At most the longest reason, ending at a word where the text has words."""
    if len(text) <= LONGEST_REASON:
        return text
    head = text[: LONGEST_REASON - 1]
    return (head[: head.rfind(" ")] if " " in head[LONGEST_REASON // 2 :] else head).rstrip(" ,;:") + "…"


async def for_a_person(request: Request, transcript: Transcript) -> Triage:
    """What is left where the model is of no use: a case for a person, with the guesses of the offline rules."""
    rules = build("offline", key=None)
    guess = Verdict.model_validate((await rules.complete(request)).data)
    return Triage(
        category=OTHER.name,
        urgency=USELESS_URGENCY,
        confidence=0.0,
        reason=USELESS_REASON,
        noise=False,
        likeliest=(guess.category, guess.second),
        call="",
        text=text(transcript),
    )
