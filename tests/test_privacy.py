"""Privacy: what must not leave is masked, what looks like it is left alone, no model brings a secret back."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.finders import MOST_ASKED
from bot.privacy import BEYOND, KINDS, PLACEHOLDER, Masker

BODY = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0"
AWS_ID, AWS_SECRET = "AKIA" + "IOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"
BEGIN, END = "-----BEGIN RSA PRIVATE" + " KEY-----", "-----END RSA PRIVATE" + " KEY-----"
KEY_LINES = f"MIIEpAIBAAKCAQEA{BODY}\n{BODY}"

TOKENS = {
    "slack-bot": "xoxb-" + "123456789012-1234567890123-" + BODY[:24],
    "slack-user": "xoxp-" + "123456789012-" + BODY[:32],
    "slack-refresh": "xoxe-" + "1-" + BODY,
    "slack-rotated": "xoxe." + "xoxp-1-" + BODY,
    "slack-legacy": "xoxa-" + "2-" + BODY,
    "slack-app": "xapp-" + "1-A0123456789-1234567890123-" + BODY,
    "slack-webhook": "hooks.slack.com/services" + "/T00000000/B00000000/" + BODY[:24],
    "aws-id": AWS_ID,
    "github": "ghp_" + BODY[:36],
    "github-oauth": "gho_" + BODY[:36],
    "github-app": "ghs_" + BODY[:36],
    "github-fine": "github_pat_" + BODY,
    "gitlab": "glpat-" + BODY[:20],
    "stripe": "sk_live_" + BODY[:24],
    "stripe-restricted": "rk_test_" + BODY[:24],
    "openai": "sk-" + BODY,
    "openai-project": "sk-proj-" + BODY,
    "anthropic": "sk-ant-api03-" + BODY,
    "google": "AIza" + BODY[:35],
    "jwt": "eyJ" + BODY[:17] + ".eyJ" + BODY[:30] + "." + BODY,
    "npm": "npm_" + BODY[:36],
    "pypi": "pypi-" + BODY + BODY,
    "sendgrid": "SG." + BODY[:22] + "." + BODY,
    "twilio": "SK" + "0a" * 16,
    "telegram": "123456789:" + "AA" + BODY[:33],
    "huggingface": "hf_" + BODY[:34],
    "pem": f"{BEGIN}\n{KEY_LINES}\nQg==\n{END}",
    "pem-escaped": f"{BEGIN}\\n{BODY}\\n{BODY}\\n{END}",
    "pem-encrypted": f"{BEGIN}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123\n\n{KEY_LINES}\n{END}",
    "pem-indented": f"{BEGIN}\n    {BODY}\n    {BODY}\n    {END}",
}
CARDS = [
    "4111 1111 1111 1111",
    "4111111111111111",
    "5555-5555-5555-4444",
    "2223 0031 2200 3222",
    "3782 822463 10005",
    "6011111111111117",
    "30569309025904",
    "3530111333300000",
    "４１１１　１１１１　１１１１　１１１１",
    "41\u200b11 1111 1111 1111",
    "4111\n1111\n1111\n1111",
]
IBANS = [
    "DE89 3704 0044 0532 0130 00",
    "GB82WEST12345698765432",
    "gb82 west 1234 5698 7654 32",
    "FR14 2004 1010 0505 0001 3M02 606",
    "NO93 8601 1117 947",
    "MT84MALT011000012345MTLCAST001S",
]
EMAILS = [
    "bob@example.com",
    "bob.o'neil+invoices@mail.example.co.uk",
    "müller@bücher.example",
    "用户@例子.广告",
    "उपयोगकर्ता@उदाहरण.भारत",
    "bob＠example．com",
    "b\u200bob@exam\u00adple.com",
]
PHONES = [
    "+44 20 7946 0958",
    "+1 (415) 555-2671",
    "+1-555-0100",
    "+4930901820",
    "+81-3-1234-5678",
    "+44\u00a020\u00a07946\u00a00958",
    "+４４ 20 7946 0958",
    "+44 20 79\u200b46 0958",
    "(415) 555-2671",
    "415-555-2671",
    "020 7946 0958",
    "01 42 68 53 00",
    "03-1234-5678",
]
VALUES = {"card": CARDS, "iban": IBANS, "email": EMAILS, "phone": PHONES}


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_it_masks_a_token(token: str):
    assert Masker().mask(f"use {token} for now") == "use [secret 1] for now"


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in VALUES.items() for value in values])
def test_it_masks_a_number_or_an_address(kind: str, value: str):
    assert Masker().mask(f"Ada wrote: {value}, thanks") == f"Ada wrote: [{kind} 1], thanks"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("password: hunter2", "password: [secret 1]"),
        ("pw: hunter2.", "pw: [secret 1]."),
        ("the password is hunter2!", "the password is [secret 1]"),
        ("PASSWORD=letmein", "PASSWORD=[secret 1]"),
        ("--password hunter2 -v", "--password [secret 1] -v"),
        ("*Password:* `hunter2`", "*Password:* `[secret 1]`"),
        ("Passwort: geheim99", "Passwort: [secret 1]"),
        ("パスワード：abc12345", "パスワード：[secret 1]"),
        ("api_key=abc123def456", "api_key=[secret 1]"),
        ('{"password": "hunter2"}', '{"password": "[secret 1]"}'),
        ("ENROLLSECRET=DnTbQxVcZwKp", "ENROLLSECRET=[secret 1]"),
        (f"aws_secret_access_key = {AWS_SECRET}", "aws_secret_access_key = [secret 1]"),
        (f"{AWS_ID} {AWS_SECRET}", "[secret 1] [secret 2]"),
        (f"Authorization: Bearer {BODY}", "Authorization: Bearer [secret 1]"),
        (f"-H 'authorization: Basic {BODY}='", "-H 'authorization: Basic [secret 1]'"),
        ("curl -u bob:hunter2 https://a.example", "curl -u bob:[secret 1] https://a.example"),
        ("https://bob:hunter2@a.example/x", "https://[secret 1]@a.example/x"),
        ("https://bob@example.com:hunter2@a.example/x", "https://[secret 1]@a.example/x"),
        ("postgres://app:hunter2@db:5432/app", "postgres://[secret 1]@db:5432/app"),
        (f"{BEGIN}\n{KEY_LINES}\nThat is all", "[secret 1]\nThat is all"),
        (f"ghp_{BODY[:20]}\n{BODY[20:36]} ok", "[secret 1] ok"),
        (f"sk-ant-api03-{BODY}\nThanks all", "[secret 1]\nThanks all"),
        (f"sk-ant-\u200bapi03-\u202e{BODY}", "[secret 1]"),
        ("password: hunter2\nhunter2 fails", "password: [secret 1]\n[secret 1] fails"),
        ("call me at 5551234", "call me at [phone 1]"),
        ("TEL: 03-20782822 / 012-5389466", "TEL: [phone 1] / [phone 2]"),
        ("tel. no: (030) 90 18 20", "tel. no: [phone 1]"),
        ("TEL:03-5908-8107", "TEL:[phone 1]"),
        ("IBAN DE89370400440532013000 BIC COBADEFF", "IBAN [iban 1] BIC COBADEFF"),
        ("メールはbob@example.comです", "メールは[email 1]です"),
        ("Bob <bob@example.com>.", "Bob <[email 1]>."),
    ],
)
def test_it_masks_what_its_surroundings_give_away(text: str, masked: str):
    assert Masker().mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ada Moreau and Ben Castellan agreed on Friday.",
        "3f786850e387550fdab836ed7e6dc881de23001b",
        "sha256:" + "0a1b" * 16,
        "123e4567-e89b-12d3-a456-426614174000",
        "U024BE7LD in C024BE7LR at 1700000000.123456",
        "https://acme.slack.com/archives/C024BE7LR/p1700000000123456",
        "build 20240115.3, job #123456789, PROJ-12345, run 7012345678",
        "2024-01-15 10:30:00, 15/01/2024, 01.02.2024 10:20, 2024 01 15",
        "$1,234,567.89 or 1.234.567,89 € or 10 000 000 users, +10 000 000",
        "v1.2.3-rc.4 from 10.0.0.1 to 192.168.100.200:8080 and 2001:0db8:85a3:0000:0000:8a2e:0370:7334",
        "3.14159265358979323846 and 1700000000000 and 4111111111111112",
        "ISBN 9783161484100 or 978-3-16-148410-0",
        "00 00 00 00 00 00",
        "DE88 3704 0044 0532 0130 00",
        "access code 739-021-541",
        "phone call on 2024-01-15 at 10",
        "git@github.com:team/project.git, icon@2x.png, lodash@4.17.21, @bob, a @ b",
        "password: I forgot it",
        "the token is expired, please do a password reset",
        "password: required, token: optional",
        "if (password == null) return; password = getpass.getpass()",
        "token=access_token, secret=$SECRET, key=${API_KEY}, pass=<your password>",
        "tokens: 1500 in, 200 out",
        "sk-learn and scikit-learn-contrib-something-else",
        "https://example.com/@ada and http://localhost:8080/",
        "-----BEGIN PUBLIC KEY-----",
    ],
)
def test_it_leaves_lookalikes_alone(text: str):
    assert Masker().mask(text) == text


def test_it_gives_the_same_value_the_same_number_all_through_a_request():
    masker = Masker()

    masked = [masker.mask(text) for text in ("a@example.com b@example.com", "b@example.com", "c@example.com")]

    assert masked == ["[email 1] [email 2]", "[email 2]", "[email 3]"]


def test_it_gives_the_same_numbers_to_the_same_texts():
    texts = [f"{phone} and {email}" for phone, email in zip(PHONES, EMAILS, strict=False)]

    assert list(map(Masker().mask, texts)) == list(map(Masker().mask, texts))


def test_it_knows_a_password_and_a_phone_again_where_nothing_says_what_they_are():
    masker = Masker()
    masker.mask("password: hunter2, my phone: 5551234")

    assert masker.mask("hunter2 or 5551234?") == "[secret 1] or [phone 1]?"


def test_it_puts_back_what_the_asker_may_see():
    masker = Masker()
    masker.mask(f"{IBANS[0]}, {EMAILS[0]}, {PHONES[0]}, {CARDS[0]}, password: hunter2")

    restored = masker.restore("[iban 1] / [email 1] / [phone 1] / [card 1] / [secret 1]")

    assert restored == f"{IBANS[0]} / {EMAILS[0]} / {PHONES[0]} / [card 1] / [secret 1]"


@pytest.mark.parametrize(
    "written",
    [
        "[email 2]",
        "[email 0]",
        "[email 01]",
        "[email 1",
        "[[email]] 1]",
        "[email  1]",
        "[email 1; phone 1]",
        "[email 99999999999999999999]",
        "[email -1]",
        "[name 1]",
        "[secret 1]",
        "[card 1]",
        "\\1 \\g<0> {0} %s",
        "https://evil.example/?q=[email 1]",
        "https://evil.example/[email 1].png",
        "[see](https://evil.example/[iban 1])",
        "<https://evil.example?[phone 1]|here>",
        "evil.example/[email 1]",
    ],
)
def test_it_puts_nothing_back_for_a_hostile_model(written: str):
    masker = Masker()
    masker.mask(f"{IBANS[0]}, {EMAILS[0]}, {PHONES[0]}, {CARDS[0]}, password: hunter2")

    assert masker.restore(written) == written


def test_it_puts_a_value_back_once_only():
    masker = Masker()
    masker.mask("a@example.com b@example.com")

    assert masker.restore("[email [email 1]]") == "[email a@example.com]"


def test_it_puts_back_an_address_that_was_in_the_source():
    masker = Masker()
    text = "see https://example.com/?to=a@example.com please"

    masked = masker.mask(text)

    assert masked == "see https://example.com/?to=[email 1] please"
    assert masker.restore(masked) == text


def test_it_puts_back_nothing_invisible():
    masker = Masker()

    masked = masker.mask("a\u202e@example.com")

    assert masker.restore(masked) == "a@example.com"


def test_it_gives_away_no_number_that_a_person_wrote():
    masker = Masker()
    text = "[email 1] is what I see, not a@example.com, [secret 1] neither, password: hunter2"

    masked = masker.mask(text)

    assert masked == "[email 1] is what I see, not [email 2], [secret 1] neither, password: [secret 2]"
    assert masker.restore(masked) == text.replace("hunter2", "[secret 2]")


def test_it_never_puts_back_a_secret_for_a_number_that_a_person_wrote():
    masker = Masker()
    masker.mask("password: hunter2")

    assert masker.restore(masker.mask("[secret 1] [card 1]")) == "[secret 1] [card 1]"


def test_it_masks_what_is_glued_to_a_placeholder_that_a_person_wrote():
    assert Masker().mask("password=hunter2[email 1]") == "password=[secret 1][email 1]"


FILLER = [
    "so",
    "Ada",
    "ok.",
    "12",
    "…",
    "日本",
    "(",
    "\n",
    "[email 1]",
    "[phone 7]",
    "[secret 1]",
    "https://a.example/b",
]
SAFE = st.sampled_from([*IBANS, *EMAILS, *PHONES, *FILLER])
HOSTILE = st.sampled_from(
    [*TOKENS.values(), *CARDS, "password: hunter2", "https://a:b@c.example", "[", "]", "1", "-", "+"]
)
VISIBLE = [value for value in (*IBANS, *EMAILS, *PHONES, *FILLER) if not {"\u200b", "\u00ad"} & set(value)]
SPACED = st.lists(st.sampled_from(VISIBLE), max_size=8).map(" ; ".join)
GLUED = st.lists(st.one_of(SAFE, HOSTILE, st.text(max_size=6)), max_size=8).map("".join)


@settings(deadline=None)
@given(st.one_of(SPACED, GLUED), st.one_of(SPACED, GLUED))
def test_it_changes_nothing_that_is_masked_already(before: str, text: str):
    masker = Masker()
    masker.mask(before)

    masked = masker.mask(text)

    assert masker.mask(masked) == masked
    assert Masker().mask(masked) == masked


@settings(deadline=None)
@given(SPACED)
def test_it_restores_every_text_without_secrets(text: str):
    masker = Masker()

    masked = masker.mask(text)

    assert masker.restore(masked) == text


@settings(deadline=None)
@given(st.lists(st.one_of(SAFE, HOSTILE), max_size=8))
def test_it_leaves_nothing_of_what_it_masked(parts: list[str]):
    masker = Masker()
    masked = masker.mask(" ; ".join(parts))

    assert not [value for values in VALUES.values() for value in values if value in masked]
    assert not [token for token in TOKENS.values() if token in masked]
    assert not [value for _, value in masker.issued if value in masked]


@settings(deadline=None)
@given(st.lists(st.one_of(SAFE, HOSTILE), max_size=6), st.text(max_size=40), st.integers(0, 12))
def test_it_restores_no_secret_whatever_a_model_writes(parts: list[str], around: str, number: int):
    masker = Masker()
    masker.mask(" ; ".join(parts))

    written = "".join(f"{around}[{kind} {number}]" for kind in KINDS)

    restored = masker.restore(written)

    assert not [secret for kind, secret in masker.issued if kind in ("secret", "card") and secret in restored]


LARGE = 1_000_000
PARTS = (
    *(
        "1 ",
        "a@",
        "a@b.co",
        "-",
        BEGIN,
        f"{BEGIN}\n",
        "://a:",
        "+1 ",
        "01 02 ",
        "tel ",
        "tel 1 ",
        "password",
        "password: ",
    ),
    *("sk-", "sk-a1", "eyJaaaaaaaa.", "DE89 ", "4111 1111 ", "[email 1]", "[email ", "curl -u ", "bearer ", "A."),
    *("\u200b", "４", "語", "a\n", "aaaaaaaa1\n"),
)


@pytest.mark.parametrize(
    ("part", "size"),
    [*((part, LARGE) for part in ("a", "1", "@", "-----BEGIN ")), *((part, LARGE // 5) for part in PARTS)],
    ids=ascii,
)
def test_it_passes_over_a_large_text_without_going_back(part: str, size: int):
    text = part * (size // len(part))
    masker = Masker()

    masked = masker.mask(text)

    assert masker.restore(masked) == text or {"secret", "card"} & {kind for kind, _ in masker.issued}


def test_it_looks_for_the_end_of_a_key_once():
    masked = Masker().mask(BEGIN + " " * LARGE + BEGIN)

    assert masked == "[secret 1]" + " " * LARGE + "[secret 1]"


def test_it_masks_by_shape_where_there_are_more_numbers_than_it_asks_about():
    nowhere = "+999 20 7946 0958"
    many = "\n".join(f"+44 20 7946 {number:04}" for number in range(MOST_ASKED))

    assert Masker().mask(nowhere) == nowhere
    assert Masker().mask(f"{many}\n{nowhere}").endswith(f"\n[phone {MOST_ASKED + 1}]")


CHATS = {"hl-8000": 2, "hl-3000": 2, "irc": 2, "mifos": 2, "haskell": 5, "triage": 10}


def texts(data: Path) -> Iterator[tuple[str, str]]:
    """Every message of the real chats, by the set that it comes from."""
    long = data / "slack-export-hyperledger"
    for name, file in (
        ("hl-8000", long / "long_8000.jsonl"),
        ("hl-3000", long / "long_3000.jsonl"),
        ("irc", data / "irc-ubuntu" / "logs.jsonl"),
        ("mifos", data / "slack-threads-mifos" / "threads.jsonl"),
        ("haskell", data / "slack-chat-haskell-jp" / "conversations.jsonl"),
    ):
        for row in file.read_text().splitlines():
            yield from ((name, message["text"]) for message in json.loads(row)["messages"])
    for file in sorted(data.glob("triage-*/messages.jsonl")):
        yield from (("triage", json.loads(row)["text"]) for row in file.read_text().splitlines())


def test_it_masks_next_to_nothing_in_real_chat_without_secrets(data: Path):
    counted = {name: [0, 0] for name in CHATS}
    for name, text in texts(data):
        masker = Masker()
        masked = masker.mask(text)
        counted[name][0] += 1
        counted[name][1] += len(masker.issued)
        assert masker.restore(masked) == text or {"secret", "card"} & {kind for kind, _ in masker.issued}

    per_thousand = {name: 1000 * found / messages for name, (messages, found) in counted.items()}
    assert {name: rate for name, rate in per_thousand.items() if rate > CHATS[name]} == {}


def test_it_finds_the_phones_of_real_receipts(data: Path):
    rows = (data / "extract-sroie" / "receipts.jsonl").read_text().splitlines()
    receipts = [json.loads(row)["text"] for row in rows]

    masked = [Masker().mask(text) for text in receipts]

    labelled = [line for text in masked for line in text.splitlines() if line.startswith(("TEL:", "TEL :"))]
    found = [line for line in labelled if PLACEHOLDER.search(line)]
    assert len(labelled) > 50
    assert len(found) / len(labelled) > 0.95


def test_it_fills_in_no_address_that_somebody_wrote_around_a_placeholder() -> None:
    masker = Masker()
    masker.mask("Write to claire@shop.example")
    trap = masker.mask("https://evil.example/?u=[email 1]")

    assert masker.restore(trap) == "https://evil.example/?u=[email 1]"


def test_it_masks_no_more_of_a_long_text_than_is_wanted() -> None:
    masker = Masker()
    text = "password: hunter2 " + "word " * 2_000 + "a@example.com"

    assert masker.mask_start(text, 100) == Masker().mask(text)[:100]
    assert masker.values == {}


def test_it_shows_no_half_secret_where_it_stops_reading() -> None:
    pem = f"{BEGIN}\n{BODY * 25}\n{END}"
    for half in range(6, 30):
        before = pem + " " * (100 + BEYOND - len(pem) - half)
        masked = Masker().mask_start(f"{before}{TOKENS['slack-bot']} and more", 100)
        assert "xoxb" not in masked
