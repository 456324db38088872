"""Support cases: which messages belong to each, what the model and people made of it, and where its card is."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from bot.store.evals import FORGET_EVALS
from bot.store.rows import BATCH, Rows

MOST_MESSAGES = 20
"""Messages in one case; whoever goes on writing opens another."""

JOIN = """
    INSERT INTO triage_messages (workspace, channel, ts, author, edited, triage)
    SELECT $1, $2, $3, $4, $3, coalesce((
        SELECT near.triage FROM triage_messages AS near LEFT JOIN triage ON triage.id = near.triage
        WHERE near.workspace = $1 AND near.channel = $2 AND near.author = $4 AND near.ts BETWEEN $5 AND $6
            AND coalesce(triage.status, 'open') = 'open'
            AND (SELECT count(*) FROM triage_messages WHERE triage = near.triage) < $7
        ORDER BY near.ts DESC LIMIT 1), $8)
    WHERE true ON CONFLICT DO NOTHING"""
OPEN = """
    INSERT INTO triage (id, workspace, channel, ts, author, quiet, opened_at, updated_at)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8
    WHERE EXISTS (SELECT 1 FROM triage_messages WHERE triage = $1) ON CONFLICT DO NOTHING"""
EDIT = "UPDATE triage_messages SET edited = $4 WHERE workspace = $1 AND channel = $2 AND ts = $3 AND edited < $4"
BELONGS = "SELECT triage FROM triage_messages WHERE workspace = $1 AND channel = $2 AND ts = $3"
CASE = """
    SELECT triage.*, calls.served_model AS model, (
        SELECT corrected_by FROM corrections WHERE triage = triage.id AND field <> 'support'
        ORDER BY corrected_at DESC, rowid DESC LIMIT 1) AS corrected_by,
        EXISTS (SELECT 1 FROM corrections WHERE triage = triage.id AND field = 'category') AS categorised, (
        SELECT corrected_by FROM corrections WHERE triage = triage.id AND field = 'support'
        ORDER BY corrected_at DESC, rowid DESC LIMIT 1) AS dismissed_by
    FROM triage LEFT JOIN calls ON calls.id = triage.call WHERE triage.id = $1"""
STATE = "(SELECT count(*) || ':' || max(edited) FROM triage_messages WHERE triage = $1)"
CORRECTED = "EXISTS (SELECT 1 FROM corrections WHERE triage = $1 AND field = '{field}')"
FORGOTTEN = """
    triage.forgotten_at > $12
    OR EXISTS (SELECT 1 FROM forgotten WHERE forgotten.forgotten_at >= $12 AND person IN ('', triage.author))"""
"""Whether what the case says was to be forgotten after work on it had begun, and before it could be sorted."""

SORT = f"""
    UPDATE triage SET covered = $2, triaged_at = $3, updated_at = $3, call = $4, confidence = $5,
        reason = CASE WHEN {FORGOTTEN} THEN NULL ELSE $6 END, likeliest = $7,
        text = CASE WHEN {FORGOTTEN} THEN NULL ELSE $8 END,
        model_category = $9, model_urgency = $10, model_noise = $11,
        trouble = NULL, troubled_at = NULL,
        category = CASE WHEN {CORRECTED.format(field="category")} THEN category ELSE $9 END,
        urgency = CASE WHEN {CORRECTED.format(field="urgency")} THEN urgency ELSE $10 END,
        noise = CASE WHEN {CORRECTED.format(field="support")} THEN noise ELSE $11 END
    WHERE id = $1 AND {STATE} = $2 RETURNING id"""
TROUBLE = """
    UPDATE triage SET trouble = $2, troubled_at = coalesce(troubled_at, $3) WHERE id = $1
    RETURNING troubled_at"""
REPORT = """
    UPDATE triage SET outage = $1
    WHERE workspace = $2 AND troubled_at >= $3 AND troubled_at <= $4 AND triaged_at IS NULL AND outage IS NULL"""
REPORTED = "SELECT channel, count(*) AS cases FROM triage WHERE workspace = $1 AND outage = $2 GROUP BY channel"
ASSIGN = """
    UPDATE triage SET assignee = $2, assigned_at = $3, updated_at = $3
    WHERE id = $1 AND assignee IS NOT $2 RETURNING id"""
CLOSE = """
    UPDATE triage SET status = 'done', done_by = $2, done_at = $3, updated_at = $3
    WHERE id = $1 AND status = 'open' RETURNING id"""
REOPEN = """
    UPDATE triage SET status = 'open', done_by = NULL, done_at = NULL, updated_at = $2
    WHERE id = $1 AND status = 'done' RETURNING id"""
FORGET_WORK = (
    "UPDATE calls SET prompt = NULL, answer = NULL WHERE job = $1 AND (prompt IS NOT NULL OR answer IS NOT NULL)",
    "UPDATE corrections SET text = NULL WHERE triage = $1",
)
FORGET_CASE = """
    UPDATE triage SET text = NULL, reason = NULL,
        forgotten_at = CASE WHEN forgotten_at > $2 THEN forgotten_at ELSE $2 END
    WHERE id = $1"""
REMOVE = (
    *FORGET_WORK,
    """
    DELETE FROM acts WHERE (workspace, channel, ts) IN (
        SELECT workspace, channel, ts FROM triage_messages WHERE triage = $1)""",
    "DELETE FROM triage_messages WHERE triage = $1",
    "DELETE FROM triage WHERE id = $1",
)
FORGET_CASES = f"""
    UPDATE triage SET text = NULL, reason = NULL WHERE id IN (
        SELECT id FROM triage WHERE opened_at < $1 AND (text IS NOT NULL OR reason IS NOT NULL) LIMIT {BATCH})
    RETURNING id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A row of `triage`, with the model behind its last call, and whoever last corrected a label or whether it is one;
    `categorised` is whether a person has said what its category is.

    `ts` is the message that opened it and under which its card hangs. `covered` is the state of its messages that the
    last call saw, as `state` gives it, None before the first. `model_category`, `model_urgency` and `model_noise` are
    what that call said; `category`, `urgency` and `noise` are what holds, which people may have corrected. `confidence`
    is 0..1; `likeliest` is the two likeliest categories, best first, with a space between. `trouble` is the kind of
    error that keeps it unsorted since `troubled_at`, `outage` the report that told of that. `card_ts` is its card,
    empty where none can be posted, and `shown` the `updated_at` that it shows; `mentioned` is the owner whom a post has
    called to it. `slack_failed` says that Slack once failed when one was to be posted or an emoji changed. `reaction`
    are the emoji names that should stand on the message, with spaces between, `reacted` those that do. `text` is what
    was said, masked; None where it is not kept. What was read before `forgotten_at` is not, because a message has gone
    since. Times are UTC ISO-8601; people are Slack ids.
    """

    id: str
    workspace: str
    channel: str
    ts: str
    author: str
    quiet: bool
    status: str
    opened_at: str
    updated_at: str
    triaged_at: str | None
    covered: str | None
    call: str | None
    confidence: float | None
    reason: str | None
    likeliest: str | None
    model_category: str | None
    model_urgency: str | None
    model_noise: bool | None
    category: str | None
    urgency: str | None
    noise: bool | None
    trouble: str | None
    troubled_at: str | None
    assignee: str | None
    assigned_at: str | None
    done_at: str | None
    done_by: str | None
    slack_failed: bool
    card_ts: str | None
    carded_at: str | None
    shown: str | None
    reaction: str
    reacted: str
    text: str | None
    forgotten_at: str | None
    outage: str | None
    mentioned: str
    model: str | None
    corrected_by: str | None
    categorised: bool
    dismissed_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMessage:
    """A row of `triage_messages`: a message of a case. `edited` is the Slack ts of its last edit or its deletion, at
    first its own ts.

    `author` is None where no burst can be made of what they write: a bot speaks for many people.
    """

    workspace: str
    channel: str
    ts: str
    author: str | None
    edited: str
    triage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """What one call made of a case whose messages were in state `covered`."""

    covered: str
    call: str
    category: str
    urgency: str
    noise: bool
    confidence: float
    reason: str | None
    likeliest: str
    text: str | None


CASES = TypeAdapter(list[Case])
MESSAGES = TypeAdapter(list[CaseMessage])


def state(messages: list[CaseMessage]) -> str:
    """Tells apart what the messages of a case have been: any that joins, goes or is edited changes it."""
    return f"{len(messages)}:{max((message.edited for message in messages), default='')}"


class Cases(Rows):
    async def join_case(self, workspace: str, channel: str, ts: str, author: str | None, window: float) -> str:
        """The id of a message's case: that of the same author's messages within `window` seconds, else one of its own.

        One statement decides, so that any number of processes come to the same case.
        """
        own = f"{workspace}:{channel}:{ts}"
        span = (f"{float(ts) - window:.6f}", f"{float(ts) + window:.6f}")
        await self.database.write(JOIN, workspace, channel, ts, author, *span, MOST_MESSAGES, own)
        return await self.case_of(workspace, channel, ts) or own

    async def open_case(self, id: str, author: str, *, quiet: bool, at: datetime) -> None:
        """Have a row for a case, unless there is one or its messages have gone."""
        workspace, channel, ts = id.split(":")
        opened_at = datetime.fromtimestamp(float(ts), at.tzinfo).isoformat()
        await self.database.write(OPEN, id, workspace, channel, ts, author, quiet, opened_at, at.isoformat())

    async def case_of(self, workspace: str, channel: str, ts: str) -> str | None:
        """The id of the case that a message belongs to."""
        rows = await self.database.read(BELONGS, workspace, channel, ts)
        return str(rows[0]["triage"]) if rows else None

    async def case(self, id: str) -> Case | None:
        return next(iter(CASES.validate_python(await self.database.read(CASE, id))), None)

    async def case_messages(self, id: str) -> list[CaseMessage]:
        """The messages of a case in order of time."""
        rows = await self.database.read("SELECT * FROM triage_messages WHERE triage = $1 ORDER BY ts", id)
        return MESSAGES.validate_python(rows)

    async def note_edit(self, workspace: str, channel: str, ts: str, edited: str) -> None:
        """Keep that a message of a case was edited or deleted at that Slack ts, unless something later is known."""
        await self.database.write(EDIT, workspace, channel, ts, edited)

    async def sort_case(self, id: str, found: Sorted, at: datetime, began: datetime) -> bool:
        """Keep what a call made of a case; labels that people have corrected stay. False: its messages have changed.

        `began` is when the work on it began, before its messages were read: what was to be forgotten since is not kept.
        """
        kept = await self.database.write(
            SORT,
            id,
            found.covered,
            at.isoformat(),
            found.call or None,
            found.confidence,
            found.reason,
            found.likeliest,
            found.text,
            found.category,
            found.urgency,
            found.noise,
            began.isoformat(),
        )
        return bool(kept)

    async def note_trouble(self, id: str, kind: str, at: datetime) -> datetime:
        """Keep why a case cannot be sorted, and say since when it could not."""
        rows = await self.database.write(TROUBLE, id, kind, at.isoformat())
        return datetime.fromisoformat(str(rows[0]["troubled_at"])) if rows else at

    async def unsorted(self, report: str, workspace: str, *, since: datetime, until: datetime) -> dict[str, int]:
        """How many cases of each channel a report tells of, the same whenever it is asked.

        They are those that could not be sorted from a time between these on, and of which no other report has told.
        """
        await self.database.write(REPORT, report, workspace, since.isoformat(), until.isoformat())
        rows = await self.database.read(REPORTED, workspace, report)
        return {str(row["channel"]): int(str(row["cases"])) for row in rows}

    async def assign(self, id: str, user: str, at: datetime) -> bool:
        """False where the case is theirs already."""
        return bool(await self.database.write(ASSIGN, id, user, at.isoformat()))

    async def close_case(self, id: str, user: str, at: datetime) -> bool:
        return bool(await self.database.write(CLOSE, id, user, at.isoformat()))

    async def reopen(self, id: str, at: datetime) -> bool:
        return bool(await self.database.write(REOPEN, id, at.isoformat()))

    async def forget_case(self, id: str, began: datetime) -> None:
        """Blank every text that was written down for a case, in calls and corrections too; ids and labels stay.

        `began` is when the work began that found one of its messages gone. Nothing is kept of what began before.
        """
        work = ((statement, (id,)) for statement in FORGET_WORK)
        await self.database.write_together(*work, (FORGET_CASE, (id, began.isoformat())))
        await self.database.repeat(FORGET_EVALS)

    async def remove_case(self, case: Case) -> None:
        """Delete a case and every text that was written down for it; of its corrections ids and labels stay."""
        await self.database.write_together(*((statement, (case.id,)) for statement in REMOVE))
        await self.database.repeat(FORGET_EVALS)

    async def forget_cases(self, before: datetime) -> None:
        """Blank the texts and reasons of cases opened before that time; the labels stay."""
        await self.database.repeat(FORGET_CASES, before.isoformat())
