"""Summaries that are never paid for twice: kept by conversation and wish, brought up to date, shared by askers."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from uuid import uuid4

from adapters.errors import OverLimit
from bot.limits import affordable
from bot.llm import Gateway, Terms
from bot.offload import offload
from bot.origin import Origin
from bot.pricing import total
from bot.prompts import VERSION
from bot.store import KeptSummary, Store
from bot.summariser import TASK, Earlier, Made, Progress, Summariser, unseen
from bot.summary import Summary, checked
from bot.transcript import Message, Transcript
from bot.wish import Wish


@dataclass(frozen=True)
class Order:
    """A conversation to summarise: a thread by its root, or a channel by the span that was asked for, such as `24h`.

    `allowance` is the most it may cost, an estimate in US dollars; None for any cost.
    """

    channel: str
    subject: str
    transcript: Transcript
    wish: Wish
    origin: Origin
    allowance: float | None = None

    @cached_property
    def key(self) -> str:
        return key(self.origin.workspace, self.channel, self.subject, self.wish)

    @cached_property
    def prints(self) -> list[str]:
        """What each message is recognised by: any edit changes it."""
        return prints(self.transcript.said)

    @cached_property
    def covered(self) -> str:
        return digest(self.prints)

    def identify(self) -> tuple[str, str]:
        """What tells this order from others. For a long conversation this is work for a thread."""
        return self.key, self.covered


@dataclass(frozen=True, slots=True)
class Summarised:
    """A summary and what it took.

    `id` is that of its row, None where nothing is kept; `call` is the call that wrote it. `calls` were made for it now:
    0 where it was kept, and then `seconds` and `cost_usd` are 0 too. `seconds` is how long all of them took together,
    `cost_usd` None where the price is unknown. `model` names every model that answered. `added` counts the messages
    that were new to an earlier summary, None where there was none. `instead_of` is the label of the provider that was
    asked first and could not answer, be it a single call; None where it answered all of them.
    """

    id: str | None
    summary: Summary
    messages: int
    model: str
    call: str
    made_at: datetime
    calls: int
    seconds: float
    cost_usd: float | None
    added: int | None
    instead_of: str | None = None


class TooDear(Exception):
    """A summary would cost more than was allowed. `newest` messages cost no more than that; US dollars, estimated."""

    def __init__(self, whole_usd: float, newest_usd: float, newest: int) -> None:
        super().__init__(f"about ${whole_usd:.4f}")
        self.whole_usd = whole_usd
        self.newest_usd = newest_usd
        self.newest = newest


class Summaries:
    """`keep` says whether summaries may be written down. Without it each is made anew, once for all who wait for it."""

    def __init__(self, gateway: Gateway, store: Store, *, keep: bool) -> None:
        self.gateway = gateway
        self.store = store
        self.keep = keep
        self.summariser = Summariser(gateway)
        self.under_way: dict[tuple[str, ...], asyncio.Future[Summarised]] = {}

    async def of(self, order: Order, progress: Progress = unseen) -> Summarised:
        """The summary of the conversation as it stands. Raises `TooDear`, `ProviderError`, `DatabaseError`."""
        found = await self.once(order, progress)
        if found.id is not None:
            await self.store.note_asker(order.origin.user, found.id, datetime.now(UTC))
        return found

    async def once(self, order: Order, progress: Progress) -> Summarised:
        """The same for all who want it at the same time.

        Whoever waits for another's makes it after all where that was refused for what concerns the other alone.
        """
        flight = await offload(order.transcript.size, order.identify)
        while flight in self.under_way:
            try:
                return await asyncio.shield(self.under_way[flight])
            except OverLimit:
                continue
            except TooDear:
                if order.allowance is not None:
                    raise
        shared = self.under_way[flight] = asyncio.get_running_loop().create_future()
        shared.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            found = await self.found(order, progress)
        except asyncio.CancelledError:
            shared.cancel()
            raise
        except Exception as error:
            shared.set_exception(error)
            raise
        finally:
            self.under_way.pop(flight, None)
        shared.set_result(found)
        return found

    async def admit(self, channel: str, subject: str, wish: Wish, origin: Origin) -> None:
        """Raise `OverLimit` before a conversation is read where its summary would be refused anyway.

        It is not where there is a summary, made or under way, that may turn out to cover the conversation as it is.
        """
        try:
            await self.gateway.quota.admit(origin)
        except OverLimit:
            wanted = key(origin.workspace, channel, subject, wish)
            shared = any(flight[0] == wanted for flight in self.under_way)
            if not shared and (not self.keep or await self.store.latest_summary(wanted, "") is None):
                raise

    async def found(self, order: Order, progress: Progress) -> Summarised:
        kept = await self.kept(order)
        if kept is not None and kept.messages == len(order.prints):
            return remembered(kept)
        earlier = Earlier(Summary.model_validate_json(kept.summary).draft(), kept.messages) if kept else None
        terms = await self.terms(order.origin)
        await offload(order.transcript.size, self.afford, order, earlier, terms)
        made = await self.summariser.summarise(
            order.transcript, order.wish, order.origin, terms=terms, earlier=earlier, progress=progress
        )
        return await self.recorded(order, made, earlier)

    async def kept(self, order: Order) -> KeptSummary | None:
        """The last summary under this key, if every message it covers still stands first, unchanged."""
        kept = await self.store.latest_summary(order.key, order.covered) if self.keep else None
        if kept is None or kept.covered != digest(order.prints[: kept.messages]):
            return None
        return kept

    async def terms(self, origin: Origin) -> Terms:
        return await self.gateway.terms(TASK, origin.job)

    def afford(self, order: Order, earlier: Earlier | None, terms: Terms) -> None:
        """Raise `TooDear` where reading what is new would cost more than is allowed."""
        if order.allowance is None:
            return
        lines = order.transcript.lines[earlier.messages if earlier else 0 :]
        cost = partial(self.cost, terms)
        whole = cost(lines)
        if whole is not None and whole > order.allowance:
            newest = affordable(lines, order.allowance, cost)
            raise TooDear(whole, cost(newest) or 0.0, len(newest))

    async def newest(self, transcript: Transcript, allowance: float, origin: Origin) -> Transcript:
        """The newest messages that may be read for that many US dollars."""
        cost = partial(self.cost, await self.terms(origin))

        def cut() -> Transcript:
            lines = transcript.lines
            return transcript.without(len(lines) - len(affordable(lines, allowance, cost)))

        return await offload(transcript.size, cut)

    def cost(self, terms: Terms, lines: Sequence[str]) -> float | None:
        """What reading these lines will roughly cost, None where the model has no known price."""
        plan = self.summariser.plan(lines, terms.row)
        return terms.estimate(plan.input_tokens, plan.output_tokens)

    async def recorded(self, order: Order, made: Made, earlier: Earlier | None) -> Summarised:
        summary = await offload(order.transcript.size, checked, made.draft, order.transcript)
        last = made.answers[-1]
        if summary.dropped:
            await self.gateway.note_dropped(last, summary.dropped)
        costs = [answer.cost_usd for answer in made.answers]
        found = Summarised(
            id=uuid4().hex if self.keep else None,
            summary=summary,
            messages=len(order.prints),
            model=made.model,
            call=last.call_id,
            made_at=datetime.now(UTC),
            calls=len(made.answers),
            seconds=made.seconds,
            cost_usd=total(costs),
            added=len(order.prints) - earlier.messages if earlier else None,
            instead_of=made.instead_of,
        )
        if found.id is not None:
            await self.store.keep_summary(row(found.id, order, found))
        return found


def key(workspace: str, channel: str, subject: str, wish: Wish) -> str:
    """Names a summary: the same for everybody who wants the same of the same conversation."""
    plain = wish.model_copy(update={"focus": wish.focus.casefold()})
    named = [workspace, channel, subject, VERSION, plain.model_dump_json()]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()


def row(id: str, order: Order, found: Summarised) -> KeptSummary:
    return KeptSummary(
        id=id,
        key=order.key,
        made_at=found.made_at.isoformat(),
        workspace=order.origin.workspace,
        channel=order.channel,
        subject=order.subject,
        messages=found.messages,
        covered=order.covered,
        summary=found.summary.model_dump_json(exclude_defaults=True),
        model=found.model,
        call=found.call,
    )


def remembered(kept: KeptSummary) -> Summarised:
    return Summarised(
        id=kept.id,
        summary=Summary.model_validate_json(kept.summary),
        messages=kept.messages,
        model=kept.model,
        call=kept.call,
        made_at=datetime.fromisoformat(kept.made_at),
        calls=0,
        seconds=0.0,
        cost_usd=0.0,
        added=None,
    )


def fingerprint(message: Message) -> str:
    return hashlib.sha256(f"{message.ts}\0{message.author}\0{message.text}".encode(errors="replace")).hexdigest()


def prints(messages: Sequence[Message]) -> list[str]:
    return list(map(fingerprint, messages))


def covered(transcript: Transcript, messages: int) -> str:
    """A digest of the first messages, as kept with a summary of them."""
    return digest(prints(transcript.said[:messages]))


def digest(prints: Sequence[str]) -> str:
    return hashlib.sha256("".join(prints).encode()).hexdigest()
