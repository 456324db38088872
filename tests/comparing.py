"""An admin who compares models: the app between loopback vendors, what it has been asked before, and its messages."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.app import Precis
from bot.replay import BASELINE
from bot.sandbox import Sandbox
from bot.sandbox.interaction import Interaction
from handlers import compare, comparisons
from tests.conftest import ADA, GENERAL, Start
from tests.desk import until
from tests.gateways import OFFLINE, QUICK, at
from tests.test_end_to_end import SUMMARY
from tests.test_tldr import ask, link
from tests.vendors import ClaudeServer, GeminiServer, OpenAIServer, VendorServer

MODELS = ("GPT-4o mini", "Claude Haiku 4.5", "Gemini 3.5 Flash", "Offline rules")


@dataclass
class Admin:
    """Types the command, presses the buttons, reads the direct messages."""

    slack: Sandbox
    precis: Precis
    servers: Mapping[str, VendorServer]
    id: str = ADA

    async def type(self, text: str = "") -> str:
        """What stands behind `/llm-provider compare`; returns what is answered, when the question is there too."""
        before = len(self.messages)
        asked = await self.slack.person(self.id).command("/llm-provider", f"compare {text}", channel=GENERAL)
        await self.precis.services.inbox.idle()
        said = str((asked.answers or [asked.ack or {}])[-1]["text"])
        if said == compare.COUNTING:
            await until(lambda: len(self.messages) > before)
        return said

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Their direct messages, but for the warnings that admins get when a model is about to be shut down."""
        person = self.slack.person(self.id)
        return [message for message in person.sees(person.dm()) if " shuts down on " not in str(message["text"])]

    async def press(self, action: str, *, ts: str = "") -> Interaction:
        person = self.slack.person(self.id)
        pressed = await person.press(action_id=action, channel=person.dm(), ts=ts or self.messages[-1]["ts"])
        await self.precis.services.inbox.idle()
        return pressed

    async def compare(self, text: str = "") -> dict[str, Any]:
        """From the command to the table; returns the message that shows it."""
        await self.type(text)
        await self.press(comparisons.COMPARE)
        return self.messages[-1]

    @property
    def received(self) -> int:
        return sum(len(server.received) for server in self.servers.values())

    async def summarised(self, *threads: str, channel: str = GENERAL) -> None:
        """Have these threads summarised, as people do."""
        for thread in threads:
            await ask(self.slack, self.precis, link(self.slack, channel, thread), channel=channel)


@asynccontextmanager
async def comparing(slack: Sandbox, start: Start, **changes: Any) -> AsyncIterator[Admin]:
    """The app with three vendors and the rules, of which OpenAI answers people."""
    async with OpenAIServer() as openai, ClaudeServer() as claude, GeminiServer() as gemini:
        servers: dict[str, VendorServer] = {server.name: server for server in (openai, claude, gemini)}
        for server in servers.values():
            server.answer(SUMMARY)
        providers = {name: at(server) for name, server in servers.items()} | {BASELINE.provider: OFFLINE}
        async with start(QUICK, provider=providers["openai"], providers=providers, **changes) as precis:
            await slack.connected()
            yield Admin(slack, precis, servers)


def table(message: Mapping[str, Any]) -> dict[str, list[str]]:
    """The lines of a message's table by their first cell."""
    [block] = [block for block in message["blocks"] if block["type"] == "table"]
    lines = [[cell["text"] for cell in line] for line in block["rows"]]
    return {first: rest for first, *rest in lines}
