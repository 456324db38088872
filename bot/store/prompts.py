"""What goes to a model beside the text itself, kept once however many calls send it."""

from dataclasses import asdict, dataclass

from pydantic import TypeAdapter

from bot.store.rows import Rows

KEEP_PROMPT = """
    INSERT INTO prompts (digest, version, system, schema, max_output_tokens, temperature)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPrompt:
    """A row of `prompts`: with the text in the call's own row, the whole request. `schema` is JSON, None without one.

    It holds instructions and what admins have set, never what people wrote, so it outlives the texts.
    """

    digest: str
    version: str
    system: str
    schema: str | None
    max_output_tokens: int
    temperature: float | None


PROMPTS = TypeAdapter(list[KeptPrompt])


class Prompts(Rows):
    async def keep_prompt(self, prompt: KeptPrompt) -> None:
        """Have a row for the prompt."""
        await self.database.write(KEEP_PROMPT, *asdict(prompt).values())

    async def prompt(self, digest: str) -> KeptPrompt | None:
        rows = await self.database.read("SELECT * FROM prompts WHERE digest = $1", digest)
        return next(iter(PROMPTS.validate_python(rows)), None)
