"""What people do and see: events, buttons, modals, answers to a `response_url`, and what Slack would not allow."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox import Refused, Sandbox, Workspace
from tests.clocks import PATIENCE

BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "Share"}, "action_id": "share"}
BUTTONS = [{"type": "actions", "elements": [BUTTON | {"value": one, "action_id": "share"}]} for one in ("a", "b")]


def modal(title="Hello", **fields):
    return {"type": "modal", "title": {"type": "plain_text", "text": title}, "blocks": [], **fields}


def field(block_id, *, optional=False, **element):
    element = {"type": "plain_text_input", "action_id": "typed", **element}
    label = {"type": "plain_text", "text": block_id}
    return {"type": "input", "block_id": block_id, "label": label, "optional": optional, "element": element}


class Clock:
    def __init__(self):
        self.now = 1_700_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def workspace():
    workspace = Workspace.blank()
    workspace.add_user("U1", "ana")
    workspace.add_user("U2", "ben")
    workspace.add_user("U3", "gus", is_restricted=True)
    workspace.add_channel("C1", "general", members=["U1", "U2", workspace.bot_user_id])
    workspace.add_channel("C2", "plans", private=True, members=["U1"])
    return workspace


@asynccontextmanager
async def running(workspace, **options):
    """The sandbox with a Bolt app on a socket that notes every event it gets."""
    async with Sandbox.start(workspace, **options) as slack:
        app = AsyncApp(
            client=AsyncWebClient(slack.bot_token, base_url=slack.api_url), ignoring_self_events_enabled=False
        )
        heard: list[dict[str, Any]] = []

        @app.middleware
        async def note(body, next):
            if body.get("type") == "event_callback":
                heard.append(body["event"])
            return await next()

        for kind in ("message", "app_mention", "member_joined_channel", "reaction_added", "app_home_opened"):
            app.event(kind)(nothing)
        handler = AsyncSocketModeHandler(app, slack.app_token)
        await handler.connect_async()
        await slack.connected()
        try:
            async with asyncio.timeout(PATIENCE):
                yield slack, app, heard
        finally:
            await handler.close_async()


async def nothing():
    """A listener: Bolt acks before it runs."""


def kinds(heard):
    return sorted(f"{event['type']}.{event.get('subtype', '')}".rstrip(".") for event in heard)


async def test_it_tells_the_app_only_of_conversations_it_is_in(workspace):
    async with running(workspace) as (slack, _, heard):
        await slack.person("U1").say("C2", f"about <@{workspace.bot_user_id}>")
        await slack.person("U1").say("C1", "hello")
        await slack.settled()
    assert [event["text"] for event in heard] == ["hello"]


async def test_it_tells_the_app_nothing_more_of_a_conversation_it_left(workspace):
    async with running(workspace) as (slack, _, heard):
        workspace.leave(workspace.bot_user_id, "C1")
        await slack.person("U1").say("C1", "gone?")
        await slack.settled()
    assert heard == []


async def test_it_tells_the_app_only_what_it_subscribed_to_and_may_know(workspace):
    async with running(workspace, events={"message.channels", "reaction_added"}) as (slack, _, heard):
        ts = await slack.person("U1").say("C1", f"<@{workspace.bot_user_id}>")
        await slack.person("U1").say(slack.person("U1").dm(), "psst")
        await slack.person("U1").react("C1", ts, "eyes")
        await slack.settled()
    assert kinds(heard) == ["message", "reaction_added"]
    async with running(workspace, scopes={"app_mentions:read"}) as (slack, _, heard):
        await slack.person("U1").say("C1", f"<@{workspace.bot_user_id}>")
        await slack.settled()
    assert kinds(heard) == ["app_mention"]


async def test_it_does_not_call_a_direct_message_a_mention(workspace):
    async with running(workspace) as (slack, _, heard):
        ana = slack.person("U1")
        await ana.say(ana.dm(), f"<@{workspace.bot_user_id}> tldr")
        await slack.settled()
    assert [(event["type"], event["channel_type"]) for event in heard] == [("message", "im")]


async def test_it_describes_a_threaded_message_the_way_slack_does(workspace):
    async with running(workspace) as (slack, _, heard):
        root = await slack.person("U1").say("C1", "see https://a.b/c")
        await slack.person("U2").say("C1", "ok", thread_ts=root)
        await slack.settled()
    first, reply = sorted(heard, key=lambda event: event["ts"])
    assert first["text"] == "see <https://a.b/c>"
    assert first["blocks"][0]["elements"][0]["elements"][1] == {"type": "link", "url": "https://a.b/c"}
    assert "thread_ts" not in first
    assert (reply["thread_ts"], reply["parent_user_id"], reply["event_ts"]) == (root, "U1", reply["ts"])
    assert {"client_msg_id", "team", "channel", "channel_type", "user"} <= reply.keys()


async def test_it_tells_of_files_broadcasts_and_strangers(workspace):
    workspace.add_user("U9", "zoe", is_stranger=True)
    workspace.join("U9", "C1")
    async with running(workspace) as (slack, _, heard):
        root = await slack.person("U9").say("C1", "hello", files=[{"id": "F1"}])
        await slack.person("U1").say("C1", "to all", thread_ts=root, reply_broadcast=True)
        await slack.settled()
    shared, broadcast = sorted(heard, key=lambda event: event["ts"])
    assert (shared["subtype"], shared["user_team"]) == ("file_share", workspace.users["U9"].team_id)
    assert (broadcast["subtype"], broadcast["root"]["ts"]) == ("thread_broadcast", root)


async def test_it_tells_of_edits_and_deletions_and_leaves_a_tombstone(workspace):
    async with running(workspace) as (slack, _, heard):
        ana = slack.person("U1")
        root = await ana.say("C1", "frist")
        reply = await ana.say("C1", "reply", thread_ts=root)
        await ana.edit("C1", root, "first")
        await ana.delete("C1", root)
        await ana.delete("C1", reply)
        await slack.settled()
    edited, buried, deleted = sorted((one for one in heard if "hidden" in one), key=lambda one: one["event_ts"])
    assert (edited["message"]["text"], edited["previous_message"]["text"]) == ("first", "frist")
    assert edited["message"]["edited"]["user"] == "U1"
    assert (buried["subtype"], buried["message"]["subtype"]) == ("message_changed", "tombstone")
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", reply)


async def test_it_tells_the_app_of_its_own_posts_and_updates(workspace):
    async with running(workspace) as (slack, app, heard):
        job = {"event_type": "job", "event_payload": {"id": "1"}}
        ts = (await app.client.chat_postMessage(channel="C1", text="draft", metadata=job))["ts"]
        await app.client.chat_update(channel="C1", ts=ts, text="final")
        await slack.settled()
    assert kinds(heard) == ["message", "message.message_changed"]
    assert {event.get("user") for event in heard} == {workspace.bot_user_id, None}
    assert "metadata" not in str(heard)


async def test_it_announces_the_app_in_a_channel_it_is_invited_to(workspace):
    async with running(workspace) as (slack, _, heard):
        await slack.person("U1").invite_bot("C2")
        await slack.settled()
        with pytest.raises(Refused):
            await slack.person("U1").invite_bot("C2")
    joined = next(event for event in heard if event["type"] == "member_joined_channel")
    assert (joined["user"], joined["inviter"], joined["channel_type"]) == (workspace.bot_user_id, "U1", "G")
    assert workspace.history("C2")[0]["subtype"] == "channel_join"


async def test_it_escapes_only_the_commands_that_ask_for_it(workspace):
    async with running(workspace, escaped={"/tldr"}) as (slack, app, _):

        @app.command("/tldr")
        @app.command("/llm-provider")
        async def echo(ack, command):
            await ack(command["text"])

        ana = slack.person("U1")
        escaped = await ana.command("/tldr", "https://a.b/c?d=1&e=2 @ben", channel="C1")
        raw = await ana.command("/llm-provider", "set a&b @ben", channel="C2")
    assert escaped.ack == {"text": "<https://a.b/c?d=1&amp;e=2> <@U2>"}
    assert raw.ack == {"text": "set a&amp;b @ben"}
    assert (escaped.payload["channel_name"], raw.payload["channel_name"]) == ("general", "privategroup")


async def test_it_shows_an_ack_in_the_channel_when_it_says_so_and_fails_one_slack_would_not_take(workspace):
    async with running(workspace) as (slack, app, _):

        @app.command("/tldr")
        async def tldr(ack, command):
            await ack({"text": command["text"] * 5000, "response_type": "in_channel"})

        loud = await slack.person("U1").command("/tldr", "x", channel="C1")
        broken = await slack.person("U1").command("/tldr", "x" * 9, channel="C1")
    assert (loud.ok, len(workspace.history("C1"))) == (True, 1)
    assert (broken.ok, broken.error) == (False, "invalid_command_response")


async def test_it_knows_no_command_of_an_app_without_the_scope(workspace):
    async with running(workspace, scopes={"chat:write"}) as (slack, _, _):
        asked = await slack.person("U1").command("/tldr", channel="C1")
    assert (asked.ok, asked.error) == (False, "unknown_command")


async def test_it_gives_a_response_url_five_uses(workspace):
    async with running(workspace) as (slack, app, _):
        app.command("/tldr")(acked)
        asked = await slack.person("U1").command("/tldr", channel="C1")
        webhook = AsyncWebhookClient(asked.response_url)
        answers = [await webhook.send(text=str(n)) for n in range(6)]
    assert [one.status_code for one in answers] == [200] * 5 + [404]
    assert "used_url" in answers[-1].body
    assert [one["text"] for one in asked.answers] == list("01234")
    assert [post.error for post in slack.response_posts] == [None] * 5 + ["used_url"]


async def test_it_lets_a_response_url_expire_after_thirty_minutes(workspace, clock):
    async with running(workspace, clock=clock) as (slack, app, _):
        app.command("/tldr")(acked)
        asked = await slack.person("U1").command("/tldr", channel="C1")
        clock.now += 1800
        in_time = await AsyncWebhookClient(asked.response_url).send(text="late")
        clock.now += 1
        too_late = await AsyncWebhookClient(asked.response_url).send(text="too late")
    assert (in_time.status_code, too_late.status_code) == (200, 404)
    assert "expired_url" in too_late.body


async def test_it_never_replaces_the_ack_of_a_command(workspace):
    async with running(workspace) as (slack, app, _):

        @app.command("/tldr")
        async def tldr(ack, respond):
            await ack("reading")
            await respond("done", replace_original=True)

        asked = await slack.person("U1").command("/tldr", channel="C1")
        await asked.answered()
    assert sorted(one["text"] for one in slack.person("U1").sees("C1")) == ["done", "reading"]
    assert slack.person("U2").sees("C1") == []


async def test_it_answers_bad_posts_to_a_response_url_with_the_reason(workspace):
    async with running(workspace) as (slack, app, _):
        app.command("/tldr")(acked)
        asked = await slack.person("U1").command("/tldr", channel="C1")
        webhook = AsyncWebhookClient(asked.response_url)
        slack.fail("response_url", status=500)
        answers = [
            await webhook.send(text="lost"),
            await webhook.send(text=" "),
            await webhook.send(text="x", blocks=[{"type": "poem"}]),
            await webhook.send(text="x", blocks=[{"type": "divider"}], response_type="in_channel"),
        ]
    assert [one.status_code for one in answers] == [500, 400, 400, 200]
    assert [post.error for post in slack.response_posts] == ["http_500", "no_text", "invalid_blocks", None]
    assert len(workspace.history("C1")) == 1


async def test_it_presses_the_button_of_an_ephemeral_answer_and_replaces_it(workspace):
    async with running(workspace) as (slack, app, _):

        @app.command("/tldr")
        async def tldr(ack):
            await ack({"text": "summary", "blocks": BUTTONS})

        @app.action("share")
        async def share(ack, action, respond):
            await ack()
            if action["value"] == "a":
                await respond("shared", replace_original=True)
            else:
                await respond(delete_original=True)

        ana = slack.person("U1")
        await ana.command("/tldr", channel="C1")
        (shown,) = ana.sees("C1")
        pressed = await ana.press(channel="C1", ts=shown["ts"], action_id="share", value="a")
        await pressed.answered()
        (replaced,) = ana.sees("C1")
        with pytest.raises(Refused):
            await slack.person("U2").press(channel="C1", ts=shown["ts"], action_id="share")
        await ana.command("/tldr", channel="C1")
        second = ana.sees("C1")[-1]
        gone = await ana.press(channel="C1", ts=second["ts"], action_id="share", value="b")
        await gone.answered()
    assert pressed.payload["container"]["is_ephemeral"] is True
    assert "message" not in pressed.payload
    assert (replaced["ts"], replaced["text"], "blocks" in replaced) == (shown["ts"], "shared", False)
    assert [one["ts"] for one in ana.sees("C1")] == [shown["ts"]]


async def test_it_presses_the_button_of_a_message_in_a_thread(workspace):
    root = workspace.post("U1", "C1", "question")
    async with running(workspace) as (slack, app, _):
        app.action("share")(acked)
        ts = (await app.client.chat_postMessage(channel="C1", text="x", blocks=BUTTONS, thread_ts=root))["ts"]
        pressed = await slack.person("U2").press(channel="C1", ts=ts, action_id="share", value="b")
        with pytest.raises(Refused):
            await slack.person("U2").press(channel="C1", ts=ts, action_id="share", value="c")
    payload = pressed.payload
    assert payload["container"]["thread_ts"] == payload["message"]["thread_ts"] == root
    assert (payload["actions"][0]["value"], payload["user"]["id"]) == ("b", "U2")
    assert payload["actions"][0]["block_id"] == payload["message"]["blocks"][1]["block_id"]


async def test_it_chooses_from_a_menu(workspace):
    options = [{"text": {"type": "plain_text", "text": one}, "value": one} for one in ("p1", "p2")]
    menu = {"type": "static_select", "action_id": "urgency", "options": options}
    async with running(workspace) as (slack, app, _):
        app.action("urgency")(acked)
        blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "Urgency"}, "accessory": menu}]
        ts = (await app.client.chat_postMessage(channel="C1", text="x", blocks=blocks))["ts"]
        chosen = await slack.person("U1").press(channel="C1", ts=ts, action_id="urgency", value="p2")
        with pytest.raises(Refused):
            await slack.person("U1").press(channel="C1", ts=ts, action_id="urgency", value="p9")
    assert chosen.payload["actions"][0]["selected_option"] == options[1]


async def test_it_opens_a_modal_from_a_shortcut_and_updates_it_by_its_external_id(workspace):
    ts = workspace.post("U1", "C2", "question")
    async with running(workspace) as (slack, app, _):

        @app.shortcut("tldr_message")
        async def summarise(ack, shortcut, client):
            await client.views_open(trigger_id=shortcut["trigger_id"], view=modal("Reading", external_id="job-1"))
            await ack()

        ana = slack.person("U1")
        picked = await ana.shortcut("tldr_message", channel="C2", ts=ts)
        assert ana.modal["title"]["text"] == "Reading"
        await app.client.views_update(external_id="job-1", view=modal("Done"))
        assert ana.modal["title"]["text"] == "Done"
    assert picked.payload["type"] == "message_action"
    assert (picked.payload["message"]["ts"], picked.payload["message_ts"]) == (ts, ts)
    assert picked.payload["channel"] == {"id": "C2", "name": "privategroup"}


async def test_it_takes_a_trigger_once_and_for_three_seconds(workspace, clock):
    async with running(workspace, clock=clock) as (slack, app, _):
        app.command("/tldr")(acked)
        ana = slack.person("U1")
        first, second = [(await ana.command("/tldr", channel="C1")).trigger_id for _ in range(2)]
        await app.client.views_open(trigger_id=first, view=modal())
        clock.now += 3.1
        for trigger, expected in ((first, "exchanged"), (second, "expired"), ("1.2.x", "invalid")):
            with pytest.raises(SlackApiError, match=f"{expected}_trigger_id"):
                await app.client.views_open(trigger_id=trigger, view=modal())


async def test_it_keeps_external_ids_apart_and_notices_stale_hashes(workspace):
    async with running(workspace) as (slack, app, _):
        app.command("/tldr")(acked)
        triggers = {user: (await slack.person(user).command("/tldr", channel="C1")).trigger_id for user in ("U1", "U2")}
        view = (await app.client.views_open(trigger_id=triggers["U1"], view=modal(external_id="job-1")))["view"]
        with pytest.raises(SlackApiError, match="duplicate_external_id"):
            await app.client.views_open(trigger_id=triggers["U2"], view=modal(external_id="job-1"))
        await app.client.views_update(view_id=view["id"], hash=view["hash"], view=modal(external_id="job-1"))
        with pytest.raises(SlackApiError, match="hash_conflict"):
            await app.client.views_update(view_id=view["id"], hash=view["hash"], view=modal())


async def test_it_tells_of_a_closed_modal_only_when_asked_and_updates_it_no_more(workspace):
    closed = []
    async with running(workspace) as (slack, app, heard):

        @app.view_closed("form")
        async def close(ack, view):
            closed.append(view["id"])
            await ack()

        app.command("/tldr")(acked)
        ana = slack.person("U1")
        for notify in (False, True):
            trigger = (await ana.command("/tldr", channel="C1")).trigger_id
            view = modal(callback_id="form", notify_on_close=notify)
            opened = (await app.client.views_open(trigger_id=trigger, view=view))["view"]["id"]
            heard = await ana.close_view(opened)
            assert (heard is not None and heard.ok) is notify
        with pytest.raises(SlackApiError, match="not_found"):
            await app.client.views_update(view_id=opened, view=modal())
    assert closed == [opened]


async def test_it_submits_a_form_and_does_what_the_ack_says(workspace):
    async with running(workspace) as (slack, app, _):

        @app.view("form")
        async def form(ack, view):
            typed = view["state"]["values"]["name"]["typed"]["value"]
            if typed == "wrong":
                await ack(response_action="errors", errors={"name": "no"})
            elif typed == "more":
                await ack(response_action="update", view=modal("More"))
            else:
                await ack()

        app.command("/tldr")(acked)
        ana = slack.person("U1")

        async def submit(typed, **values):
            trigger = (await ana.command("/tldr", channel="C1")).trigger_id
            submit = {"type": "plain_text", "text": "Send"}
            view = modal(callback_id="form", submit=submit, blocks=[field("name"), field("note", optional=True)])
            opened = (await app.client.views_open(trigger_id=trigger, view=view))["view"]["id"]
            return await ana.submit(opened, {"name": typed, **values})

        refused = await submit("wrong")
        assert (refused.ok, ana.modal["title"]["text"]) == (True, "Hello")
        await submit("more")
        assert ana.modal["title"]["text"] == "More"
        with pytest.raises(Refused, match="no field called"):
            await submit("right", nme="y")
        done = await submit("right")
        assert ana.modal is None
        with pytest.raises(Refused, match="must be filled in"):
            await submit("")
    assert refused.ack == {"response_action": "errors", "errors": {"name": "no"}}
    assert done.payload["view"]["state"]["values"]["note"]["typed"] == {"type": "plain_text_input", "value": None}


async def test_it_publishes_a_home_tab_and_presses_in_it(workspace):
    async with running(workspace) as (slack, app, heard):
        app.action("share")(acked)
        await app.client.views_publish(user_id="U1", view={"type": "home", "blocks": BUTTONS})
        ana = slack.person("U1")
        await ana.open_home()
        pressed = await ana.press(view=ana.home["id"], action_id="share", value="b")
        with pytest.raises(Refused):
            await slack.person("U2").press(view=ana.home["id"], action_id="share")
        await slack.settled()
    assert pressed.payload["container"] == {"type": "view", "view_id": ana.home["id"]}
    assert "response_url" not in pressed.payload
    (opened,) = heard
    assert (opened["tab"], opened["view"]["id"]) == ("home", ana.home["id"])


async def test_it_lets_nobody_do_what_the_client_would_not(workspace):
    ts = workspace.post("U1", "C2", "secret")
    workspace.add_user("U8", "left", deleted=True)
    workspace.add_channel("C3", "old", archived=True, members=["U1"])
    workspace.add_channel("C4", "unjoined")
    async with Sandbox.start(workspace) as slack:
        ana, ben, gus = (slack.person(user) for user in ("U1", "U2", "U3"))
        for attempt in (
            ben.say("C2", "hi"),
            gus.say("C1", "hi"),
            ana.say("C3", "hi"),
            ana.say("C4", "hi"),
            ana.say("C1", "hi", thread_ts="1.000000"),
            ben.command("/tldr", channel="C2"),
            ben.shortcut("tldr_message", channel="C2", ts=ts),
            ana.shortcut("tldr_message", channel="C1", ts=ts),
            ben.react("C2", ts, "eyes"),
            ana.react("C1", ts, "eyes"),
            ben.edit("C1", ts, "x"),
            slack.person("U8").say("C1", "hi"),
            ana.submit("V1"),
        ):
            with pytest.raises(Refused):
                await attempt
        with pytest.raises(Refused):
            slack.person("U404")
        assert ben.sees("C2") == gus.sees("C1") == ana.sees("C404") == ana.sees("C1", "1.000000") == []
        assert [one["text"] for one in ana.sees("C2")] == ["secret"]
        assert slack.calls == []


async def acked(ack):
    await ack()
