"""The demo: the real app against a Slack workspace on this machine, played as people would and shown as they see it."""

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
from pydantic import SecretStr
from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from bot import app, reports
from bot.app import Precis
from bot.config import Config
from bot.providers import ProviderConfig
from bot.sandbox import BadExport, Sandbox, Workspace
from bot.store import Store
from handlers.links import permalink

__all__ = ["BadExport", "DemoFailed", "NoSuchThread", "play"]

SHIPPED = Path(__file__).parent / "sandbox" / "lanternworks"
SHIPPED_CHANNEL = "release-planning"
MARKUP = re.compile(
    r"<(?P<url>[^<>|]+)\|(?P<label>[^<>]*)>|\*(?P<bold>[^*\n]+)\*|_(?P<italic>[^_\n]+)_|`(?P<code>[^`]+)`"
)
WIDTH = 100


class NoSuchThread(Exception):
    """The thread that was asked for is not in the export. The text says how to name one."""


class DemoFailed(Exception):
    """An answer was not a summary."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The thread that is summarised, and the people who ask."""

    channel: str
    ts: str
    askers: tuple[str, ...]


async def play(provider: ProviderConfig, export: Path | None, thread: str | None) -> None:
    """Ask for a summary by `/tldr`, by the shortcut and by a mention, then show the call log.

    Raises `NoSuchThread`, and `DemoFailed` where an answer is not a summary.
    """
    workspace = Workspace.from_export(export or SHIPPED)
    scene = find(workspace, thread)
    console = Console(highlight=False)
    console.width = min(WIDTH, console.width) if console.is_terminal else WIDTH
    async with stage(workspace, provider) as (slack, precis):
        stagehand = Demo(console, slack, precis, scene)
        await stagehand.command()
        await stagehand.shortcut()
        await stagehand.mention()
        await stagehand.call_log()


def find(workspace: Workspace, thread: str | None) -> Scene:
    """The thread by the name or id of its channel and the ts of any of its messages; the shipped one without."""
    name, _, ts = thread.removeprefix("#").partition("/") if thread else (SHIPPED_CHANNEL, "", "")
    channel = next((one for one in workspace.channels.values() if name in (one.id, one.name)), None)
    if channel is None:
        known = ", ".join(sorted(one.name for one in workspace.channels.values() if one.name))
        raise NoSuchThread(f"There is no channel {name!r} in the export. It has: {known}.")
    ts = ts or max(channel.threads, key=lambda root: len(channel.threads[root]), default="")
    if ts not in channel.messages:
        longest = sorted(channel.threads, key=lambda root: -len(channel.threads[root]))[:5]
        raise NoSuchThread(
            f"There is no message {ts!r} in {name}. Its longest threads: {', '.join(longest) or 'none'}."
        )
    root = channel.root(ts)
    writers = (channel.messages[one].get("user", "") for one in channel.thread(root))
    people = dict.fromkeys(user for user in writers if user in workspace.users and not workspace.users[user].is_bot)
    askers = tuple(people)[:3] or (workspace.add_user("U0VISITOR1", "visitor", real_name="Visitor").id,)
    channel.archived = False
    for member in (*askers, workspace.bot_user_id):
        workspace.join(member, channel.id)
    return Scene(channel.id, root, askers)


@asynccontextmanager
async def stage(workspace: Workspace, provider: ProviderConfig) -> AsyncIterator[tuple[Sandbox, Precis]]:
    """The sandbox and the app in it, over Socket Mode, with a database that is gone afterwards."""
    with TemporaryDirectory(prefix="precis-demo-") as folder:
        async with Sandbox.start(workspace) as slack, app.running(config(slack, provider, Path(folder))) as precis:
            await slack.connected()
            yield slack, precis


def config(slack: Sandbox, provider: ProviderConfig, folder: Path) -> Config:
    return Config(
        slack_bot_token=SecretStr(slack.bot_token),
        slack_app_token=SecretStr(slack.app_token),
        slack_signing_secret=None,
        slack_api_url=slack.api_url,
        port=None,
        health_port=None,
        provider=provider,
        database_url=f"sqlite:///{folder / 'precis.db'}",
        content_retention_days=1,
        max_usd_per_summary=None,
        log_level="WARNING",
    )


class Demo:
    """Plays the scene and prints what each person would see."""

    def __init__(self, console: Console, slack: Sandbox, precis: Precis, scene: Scene) -> None:
        self.console = console
        self.slack = slack
        self.precis = precis
        self.scene = scene

    def asker(self, number: int) -> str:
        return self.scene.askers[number % len(self.scene.askers)]

    def name(self, user: str) -> str:
        found = self.slack.workspace.users.get(user)
        return found.real_name or found.name if found else "somebody"

    async def command(self) -> None:
        """`/tldr` and a link: an acknowledgement at once, then the summary, for the asker alone."""
        user = self.asker(0)
        address = permalink(self.slack.url, self.scene.channel, self.scene.ts, None)
        self.says(f"{self.name(user)} types /tldr and the link of the thread")
        asked = await self.slack.person(user).command("/tldr", address, channel=self.scene.channel)
        await self.precis.services.inbox.idle()
        self.shows("only you can see this", [asked.ack or {}])
        self.answered("only you can see this", asked.answers)
        await self.open_citations(asked.answers)

    async def shortcut(self) -> None:
        """*Summarise thread* in the menu of a message: a window that fills in."""
        user = self.asker(1)
        self.says(f"{self.name(user)} opens a message's menu and picks Summarise thread")
        person = self.slack.person(user)
        await person.shortcut("tldr_message", channel=self.scene.channel, ts=self.scene.ts)
        await self.precis.services.inbox.idle()
        self.answered("a window", [person.modal or {}], again=True)

    async def mention(self) -> None:
        """`@precis tldr` in the thread: the answer is a reply there."""
        user = self.asker(2)
        bot = self.slack.workspace.bot_user_id
        self.says(f"{self.name(user)} writes @precis tldr in the thread")
        await self.slack.person(user).say(self.scene.channel, f"<@{bot}> tldr", thread_ts=self.scene.ts)
        await self.slack.settled()
        await self.precis.services.inbox.idle()
        thread = self.slack.workspace.thread(self.scene.channel, self.scene.ts)
        posted = [message for message in thread if message.get("bot_id") == self.slack.workspace.bot_id]
        self.answered("in the thread, for everyone in the channel", posted, again=True)

    async def call_log(self) -> None:
        """The call log: one row, because nothing new was said between the three."""
        self.console.rule("the call log: one call made all three answers", style="dim")
        reports.show_calls(self.console, await Store(self.precis.database).calls())
        self.console.print(Text("This log was the demo's and is gone. A running bot keeps its own:", style="dim"))
        self.console.print(Text(".venv/bin/python -m bot calls", style="dim"))

    def answered(self, where: str, messages: Sequence[dict[str, Any]], *, again: bool = False) -> None:
        """Show an answer, in short where it repeats one. Raises `DemoFailed` where it is not a summary."""
        self.shows(where, [shortened(message) for message in messages] if again else messages)
        if not any(block["type"] == "header" for message in messages for block in message.get("blocks", [])):
            raise DemoFailed("That is not a summary: the answer above says why.")

    def says(self, line: str) -> None:
        self.console.rule(style="dim")
        self.console.print(Text(line, style="bold cyan"))

    def shows(self, where: str, messages: Iterable[dict[str, Any]]) -> None:
        for message in messages:
            body = Text("\n").join(drawn(message))
            self.console.print(
                Padding(Panel(body, title=f"Precis · {where}", title_align="left", border_style="green"), (0, 2))
            )

    async def open_citations(self, messages: Iterable[dict[str, Any]]) -> None:
        """Follow the links of an answer and show the messages that they open."""
        self.console.print("  Its links work while the demo runs; they opened:")
        async with aiohttp.ClientSession() as browser:
            for label, address in sorted(set(citations(messages)), key=lambda link: int(link[0].strip("[]"))):
                async with browser.get(address) as page:
                    found = await page.json()
                at = datetime.fromtimestamp(float(found["ts"]), UTC)
                said = mrkdwn(" ".join(found["text"].split())).plain
                line = f"{label:>6} {at:%H:%M} {self.name(found.get('user') or '')}: {said}"
                self.console.print(Text(line, style="dim"), no_wrap=True, overflow="ellipsis")


def shortened(message: dict[str, Any]) -> dict[str, Any]:
    """A summary that was shown before: its headline, its footer and its buttons."""
    shown = message.get("blocks", [])
    if not any(block["type"] == "header" for block in shown):
        return message
    same = {"type": "section", "text": {"text": "… the same summary, kept from before: no second call …"}}
    return message | {"blocks": [shown[0], same, *(block for block in shown[1:] if block["type"] != "section")]}


def citations(messages: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    """Label and address of every link in the blocks of messages."""
    texts = [
        block["text"]["text"]
        for message in messages
        for block in message.get("blocks", [])
        if block["type"] == "section"
    ]
    links = [match for text in texts for match in MARKUP.finditer(text) if match["url"]]
    return [(match["label"], unescape(match["url"])) for match in links]


def drawn(message: dict[str, Any]) -> list[Text]:
    """A message's blocks as they look; its text where it has none."""
    if not message.get("blocks"):
        return [Text(unescape(message.get("text", "")))]
    spaced: list[Text] = []
    for each in message["blocks"]:
        spaced += [Text(""), block(each)] if each["type"] == "section" and spaced else [block(each)]
    return spaced


def block(shown: dict[str, Any]) -> Text:
    if shown["type"] == "header":
        return Text(shown["text"]["text"], style="bold")
    if shown["type"] == "actions":
        return Text("  ".join(f"[ {element['text']['text']} ]" for element in shown["elements"]), style="cyan")
    if shown["type"] == "input":
        return Text(f"{shown['label']['text']}: ______", style="cyan")
    if shown["type"] == "context":
        text = Text("\n").join(mrkdwn(element["text"]) for element in shown["elements"])
        text.stylize("dim")
        return text
    return mrkdwn(shown["text"]["text"])


def mrkdwn(source: str) -> Text:
    """Slack's markup in a terminal, links included."""
    text = Text()
    end = 0
    for match in MARKUP.finditer(source):
        text.append(unescape(source[end : match.start()]))
        kind = match.lastgroup or ""
        if kind == "label":
            text.append(unescape(match["label"]), style=f"blue underline link {unescape(match['url'])}")
        else:
            text.append(unescape(match[kind]), style=kind.replace("code", "magenta"))
        end = match.end()
    text.append(unescape(source[end:]))
    return text
