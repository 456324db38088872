"""What is deleted at once when a person, or a whole workspace, is to be forgotten; the figures stay."""

from datetime import datetime

from bot.database import Value
from bot.store.rows import BATCH, Rows

NOTE_FORGOTTEN = """
    INSERT INTO forgotten (person, forgotten_at) VALUES ($1, $2)
    ON CONFLICT (person) DO UPDATE SET forgotten_at = excluded.forgotten_at"""
EVERY_CALL = f"""
    UPDATE calls SET prompt = NULL, answer = NULL WHERE id IN (
        SELECT id FROM calls WHERE called_at >= '' AND (prompt IS NOT NULL OR answer IS NOT NULL) LIMIT {BATCH})
    RETURNING id"""
CALLS_OF = f"""
    UPDATE calls SET prompt = NULL, answer = NULL WHERE id IN (
        SELECT id FROM calls WHERE called_at >= '' AND (prompt IS NOT NULL OR answer IS NOT NULL) AND (
            task <> 'triage' OR "user" = $1 OR job IN (SELECT id FROM triage WHERE author = $1))
        LIMIT {BATCH})
    RETURNING id"""
EVERY_SUMMARY = f"DELETE FROM summaries WHERE id IN (SELECT id FROM summaries LIMIT {BATCH}) RETURNING id"
EVERY_ASKER = f"DELETE FROM askers WHERE rowid IN (SELECT rowid FROM askers LIMIT {BATCH}) RETURNING summary"
EVERY_CASE = f"""
    UPDATE triage SET text = NULL, reason = NULL WHERE id IN (
        SELECT id FROM triage WHERE opened_at >= '' AND (text IS NOT NULL OR reason IS NOT NULL) LIMIT {BATCH})
    RETURNING id"""
CASES_OF = f"""
    UPDATE triage SET text = NULL, reason = NULL WHERE id IN (
        SELECT id FROM triage WHERE author = $1 AND (text IS NOT NULL OR reason IS NOT NULL) LIMIT {BATCH})
    RETURNING id"""
EVERY_CORRECTION = f"""
    UPDATE corrections SET text = NULL WHERE id IN (
        SELECT id FROM corrections WHERE corrected_at >= '' AND text IS NOT NULL LIMIT {BATCH})
    RETURNING id"""
CORRECTIONS_OF = f"""
    UPDATE corrections SET text = NULL WHERE id IN (
        SELECT id FROM corrections WHERE corrected_at >= '' AND text IS NOT NULL
            AND triage IN (SELECT id FROM triage WHERE author = $1)
        LIMIT {BATCH})
    RETURNING id"""
EVERY_VERDICT = f"DELETE FROM feedback WHERE rowid IN (SELECT rowid FROM feedback LIMIT {BATCH}) RETURNING call"
VERDICTS_OF = 'DELETE FROM feedback WHERE "user" = $1 RETURNING call'
EVERY_ANSWER = f"""
    UPDATE inbox SET answer = NULL WHERE id IN (SELECT id FROM inbox WHERE answer IS NOT NULL LIMIT {BATCH})
    RETURNING id"""

EVERY_EVAL = f"""
    UPDATE evals SET answer = NULL WHERE id IN (SELECT id FROM evals WHERE answer IS NOT NULL LIMIT {BATCH})
    RETURNING id"""

OF_NOBODY = (EVERY_SUMMARY, EVERY_ASKER, EVERY_EVAL, EVERY_ANSWER)
"""Holds what several people wrote, and nothing tells who."""

EVERYTHING = (EVERY_CALL, EVERY_CASE, EVERY_CORRECTION, EVERY_VERDICT, *OF_NOBODY)
OF_PERSON = (CALLS_OF, CASES_OF, CORRECTIONS_OF, VERDICTS_OF, *OF_NOBODY)


class Forgetting(Rows):
    async def forget_all(self, at: datetime) -> int:
        """Delete every text, summary and verdict that is stored; return how many rows held one.

        What stays are figures, ids and labels. Of calls that are under way at that time no text will be written down.
        """
        await self.database.write(NOTE_FORGOTTEN, "", at.isoformat())
        return await self.forget(EVERYTHING)

    async def forget_user(self, user: str, at: datetime) -> int:
        """Delete what a person wrote, asked for or thought; return how many rows held it.

        A prompt for a summary holds the words of everybody in the conversation, and nothing tells who they were. So all
        summaries go, and the texts of all calls but those on other people's support messages. With them go all answers
        that models gave for comparison, the texts of the person's own support messages, of the corrections to these,
        and the person's verdicts on summaries.
        """
        await self.database.write(NOTE_FORGOTTEN, user, at.isoformat())
        return await self.forget(OF_PERSON, user)

    async def forget(self, statements: tuple[str, ...], *args: Value) -> int:
        """In small steps; what was deleted has left the file, its write-ahead log too, when this returns.

        Raises `Unavailable` where somebody goes on reading the file: then it has to be run again.
        """
        count = sum([await self.database.repeat(statement, *args) for statement in statements])
        await self.database.clear()
        return count
