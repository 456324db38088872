"""Google's words for how an answer ended and for what went wrong, as both of its SDKs hand them on."""

from collections.abc import Mapping

from adapters import errors
from adapters.base import Finish

REFUSALS = (
    "SAFETY RECITATION LANGUAGE BLOCKLIST PROHIBITED_CONTENT SPII ESCALATION MODEL_ARMOR PUP_LIMITED_DISABLED "
    "IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION"
)
FINISHES = {"STOP": Finish.DONE, "MAX_TOKENS": Finish.LENGTH, "CONTINUATION": Finish.LENGTH}
FINISHES |= dict.fromkeys(REFUSALS.split(), Finish.REFUSED)
CODES = {"API_KEY_INVALID": errors.Auth}


def from_google(provider: str, status: int, body: object, headers: Mapping[str, str]) -> errors.ProviderError:
    """The error for an answer that failed; `body` is its JSON, anything else where it had none."""
    error = body.get("error") if isinstance(body, dict) else None
    said = error if isinstance(error, dict) else {}
    if status == 400 and "input token count" in str(said.get("message")):
        return errors.TooLong(provider, "400")
    notes = details(said)
    wait = {"retry-after": headers.get("retry-after") or notes.get("retryDelay", "")}
    return errors.from_status(provider, status, notes.get("reason", said.get("status")), wait, CODES, body=body)


def details(error: Mapping[str, object]) -> dict[str, str]:
    """The `details` of an error as one mapping: `reason` of an ErrorInfo, `retryDelay` of a RetryInfo."""
    rows = error.get("details")
    pairs = [pair for row in rows if isinstance(row, dict) for pair in row.items()] if isinstance(rows, list) else []
    return {key: value for key, value in pairs if isinstance(value, str)}
