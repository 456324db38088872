"""`GET /healthz`: whether this process hears Slack and can write down what it hears."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from aiohttp import web

CLOSING = 2.0
"""Seconds that a request under way gets when the process ends."""


@dataclass(frozen=True, slots=True)
class Health:
    """`last_frame_age` is in seconds, None where Slack has not called yet; `inbox_depth` counts jobs due or running."""

    connected: bool
    last_frame_age: float | None
    inbox_depth: int | None
    database_writable: bool

    @property
    def good(self) -> bool:
        return self.connected and self.database_writable and self.inbox_depth is not None


def route(health: Callable[[], Awaitable[Health]]) -> web.RouteDef:
    async def healthz(request: web.Request) -> web.Response:
        found = await health()
        return web.json_response(asdict(found), status=200 if found.good else 503)

    return web.get("/healthz", healthz)


async def listen(application: web.Application, port: int) -> tuple[web.AppRunner, int]:
    """Serve on all interfaces; returns what to clean up, and the port, which the system chooses where it is 0."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=CLOSING)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", port).start()
    return runner, int(runner.addresses[0][1])
