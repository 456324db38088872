"""Where in Slack a call comes from, and since when."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Origin:
    """Ids, and the moment at which the work for a call began: before anything that it sends was read.

    `job` is the same for all calls that one request takes, however often it is tried.
    """

    workspace: str
    channel: str
    user: str
    job: str
    began: datetime
