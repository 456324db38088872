"""How the SDKs reach their vendors: through the proxy of the environment, with the key and no other password."""

from base64 import b64encode
from pathlib import Path

import pytest

from adapters import build
from adapters.base import Request
from tests.vendors import KEY, ClaudeServer, CompatibleServer, GeminiServer, OpenAIServer, VendorServer

ASKED = Request(task="tldr", prompt_version="1", system="Answer.", text="ping", max_output_tokens=16)
ELSEWHERE = "http://vendor.invalid"


every_vendor = pytest.mark.parametrize(
    "kind", [ClaudeServer, OpenAIServer, GeminiServer, CompatibleServer], ids=lambda kind: kind.name
)


@every_vendor
async def test_it_goes_through_the_proxy(kind: type[VendorServer], monkeypatch: pytest.MonkeyPatch) -> None:
    async with kind() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix(proxy.prefix))
        provider = build(proxy.name, key=KEY, model=proxy.asked, base_url=ELSEWHERE + proxy.prefix)

        assert (await provider.complete(ASKED)).text == "pong"
        assert [each.headers["host"] for each in proxy.received] == ["vendor.invalid"]
        await provider.close()


async def test_it_tells_the_proxy_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    async with OpenAIServer() as proxy:
        address = proxy.url.removesuffix(proxy.prefix)
        monkeypatch.setenv("HTTP_PROXY", address.replace("://", "://precis:let-me-out@"))
        provider = build("openai", key=KEY, base_url=ELSEWHERE + proxy.prefix)

        await provider.complete(ASKED)
        await provider.close()

    [received] = proxy.received
    assert received.headers["proxy-authorization"] == f"Basic {b64encode(b'precis:let-me-out').decode()}"
    assert received.headers["authorization"] == f"Bearer {KEY}"


async def test_it_goes_straight_to_where_no_proxy_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    async with OpenAIServer() as server:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        provider = build("openai", key=KEY, base_url=server.url)

        assert (await provider.complete(ASKED)).text == "pong"
        await provider.close()


@every_vendor
@pytest.mark.parametrize("entry", ["default", "machine 127.0.0.1"])
async def test_it_sends_no_password_of_the_host(
    kind: type[VendorServer], entry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"{entry} login deploy password of-the-host\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    async with kind() as server:
        provider = build(server.name, key=KEY, model=server.asked, base_url=server.url)

        assert (await provider.complete(ASKED)).text == "pong"
        await provider.close()

    assert "Basic" not in server.received[0].headers.get("authorization", "")


async def test_it_closes_what_was_never_used() -> None:
    await build("openai", key=KEY).close()
