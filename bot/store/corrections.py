"""What people corrected on support cases: the labels that models are measured by."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from bot.store.rows import BATCH, Rows

LATEST = """
    SELECT {column} FROM corrections WHERE triage = $1 AND field = '{field}'
    ORDER BY corrected_at DESC, rowid DESC LIMIT 1"""
CORRECT = """
    INSERT INTO corrections (id, triage, call, corrected_at, corrected_by, field, old, new, text)
    SELECT $1, now_held.id, now_held.call, $3, $4, $5, now_held.label, $6, now_held.text FROM (
        SELECT id, call, text, coalesce(
            (SELECT new FROM corrections WHERE triage = $2 AND field = $5
                ORDER BY corrected_at DESC, rowid DESC LIMIT 1),
            CASE $5 WHEN 'category' THEN category WHEN 'urgency' THEN urgency
                ELSE CASE WHEN noise THEN 'no' ELSE 'yes' END END) AS label
        FROM triage WHERE id = $2) AS now_held
    WHERE now_held.label <> $6 OR ($7 AND NOT EXISTS (SELECT 1 FROM corrections WHERE triage = $2 AND field = $5))
    ON CONFLICT DO NOTHING"""
APPLY = f"""
    UPDATE triage SET updated_at = $2,
        category = coalesce(({LATEST.format(column="new", field="category")}), category),
        urgency = coalesce(({LATEST.format(column="new", field="urgency")}), urgency),
        noise = coalesce(({LATEST.format(column="new = 'no'", field="support")}), noise)
    WHERE id = $1 AND EXISTS (SELECT 1 FROM corrections WHERE id = $3)"""
FORGET_CORRECTIONS = f"""
    UPDATE corrections SET text = NULL WHERE id IN (
        SELECT id FROM corrections WHERE text IS NOT NULL AND (
            corrected_at < $1 OR (SELECT opened_at FROM triage WHERE triage.id = corrections.triage) < $1)
        LIMIT {BATCH})
    RETURNING id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A row of `corrections`: one person's word on one label of a case.

    `field` is `category`, `urgency` or `support`; the labels of the last are `yes` and `no`. `old` is what held before,
    the same as `new` where a person confirmed what the model was not sure of; `call` the call that said so, None where
    no call did. `text` is what was said in the case, masked; None where it is not kept. `corrected_at` is UTC ISO-8601.
    """

    id: str
    triage: str
    call: str | None
    corrected_at: str
    corrected_by: str
    field: str
    old: str
    new: str
    text: str | None


CORRECTIONS = TypeAdapter(list[Correction])


class Corrections(Rows):
    async def correct(
        self, id: str, case: str, field: str, label: str, *, by: str, at: datetime, confirms: bool = False
    ) -> None:
        """Keep a correction and have it hold; the latest of several holds. A label that holds already is none.

        `confirms`: it is one all the same where nobody has said anything of that label yet. `id` is that of the press:
        however often it is repeated, it is one correction.
        """
        moment = at.isoformat()
        kept = (id, case, moment, by, field, label, confirms)
        await self.database.write_together((CORRECT, kept), (APPLY, (case, moment, id)))

    async def corrections(self, *, since: datetime | None = None) -> list[Correction]:
        """The corrections of a period, oldest first."""
        rows = await self.database.read(
            "SELECT * FROM corrections WHERE corrected_at >= $1 ORDER BY corrected_at, rowid",
            since.isoformat() if since else "",
        )
        return CORRECTIONS.validate_python(rows)

    async def forget_corrections(self, before: datetime) -> None:
        """Blank the texts of corrections made before that time, or of cases opened before it; the labels stay."""
        await self.database.repeat(FORGET_CORRECTIONS, before.isoformat())
