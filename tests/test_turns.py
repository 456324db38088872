"""Fair turns: a limit that holds, and nobody who asks for much keeps others waiting."""

import asyncio

from bot.turns import Turns


async def hold(turns: Turns, user: str, order: list[str], release: asyncio.Event) -> None:
    async with turns.turn(user):
        order.append(user)
        await release.wait()


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_it_lets_so_many_at_once() -> None:
    turns, order, release = Turns(3), list[str](), asyncio.Event()
    tasks = [asyncio.create_task(hold(turns, f"U{number}", order, release)) for number in range(5)]

    await settled()
    assert order == ["U0", "U1", "U2"]
    release.set()
    await asyncio.gather(*tasks)
    assert order == ["U0", "U1", "U2", "U3", "U4"]
    assert turns.free == 3


async def test_it_gives_each_user_a_turn_before_anybody_has_a_second() -> None:
    turns, order, release = Turns(1), list[str](), asyncio.Event()
    asked = ["first", "busy", "busy", "busy", "ben", "cleo", "ben"]
    tasks = [asyncio.create_task(hold(turns, user, order, release)) for user in asked]

    await settled()
    release.set()
    await asyncio.gather(*tasks)
    assert order == ["first", "busy", "ben", "cleo", "busy", "ben", "busy"]


async def test_it_forgets_who_stopped_waiting() -> None:
    turns, order, release = Turns(1), list[str](), asyncio.Event()
    tasks = [asyncio.create_task(hold(turns, user, order, release)) for user in ("ada", "ben", "cleo")]
    await settled()

    tasks[1].cancel()
    release.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == ["ada", "cleo"]
    assert (turns.free, turns.waiting) == (1, {})


async def test_it_passes_on_a_turn_that_was_given_to_somebody_who_left_at_that_moment() -> None:
    turns, order, release = Turns(1), list[str](), asyncio.Event()
    tasks = [asyncio.create_task(hold(turns, user, order, release)) for user in ("ada", "ben", "cleo")]
    await settled()

    turns.pass_on()
    tasks[1].cancel()
    await settled()
    assert order == ["ada", "cleo"]
    release.set()
    await asyncio.gather(*tasks, return_exceptions=True)
