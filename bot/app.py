"""The app: everything is built here, once, and closed in order."""

import asyncio
import gc
import logging
import math
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import aiohttp
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import health, housekeeping
from bot.config import Config
from bot.database import Database, DatabaseError
from bot.gateways import gateway, ready
from bot.health import Health
from bot.inbox import Inbox
from bot.limits import Policy
from bot.pricing import Prices
from bot.routes import SettingsRoutes
from bot.scheduler import Bell, ringing
from bot.settings import WorkspaceSettings
from bot.store import Store
from handlers import appointments, register
from handlers.alarms import alarm
from handlers.client import PASSING, UNANSWERED, client, refusal, session
from handlers.connection import REFUSED, SocketConnection, TokenRefused
from handlers.services import Services, Workspace
from handlers.signatures import signed

log = logging.getLogger("precis.app")

GRACE = 12.0
"""Seconds that running jobs get to finish on shutdown; sockets, requests and handing back take 2 each."""

SIGNALS = (signal.SIGTERM, signal.SIGINT)
EVENTS_PATH = "/slack/events"
BODY_SECONDS = 5.0


class StartError(Exception):
    """The app cannot start. The text is a sentence that says what to do; `status` is the exit status."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(slots=True)
class Precis:
    """A running app."""

    services: Services
    database: Database
    serving: asyncio.Task[None]
    bolt: AsyncApp
    signing_secret: str = field(repr=False)
    connection: SocketConnection | None = None
    port: int | None = None
    last_request: float | None = field(default=None, init=False)
    preparing: asyncio.Task[None] | None = field(default=None, init=False)
    looked_at: float = field(default=-math.inf, init=False)
    found: Health = field(default=Health(False, None, None, False), init=False)

    async def end(self) -> None:
        """Wait until the process has no reason to live on. Raises what ended serving, or `StartError`."""
        refused = [asyncio.create_task(self.connection.refused())] if self.connection else []
        try:
            done, _ = await asyncio.wait([self.serving, *refused], return_when=asyncio.FIRST_COMPLETED)
            await next(iter(done))
        except TokenRefused:
            raise StartError("Slack does not accept SLACK_APP_TOKEN any more: make a new one, then start.", 2) from None
        finally:
            for task in refused:
                task.cancel()

    async def health(self) -> Health:
        """How things are, looked at once a second at most: anybody may ask."""
        if time.monotonic() - self.looked_at >= 1.0:
            self.looked_at = time.monotonic()
            self.found = await self.look()
        return self.found

    async def look(self) -> Health:
        return Health(
            connected=await self.connection.connected() if self.connection else True,
            last_frame_age=self.frame_age(),
            inbox_depth=await self.depth(),
            database_writable=await self.database.writable(),
        )

    def frame_age(self) -> float | None:
        if self.connection:
            return round(self.connection.frame_age(), 1)
        return round(time.monotonic() - self.last_request, 1) if self.last_request else None

    async def depth(self) -> int | None:
        try:
            return await self.services.inbox.depth()
        except DatabaseError:
            return None

    async def receive(self, request: web.Request) -> web.Response:
        """One signed request of Slack's in HTTP mode; anything else is refused before it is parsed."""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await request.read()
        except TimeoutError:
            return web.Response(status=408)
        if not signed(self.signing_secret, body, request.headers):
            return web.Response(status=401)
        self.last_request = time.monotonic()
        return await to_aiohttp_response(await self.bolt.async_dispatch(await to_bolt_request(request)))


@asynccontextmanager
async def running(
    config: Config,
    prices: Prices | None = None,
    *,
    policy: Policy = Policy(),  # noqa: B008
    clock: Callable[[], float] = time.time,
    speed: float = 1.0,
) -> AsyncIterator[Precis]:
    """Build the app, connect it, and on leaving stop accepting, finish or hand back what runs, and close everything.

    `clock` is the database's, in epoch seconds, of which `speed` pass in one: jobs and the pace of posts go by it.
    Raises `StartError` where Slack refuses a token or cannot be reached, `DatabaseError` where the file is unusable.
    """
    async with AsyncExitStack() as stack:
        database = await Database.open(config.database_url, clock=clock)
        stack.push_async_callback(database.close)
        connections = await stack.enter_async_context(session())
        slack = client(config.slack_bot_token.get_secret_value(), config.slack_api_url, connections)
        workspace = await signed_in(slack)
        store = Store(database)
        inbox = Inbox(database, speed=speed)
        now = partial(dated, clock)
        settings = WorkspaceSettings(store, workspace.team, config.settings, now=now)
        told = alarm(inbox, settings, config.admin_users)
        routes = SettingsRoutes(settings, config.route, now)
        made = gateway(config, store, settings, routes, prices or Prices(), told, policy)
        llm = await stack.enter_async_context(made)
        services = Services.of(config, workspace, slack, connections, inbox, store, settings, llm, clock)
        bolt = bolt_app(config, workspace, connections)
        register(bolt, services)
        housekeeping.register(inbox, store, config.content_retention_days, services.now)
        serving = asyncio.create_task(inbox.serve())
        stack.push_async_callback(stopped, inbox, serving)
        precis = Precis(services, database, serving, bolt, signing_secret(config))
        await stack.enter_async_context(ringing(Bell(inbox, settings, appointments(services), services.now)))
        await listen(precis, config, stack)
        if config.slack_app_token is not None:
            await connect(precis, config.slack_app_token.get_secret_value(), stack)
        precis.preparing = asyncio.create_task(ready(llm))  # the SDK takes its time: Slack is answered meanwhile
        stack.callback(precis.preparing.cancel)
        yield precis


def dated(clock: Callable[[], float]) -> datetime:
    return datetime.fromtimestamp(clock(), UTC)


async def signed_in(slack: AsyncWebClient) -> Workspace:
    """Who the bot token makes us. Raises `StartError`."""
    try:
        answer = await slack.auth_test()
    except SlackApiError as error:
        raise refused("SLACK_BOT_TOKEN", "Install App", error) from None
    except (*UNANSWERED, AttributeError, TypeError, ValueError):
        raise unreachable(slack) from None
    return Workspace(
        url=answer["url"],
        team=answer["team_id"],
        bot_user=answer["user_id"],
        bot_id=answer["bot_id"],
        bot_name=answer["user"],
    )


async def connect(precis: Precis, app_token: str, stack: AsyncExitStack) -> None:
    """Open Socket Mode. Raises `StartError`."""
    precis.connection = SocketConnection(precis.bolt, app_token)
    stack.push_async_callback(precis.connection.close)
    try:
        await precis.connection.open()
    except SlackApiError as error:
        raise refused("SLACK_APP_TOKEN", "Basic Information", error) from None
    except UNANSWERED:
        raise unreachable(precis.services.slack) from None


def refused(variable: str, page: str, error: SlackApiError) -> StartError:
    reason = refusal(error)
    if reason.startswith("http_") or reason in PASSING:
        return StartError(f"Slack has a fault at the moment ({reason}): start again in a minute.", 1)
    if reason in REFUSED:
        return StartError(f"Slack does not accept {variable}: copy it again from your app's {page} page.", 2)
    return StartError(f"Slack refused {variable} ({reason}): check the app's settings against manifest.json.", 2)


def unreachable(slack: AsyncWebClient) -> StartError:
    return StartError(f"Slack cannot be reached at {slack.base_url}: check the network, then start again.", 1)


def bolt_app(config: Config, workspace: Workspace, connections: aiohttp.ClientSession) -> AsyncApp:
    """Bolt, told who we are instead of asking Slack at the first request; its log never quotes a request."""
    token = config.slack_bot_token.get_secret_value()

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None,
            team_id=workspace.team,
            bot_user_id=workspace.bot_user,
            bot_id=workspace.bot_id,
            bot_token=token,
        )

    logger = logging.getLogger("precis.bolt")
    logger.setLevel(logging.ERROR)
    return AsyncApp(
        name=logger.name,  # Bolt gives the logger of this name the level of the one beneath
        logger=logger,
        client=client(None, config.slack_api_url, connections),
        authorize=authorize,
        signing_secret=signing_secret(config),
        raise_error_for_unhandled_request=True,
    )


def signing_secret(config: Config) -> str:
    return config.slack_signing_secret.get_secret_value() if config.slack_signing_secret else ""


async def listen(precis: Precis, config: Config, stack: AsyncExitStack) -> None:
    """Serve `/healthz` where a port is set, and Slack's requests too in HTTP mode."""
    health_port = config.health_port if config.health_port is not None else config.port
    port = health_port if config.socket_mode else config.port
    if port is None:
        return
    application = web.Application()
    application.add_routes([health.route(precis.health)])
    if not config.socket_mode:
        application.add_routes([web.post(EVENTS_PATH, precis.receive)])
    try:
        runner, precis.port = await health.listen(application, port)
    except OSError:
        raise StartError(f"Port {port} is taken: choose another with PORT or HEALTH_PORT.", 2) from None
    stack.push_async_callback(runner.cleanup)


async def stopped(inbox: Inbox, serving: asyncio.Task[None]) -> None:
    await inbox.stop(GRACE)
    await serving


def spare_collector(_: object) -> None:
    """Have the garbage collector leave alone what a start has made: looking through it stalls the loop for 0.1 s."""
    gc.freeze()


async def run(config: Config, prices: Prices) -> None:
    """Run until SIGTERM or SIGINT, then leave in order; a second signal ends the process at once.

    Raises `StartError`, `DatabaseError`, and whatever ends the serve loop.
    """
    loop = asyncio.get_running_loop()
    main = asyncio.current_task()
    assert main is not None

    def stop() -> None:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
        main.cancel()

    for number in SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        async with running(config, prices) as precis:
            log.info("Precis is connected to %s with %s", precis.services.workspace.url, config.provider.model)
            if precis.preparing is not None:
                precis.preparing.add_done_callback(spare_collector)
            await precis.end()
    except asyncio.CancelledError:
        log.info("Precis has stopped")
