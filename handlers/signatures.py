"""Slack's signature on a request, checked on the raw bytes before anything is parsed."""

import re
from collections.abc import Mapping

from slack_sdk.signature import SignatureVerifier

TIMESTAMP = re.compile(r"[0-9]{1,12}")


def signed(secret: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether Slack signed this request within the last five minutes."""
    timestamp = headers.get("X-Slack-Request-Timestamp", "")
    signature = headers.get("X-Slack-Signature", "")
    if not (secret and TIMESTAMP.fullmatch(timestamp) and signature.isascii()):
        return False
    return SignatureVerifier(secret).is_valid(body, timestamp, signature)
