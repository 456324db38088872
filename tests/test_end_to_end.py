"""Each vendor answers `/tldr` through its own SDK against its loopback server, and each failure has its sentence."""

import pytest
from pydantic import SecretStr

from adapters import PROVIDERS
from bot.providers import ProviderConfig
from bot.sandbox import Sandbox
from bot.store import Store
from tests.conftest import ADA, GENERAL, Start
from tests.test_tldr import link
from tests.vendors import KEY, SERVERS, VendorServer

SUMMARY = {
    "headline": "They roll back at 14:00 & <!channel> is told.",
    "points": [
        {"text": "Fonts are missing on the second server.", "sources": [2]},
        {"text": "Invented, with no source.", "sources": [77]},
    ],
    "decisions": [{"text": "Roll back to 4.1.", "by": "Ada Moreau", "sources": [3, 4, 99]}],
    "actions": [{"text": "Write to the customers.", "owner": "Ben Castellan", "due": "Friday", "sources": [4]}],
    "open_questions": [{"text": "Who owns the font package?", "sources": [5]}],
}
VENDORS = {server.name: server for server in SERVERS}


def at(server: VendorServer) -> ProviderConfig:
    return ProviderConfig(server.name, PROVIDERS[server.name].default_model, SecretStr(KEY), server.url)


@pytest.mark.parametrize("name", VENDORS)
async def test_it_answers_with_this_vendor(slack: Sandbox, thread: str, start: Start, name: str) -> None:
    async with VENDORS[name]() as server, start(provider=at(server)) as precis:
        server.answer(SUMMARY)
        await slack.connected()
        asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
        await precis.services.inbox.idle()
        [call] = await Store(precis.database).calls()

    [answer] = asked.answers
    assert answer["blocks"][0]["text"]["text"] == "They roll back at 14:00 & <!channel> is told."
    assert answer["blocks"][0]["text"]["type"] == "plain_text"
    assert "Invented" not in str(answer["blocks"])
    assert "<!channel>" not in answer["text"]
    assert "Ben Castellan: Write to the customers. (due Friday)" in answer["text"]
    assert (call.provider, call.outcome, call.dropped_entries) == (name, "ok", 1)
    assert call.input_tokens is not None
    assert call.input_tokens > 0
    assert call.cost_usd is not None
    assert call.cost_usd > 0


@pytest.mark.parametrize("name", VENDORS)
@pytest.mark.parametrize(
    ("problem", "said", "kind"),
    [
        ("auth", "does not accept Precis's key", "auth"),
        ("rate_limited", "takes no more requests", "rate_limited"),
        ("server_error", "has a fault", "server_error"),
        ("not_found", "does not know the model", "model_not_found"),
    ],
)
async def test_it_says_what_went_wrong_and_logs_the_call(
    slack: Sandbox, thread: str, start: Start, name: str, problem: str, said: str, kind: str
) -> None:
    async with VENDORS[name]() as server, start(provider=at(server)) as precis:
        server.then(server.problem(problem))
        await slack.connected()
        asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
        await precis.services.inbox.idle()
        [call] = await Store(precis.database).calls()

    assert said in asked.answers[0]["text"]
    assert (call.outcome, call.error, call.cost_usd) == ("failed", kind, None)


async def test_it_charges_for_an_answer_that_is_no_use(slack: Sandbox, thread: str, start: Start) -> None:
    async with VENDORS["openai"]() as server, start(provider=at(server)) as precis:
        server.then(server.reply("not JSON at all"))
        await slack.connected()
        asked = await slack.person(ADA).command("/tldr", link(slack, GENERAL, thread), channel=GENERAL)
        await precis.services.inbox.idle()
        [call] = await Store(precis.database).calls()

    assert "an answer that I cannot use" in asked.answers[0]["text"]
    assert (call.outcome, call.error) == ("failed", "bad_output")
    assert call.cost_usd is not None
    assert call.cost_usd > 0
