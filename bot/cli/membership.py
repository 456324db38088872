"""Whether Precis is in the channels that it is to read or to post in."""

import asyncio
from collections.abc import Mapping

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.checks.finding import Finding, ok, warning
from bot.checks.setup import Setup
from handlers.client import FAILURES, refusal

WHAT = "Slack channels"
LISTS, SINGLE = ("triage_channels", "quiet_channels"), ("digest_channel", "audit_channel")
MOST = 40
"""Channels that are looked at: fewer than Slack lets an app look at in a minute (Tier 3; docs.slack.dev)."""


async def check(slack: AsyncWebClient, token: str, setup: Setup) -> list[Finding]:
    """A warning for each channel that is set and that Precis is not in; nothing where none is set."""
    wanted = dict(list(channels(setup).items())[:MOST])
    found = await asyncio.gather(*(outside(slack, token, id, name) for id, name in wanted.items()))
    warnings = [warning(WHAT, sentence) for sentence in found if sentence]
    return warnings or ([ok(WHAT, f"Precis is in each that is set: {len(wanted):,}.")] if wanted else [])


def channels(setup: Setup) -> Mapping[str, str]:
    """The channels that are set, each with the setting that names it."""
    return {
        id: name
        for settings in setup.standing or [setup.settings]
        for name in (*LISTS, *SINGLE)
        for id in (getattr(settings, name) if name in LISTS else [getattr(settings, name)])
        if id
    }


async def outside(slack: AsyncWebClient, token: str, id: str, name: str) -> str:
    """What to do about a channel that Precis is not in, empty where it is, or where Slack does not say."""
    try:
        channel = (await slack.conversations_info(token=token, channel=id))["channel"]
    except SlackApiError as error:
        unseen = f"There is no channel {id} that Precis can see ({name}): invite it there, or choose another."
        return unseen if refusal(error) == "channel_not_found" else ""
    except FAILURES:
        return ""
    if channel.get("is_archived"):
        return f"#{channel['name']} is archived ({name}): choose another."
    return "" if channel.get("is_member") else f"Precis is not in #{channel['name']} ({name}): invite it there."
