"""A user of the workspace, as Slack shows one: member, guest, bot, or somebody from another organisation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@dataclass(frozen=True, slots=True)
class User:
    id: str
    name: str
    team_id: str
    real_name: str = ""
    tz: str = "Europe/London"
    is_admin: bool = False
    is_owner: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_bot: bool = False
    is_workflow_bot: bool = False
    deleted: bool = False
    profile: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_guest(self) -> bool:
        """Guests and strangers see only the conversations they were added to."""
        return self.is_restricted or self.is_ultra_restricted or self.is_stranger

    def json(self, *, now: float, email: bool) -> dict[str, Any]:
        """The user object of `users.info`; the address is there only for apps that may read it."""
        shown = {"id": self.id, "team_id": self.team_id, "name": self.name, "deleted": self.deleted}
        shown |= {"profile": self._profile(email), "is_bot": self.is_bot, "is_app_user": False, "updated": int(now)}
        shown |= {"is_workflow_bot": True} if self.is_workflow_bot else {}
        if self.deleted:
            return shown
        shown |= {"real_name": self.real_name or self.name, "color": "9f69e7", "is_email_confirmed": True}
        shown |= {"tz": self.tz, "tz_label": self.tz, "tz_offset": _offset(self.tz, now)}
        if self.is_stranger:
            return shown | {"is_stranger": True}
        shown |= {"is_admin": self.is_admin, "is_owner": self.is_owner, "is_primary_owner": False}
        return shown | {"is_restricted": self.is_restricted, "is_ultra_restricted": self.is_ultra_restricted}

    def _profile(self, email: bool) -> dict[str, Any]:
        name = self.real_name or self.name
        shown = {"real_name": name, "real_name_normalized": name, "display_name": self.name, "team": self.team_id}
        shown |= self.profile
        if not email:
            shown.pop("email", None)
        return shown


def _offset(tz: str, now: float) -> int:
    try:
        offset = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(tz)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError):
        return 0
    return int(offset.total_seconds()) if offset else 0
