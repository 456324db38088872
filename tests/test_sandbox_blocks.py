"""Slack's limits on blocks and views: each is met exactly, and the error names the place that breaks it."""

import json

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import Sandbox, Workspace, blocks
from bot.sandbox.errors import SlackError


def plain(text):
    return {"type": "plain_text", "text": text}


def mrkdwn(text):
    return {"type": "mrkdwn", "text": text}


def button(**fields):
    return {"type": "button", "text": plain("Go"), "action_id": "go", **fields}


def actions(*elements):
    return {"type": "actions", "elements": list(elements)}


def section(**fields):
    return {"type": "section", "text": mrkdwn("hi"), **fields}


def option(text="One", value="1"):
    return {"text": plain(text), "value": value}


def menu(**fields):
    return {"type": "static_select", "action_id": "menu", **fields}


def chart(**fields):
    points = [{"label": "Mon", "value": 1}]
    return {
        "type": "data_visualization",
        "title": "Cost",
        "chart": {"type": "line", "series": [{"name": "a", "data": points}], **fields},
    }


def modal(*inner, **fields):
    return {"type": "modal", "title": plain("Title"), "blocks": list(inner), **fields}


def refusal(given):
    with pytest.raises(SlackError) as caught:
        blocks.message_blocks(given)
    return caught.value


@pytest.mark.parametrize(
    "block",
    [
        section(text=mrkdwn("x" * 3000)),
        section(text=None, fields=[mrkdwn("x" * 900)] * 10),
        {"type": "header", "text": plain("x" * 150)},
        {"type": "context", "elements": [mrkdwn("x")] * 10},
        actions(*[button(action_id=str(n)) for n in range(25)]),
        actions(button(text=plain("x" * 75), value="x" * 2000, url="https://a.b/" + "x" * 2988)),
        section(block_id="x" * 255, accessory=button(action_id="x" * 255)),
        section(accessory=menu(options=[option("x" * 75, "x" * 150)] * 100)),
        section(accessory=menu(option_groups=[{"label": plain("a"), "options": [option()]}])),
        {"type": "image", "image_url": "https://a.b/c.png", "alt_text": "x" * 2000},
        {"type": "markdown", "text": "x" * 12_000},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}, None]]},
        {"type": "data_table", "caption": "c", "rows": [[{"type": "raw_text", "text": "x"}]] * 201},
        chart(),
        {"type": "input", "label": plain("Name"), "element": {"type": "plain_text_input", "action_id": "name"}},
        {"type": "divider"},
    ],
)
def test_it_accepts_what_is_just_within_the_limits(block):
    assert blocks.message_blocks([block])[0]["block_id"]


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        (section(text=mrkdwn("x" * 3001)), "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
        (section(text=mrkdwn("")), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        (
            section(text=None, fields=[mrkdwn("x" * 2001)]),
            "less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
        ),
        (
            section(text=None, fields=[mrkdwn("x")] * 11),
            "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
        ),
        (section(text=None), "must define either text or fields [json-pointer:/blocks/0]"),
        (section(text="hi"), "must be an object [json-pointer:/blocks/0/text]"),
        (section(colour="red"), "invalid additional property: colour [json-pointer:/blocks/0]"),
        (section(block_id="x" * 256), "less than 256 characters [json-pointer:/blocks/0/block_id]"),
        (
            section(text={**mrkdwn("x"), "emoji": True}),
            "invalid additional property: emoji [json-pointer:/blocks/0/text]",
        ),
        ({"type": "header", "text": plain("x" * 151)}, "less than 151 characters [json-pointer:/blocks/0/text/text]"),
        ({"type": "header", "text": mrkdwn("x")}, "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"),
        ({"type": "context", "elements": [mrkdwn("x")] * 11}, "no more than 10 items allowed"),
        ({"type": "context", "elements": []}, "no fewer than 1 items allowed"),
        ({"type": "context", "elements": [button()]}, "unsupported type: button"),
        (actions(*[button(action_id=str(n)) for n in range(26)]), "no more than 25 items allowed"),
        (
            actions(button(text=plain("x" * 76))),
            "less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
        ),
        (actions(button(text=mrkdwn("x"))), "unsupported type: mrkdwn"),
        (actions(button(value="x" * 2001)), "less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"),
        (actions(button(url="https://" + "x" * 3000)), "less than 3001 characters"),
        (actions(button(url="nowhere")), "invalid url [json-pointer:/blocks/0/elements/0/url]"),
        (actions(button(action_id="x" * 256)), "less than 256 characters"),
        (actions(button(style="green")), "must be a valid enum value: primary, danger"),
        (actions(button(), button()), "`action_id` 'go' already exists"),
        (actions(button(confirm={"title": plain("x" * 101)})), "less than 101 characters"),
        (actions(menu(options=[option("x" * 76)])), "less than 76 characters"),
        (actions(menu(options=[option(value="x" * 151)])), "less than 151 characters"),
        (actions(menu(options=[option()] * 101)), "no more than 100 items allowed"),
        (actions(menu(options=[])), "no fewer than 1 items allowed"),
        (actions(menu()), "must define exactly one of options or option_groups"),
        ({"type": "image", "image_url": "https://a.b"}, "missing required field: alt_text"),
        ({"type": "markdown", "text": "x" * 12_001}, "less than 12001 characters"),
        ({"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * 21]}, "no more than 20 items allowed"),
        (
            {"type": "table", "rows": [[{"type": "raw_text", "text": "x" * 5001}] * 2]},
            "less than 10001 characters in total",
        ),
        ({"type": "data_table", "rows": [[{"type": "raw_text", "text": "x"}]] * 2}, "missing required field: caption"),
        (chart(series=[{"name": "a", "data": []}]), "no fewer than 1 items allowed"),
        (
            chart(series=[{"name": one, "data": [{"label": one, "value": 1}]} for one in "ab"]),
            "every series must have the same labels",
        ),
        (chart(series=3), "must be an array"),
        ({"type": "poem", "text": "x"}, "unsupported type: poem [json-pointer:/blocks/0/type]"),
        ({"text": "x"}, "missing required field: type [json-pointer:/blocks/0]"),
        ({"type": ["section"]}, "unsupported type"),
        ("section", "must be an object [json-pointer:/blocks/0]"),
        (None, "must be an object [json-pointer:/blocks/0]"),
    ],
)
def test_it_names_the_place_and_the_reason(block, problem):
    refused = refusal([block])
    assert refused.code == "invalid_blocks"
    assert any(problem in one for one in refused.details["errors"])
    assert refused.details["response_metadata"]["messages"] == [f"[ERROR] {one}" for one in refused.details["errors"]]


def test_it_counts_what_a_whole_message_may_hold():
    assert len(blocks.message_blocks([{"type": "divider"}] * 50)) == 50
    assert (
        "no more than 50 items allowed [json-pointer:/blocks]" in refusal([{"type": "divider"}] * 51).details["errors"]
    )
    assert "block_id" in refusal([section(block_id="a"), section(block_id="a")]).details["errors"][0]
    assert "markdown" in refusal([{"type": "markdown", "text": "x" * 6001}] * 2).details["errors"][0]
    assert "data_visualization" in refusal([chart()] * 3).details["errors"][0]
    assert refusal({"type": "divider"}).code == "invalid_blocks_format"


def test_it_refuses_more_text_than_slack_takes_in_all():
    assert blocks.message_blocks([section(text=mrkdwn("x" * 200)) for _ in range(48)])
    assert refusal([section(text=mrkdwn("x" * 252)) for _ in range(45)]).code == "msg_blocks_too_long"


def test_it_survives_blocks_nested_without_end():
    deep = json.loads("[" * 700 + "]" * 700)
    assert refusal([{"type": "rich_text", "elements": deep}]).code == "invalid_blocks"


@pytest.mark.parametrize(
    ("view", "kind", "problem"),
    [
        (modal(title=plain("x" * 25)), "modal", "less than 25 characters [json-pointer:/view/title/text]"),
        (modal(submit=plain("x" * 25)), "modal", "[json-pointer:/view/submit/text]"),
        (modal(private_metadata="x" * 3001), "modal", "[json-pointer:/view/private_metadata]"),
        (modal(callback_id="x" * 256), "modal", "[json-pointer:/view/callback_id]"),
        (modal(*[{"type": "divider"}] * 101), "modal", "no more than 100 items allowed [json-pointer:/view/blocks]"),
        (modal({"type": "markdown", "text": "x"}), "modal", "unsupported type: markdown"),
        (
            modal({"type": "input", "label": plain("a"), "element": {"type": "plain_text_input", "action_id": "a"}}),
            "modal",
            "missing required field: submit",
        ),
        ({"type": "modal", "blocks": []}, "modal", "missing required field: title"),
        (modal(), "home", "must be home"),
        ({"type": "page", "blocks": []}, "modal", "unsupported type: page"),
        ([], "modal", "must be an object"),
    ],
)
def test_it_refuses_a_view_slack_would_not_show(view, kind, problem):
    with pytest.raises(SlackError, match="invalid_arguments") as caught:
        blocks.view(view, kind)
    assert any(problem in one for one in caught.value.details["errors"])


def test_it_refuses_a_view_that_is_too_large():
    with pytest.raises(SlackError, match="view_too_large"):
        blocks.view(modal(*[section(text=mrkdwn("x" * 3000))] * 90), "modal")


@pytest.fixture
def workspace():
    workspace = Workspace.blank()
    workspace.add_user("U1", "ana")
    return workspace


async def test_it_answers_invalid_blocks_the_way_slack_does(workspace):
    async with Sandbox.start(workspace) as slack:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        with pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(channel="U1", text="x", blocks=[section(text=mrkdwn("x" * 3001))])
    answer = caught.value.response
    assert answer.status_code == 200
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    ]
