"""Whose Home tab shows Precis, and to whom it shows the settings."""

from datetime import datetime

from bot.store.rows import Rows

NOTE = """
    INSERT INTO homes (workspace, person, admin, shown_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (workspace, person) DO UPDATE SET admin = excluded.admin, shown_at = excluded.shown_at"""


class Homes(Rows):
    async def note_home(self, workspace: str, person: str, at: datetime, *, admin: bool) -> None:
        """Keep that a person's Home tab shows Precis, and whether as to an admin."""
        await self.database.write(NOTE, workspace, person, admin, at.isoformat())

    async def admin_homes(self, workspace: str) -> list[str]:
        """The people whose Home tab shows the settings."""
        rows = await self.database.read("SELECT person FROM homes WHERE workspace = $1 AND admin = 1", workspace)
        return [str(row["person"]) for row in rows]
