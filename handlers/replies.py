"""What people are told when something cannot be done: one plain sentence for each kind of failure."""

import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

from slack_bolt.async_app import AsyncAck

from adapters import PROVIDERS, Vendor
from adapters import errors as provider
from bot.catalogue import LACKING, unknown_model
from bot.choices import Choice
from bot.config import today
from bot.providers import needed
from handlers import refusals
from handlers.client import webhook
from handlers.services import Services

log = logging.getLogger("precis.handlers")

TRY_AGAIN = "I could not take that, please try again."
GIVEN_UP = "I tried several times and could not finish this. Please ask again in a few minutes."

SENTENCES: dict[type[Exception], str] = {
    refusals.NotALink: (
        "That is not a link to a Slack message. Copy one with a message's ⋮ menu → Copy link, and paste it behind the"
        " command."
    ),
    refusals.ChannelLink: "That link opens a channel. Copy the link of a message instead: its ⋮ menu → Copy link.",
    refusals.OtherWorkspace: (
        "That link leads to another workspace, and I can read only this one. Please give me a link from here."
    ),
    refusals.BadSpan: (
        "I cannot read that span. Give me a number of messages up to 5,000 (200), a period up to a year (24h, 3d, 2w),"
        " today, yesterday, or a day or time after since: since monday, since 2026-11-20, since tuesday 14:00."
    ),
    refusals.NotFound: (
        "I cannot find that message. Check the link: the message may be deleted, or in a conversation that you or I"
        " are not part of."
    ),
    refusals.InviteMe: "I am not in that channel yet. Invite me there with /invite @{bot}, then ask again.",
    refusals.DirectMessages: (
        "Only the two of you can read these messages, and I cannot be invited to them. Ask me in a channel that I am"
        " in, or in our own direct messages with a link to a message there."
    ),
    refusals.TooMuch: (
        "That conversation is longer than I read for one answer (20,000 messages). Give me a link to a shorter thread."
    ),
    refusals.NothingToRead: (
        "There is nothing to summarise in that thread: I found only joins, notices or empty messages. Give me a link"
        " to a thread with replies."
    ),
    refusals.NothingSaid: (
        "Nobody has said anything here in that time, joins and notices aside. Ask for a longer one, such as /tldr 7d."
    ),
    refusals.SingleMessage: (
        "That is one short message without replies, so there is nothing to shorten. Ask again when there are replies."
    ),
    refusals.NotInThread: "Ask me inside a thread, or put a message link behind it: @{bot} tldr https://…",
    provider.MissingKey: LACKING,
    provider.NotInstalled: (
        "The package that {vendor} needs is not installed. Whoever runs Precis should install it as the README"
        " says, or an admin can choose another provider with /llm-provider set."
    ),
    provider.NoApi: (
        "The address that is set for {vendor} is not that of its API. Whoever runs Precis should correct {address}."
    ),
    provider.UnknownProvider: "No such provider exists. Whoever runs Precis should correct LLM_PROVIDER.",
    provider.Auth: "{vendor} does not accept Precis's key. Whoever runs Precis should check {variable}.",
    provider.Forbidden: (
        "{vendor} accepts Precis's key but not for {model}. Whoever runs Precis should give the key of {variable}"
        " access to it, or an admin can choose another model with /llm-provider set."
    ),
    provider.QuotaExhausted: (
        "The account with {vendor} is out of credit or quota. Whoever runs Precis should top it up, or an admin can"
        " choose another provider with /llm-provider set."
    ),
    provider.ModelNotFound: "{unknown}. An admin can choose {instead}.",
    provider.BadRequest: "{vendor} refused the request. Whoever runs Precis finds it with python -m bot calls.",
    provider.TooLong: (
        "This thread is longer than the model can read at once. Ask for a shorter thread, or have an admin choose"
        " a model with a larger window with /llm-provider set."
    ),
    provider.Refused: (
        "{vendor} declined to summarise this thread. Another provider may do it: an admin can choose one"
        " with /llm-provider set."
    ),
    provider.Truncated: "The summary came out too long, and {vendor} cut it off. Please ask again.",
    provider.Empty: "{vendor} answered without a word. Please ask again.",
    provider.BadOutput: "{vendor} sent an answer that I cannot use. Please ask again.",
    provider.OverBudget: (
        "The budget for models is used up for now, so I did not ask one. An admin can raise it with"
        " /llm-provider budget daily or budget monthly, and an amount in US dollars."
    ),
    provider.Unpriced: (
        "A budget is set and nobody knows what {model} costs, so it is never asked. Whoever runs Precis should give it"
        " a price in prices.toml, or an admin can choose another model with /llm-provider set."
    ),
    provider.OverLimit: (
        "You have asked as often as one person may within an hour, so that enough is left for everybody. Please ask"
        " again in a while."
    ),
    provider.RateLimited: "{vendor} takes no more requests at the moment. Please ask again in {wait}.",
    provider.Overloaded: "{vendor} is overloaded at the moment. Please ask again in a few minutes.",
    provider.ServerError: "{vendor} has a fault at the moment. Please ask again in a few minutes.",
    provider.TimedOut: "{vendor} took too long to answer. Please ask again.",
    provider.Unreachable: (
        "I could not reach {vendor}. Please ask again in a minute; if that does not help, whoever runs Precis should"
        " check its network and, where it is set, {address}."
    ),
    provider.ProviderError: (
        "Something went wrong between Precis and {vendor}. Please ask again; if that does not help, whoever runs Precis"
        " finds the reason with python -m bot calls."
    ),
}


def sentence(error: Exception, *, bot: str, today: Callable[[], date] = today) -> str:
    """What to tell a person about a failure: the sentence of its class, or of the nearest base that has one."""
    template = next(SENTENCES[kind] for kind in type(error).__mro__ if kind in SENTENCES)
    vendor = PROVIDERS.get(getattr(error, "provider", ""))
    model = getattr(error, "model", "") or "the model that is set"
    unknown, instead = in_place_of(model, vendor, today()) if vendor else ("", "")
    return template.format(
        bot=bot,
        vendor=vendor.label if vendor else "the model",
        model=model,
        needed=" and ".join(needed(vendor)) if vendor else "",
        variable=vendor.key_variable if vendor else "",
        address=vendor.base_url_variable if vendor else "",
        unknown=unknown,
        instead=instead,
        wait=duration(getattr(error, "retry_after", None)),
    )


def in_place_of(model: str, vendor: Vendor, today: date) -> tuple[str, str]:
    """What is wrong with a model that its vendor does not know, and how to have another, in words that go on."""
    wrong, other = unknown_model(Choice(vendor.name, model), today)
    command = "/llm-provider set"
    return wrong, f"{other} with {command} {vendor.name} {other}" if other else f"another model with {command}"


def duration(seconds: float | None) -> str:
    if seconds is None or seconds <= 60:
        return "a minute"
    return f"{math.ceil(seconds / 60)} minutes"


async def tell(body: dict[str, Any], services: Services, said: str) -> None:
    """Say something to whoever pressed or picked, beside that, where Slack gave an address for it."""
    thread_ts = (body.get("container") or {}).get("thread_ts") or ""
    await respond(body.get("response_url") or "", thread_ts, services, said)


async def respond(response_url: str, thread_ts: str, services: Services, said: str) -> None:
    """Say something to whoever pressed; in the thread of what they pressed, which Slack does not do by itself."""
    if response_url:
        thread = {"thread_ts": thread_ts} if thread_ts else {}
        shown = {"text": said, "response_type": "ephemeral", "replace_original": False, **thread}
        await webhook(response_url, services.connections).send_dict(shown)


@asynccontextmanager
async def taking(ack: AsyncAck, body: dict[str, Any], services: Services) -> AsyncIterator[None]:
    """`reporting` for what has an ack that shows nothing: a button, a shortcut."""

    async def sorry(said: str) -> None:
        await ack()
        await tell(body, services, said)

    async with reporting(sorry):
        yield


@asynccontextmanager
async def reporting(tell: Callable[[str], Awaitable[object]]) -> AsyncIterator[None]:
    """The frame of a listener's body: nothing escapes after `ack`, and a request that was not taken is answered.

    An exception that escaped would make Bolt drop an ack that is already given.
    """
    try:
        yield
    except Exception as error:
        log.error("A request was not taken: %s", type(error).__name__)
        try:
            await tell(TRY_AGAIN)
        except Exception as unheard:
            log.error("The asker could not be told: %s", type(unheard).__name__)
