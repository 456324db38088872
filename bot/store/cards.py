"""The cards of support cases: which waits to be posted, where it is, and which emoji its message carries."""

from datetime import datetime

from bot.store.rows import Rows
from bot.store.triage import Case

UNKNOWN = "?"
"""Stands for whom a card has mentioned that was posted before that was written down."""

WAITING = """
    workspace = $1 AND channel = $2
    AND card_ts IS NULL AND triaged_at IS NOT NULL AND noise = 0 AND quiet = 0 AND status = 'open'"""
NEXT = f"SELECT id FROM triage WHERE {WAITING} ORDER BY urgency, ts LIMIT 1"
NOTE = """
    UPDATE triage SET card_ts = $2, carded_at = $3, shown = $4, reason = CASE WHEN $5 THEN reason END, mentioned = $6
    WHERE id = $1 AND card_ts IS NULL RETURNING id"""
REACT = "SELECT id FROM triage WHERE workspace = $1 AND reaction <> reacted ORDER BY updated_at DESC LIMIT 1"

PENDING = """
    SELECT id FROM triage
    WHERE workspace = $1 AND channel = $2 AND triaged_at IS NOT NULL AND noise = 0 AND quiet = 0 AND status = 'open'
        AND urgency IN ('p1', 'p2')
    ORDER BY urgency, ts"""


class Cards(Rows):
    async def next_card(self, workspace: str, channel: str) -> str | None:
        """The most urgent case of a channel that waits for its card, of several the oldest."""
        rows = await self.database.read(NEXT, workspace, channel)
        return str(rows[0]["id"]) if rows else None

    async def note_card(
        self, case: Case, card_ts: str, at: datetime, *, keep_text: bool, mentioned: str = "", shown: bool = True
    ) -> bool:
        """Keep the ts of a card; empty where it cannot be posted. False: the case has gone, or has another card.

        `mentioned` is whom it mentions. `shown` is whether it shows the case as it is here.
        """
        change = case.updated_at if shown else ""
        return bool(await self.database.write(NOTE, case.id, card_ts, at.isoformat(), change, keep_text, mentioned))

    async def note_mentioned(self, id: str, owner: str) -> None:
        """Keep that a post has called this owner to a case."""
        await self.database.write("UPDATE triage SET mentioned = $2 WHERE id = $1", id, owner)

    async def note_shown(self, id: str, updated_at: str) -> None:
        """Keep as of which change the card shows the case."""
        await self.database.write("UPDATE triage SET shown = $2 WHERE id = $1", id, updated_at)

    async def note_failure(self, id: str) -> None:
        """Keep that Slack failed when the card of a case was to be posted, or an emoji of its message changed."""
        await self.database.write("UPDATE triage SET slack_failed = 1 WHERE id = $1", id)

    async def want_reaction(self, id: str, names: str) -> None:
        """Keep which emoji should stand on the message of a case."""
        await self.database.write("UPDATE triage SET reaction = $2 WHERE id = $1 AND reaction <> $2", id, names)

    async def note_reaction(self, id: str, names: str) -> None:
        """Keep which emoji stand on the message of a case."""
        await self.database.write("UPDATE triage SET reacted = $2 WHERE id = $1", id, names)

    async def next_reaction(self, workspace: str) -> str | None:
        """The case changed last whose message does not carry the emoji that it should."""
        rows = await self.database.read(REACT, workspace)
        return str(rows[0]["id"]) if rows else None

    async def pending_cases(self, workspace: str, channel: str) -> list[str]:
        """The cases of a channel that nobody has marked as done though they are urgent, p1 first, then the oldest."""
        return [str(row["id"]) for row in await self.database.read(PENDING, workspace, channel)]
