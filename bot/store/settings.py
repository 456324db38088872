"""What admins have set for a workspace, and who changed what and when."""

from dataclasses import asdict, dataclass
from datetime import datetime

from pydantic import TypeAdapter

from bot.store.rows import Rows

RECORD = """
    INSERT INTO audit (id, workspace, changed_at, changed_by, name, old, new, reason)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING"""
NEWEST = """
    FROM audit WHERE id = $1 AND new IS {new} NULL AND NOT EXISTS (
        SELECT 1 FROM audit AS later WHERE later.workspace = audit.workspace AND later.name = audit.name
            AND later.rowid > audit.rowid)"""
PUT = f"""
    INSERT INTO settings (workspace, name, value, changed_at, changed_by)
    SELECT workspace, name, new, changed_at, changed_by {NEWEST.format(new="NOT")}
    ON CONFLICT (workspace, name) DO UPDATE
    SET value = excluded.value, changed_at = excluded.changed_at, changed_by = excluded.changed_by"""
PUT_BACK = f"DELETE FROM settings WHERE (workspace, name) = (SELECT workspace, name {NEWEST.format(new='')})"

WORKSPACES = """
    SELECT workspace FROM settings UNION SELECT workspace FROM audit UNION SELECT workspace FROM triage
    UNION SELECT workspace FROM calls WHERE workspace IS NOT NULL ORDER BY workspace"""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A row of `settings`: the JSON value that holds, since when, and by whom (as in `Change`)."""

    name: str
    value: str
    changed_at: str
    changed_by: str


CHANGES = TypeAdapter(list[Change])
STANDING = TypeAdapter(list[Standing])


class SettingRows(Rows):
    async def workspaces(self) -> list[str]:
        """The ids of the workspaces that anything is known of."""
        return [str(row["workspace"]) for row in await self.database.read(WORKSPACES)]

    async def settings(self, workspace: str) -> dict[str, str]:
        """The JSON value of each setting that has been changed from its default."""
        return {row.name: row.value for row in await self.standing(workspace)}

    async def standing(self, workspace: str) -> list[Standing]:
        """The settings that have been changed from their default, with who changed each last."""
        rows = await self.database.read(
            "SELECT name, value, changed_at, changed_by FROM settings WHERE workspace = $1 ORDER BY name", workspace
        )
        return STANDING.validate_python(rows)

    async def change_setting(self, change: Change) -> None:
        """Make a change and write down who made it; the later of two changes holds, and both are in the audit.

        What holds is what the newest row of the audit says, so a change that is made again under its id undoes nothing
        that came after it.
        """
        holds = PUT_BACK if change.new is None else PUT
        await self.database.write_together((RECORD, tuple(asdict(change).values())), (holds, (change.id,)))

    async def change(self, id: str) -> Change | None:
        rows = await self.database.read("SELECT * FROM audit WHERE id = $1", id)
        return next(iter(CHANGES.validate_python(rows)), None)

    async def changes(
        self, workspace: str | None = None, *, since: datetime | None = None, most: int = -1
    ) -> list[Change]:
        """The newest changes first, of all workspaces where none is given."""
        rows = await self.database.read(
            "SELECT * FROM audit WHERE ($1 IS NULL OR workspace = $1) AND changed_at >= $2"
            " ORDER BY changed_at DESC, rowid DESC LIMIT $3",
            workspace,
            since.isoformat() if since else "",
            most,
        )
        return CHANGES.validate_python(rows)
