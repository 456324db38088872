"""The providers that are in use: each is built once, shared by all calls to its model, and closed after its last."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from adapters.base import Provider
from bot.choices import Choice

Build = Callable[[Choice], Awaitable[Provider]]


@dataclass(slots=True)
class Shared:
    """A provider and how many calls use it at the moment."""

    provider: Provider
    users: int = 0


class Pool:
    """Hands out providers by choice. `build` makes one, and raises `ProviderError` where it cannot."""

    def __init__(self, build: Build) -> None:
        self.build = build
        self.open: dict[Choice, Shared] = {}
        self.wanted: frozenset[Choice] = frozenset()
        self.building = asyncio.Lock()

    @asynccontextmanager
    async def provider(self, choice: Choice) -> AsyncIterator[Provider]:
        """The provider of this choice, kept open for the length of the block at least. Raises `ProviderError`."""
        shared = await self.shared(choice)
        shared.users += 1
        try:
            yield shared.provider
        finally:
            shared.users -= 1
            await asyncio.shield(self.close_unwanted())

    async def shared(self, choice: Choice) -> Shared:
        """Nobody waits for a provider that is ready, though another is being built."""
        while choice not in self.open:
            async with self.building:
                if choice not in self.open:
                    self.open[choice] = Shared(await self.build(choice))
        return self.open[choice]

    async def keep(self, choices: Collection[Choice]) -> None:
        """From now on these are wanted: any other is closed when its last call ends, or now where it has none."""
        self.wanted = frozenset(choices)
        await self.close_unwanted()

    async def close_unwanted(self) -> None:
        await self.shut([choice for choice, one in self.open.items() if not one.users and choice not in self.wanted])

    async def close(self) -> None:
        """Close all of them, whoever uses them."""
        await self.shut(list(self.open))

    async def shut(self, choices: Collection[Choice]) -> None:
        for provider in [self.open.pop(choice).provider for choice in choices]:
            await provider.close()
