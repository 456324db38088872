"""What Slack says of the app: whom the bot token makes us, what it allows, and whether Socket Mode is open to us."""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path

from pydantic import SecretStr
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import app
from bot.checks.finding import Finding, State, ok, problem, warning
from bot.checks.setup import Setup
from bot.cli import membership
from handlers.client import UNANSWERED, client, session

MANIFEST = Path(__file__).parents[2] / "manifest.json"
SECONDS = 15.0
"""How long Slack may take to answer one question, other tries included."""

BOT, SCOPES, SOCKET = "Slack bot token", "Slack scopes", "Slack app token"
UNREADABLE = (*UNANSWERED, AttributeError, TypeError, ValueError)
"""What the SDK raises where no Slack answers."""


async def check(setup: Setup) -> list[Finding]:
    async with session() as connections:
        slack = client(None, setup.api_url, connections)
        found = await bot(slack, setup.bot_token) if setup.bot_token else []
        if setup.bot_token and found[0].state is State.OK:
            found += await membership.check(slack, setup.bot_token.get_secret_value(), setup)
        return found + (await socket_mode(slack, setup.app_token) if setup.app_token else [])


async def bot(slack: AsyncWebClient, token: SecretStr) -> list[Finding]:
    try:
        async with asyncio.timeout(SECONDS):
            answer = await slack.auth_test(token=token.get_secret_value())
            who = f"@{answer['user']} in {answer['team']}, {answer['url']}"
    except SlackApiError as error:
        return [problem(BOT, str(app.refused("SLACK_BOT_TOKEN", "Install App", error)))]
    except UNREADABLE:
        return [problem(BOT, str(app.unreachable(slack)))]
    return [ok(BOT, f"{who}."), scopes(answer.headers.get("x-oauth-scopes"))]


async def team(token: SecretStr, api_url: str) -> str:
    """The id of the workspace that a bot token belongs to. Raises `app.StartError`."""
    async with session() as connections:
        slack = client(token.get_secret_value(), api_url, connections)
        try:
            async with asyncio.timeout(SECONDS):
                return (await app.signed_in(slack)).team
        except TimeoutError:
            raise app.unreachable(slack) from None


def scopes(header: str | None) -> Finding:
    """The scopes that Slack says it has granted, against those of the manifest."""
    if header is None:
        return warning(SCOPES, "Slack did not say what the app may do: compare its scopes with manifest.json.")
    missing = sorted(needed() - {scope.strip() for scope in header.split(",")})
    if missing:
        return problem(SCOPES, lacking(missing))
    return ok(SCOPES, "All that manifest.json asks for are granted.")


def needed() -> set[str]:
    return set(json.loads(MANIFEST.read_text())["oauth_config"]["scopes"]["bot"])


def lacking(missing: Iterable[str]) -> str:
    return (
        f"The app lacks {', '.join(missing)}: paste manifest.json into its App Manifest page, then reinstall the app."
    )


async def socket_mode(slack: AsyncWebClient, token: SecretStr) -> list[Finding]:
    try:
        async with asyncio.timeout(SECONDS):
            await slack.apps_connections_open(app_token=token.get_secret_value())
    except SlackApiError as error:
        return [problem(SOCKET, str(app.refused("SLACK_APP_TOKEN", "Basic Information", error)))]
    except UNREADABLE:
        return [problem(SOCKET, str(app.unreachable(slack)))]
    return [ok(SOCKET, "Socket Mode is open to the app.")]
