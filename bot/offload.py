"""Work on long conversations goes to a thread, so that the event loop answers Slack meanwhile."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Params = ParamSpec("Params")
Result = TypeVar("Result")

FEW = 200
"""Messages that are dealt with faster than a thread is woken: about 2 ms."""


async def offload(messages: int, work: Callable[Params, Result], *args: Params.args, **kwargs: Params.kwargs) -> Result:
    """Do work whose length goes with a number of messages, in a thread where there are many."""
    if messages <= FEW:
        return work(*args, **kwargs)
    return await asyncio.to_thread(work, *args, **kwargs)
