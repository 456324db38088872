"""In which conversation each person gets their direct messages from Precis."""

from bot.store.rows import Rows

FIND = "SELECT channel FROM conversations WHERE bot = $1 AND person = $2"
NOTE = """
    INSERT INTO conversations (bot, person, channel) VALUES ($1, $2, $3)
    ON CONFLICT (bot, person) DO UPDATE SET channel = excluded.channel"""


class Conversations(Rows):
    async def conversation(self, bot: str, person: str) -> str | None:
        """The id of the direct conversation between the bot's user and a person, None before it is known."""
        rows = await self.database.read(FIND, bot, person)
        return str(rows[0]["channel"]) if rows else None

    async def note_conversation(self, bot: str, person: str, channel: str) -> None:
        await self.database.write(NOTE, bot, person, channel)
