"""How the SDKs reach their vendors: through the proxy of the environment."""

import pytest

from adapters import build
from adapters.base import Request
from tests.vendors import KEY, ClaudeServer, CompatibleServer, GeminiServer, OpenAIServer, VendorServer

ASKED = Request(task="tldr", prompt_version="1", system="Answer.", text="ping", max_output_tokens=16)
ELSEWHERE = "http://vendor.invalid"


@pytest.mark.parametrize(
    "kind", [ClaudeServer, OpenAIServer, GeminiServer, CompatibleServer], ids=lambda kind: kind.name
)
async def test_it_goes_through_the_proxy(kind: type[VendorServer], monkeypatch: pytest.MonkeyPatch) -> None:
    async with kind() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix(proxy.prefix))
        provider = build(proxy.name, key=KEY, model=proxy.asked, base_url=ELSEWHERE + proxy.prefix)

        assert (await provider.complete(ASKED)).text == "pong"
        assert [each.headers["host"] for each in proxy.received] == ["vendor.invalid"]
        await provider.close()


async def test_it_closes_what_was_never_used() -> None:
    await build("openai", key=KEY).close()
