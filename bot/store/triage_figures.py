"""What the support cases of a period come to: how they were sorted, corrected and closed, and what went wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from bot.evals import Proportion
from bot.store.quiet_figures import MIDDLE, WITHIN, QuietFigures, QuietRows

LISTED = 10
"""Open cases that are named, the oldest."""

LIVE = "triaged_at IS NOT NULL AND quiet = 0"
OPEN = f"""
    workspace = $1 AND opened_at < $3 AND ($4 IS NULL OR channel = $4)
    AND {LIVE} AND noise = 0 AND status = 'open'"""
TOTALS = f"""
    SELECT count(*) AS cases,
        count(*) FILTER (WHERE noise) AS noise,
        count(*) FILTER (WHERE quiet) AS quiet,
        count(*) FILTER (WHERE {LIVE} AND done_at IS NOT NULL) AS done,
        count(*) FILTER (WHERE card_ts <> '') AS carded,
        count(*) FILTER (WHERE card_ts = '') AS uncarded,
        count(*) FILTER (WHERE triaged_at IS NOT NULL AND call IS NULL) AS unusable,
        count(*) FILTER (WHERE card_ts <> '' AND category <> model_category) AS recategorised,
        count(*) FILTER (WHERE card_ts <> '' AND urgency <> model_urgency) AS rerated,
        count(*) FILTER (WHERE card_ts <> '' AND noise <> model_noise) AS dismissed,
        count(*) FILTER (WHERE card_ts <> '' AND (
            category <> model_category OR urgency <> model_urgency OR noise <> model_noise)) AS corrected
    FROM triage WHERE {WITHIN}"""
COUNTS = f"""
    SELECT category, urgency, count(*) AS cases FROM triage
    WHERE {WITHIN} AND triaged_at IS NOT NULL AND noise = 0
    GROUP BY category, urgency ORDER BY category, urgency"""
TROUBLES = f"""
    SELECT trouble, count(*) AS cases FROM triage
    WHERE {WITHIN} AND triaged_at IS NULL AND troubled_at IS NOT NULL
    GROUP BY trouble ORDER BY trouble"""
DONE = f"""
    SELECT avg(seconds) AS seconds FROM (
        SELECT seconds, row_number() OVER (ORDER BY seconds) AS place, count(*) OVER () AS places FROM (
            SELECT (julianday(done_at) - julianday(opened_at)) * 86400 AS seconds
            FROM triage WHERE {WITHIN} AND {LIVE} AND done_at IS NOT NULL))
    WHERE {MIDDLE}"""
LEFT = f"SELECT count(*) AS cases FROM triage WHERE {OPEN}"
OLDEST = f"""
    SELECT id, channel, ts, opened_at, category, urgency, assignee FROM triage
    WHERE {OPEN} ORDER BY opened_at, id LIMIT {LISTED}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many requests are of a category and an urgency."""

    category: str
    urgency: str
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """A request that nobody has marked as done. `ts` is its message; `opened_at` is UTC ISO-8601."""

    id: str
    channel: str
    ts: str
    opened_at: str
    category: str
    urgency: str
    assignee: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageFigures:
    """The cases that were opened from `since` until before `until`, both aware.

    Of all `cases`, those of quiet channels included, `noise` are none to act on by the label that holds, `counts` has
    the others that were sorted, and `unsorted` has the kinds of trouble (as in `Case`) of those that could not be. To
    `unusable` cases the model gave no usable answer, so that they were left to a person.

    The rest is about cases with cards. `corrected` are those that people labelled otherwise than the model: the
    category of `recategorised`, the urgency of `rerated`, and `dismissed` as no request; one case can be several of
    these. `done_seconds` is the median time from the message until somebody marked it as done, over the `done` ones,
    None where there are none. `uncarded` are the cases whose card Slack did not take.

    `open` are those that were opened before `until`, however long before, and that nobody has marked as done; `oldest`
    are the first ten of them.

    `quiet` compares with what people did, a channel at a time.
    """

    since: datetime
    until: datetime
    cases: int
    noise: int
    counts: tuple[Count, ...]
    unsorted: Mapping[str, int]
    unusable: int
    corrected: Proportion
    recategorised: int
    rerated: int
    dismissed: int
    done: int
    done_seconds: float | None
    open: int
    oldest: tuple[OpenCase, ...]
    uncarded: int
    quiet: tuple[QuietFigures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The row of `TOTALS`."""

    cases: int
    noise: int
    quiet: int
    done: int
    carded: int
    uncarded: int
    unusable: int
    recategorised: int
    rerated: int
    dismissed: int
    corrected: int


ALL = TypeAdapter(Totals)
COUNTED = TypeAdapter(tuple[Count, ...])
MEDIAN = TypeAdapter[float | None](float | None)
LEFT_OPEN = TypeAdapter(tuple[OpenCase, ...])


class CaseFigures(QuietRows):
    async def triage_figures(
        self, workspace: str, *, since: datetime, until: datetime, channel: str | None = None
    ) -> TriageFigures:
        """What the cases of a period come to, those of one channel or of all."""
        within = (workspace, since.isoformat(), until.isoformat(), channel)
        read = self.database.read
        [row] = await read(TOTALS, *within)
        totals = ALL.validate_python(row)
        [done] = await read(DONE, *within)
        [left] = await read(LEFT, *within)
        troubles = await read(TROUBLES, *within)
        return TriageFigures(
            since=since,
            until=until,
            cases=totals.cases,
            noise=totals.noise,
            counts=COUNTED.validate_python(await read(COUNTS, *within)),
            unsorted={str(row["trouble"]): int(str(row["cases"])) for row in troubles},
            unusable=totals.unusable,
            corrected=Proportion(totals.corrected, totals.carded),
            recategorised=totals.recategorised,
            rerated=totals.rerated,
            dismissed=totals.dismissed,
            done=totals.done,
            done_seconds=MEDIAN.validate_python(done["seconds"]),
            open=int(str(left["cases"])),
            oldest=LEFT_OPEN.validate_python(await read(OLDEST, *within)),
            uncarded=totals.uncarded,
            quiet=await self.quiet_figures(workspace, since=since, until=until, channel=channel)
            if totals.quiet
            else (),
        )
