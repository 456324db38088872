"""Summaries as they are made for those who ask: who shares a call, and what is said of the calls that they took."""

import asyncio
from collections.abc import Coroutine, Mapping
from pathlib import Path

from adapters.errors import OverLimit
from bot.choices import Choice
from bot.settings import Settings
from bot.summaries import Order, Summaries, Summarised
from bot.wish import Wish
from handlers import answers
from handlers.answers import Look
from tests.gateways import ORIGIN, QUICK, at, opened, origin
from tests.test_summariser import PLAIN, conversation, text
from tests.vendors import Answer, ClaudeServer, OpenAIServer, Received

LATENCY = 0.2
"""Seconds that a model takes for each call."""


async def test_it_names_all_who_answered_and_the_time_of_all_calls(tmp_path: Path) -> None:
    async with OpenAIServer() as first, ClaudeServer() as second:

        def joins_only(received: Received) -> Mapping[str, object] | Answer:
            return PLAIN if "<notes" in text(received) else first.problem("bad_request")

        first.answer(joins_only)
        second.answer(PLAIN)
        first.latency = second.latency = LATENCY
        stand_in = Choice("claude", at(second).model)
        async with opened(tmp_path, at(first), at(second), fallback=stand_in, policy=QUICK) as running:
            long = conversation(4000)
            found = await Summaries(running.gateway, running.store, keep=True).of(
                Order("C1", "1.1", long, Wish(), ORIGIN)
            )

    assert found.calls == len(second.received) + 1 > 2
    assert found.seconds >= 3 * LATENCY  # a part that failed, who stood in for it, and the joining
    footer = answers.summary(found, Look(address=str)).text or ""
    assert "answered by Claude Haiku 4.5 and GPT-4o mini, OpenAI was unavailable" in footer


async def test_it_lets_one_persons_limit_refuse_nobody_else(tmp_path: Path) -> None:
    async with OpenAIServer() as server:
        server.answer(PLAIN)
        limits = Settings(requests_per_user_hour=1)
        async with opened(tmp_path, at(server), policy=QUICK, settings=limits) as running:
            summaries = Summaries(running.gateway, running.store, keep=True)

            def of(messages: int, job: str, user: str) -> Coroutine[None, None, Summarised]:
                talk = conversation(messages)
                return summaries.of(Order("C1", "1.1", talk, Wish(), origin(job, user)))

            await of(3, "job-1", "ADA")
            refused, *answered = await asyncio.gather(
                of(4, "job-2", "ADA"), of(4, "job-3", "BEN"), of(4, "job-4", "CLEO"), return_exceptions=True
            )

    assert isinstance(refused, OverLimit)
    assert [found.added for found in answered if isinstance(found, Summarised)] == [1, 1]
    assert len(server.received) == 2  # the first summary, and one for both who wait
