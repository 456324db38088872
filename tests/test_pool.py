"""The pool: nobody who wants a provider that is ready waits for one that is being built."""

import asyncio

import adapters
from adapters.base import Provider
from bot.choices import Choice
from bot.pool import Pool
from tests.clocks import PATIENCE

READY, SLOW = Choice("offline", "offline-rules-1"), Choice("offline", "slow-rules")


async def test_it_hands_out_what_is_ready_while_another_is_being_built() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def build(choice: Choice) -> Provider:
        if choice == SLOW:
            begun.set()
            await go_on.wait()
        return adapters.build(choice.provider, key=None, model=choice.model)

    pool = Pool(build)
    await pool.shared(READY)
    building = asyncio.create_task(pool.shared(SLOW))
    await begun.wait()
    async with asyncio.timeout(PATIENCE), pool.provider(READY) as provider:
        ready = provider.model
    go_on.set()
    built = await building

    assert (ready, built.provider.model) == (READY.model, SLOW.model)
    await pool.close()
