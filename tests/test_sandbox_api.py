"""The Web API's front door: tokens, the ways arguments arrive, scopes, rate limits, faults, and nonsense."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import Sandbox, Workspace


class Clock:
    def __init__(self):
        self.now = 1_700_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def workspace():
    workspace = Workspace.blank()
    workspace.add_user("U1", "ana", profile={"email": "ana@example.org"})
    workspace.add_channel("C1", "general", members=["U1", workspace.bot_user_id])
    workspace.add_channel("C2", "plans", private=True, members=["U1", workspace.bot_user_id])
    return workspace


def client_of(slack, token=None):
    client = AsyncWebClient(token or slack.bot_token, base_url=slack.api_url)
    client.retry_handlers.clear()
    return client


async def error(call):
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response


async def post(slack, method, *, token=True, **request):
    headers = {"Authorization": f"Bearer {slack.bot_token}"} if token else {}
    async with (
        aiohttp.ClientSession() as session,
        session.post(slack.api_url + method, headers=headers | request.pop("headers", {}), **request) as answer,
    ):
        return answer.status, await answer.json()


async def test_it_says_who_the_app_is(workspace):
    async with Sandbox.start(workspace) as slack:
        who = await client_of(slack).auth_test()
    assert (who["user_id"], who["bot_id"], who["url"]) == (workspace.bot_user_id, workspace.bot_id, slack.url)
    assert "chat:write" in who.headers["x-oauth-scopes"]


async def test_it_refuses_missing_wrong_and_misplaced_tokens(workspace):
    async with Sandbox.start(workspace) as slack:
        _, missing = await post(slack, "auth.test", token=False)
        wrong = await error(client_of(slack, "xoxb-other").auth_test())
        misplaced = await error(client_of(slack).apps_connections_open(app_token=slack.bot_token))
        opened = await client_of(slack).apps_connections_open(app_token=slack.app_token)
    assert [missing["error"], wrong["error"], misplaced["error"]] == [
        "not_authed",
        "invalid_auth",
        "not_allowed_token_type",
    ]
    assert opened["url"].startswith("ws://127.0.0.1:")


async def test_it_takes_arguments_from_query_form_multipart_and_json(workspace):
    ways: list[dict[str, Any]] = [
        {"params": {"channel": "C1", "text": "query"}},
        {"data": {"channel": "C1", "text": "form"}},
        {"data": aiohttp.FormData({"channel": "C1", "text": "parts"}, default_to_multipart=True)},
        {"json": {"channel": "C1", "text": "json"}},
    ]
    async with Sandbox.start(workspace) as slack:
        for way in ways:
            assert (await post(slack, "chat.postMessage", **way))[1]["ok"]
    assert [one["text"] for one in workspace.history("C1")] == ["query", "form", "parts", "json"]
    assert [call.args["text"] for call in slack.calls] == ["query", "form", "parts", "json"]


async def test_it_does_not_read_json_where_slack_takes_none(workspace):
    async with Sandbox.start(workspace) as slack:
        _, answer = await post(slack, "conversations.info", json={"channel": "C1"})
    assert answer["response_metadata"]["messages"] == ["[ERROR] missing required field: channel"]


async def test_it_reads_blocks_given_as_text(workspace):
    section = '[{"type":"section","text":{"type":"mrkdwn","text":"hi"}}]'
    async with Sandbox.start(workspace) as slack:
        _, good = await post(slack, "chat.postMessage", data={"channel": "C1", "blocks": section})
        _, bad = await post(slack, "chat.postMessage", data={"channel": "C1", "blocks": "[{"})
    assert good["message"]["blocks"][0]["text"]["text"] == "hi"
    assert bad["error"] == "invalid_blocks_format"


async def test_it_does_not_know_methods_slack_does_not_have(workspace):
    async with Sandbox.start(workspace) as slack:
        answer = await error(client_of(slack).api_call("chat.whisper"))
    assert (answer["error"], answer["req_method"]) == ("unknown_method", "chat.whisper")
    assert [(call.method, call.error) for call in slack.calls] == [("chat.whisper", "unknown_method")]


async def test_it_names_the_scope_that_is_missing_for_this_kind_of_conversation(workspace):
    async with Sandbox.start(workspace, scopes={"channels:history"}) as slack:
        client = client_of(slack)
        assert (await client.conversations_history(channel="C1"))["ok"]
        refused = await error(client.conversations_history(channel="C2"))
        silent = await error(client.chat_postMessage(channel="C1", text="hi"))
    assert (refused["error"], refused["needed"], refused["provided"]) == (
        "missing_scope",
        "groups:history",
        "channels:history",
    )
    assert silent["needed"] == "chat:write"


async def test_it_shows_an_address_only_to_apps_that_may_read_it(workspace):
    async with Sandbox.start(workspace, scopes={"users:read"}) as slack:
        hidden = await client_of(slack).users_info(user="U1")
    async with Sandbox.start(workspace, scopes={"users:read", "users:read.email"}) as slack:
        shown = await client_of(slack).users_info(user="U1")
    assert "email" not in hidden["user"]["profile"]
    assert shown["user"]["profile"]["email"] == "ana@example.org"


async def test_it_limits_calls_by_tier_and_posts_by_channel(workspace):
    clock = Clock()
    async with Sandbox.start(workspace, rate_limits=True, clock=clock) as slack:
        client = client_of(slack)
        for _ in range(3):
            await client.chat_postMessage(channel="C1", text="burst")
        refused = await error(client.chat_postMessage(channel="C1", text="too fast"))
        await client.chat_postMessage(channel="C2", text="another channel")
        for _ in range(5):
            clock.now += 1
            await client.chat_postMessage(channel="C1", text="one a second")
        again = await error(client.chat_postMessage(channel="C1", text="too fast"))
        clock.now += 3
        for _ in range(3):
            await client.chat_postMessage(channel="C1", text="another burst")
        for _ in range(50):
            await client.conversations_info(channel="C1")
        tier = await error(client.conversations_info(channel="C1"))
        clock.now += 61
        assert (await client.conversations_info(channel="C1"))["ok"]
    assert (refused.status_code, refused["error"], refused.headers["Retry-After"]) == (429, "ratelimited", "1")
    assert again.status_code == 429
    assert (tier.status_code, tier.headers["Retry-After"]) == (429, "60")


async def test_it_counts_what_is_posted_to_a_person_and_to_their_conversation_as_one(workspace):
    async with Sandbox.start(workspace, rate_limits=True, clock=Clock()) as slack:
        client = client_of(slack)
        direct = (await client.chat_postMessage(channel="U1", text="burst"))["channel"]
        await client.chat_postMessage(channel=direct, text="burst")
        await client.chat_postMessage(channel="U1", text="burst")
        refused = [await error(client.chat_postMessage(channel=place, text="too fast")) for place in ("U1", direct)]
    assert [each["error"] for each in refused] == ["ratelimited"] * 2


async def test_it_fails_as_scripted_and_then_works_again(workspace):
    async with Sandbox.start(workspace) as slack:
        client = client_of(slack)
        slack.fail("users.info", error="internal_error")
        slack.fail("users.info", status=503)
        slack.fail("users.info", status=429, retry_after=7)
        first = await error(client.users_info(user="U1"))
        second = await error(client.users_info(user="U1"))
        third = await error(client.users_info(user="U1"))
        assert (await client.users_info(user="U1"))["ok"]
    assert first["error"] == "internal_error"
    assert second.status_code == 503
    assert (third.status_code, third.headers["Retry-After"]) == (429, "7")
    assert [call.error for call in slack.calls] == ["internal_error", "http_503", "ratelimited", None]


async def test_it_does_the_work_of_a_call_whose_answer_is_lost(workspace):
    async with Sandbox.start(workspace) as slack:
        slack.fail("chat.postMessage", lost=True)
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await client_of(slack).chat_postMessage(channel="C1", text="once")
    assert [one["text"] for one in workspace.history("C1")] == ["once"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"[" * 5000,
        b'{"channel": {"a": []}}',
        b'{"channel": "C1", "text": "\\ud800"}',
    ],
)
async def test_it_answers_malformed_requests_without_falling_over(workspace, body):
    async with Sandbox.start(workspace) as slack:
        for method in ("chat.postMessage", "views.open", "conversations.open"):
            status, answer = await post(slack, method, data=body, headers={"Content-Type": "application/json"})
            assert status == 200
            assert answer["ok"] or answer["error"]
        assert (await client_of(slack).auth_test())["ok"]


async def test_it_answers_strange_arguments_with_errors(workspace):
    strange = ["", "0", "-1", "9" * 5000, "nan", "\x00", "C1", "٣", "{}"]
    async with Sandbox.start(workspace) as slack:
        for one in strange:
            for field in ("limit", "cursor", "oldest", "latest", "ts"):
                params = {"channel": "C1", "ts": "1.2"} | {field: one}
                for method in ("conversations.replies", "conversations.history", "conversations.members"):
                    status, answer = await post(slack, method, data=params)
                    assert status == 200
                    assert answer["ok"] or answer["error"] != "internal_error"


async def test_it_has_nothing_at_other_addresses(workspace):
    async with Sandbox.start(workspace) as slack, aiohttp.ClientSession() as session:
        for path in ("", "nothing", "archives/C1/p1", "archives/C9/p1700000000000000", "commands/x"):
            async with session.get(slack.url + path) as answer:
                assert answer.status in {404, 405}


async def test_it_opens_a_permalink(workspace):
    root = workspace.post("U1", "C1", "question")
    reply = workspace.post("U1", "C1", "answer – ok", thread_ts=root)
    async with Sandbox.start(workspace) as slack, aiohttp.ClientSession() as session:
        link = (await client_of(slack).chat_getPermalink(channel="C1", message_ts=reply))["permalink"]
        async with session.get(link) as answer:
            shown = await answer.json()
        async with session.get(link.replace(f"thread_ts={root}", "thread_ts=1.2")) as answer:
            assert answer.status == 404
    assert link.endswith(f"?thread_ts={root}&cid=C1")
    assert (shown["text"], shown["user_name"], shown["thread_ts"]) == ("answer – ok", "ana", root)


async def test_it_takes_as_long_as_it_is_told(workspace):
    async with Sandbox.start(workspace, latency=0.05) as slack:
        began = slack.workspace.clock()
        await client_of(slack).auth_test()
        assert slack.workspace.clock() - began >= 0.05
