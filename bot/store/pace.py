"""Slots: when the next message may go to a channel, kept for all processes on one database."""

from typing import cast

from bot.store.rows import Rows

LONGEST_LINE = 120.0
"""Seconds. Who comes when the line reaches further is sent to its beginning again, so that slots are shared evenly; a
line that reaches still further is left by a clock that was set back."""

TAKE = """
    INSERT INTO pace (channel, next_at, line_at) VALUES ($1, now() + $2, 0)
    ON CONFLICT (channel) DO UPDATE SET next_at = excluded.next_at
    WHERE (pace.next_at <= now() OR pace.next_at > now() + $2) AND (pace.line_at <= now() OR pace.line_at > now() + $3)
    RETURNING channel"""
LINE_UP = """
    UPDATE pace SET line_at = CASE
        WHEN line_at <= next_at OR line_at > now() + $3 THEN next_at + $2
        ELSE line_at + $2 END
    WHERE channel = $1 RETURNING line_at - $2 - now() AS seconds"""
STAY = """
    UPDATE pace SET line_at = CASE WHEN line_at < next_at + $2 THEN next_at + $2 ELSE line_at END
    WHERE channel = $1 RETURNING next_at - now() AS seconds"""
YIELD = """
    SELECT CASE WHEN line_at > next_at AND line_at <= now() + $2 THEN line_at ELSE next_at END - now() AS seconds
    FROM pace WHERE channel = $1"""


class Slots(Rows):
    async def take_slot(self, channel: str, apart: float, *, waited: bool = False, behind: bool = False) -> float:
        """Take a channel's next slot, so that the one after it is `apart` seconds later.

        0.0 where it was taken, otherwise the seconds after which to ask again. Those sent away are sent to different
        slots, so that a crowd does not come back at once; `waited` says that this one has been sent away before, and
        must not line up at the end again. Who is `behind` takes what nobody in the line waits for.
        """
        heeded = LONGEST_LINE + apart if behind else 0.0
        while not await self.database.write(TAKE, channel, apart, heeded):
            if behind:
                [turn] = await self.database.write(YIELD, channel, heeded)
            elif waited:
                [turn] = await self.database.write(STAY, channel, apart)
            else:
                [turn] = await self.database.write(LINE_UP, channel, apart, LONGEST_LINE)
            seconds = cast(float, turn["seconds"])
            if seconds > 0:  # otherwise the slot has come while it was looked up
                return min(seconds, LONGEST_LINE)
        return 0.0
