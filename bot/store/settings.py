"""What admins have set for a workspace, and who changed what and when."""

from dataclasses import asdict, dataclass
from datetime import datetime

from pydantic import TypeAdapter

from bot.store.rows import Rows

PUT = """
    INSERT INTO settings (workspace, name, value, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (workspace, name) DO UPDATE
    SET value = excluded.value, changed_at = excluded.changed_at, changed_by = excluded.changed_by"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A row of `audit`: one change of one setting. `old` and `new` are JSON, None where the default holds.

    `changed_by` is a Slack user id, or `operator` for a change on the command line; `reason` is what they gave.
    """

    id: str
    workspace: str
    changed_at: str
    changed_by: str
    name: str
    old: str | None
    new: str | None
    reason: str | None = None


CHANGES = TypeAdapter(list[Change])


class SettingRows(Rows):
    async def settings(self, workspace: str) -> dict[str, str]:
        """The JSON value of each setting that has been changed from its default."""
        rows = await self.database.read("SELECT name, value FROM settings WHERE workspace = $1", workspace)
        return {str(row["name"]): str(row["value"]) for row in rows}

    async def change_setting(self, change: Change) -> None:
        """Make a change and write down who made it; the later of two changes holds, and both are in the audit."""
        await self.database.insert("audit", asdict(change))
        if change.new is None:
            await self.database.write(
                "DELETE FROM settings WHERE workspace = $1 AND name = $2", change.workspace, change.name
            )
        else:
            await self.database.write(
                PUT, change.workspace, change.name, change.new, change.changed_at, change.changed_by
            )

    async def changes(self, workspace: str, *, since: datetime | None = None, most: int = -1) -> list[Change]:
        """The newest changes first."""
        rows = await self.database.read(
            "SELECT * FROM audit WHERE workspace = $1 AND changed_at >= $2 ORDER BY changed_at DESC, id LIMIT $3",
            workspace,
            since.isoformat() if since else "",
            most,
        )
        return CHANGES.validate_python(rows)
