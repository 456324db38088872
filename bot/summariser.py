"""The summary task: a transcript of any length goes in, a draft that cites message numbers comes out."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace

from adapters.base import Request
from adapters.errors import TooLong
from adapters.models import UNKNOWN, Model
from bot import prompts
from bot.limits import SAFETY
from bot.llm import Answer, Gateway, Terms
from bot.offload import offload
from bot.origin import Origin
from bot.parts import split
from bot.prompts import Prompt
from bot.routes import Route
from bot.summary import Draft, schema
from bot.transcript import Transcript, estimate_tokens, fenced
from bot.wish import Wish

TASK = "summarise"

MAX_OUTPUT_TOKENS = 3_000
"""Room for about 25 entries, and for the little thinking that some models cannot switch off."""

PROMPT_TOKENS = 2_000
"""Room for our own instructions, which take about half of it."""

ANSWER_TOKENS = 700
"""What a summary usually takes, for estimates."""

PART_TOKENS = 60_000
"""The longest part of a conversation that does not fit one call: small models lose the middle of longer ones."""

UNKNOWN_WINDOW = 128_000
"""Taken for a model that has no row in `adapters.models`: the smallest window of those that have."""

AT_ONCE = 4
"""Parts of one conversation that are read at the same time."""

GROUP = 8
"""Summaries of parts that are joined into one where there are too many of them."""

Progress = Callable[[int, int], Awaitable[None]]
"""Told how many parts have been read, of how many."""


async def unseen(done: int, parts: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A summary to bring up to date, and how many messages it covers."""

    draft: Draft
    messages: int


@dataclass(frozen=True, slots=True)
class Made:
    """A draft with the calls it took, of which the last wrote it, and the seconds that all of them took together."""

    draft: Draft
    answers: tuple[Answer, ...]
    seconds: float

    @property
    def model(self) -> str:
        """A label for people, of all models that answered."""
        return " and ".join(dict.fromkeys(answer.model for answer in self.answers))

    @property
    def instead_of(self) -> str | None:
        """The label of the provider for which another stood in, be it for one call."""
        return next((answer.instead_of for answer in self.answers if answer.instead_of), None)


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts that a conversation is read in: all but the newest are summarised apart. Tokens are estimates."""

    parts: Sequence[Sequence[str]]
    room: int
    tokens: int

    @property
    def input_tokens(self) -> int:
        return self.tokens + len(self.parts) * PROMPT_TOKENS // 2 + (len(self.parts) - 1) * ANSWER_TOKENS

    @property
    def output_tokens(self) -> int:
        return len(self.parts) * ANSWER_TOKENS


class Summariser:
    """Summarises a conversation of any length with as few calls as its model's window allows."""

    def __init__(self, gateway: Gateway, *, part_tokens: int = PART_TOKENS) -> None:
        self.gateway = gateway
        self.part_tokens = part_tokens

    async def summarise(
        self,
        transcript: Transcript,
        wish: Wish,
        origin: Origin,
        *,
        terms: Terms | None = None,
        earlier: Earlier | None = None,
        progress: Progress = unseen,
    ) -> Made:
        """Read every message once: in one call, or in parts whose summaries are joined beside the newest messages.

        With `earlier`, only the messages that it does not cover are read. Raises `ProviderError`; an input that turns
        out too long, be it for the fallback, is cut once more.
        """
        terms = terms or await self.gateway.terms(TASK, origin.job)
        lines = (await offload(transcript.size, lambda: transcript.lines))[earlier.messages if earlier else 0 :]
        plan = await offload(transcript.size, self.plan, lines, terms.row)
        reading = Reading(self.gateway, wish, origin, terms.route, progress)
        began = time.monotonic()
        notes = [earlier.draft] if earlier else []
        try:
            draft = await reading.read(plan, notes)
        except TooLong as error:
            draft = await self.again(error, reading, lines, plan, notes, terms)
        return Made(draft, tuple(reading.answers), time.monotonic() - began)

    async def again(
        self, error: TooLong, reading: "Reading", lines: Sequence[str], plan: Plan, notes: Sequence[Draft], terms: Terms
    ) -> Draft:
        """Read in smaller parts, as small as whoever found these too long can take.

        Where that is the fallback and cannot take those either, the first provider is asked alone: people are told what
        is wrong with the one they chose.
        """
        fallback = terms.route.fallback
        if fallback is None or error.provider != fallback.provider:
            return await reading.read(self.smaller(lines, plan, terms.row), notes)
        row = (await self.gateway.terms_of(fallback, terms.route)).row
        try:
            return await reading.read(self.smaller(lines, plan, row), notes)
        except TooLong:
            reading.route = replace(terms.route, fallback=None)
            return await reading.read(plan, notes)

    def plan(self, lines: Sequence[str], row: Model) -> Plan:
        room, tokens = available(row), counted(lines, row)
        if tokens <= room:
            return Plan([lines], room, tokens)
        return Plan(split(lines, min(room // 2, self.part_tokens), row.tokenizer_factor), room, tokens)

    def smaller(self, lines: Sequence[str], plan: Plan, row: Model) -> Plan:
        """Parts at most half as long as the longest of a plan that turned out too long for this model."""
        longest, room = max(counted(part, row) for part in plan.parts), available(row)
        size = max(min(longest, room) // 2, 1)
        return Plan(split(lines, size, row.tokenizer_factor), min(plan.room // 2, room), plan.tokens)


def available(row: Model) -> int:
    """Tokens of conversation that fit one call beside our instructions and the answer, at the model's lower price."""
    window = UNKNOWN_WINDOW if row is UNKNOWN else min(row.window, row.cheap_window or row.window)
    return max(int((window - MAX_OUTPUT_TOKENS) * SAFETY) - PROMPT_TOKENS, PROMPT_TOKENS)


def counted(lines: Iterable[str], row: Model) -> int:
    return estimate_tokens("\n".join(lines), row.tokenizer_factor)


@dataclass(slots=True)
class Reading:
    """One conversation being read; `answers` collects its calls, `room` is that of the plan which is followed."""

    gateway: Gateway
    wish: Wish
    origin: Origin
    route: Route
    progress: Progress
    room: int = field(init=False)
    answers: list[Answer] = field(default_factory=list)

    async def read(self, plan: Plan, notes: Sequence[Draft]) -> Draft:
        """Summarise the earlier parts side by side, then all of it beside the newest part itself."""
        self.room = plan.room
        *earlier, newest = plan.parts
        if not earlier:
            write = prompts.update if notes else prompts.summarise
            return await self.ask(write(self.wish), notes, newest)
        read = await self.read_apart(earlier)
        joined = await self.condensed([*notes, *read])
        return await self.ask(prompts.join(self.wish), joined, newest)

    async def read_apart(self, parts: Sequence[Sequence[str]]) -> list[Draft]:
        turns = asyncio.Semaphore(AT_ONCE)
        done = 0

        async def one(lines: Sequence[str]) -> Draft:
            nonlocal done
            async with turns:
                draft = await self.ask(prompts.part(self.wish), (), lines)
            done += 1
            await self.progress(done, len(parts) + 1)
            return draft

        await self.progress(done, len(parts) + 1)
        return await together(map(one, parts))

    async def condensed(self, notes: list[Draft]) -> list[Draft]:
        """Notes short enough to leave half of the room to the newest messages: joined in groups until they are."""
        while len(notes) > 1 and self.size(notes) > self.room // 2:
            groups = [notes[start : start + GROUP] for start in range(0, len(notes), GROUP)]
            notes = await together(self.ask(prompts.join(self.wish), group, ()) for group in groups)
        return notes

    def size(self, notes: Iterable[Draft]) -> int:
        return sum(estimate_tokens(note.written()) for note in notes)

    async def ask(self, prompt: Prompt, notes: Iterable[Draft], lines: Sequence[str]) -> Draft:
        texts = [fenced("notes", note.written()) for note in notes]
        if self.wish.focus:
            texts.insert(0, fenced("wish", self.wish.focus))
        answer = await self.gateway.ask(
            Request(
                task=TASK,
                system=prompt.system,
                text="\n".join([*texts, fenced("transcript", "\n".join(lines))]),
                schema=schema(topics=self.wish.topics),
                max_output_tokens=MAX_OUTPUT_TOKENS,
                prompt_version=prompt.version,
            ),
            self.origin,
            route=self.route,
        )
        self.answers.append(answer)
        return Draft.model_validate(answer.reply.data)


async def together(work: Iterable[Coroutine[None, None, Draft]]) -> list[Draft]:
    """The results in order; the first failure cancels the rest and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]
