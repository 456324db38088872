"""Links to messages: every shape that Slack hands out, and nothing that only looks like one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.links import Link, find, permalink
from handlers.refusals import ChannelLink, NotALink, OtherWorkspace

HOME = "https://acme.slack.com/"
TEAM = "T024BE7LD"
CHANNEL = "C024BE7LR"
ROOT = "1700000000.000100"
REPLY = "1700000123.456789"
MESSAGE = f"https://acme.slack.com/archives/{CHANNEL}/p1700000123456789"
IN_THREAD = f"{MESSAGE}?thread_ts={ROOT}&cid={CHANNEL}"
CLIENT = f"https://app.slack.com/client/{TEAM}/{CHANNEL}"
ALONE, UNDER_ROOT = Link(CHANNEL, REPLY), Link(CHANNEL, REPLY, ROOT)


@pytest.mark.parametrize(
    ("text", "link"),
    [
        (MESSAGE, ALONE),
        (f"{MESSAGE}/", ALONE),
        (f"{MESSAGE}?", ALONE),
        (f"{MESSAGE}#fragment", ALONE),
        (f"{MESSAGE}?cid={CHANNEL}", ALONE),
        (f"{MESSAGE}?thread_ts={REPLY}", Link(CHANNEL, REPLY, REPLY)),
        (IN_THREAD, UNDER_ROOT),
        (f"{MESSAGE}?cid={CHANNEL}&thread_ts={ROOT}", UNDER_ROOT),
        (f"{MESSAGE}?thread_ts=yesterday", ALONE),
        (f"{MESSAGE}?thread_ts=&cid=", ALONE),
        (f"<{MESSAGE}>", ALONE),
        (f"<{MESSAGE}|the message>", ALONE),
        (f"<{IN_THREAD}|{IN_THREAD}>", UNDER_ROOT),
        (f"<{MESSAGE}?thread_ts={ROOT}&amp;cid={CHANNEL}>", UNDER_ROOT),
        (f"<{MESSAGE}?cid={CHANNEL}&amp;thread_ts={ROOT}>", UNDER_ROOT),
        (f"{MESSAGE}?cid={CHANNEL}&amp;thread_ts={ROOT}", UNDER_ROOT),
        (f"please <{IN_THREAD}> by noon", UNDER_ROOT),
        (MESSAGE.replace("https", "http"), ALONE),
        (MESSAGE.replace("acme", "ACME"), ALONE),
        (MESSAGE.replace("/p", "/"), ALONE),
        (f"{CLIENT}/thread/{CHANNEL}-{ROOT}", Link(CHANNEL, ROOT, ROOT)),
        (f"<{CLIENT}/thread/{CHANNEL}-{ROOT}>", Link(CHANNEL, ROOT, ROOT)),
        (MESSAGE.replace(CHANNEL, "D024BE7LR"), Link("D024BE7LR", REPLY)),
        (MESSAGE.replace(CHANNEL, "G024BE7LR"), Link("G024BE7LR", REPLY)),
    ],
)
def test_it_reads_every_shape_that_slack_hands_out(text: str, link: Link) -> None:
    assert find(text, HOME, TEAM) == link


@pytest.mark.parametrize(
    "around", [".", ",", "…", "?", "!", ";", ":", ")", ").", "*", "_", "`", '"', "'", "]", "}", "~"]
)
@pytest.mark.parametrize(("address", "link"), [(MESSAGE, ALONE), (f"{MESSAGE}?thread_ts={ROOT}", UNDER_ROOT)])
def test_it_drops_what_people_write_behind_a_link(address: str, link: Link, around: str) -> None:
    assert find(f"see ({address}{around} thanks", HOME, TEAM) == link


@pytest.mark.parametrize(
    "text",
    [
        f"https://example.com/agenda {MESSAGE}",
        f"<https://example.com|agenda> and <{MESSAGE}>",
        f"https://acme.slack.com/archives/{CHANNEL} {MESSAGE}",
        f"https://elsewhere.slack.com/archives/{CHANNEL}/p1700000000000100 {MESSAGE}",
        f"{MESSAGE} https://acme.slack.com/archives/{CHANNEL}/p1700000000000100",
    ],
)
def test_it_finds_the_first_link_to_a_message_among_others(text: str) -> None:
    assert find(text, HOME, TEAM) == ALONE


@pytest.mark.parametrize(
    "text",
    [
        f"https://acme.slack.com/archives/{CHANNEL}",
        f"<https://acme.slack.com/archives/{CHANNEL}/>",
        f"https://acme.slack.com/archives/{CHANNEL}, please",
        CLIENT,
        f"{CLIENT}/",
        f"https://example.com https://acme.slack.com/archives/{CHANNEL}",
    ],
)
def test_it_tells_a_channel_from_a_message(text: str) -> None:
    with pytest.raises(ChannelLink):
        find(text, HOME, TEAM)


@pytest.mark.parametrize(
    "address",
    [
        MESSAGE.replace("acme", "elsewhere"),
        MESSAGE.replace("acme.slack.com", "acme.slack.com.evil.example"),
        MESSAGE.replace("acme.slack.com", "acme.slack.com.example"),
        MESSAGE.replace("acme.slack.com", "evilacme.slack.com"),
        MESSAGE.replace("acme.slack.com", "acme-slack.com"),
        MESSAGE.replace("acme.slack.com", "acme.slack.com@evil.example"),
        MESSAGE.replace("acme.slack.com", "evil.example@acme.slack.com"),
        MESSAGE.replace("acme.slack.com", "acme.slack.com:8443"),
        MESSAGE.replace("acme.slack.com", "acme.slack.com:x"),
        MESSAGE.replace("acme.slack.com", "slack.com"),
        MESSAGE.replace("acme", "\u0430cme"),
        MESSAGE.replace("acme.slack.com", "127.0.0.1"),
        f"https://app.slack.com/client/T0OTHER/{CHANNEL}/thread/{CHANNEL}-{ROOT}",
        f"https://app.slack.com/client/T0OTHER/{CHANNEL}",
    ],
)
def test_it_stays_inside_the_workspace(address: str) -> None:
    for text in (address, f"<{address}>", f"<{address}|{MESSAGE}>"):
        with pytest.raises(OtherWorkspace):
            find(text, HOME, TEAM)


@pytest.mark.parametrize("host", ["acme.enterprise.slack.com", "acme-research.slack.com"])
def test_it_takes_the_addresses_of_an_organisation_where_the_app_is_installed_in_one(host: str) -> None:
    assert find(MESSAGE.replace("acme.slack.com", host), "https://acme.enterprise.slack.com/", TEAM) == ALONE


def test_it_takes_an_organisations_links_in_each_of_its_workspaces() -> None:
    assert find(MESSAGE.replace("acme", "acme.enterprise"), HOME, TEAM) == ALONE


def test_it_takes_no_lookalike_for_the_organisation() -> None:
    with pytest.raises(OtherWorkspace):
        find(MESSAGE.replace("acme.slack.com", "evilslack.com"), "https://acme.enterprise.slack.com/", TEAM)


def test_it_compares_the_port_where_the_workspace_has_one() -> None:
    home = "http://127.0.0.1:4321/"

    assert find(f"{home}archives/{CHANNEL}/p1700000123456789", home, TEAM) == ALONE
    with pytest.raises(OtherWorkspace):
        find(f"http://127.0.0.1:4322/archives/{CHANNEL}/p1700000123456789", home, TEAM)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "focus on costs",
        "#general",
        f"<#{CHANNEL}|general>",
        "<@U024BE7LR>",
        "https://",
        "https://[",
        "https://[::1",
        "https://acme.slack.com",
        "https://acme.slack.com/",
        "https://acme.slack.com/archives",
        "https://acme.slack.com/files/U1/F1/report.pdf",
        "https://acme.slack.com/archives/U024BE7LR/p1700000123456789",
        "https://acme.slack.com/archives/c024be7lr/p1700000123456789",
        "https://acme.slack.com/archives/../p1700000123456789",
        f"https://acme.slack.com/archives/{CHANNEL}%2F/p1700000123456789",
        f"https://acme.slack.com/archives/{CHANNEL}/1700000123",
        f"https://acme.slack.com/archives/{CHANNEL}/p17000001234567890",
        f"https://acme.slack.com/archives/{CHANNEL}/p170000012345678",
        f"https://acme.slack.com/archives/{CHANNEL}/p17000001234567x9",
        f"https://acme.slack.com/archives/{CHANNEL}/p١٧٠٠٠٠٠١٢٣٤٥٦٧٨٩",
        f"https://acme.slack.com/archives/{CHANNEL}/q1700000123456789",
        f"https://example.com/client/{TEAM}/{CHANNEL}/thread/{CHANNEL}-{ROOT}",
        f"https://app.slack.com.evil.example/client/{TEAM}/{CHANNEL}/thread/{CHANNEL}-{ROOT}",
        f"https://app.slack.com@evil.example/client/{TEAM}/{CHANNEL}/thread/{CHANNEL}-{ROOT}",
        f"https://evil.example@app.slack.com/client/{TEAM}/{CHANNEL}/thread/{CHANNEL}-{ROOT}",
        "https://app.slack.com/client",
        f"https://app.slack.com/client/{TEAM}",
        f"{CLIENT}/thread/{CHANNEL}",
        f"{CLIENT}/thread/{CHANNEL}-now",
        f"{CLIENT}/thread/U1-{ROOT}",
        f"{CLIENT}/files/{CHANNEL}-{ROOT}",
        f"slack://channel?team={TEAM}&id={CHANNEL}",
        f"ftp://acme.slack.com/archives/{CHANNEL}/p1700000123456789",
        "acme.slack.com/archives/C024BE7LR/p1700000123456789",
    ],
)
def test_it_takes_nothing_else_for_a_link(text: str) -> None:
    with pytest.raises(NotALink):
        find(text, HOME, TEAM)


IDS = st.from_regex(r"[CDG][A-Z0-9]{8,11}", fullmatch=True)
STAMPS = st.from_regex(r"1[0-9]{9}\.[0-9]{6}", fullmatch=True)


@settings(deadline=None)
@given(channel=IDS, ts=STAMPS, root=st.none() | STAMPS, wrap=st.sampled_from(("{}", "<{}>", "<{}|here>", "see {}.")))
def test_it_reads_back_its_own_permalinks(channel: str, ts: str, root: str | None, wrap: str) -> None:
    address = permalink(HOME, channel, ts, root)

    assert find(wrap.format(address), HOME, TEAM) == Link(channel, ts, root if root != ts else None)


@settings(deadline=None)
@given(st.text(max_size=60) | st.text(st.sampled_from("htps:/acmelk.o<>|@[]%?#p1C&;"), max_size=60))
def test_it_finds_a_message_or_says_why_not_in_any_text(text: str) -> None:
    with pytest.raises((NotALink, OtherWorkspace, ChannelLink)):
        find(f"https://{text}", HOME, TEAM)


@pytest.mark.parametrize("home", ["https://acme.slack.com", "https://acme.slack.com/"])
def test_it_writes_permalinks_as_slack_does(home: str) -> None:
    assert permalink(home, CHANNEL, REPLY, None) == MESSAGE
    assert permalink(home, CHANNEL, REPLY, REPLY) == MESSAGE
    assert permalink(home, CHANNEL, REPLY, ROOT) == IN_THREAD
