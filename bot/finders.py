"""Where the things that must not leave stand in a text: secrets, card numbers, IBANs, e-mail addresses, phone numbers.

The numbers of cards, IBANs and phones are checked by the libraries that know them. No well-kept library knows today's
tokens and keys, so these are a table. No pattern may scan a text more than a few times: every repetition is bounded, or
starts only where a word starts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain

from phonenumbers import Leniency, PhoneNumberMatcher
from stdnum import iban, luhn, numdb


@dataclass(frozen=True, slots=True)
class Shape:
    """One vendor's key. `source` says who documents that it looks like this."""

    name: str
    pattern: re.Pattern[str]
    source: str


def shape(name: str, pattern: str, source: str) -> Shape:
    return Shape(name, re.compile(rf"(?<![A-Za-z0-9_-])(?:{pattern})"), source)


SHAPES = (
    shape("Slack token", r"xox[a-z](?:\.xox[a-z])?-[\w-]{10,}|xapp-\d-[\w-]{10,}", "docs.slack.dev: token types"),
    shape(
        "Slack webhook", r"hooks\.slack\.com/(?:services|workflows|triggers)/[\w/-]{16,}", "docs.slack.dev: webhooks"
    ),
    shape(
        "AWS access key id", r"A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}(?![A-Za-z0-9])", "docs.aws.amazon.com: IAM identifiers"
    ),
    shape("GitHub token", r"gh[a-z]_[A-Za-z0-9][\w.-]{28,}\w|github_pat_\w{22,}", "docs.github.com: token formats"),
    shape(
        "GitLab token",
        r"gl(?:pat|dt|rtr?|cbt|ptt|ft|imt|agent|oas|soat|ffct)-[\w-]{18,}(?:\.[\w.]*\w)?",
        "docs.gitlab.com: token prefixes",
    ),
    shape(
        "Stripe key", r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/]{24,}=*", "docs.stripe.com: API keys"
    ),
    shape("Anthropic, OpenAI, OpenRouter key", r"sk-(?=[\w-]{0,60}\d)[\w-]{20,}", "the vendors' API references"),
    shape("Google API key", r"AIza[\w-]{35}|AQ\.[\w-]{40,}", "docs.cloud.google.com: API keys"),
    shape("Google OAuth", r"GOCSPX-[\w-]{28}|ya29\.[\w-]{20,}|1//0[\w-]{40,}", "developers.google.com: OAuth 2.0"),
    shape("JSON web token", r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}(?:\.[\w-]*)?", "RFC 7519"),
    shape("npm token", r"npm_[A-Za-z0-9]{36,}", "docs.npmjs.com: access tokens"),
    shape("PyPI token", r"pypi-[\w-]{50,}", "docs.pypi.org: API tokens"),
    shape("SendGrid key", r"SG\.[\w-]{16,}\.[\w-]{16,}", "sendgrid.com: API keys"),
    shape("Twilio key", r"SK[0-9a-f]{32}(?![0-9a-zA-Z])", "twilio.com/docs: API keys"),
    shape("Telegram bot token", r"\d{8,10}:AA[\w-]{32,}", "core.telegram.org/bots"),
    shape("Discord bot token", r"[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}", "discord.com/developers: reference"),
    shape("Discord webhook", r"discord(?:app)?\.com/api/webhooks/\d+/[\w-]{40,}", "discord.com/developers: webhooks"),
    shape("Hugging Face token", r"hf_[A-Za-z0-9]{30,}", "huggingface.co/docs: user access tokens"),
    shape("Shopify token", r"shp[a-z]{2}_[0-9a-fA-F]{32}", "shopify.dev: access tokens"),
    shape("DigitalOcean token", r"do[opr]_v1_[0-9a-f]{64}", "docs.digitalocean.com: tokens"),
    shape("Atlassian token", r"AT(?:ATT|CTT|BB)[A-Za-z0-9][\w=.-]{18,}[\w=]", "support.atlassian.com: API tokens"),
    shape("Vault token", r"hv[sbr]\.[\w-]{24,}", "developer.hashicorp.com/vault: tokens"),
    shape("age secret key", r"AGE-SECRET-KEY-1[A-Z0-9]{58}", "age-encryption.org"),
    shape(
        "further prefixed keys",
        r"(?:gsk_|xai-|pplx-|r8_|nvapi-|dapi|dckr_pat_|glsa_|glc_|NRAK-|sntry[su]_|figd_|lin_api_|ntn_|secret_|sbp_|HRKU-|rubygems_|pul-)"
        r"(?=[\w-]{0,60}\d)[\w-]{26,}=*",
        "the vendors' references, and GitHub's list of secret scanning patterns",
    ),
)
LONG_WORD = re.compile(r"[\w./-]{16}")

SEPARATORS = r"(?:[\s>|\"',]|\\[nr])"
PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    rf"(?:{SEPARATORS}*(?:[A-Za-z0-9+/=]{{16,}}|(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset):[^\n\\]*))*"
    rf"(?:{SEPARATORS}*(?:[A-Za-z0-9+/=]{{1,64}}{SEPARATORS}*)?-----END [A-Z0-9 ]{{0,40}}PRIVATE KEY(?: BLOCK)?-----)?"
)
"""A private key with its end or, where a message was cut, as far as it looks like one."""

IN_URL = re.compile(r"://(?P<value>[^\s/?#:]*:[^\s/?#]*|[\w.~-]{20,})@(?=[\w\[])")
BEARER = re.compile(
    r"(?i:\bbearer[ \t]{1,3}|\bauthorization[\"']?[ \t]?[:=][ \t]?[\"']?(?:[a-z]{3,10}[ \t]{1,3})?)[\"'`]?"
    r"(?P<value>[\w.~+/=-]{16,})"
)
CURL = re.compile(r"\bcurl\b[^\n]{0,200}?\s(?:-u|--user)[ =][\"']?[^\s:\"']{1,64}:(?P<value>[^\s\"']{3,})")

PASSWORD = (
    r"pass(?:word|wd|phrase|code)|passwor[dt]|\bpwd|\bpw\b|kennwort|contraseña|mot de passe|wachtwoord|\bsenha|hasło|"
    r"lösenord|пароль|密码|密碼|パスワード|비밀번호"
)
KEY = r"secret|token|credential|(?:api|access|private|account|auth|signing|encryption|shared|licen[cs]e)[ _-]?key"
NAMED = re.compile(
    rf"(?i)(?:(?P<password>{PASSWORD})|{KEY})[\w-]{{0,20}}[\"'`*_)\]]{{0,3}}[ \t]{{0,3}}"
    r"(?P<sign>:=|=>|[:=]|\bis\b:?|(?<=[\w]) )(?P<gap>[\s*_]{0,4})(?P<quote>[\"'`]{0,3})(?P<value>[^\s\"'`<>]{4,})"
)
"""`password: hunter2`, `api_key=...`, `the token is ...`, `--password hunter2`, `AWS_SECRET_ACCESS_KEY=...`"""

AFTER_KEY_ID = re.compile(r"\bA(?:KI|SI)A[A-Z2-7]{16}[\s:,;/|\"']{1,4}(?P<value>[A-Za-z0-9+/]{40})(?![A-Za-z0-9+/=])")
HINTS = (
    *("bearer", "authorization", "pass", "pwd", "pw", "secret", "token", "credential", "key", "kennwort", "contraseña"),
    *("mot de passe", "wachtwoord", "senha", "hasło", "lösenord", "пароль", "密码", "密碼", "パスワード", "비밀번호"),
)
"""Searching for these first takes a tenth of the time that the patterns would."""

NOT_A_VALUE = re.compile(
    r"[\[({<]|\$[\w{(]|%\w|&|~?\.{0,2}/|[\W_]*$|(?i:x+|required|optional|string|null|none|true|false|undefined|missing|"
    r"empty|default|redacted|changeme|example|your|my[_-])|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$"
)
CALL = re.compile(r"\w[({]|\w\[$|://")
MIXED = re.compile(r"\d|[a-z][A-Z]|[!@#$%^&*?+]")
DIGIT_AND_LETTER = re.compile(r"\A(?=\D{0,200}\d)(?=[^a-zA-Z]{0,200}[a-zA-Z])")

CARD = re.compile(
    r"(?<![\w$€£+.])(?<!\d[-,])(?:"
    r"(?:4\d{3}|5[0-8]\d\d|2[2-7]\d\d|6\d{3}|35\d\d)"
    r"(?P<gap> {0,2}|[-.\n])\d{4}(?P=gap)\d{4}(?P=gap)\d{4}(?:(?P=gap)\d{3})?"
    r"|3[47]\d\d(?P<amex> {0,2}|[-.\n])\d{6}(?P=amex)\d{5}"
    r"|3[0689]\d\d(?P<diners> {0,2}|[-.\n])\d{6}(?P=diners)\d{4}"
    r")(?![\w%])(?![-.,]\d)"
)
"""The groupings that cards show, and none at all; a longer number with a card inside is no card."""

NETWORK = re.compile(
    r"4|5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|220[0-4]|6011|64[4-9]|65|62|60|50|5[6-8]|6304|6759|676[1-3]|"
    r"35(?:2[89]|[3-8])|3[47]|30[0-5]|3[689]"
)
"""How the numbers of the large card networks begin (ISO/IEC 7812)."""

IBAN = re.compile(r"(?<![A-Za-z0-9])(?=([A-Za-z]{2}\d\d(?:[ .-]?[A-Za-z0-9]){11,30}))")
IBANS = numdb.get("iban")

SPACED = r"A-Za-z0-9_\u00aa\u00b5\u00ba\u00c0-\u1fff"
"""Letters of scripts that put spaces between words; in the others an address ends where the script changes."""

LOCAL = re.compile(rf"[{SPACED}.+%'-]{{1,128}}|[\w.+%'-]{{1,128}}")
DOMAIN = re.compile(
    rf"(?:[{SPACED}][{SPACED}-]{{0,62}}\.){{1,8}}(?:[A-Za-z]{{2,24}}|xn--[a-z0-9-]{{2,59}})(?![A-Za-z0-9_])"
    r"|(?:[\w\u0900-\u1fff][\w\u0900-\u1fff-]{0,62}\.){1,8}[^\W\d_][\w\u0900-\u1fff]{1,23}"
)
NO_MAIL = re.compile(r"[1-4]x\.|\d+\.\d")
"""`icon@2x.png`, `package@1.2.3-beta.rc`"""

PROGRAMS = frozenset({"git", "hg", "svn"})
"""`git@github.com:team/project` is an address of code."""

MANY_DIGITS = re.compile(r"\d(?:\W{0,2}\d){12}")
SEVEN_DIGITS = re.compile(r"\d(?:[^\w\n]{0,3}\d){6}")
CODED = re.compile(r"(?<![\w+])\+ ?\(?\d[\d ()./-]{5,24}\d(?![\w%]|[:,]\d)")
HYPHENED = re.compile(r"\+\d{1,3}[ -](?=[\d ]*[-(])[\d ()-]{6,20}$")
"""A country code and hyphens: a phone's number even where the libraries know no such line."""

NATIONAL = re.compile(
    r"(?<![\w.,:;/=#$€£+-])(?<!\d )"
    r"(?:\(0\d{1,4}\)|0[1-9]\d{0,4}(?= ?[ ./-])|(?:1[-. ])?(?:\([2-9]\d\d\)|[2-9]\d\d(?=[-. ])))"
    r"(?: ?[ ./-] ?\d{2,8}|(?<=\))\d{2,8})(?:[ .-]\d{2,4}){0,3}(?![\w%]|[:,]\d|[ ./-]\d)"
)
"""An area code, with or without its zero, and two groups or more."""

MOST_ASKED = 1000
"""How many numbers of one text the library is asked about; from there on the shape decides, which masks more."""

NINE_DIGITS = re.compile(r"\D*(?:\d\D*){9}")
REGIONS = ("US", "GB", "FR", "DE", "NL", "JP", "AU", "IN")
"""Whose national formats count without a country code: most other countries group their digits like one of these."""

DIGITS = r"(?P<number>[+(]{0,3}\d(?:[ ().-]{0,3}\d){6,14})(?![\w%])(?![.,:-]\d)"
SAID = re.compile(
    r"(?i)(?<![^\W\d_])(?:tele(?:ph|f)one?|téléphone|phone|tel|mobile?|mob|handphone|handy|cell(?:phone)?|fax|whats?app|"
    r"hotline|contact|customer care|h/?p|dial(?:[ -]?in)?|(?:call|ring|reach|text) (?:me|us|him|her|them|at|on)|"
    r"電話(?:番号)?|携帯|手机)"
    rf"(?:[\s:.#(/*-]{{0,4}}\b(?:no|nr|number|is|at|on|fax)\b){{0,2}}[\s:.#*-]{{0,8}}{DIGITS}"
)
"""A number that the text itself calls a phone's."""

NUMBER = re.compile(rf"(?<!\w){DIGITS}")
ANOTHER = re.compile(rf" ?(?:[/,;&]|or|and) ?{DIGITS}")
OTHER = re.compile(
    r"(?:19|20)\d\d[-/. ]\d\d?[-/. ]\d\d?(?!\d)|"
    r"\d\d?[-/.]\d\d?[-/.](?:19|20)\d\d(?!\d)|\d{9,}\.\d+$|\d{1,3}(?:\.\d{1,3}){3}$"
)
"""Dates, Slack's timestamps and IP addresses."""


def secrets(text: str) -> Iterator[tuple[int, int]]:
    """Where the secrets in a text stand, in no order; some may overlap."""
    if "PRIVATE KEY" in text:
        yield from (found.span() for found in PEM.finditer(text))
    if "://" in text:
        yield from values(IN_URL, text)
    if LONG_WORD.search(text):
        for known in SHAPES:
            yield from (found.span() for found in known.pattern.finditer(text))
        yield from values(AFTER_KEY_ID, text)
    if "curl" in text:
        yield from values(CURL, text)
    lower = text.lower()
    if any(hint in lower for hint in HINTS):
        yield from (found.span("value") for found in BEARER.finditer(text) if MIXED.search(found["value"]))
        yield from named(text)


def values(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    return (found.span("value") for found in pattern.finditer(text) if not NOT_A_VALUE.match(found["value"]))


def named(text: str) -> Iterator[tuple[int, int]]:
    """Values that stand next to a name such as *password* or *api key*."""
    for found in NAMED.finditer(text):
        value = found["value"].rstrip(".,;:)]}")
        start = found.start("value")
        if value and not NOT_A_VALUE.match(value) and not CALL.search(value) and telling(found, value):
            yield start, start + len(value)


def telling(found: re.Match[str], value: str) -> bool:
    """Whether a value is one, rather than the next word of a sentence or of a program."""
    sign = found["sign"]
    flag = sign == " " and found.string[max(0, found.start() - 40) : found.start()].rpartition(" ")[2].startswith("--")
    if sign == " " and not flag:
        return False
    assigned = flag or sign == "=" or bool(found["quote"])
    if found["password"]:
        return assigned or bool(MIXED.search(value))
    variable = sign == "=" and found[0][0].isupper()
    return len(value) >= 8 and bool((MIXED if variable else DIGIT_AND_LETTER).search(value))


def cards(text: str) -> Iterator[tuple[int, int]]:
    if MANY_DIGITS.search(text):
        for found in CARD.finditer(text):
            digits = re.sub(r"\D", "", found[0])
            if NETWORK.match(digits) and luhn.is_valid(digits):
                yield found.span()


def ibans(text: str) -> Iterator[tuple[int, int]]:
    for found in IBAN.finditer(text):
        if end := iban_end(found[1]):
            yield found.start(), found.start() + end


def iban_end(candidate: str) -> int | None:
    """Where the IBAN ends with which a candidate begins: the country's length, structure and sum must all be right."""
    places = [place for place, char in enumerate(candidate, start=1) if char.isalnum()]
    length = iban_length(candidate[:2].upper())
    if not 4 < length <= len(places):
        return None
    end = places[length - 1]
    alone = not candidate[end : end + 1].isalnum()
    return end if alone and iban.is_valid(candidate[:end], check_country=False) else None


@cache
def iban_length(country: str) -> int:
    """How many characters a country's IBANs have, 4 where it has none."""
    fields: dict[str, str] = dict(*(properties for _, properties in IBANS.info(country)))
    return 4 + sum(map(int, re.findall(r"(\d+)!", fields.get("bban", ""))))


def emails(text: str) -> Iterator[tuple[int, int]]:
    at = text.find("@")
    while at >= 0:
        local = LOCAL.match(text[max(0, at - 128) : at][::-1])
        domain = DOMAIN.match(text, at + 1)
        if local and domain and not NO_MAIL.match(domain[0]):
            name = local[0][::-1].lstrip("'.%-")
            if name and name not in PROGRAMS:
                yield at - len(name), domain.end()
        at = text.find("@", at + 1)


def phones(text: str) -> Iterator[tuple[int, int]]:
    if not SEVEN_DIGITS.search(text):
        return
    for said in SAID.finditer(text):
        found: re.Match[str] | None = said
        while found and not OTHER.match(found["number"]):
            yield found.span("number")
            found = ANOTHER.match(text, found.end())
    for asked, number in enumerate(chain(CODED.finditer(text), NATIONAL.finditer(text))):
        if asked >= MOST_ASKED:
            yield number.span()
        else:
            yield from ((number.start() + start, number.start() + end) for start, end in dialled(number[0]))


def dialled(digits: str) -> list[tuple[int, int]]:
    """The phone numbers in what looks like one: with a country code, or grouped as a country groups them."""
    if digits.startswith("+"):
        known = [(match.start, match.end) for match in PhoneNumberMatcher(digits, None)]
        return known or ([(0, len(digits))] if HYPHENED.match(digits) else [])
    if NINE_DIGITS.match(digits):
        for region in REGIONS:
            matches = PhoneNumberMatcher(digits, region, leniency=Leniency.EXACT_GROUPING, max_tries=2)
            if known := [(match.start, match.end) for match in matches]:
                return known
    return []
