"""What admins have been told, each thing once."""

from datetime import datetime

from bot.store.rows import Rows

NOTE = "INSERT INTO told (id, told_at) VALUES ($1, $2) ON CONFLICT DO NOTHING"


class Notices(Rows):
    async def told(self, id: str) -> bool:
        """Whether this was told before."""
        return bool(await self.database.read("SELECT 1 FROM told WHERE id = $1", id))

    async def note_told(self, id: str, at: datetime) -> None:
        await self.database.write(NOTE, id, at.isoformat())
