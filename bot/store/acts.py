"""What people did about messages in quiet channels, where there is no card that could be corrected."""

from bot.store.rows import Rows

REPLY = """
    INSERT INTO acts (workspace, channel, ts, person, act, label, acted_ts) VALUES ($1, $2, $3, $4, 'replied', '', $5)
    ON CONFLICT DO UPDATE SET acted_ts = excluded.acted_ts WHERE excluded.acted_ts < acted_ts"""
MARK = """
    INSERT INTO acts (workspace, channel, ts, person, act, label, acted_ts, undone)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT DO UPDATE SET acted_ts = excluded.acted_ts, undone = excluded.undone
    WHERE excluded.acted_ts > acted_ts"""


class Acts(Rows):
    """The rows of `acts`: one for each person, message and thing done, however often Slack tells of it.

    `act` is `replied` in the thread of the message (the first time counts), or `done` for a check mark put on it and
    `labelled` for the emoji of the category `label` (the last word counts: `undone` says that it was taken off again).
    `acted_ts` is the Slack ts of the reply or the reaction.
    """

    async def note_reply(self, workspace: str, channel: str, ts: str, person: str, acted_ts: str) -> None:
        await self.database.write(REPLY, workspace, channel, ts, person, acted_ts)

    async def note_mark(
        self, workspace: str, channel: str, ts: str, person: str, act: str, label: str, acted_ts: str, *, undone: bool
    ) -> None:
        await self.database.write(MARK, workspace, channel, ts, person, act, label, acted_ts, undone)
