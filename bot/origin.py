"""Where in Slack a call comes from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Ids only. `job` is the same for all calls that one request takes, however often it is tried."""

    workspace: str
    channel: str
    user: str
    job: str
