"""How the SDKs reach their vendors: over aiohttp, whose pool costs the same with one connection and with hundreds.

Their own pool looks at every connection for each request. 256 calls at once took it 6 to 13 ms of processor time
each, and take 3 to 7 ms here (measured on 2 cores). What the SDKs offer for aiohttp themselves differs: one repeats a
request in silence, one calls a refused connection a timeout.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import getproxies, proxy_bypass

import httpx2
from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from adapters.base import SOCKET_SECONDS
from adapters.errors import Unreachable

TIMEOUT = ClientTimeout(total=None, sock_connect=SOCKET_SECONDS, sock_read=SOCKET_SECONDS)


class Connections(httpx2.AsyncBaseTransport):
    """Sends requests, through the proxy that `HTTPS_PROXY` names, and reads each answer whole.

    aiohttp would find the proxy by itself, but with it the passwords of `~/.netrc`, which are not for vendors.
    """

    def __init__(self) -> None:
        self.tls = httpx2.create_ssl_context()
        self.session: ClientSession | None = None
        self.proxies: dict[tuple[str, str], str | None] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self.session is None:
            self.session = ClientSession(
                connector=TCPConnector(limit=0, ssl=self.tls),
                timeout=TIMEOUT,
                cookie_jar=DummyCookieJar(),
                auto_decompress=False,
            )
        with translated():
            async with self.session.request(
                request.method,
                str(request.url),
                headers=request.headers.multi_items(),
                data=request.content or None,
                allow_redirects=False,
                proxy=self.proxy(request.url),
            ) as answer:
                return httpx2.Response(answer.status, headers=answer.raw_headers, content=await answer.read())

    def proxy(self, url: httpx2.URL) -> str | None:
        place = url.scheme, url.host
        if place not in self.proxies:
            self.proxies[place] = None if proxy_bypass(url.host) else getproxies().get(url.scheme)
        return self.proxies[place]

    async def aclose(self) -> None:
        if self.session is not None:
            await self.session.close()


@contextmanager
def translated() -> Iterator[None]:
    """Raise what the SDKs expect to be raised."""
    try:
        yield
    except TimeoutError as error:
        raise httpx2.ReadTimeout("no answer") from error
    except ClientConnectorError as error:
        raise httpx2.ConnectError("no connection") from error
    except ClientError as error:
        raise httpx2.ReadError("the connection broke") from error


def unreachable(provider: str, error: BaseException | None) -> Unreachable:
    """The error for a connection that could not be made, which bills nothing, or that broke, which may."""
    return Unreachable(provider, type(error).__name__, unbilled=isinstance(error, httpx2.ConnectError))


def connections() -> httpx2.AsyncClient:
    """What an SDK takes for its HTTP client; whoever hands it over closes it, unless the SDK does.

    It stays where the operator sent it: a redirection would take prompts, and some keys, to wherever it leads.
    """
    return httpx2.AsyncClient(transport=Connections(), timeout=SOCKET_SECONDS, follow_redirects=False)
