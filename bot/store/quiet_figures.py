"""How far the labels of quiet channels agree with what people did there, who knew nothing of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from bot.evals import Proportion
from bot.store.rows import Rows

SETTLING = timedelta(days=1)
"""How old a message must be before it counts that nobody has done anything about it."""

RESPONDERS = 5
"""People that are named, those who answered first most often."""

ALL = ""
"""Stands for all urgencies."""

WITHIN = "workspace = $1 AND opened_at >= $2 AND opened_at < $3 AND ($4 IS NULL OR channel = $4)"
MIDDLE = "place IN ((places + 1) / 2, (places + 2) / 2)"
"""The place in the middle of all places, or the two whose mean is the median."""

JUDGED = f"""
    WITH cases AS (
        SELECT id, channel, ts, author, opened_at, model_noise AS noise, model_category AS category,
            model_urgency AS urgency
        FROM triage WHERE {WITHIN} AND quiet = 1 AND triaged_at IS NOT NULL
    ), found AS (
        SELECT cases.*, person, act, label, acted_ts,
            row_number() OVER (PARTITION BY id, act ORDER BY acted_ts) AS first,
            row_number() OVER (PARTITION BY id, act ORDER BY acted_ts DESC) AS last
        FROM cases LEFT JOIN triage_messages AS said ON said.triage = cases.id
        LEFT JOIN acts ON acts.workspace = said.workspace AND acts.channel = said.channel AND acts.ts = said.ts
            AND NOT undone AND (act <> 'replied' OR person <> cases.author)
    ), judged AS (
        SELECT id, channel, noise, category, urgency, opened_at <= $5 AS settled, count(act) > 0 AS handled,
            CAST(max(acted_ts) FILTER (WHERE act = 'replied' AND first = 1) AS REAL) - CAST(ts AS REAL) AS seconds,
            max(person) FILTER (WHERE act = 'replied' AND first = 1) AS responder,
            max(label) FILTER (WHERE act = 'labelled' AND last = 1) AS label
        FROM found GROUP BY id
    )"""
AGREEMENT = f"""{JUDGED}
    SELECT channel, count(*) AS cases,
        count(*) FILTER (WHERE handled) AS handled,
        count(*) FILTER (WHERE settled AND NOT noise) AS requests,
        count(*) FILTER (WHERE settled AND NOT noise AND handled) AS requests_handled,
        count(*) FILTER (WHERE settled AND noise) AS noise,
        count(*) FILTER (WHERE settled AND noise AND NOT handled) AS noise_left,
        count(label) AS labelled,
        count(*) FILTER (WHERE label = category AND NOT noise) AS agreed
    FROM judged GROUP BY channel ORDER BY channel"""
REPLIES = f"""{JUDGED}, replies AS (
        SELECT channel, '{ALL}' AS urgency, seconds FROM judged WHERE seconds IS NOT NULL
        UNION ALL SELECT channel, urgency, seconds FROM judged WHERE seconds IS NOT NULL AND NOT noise
    )
    SELECT channel, urgency, max(places) AS replies, avg(seconds) AS median_seconds FROM (
        SELECT channel, urgency, seconds,
            row_number() OVER (PARTITION BY channel, urgency ORDER BY seconds) AS place,
            count(*) OVER (PARTITION BY channel, urgency) AS places
        FROM replies)
    WHERE {MIDDLE} GROUP BY channel, urgency ORDER BY channel, urgency"""
ANSWERED = f"""{JUDGED}
    SELECT channel, responder AS person, count(*) AS cases FROM judged WHERE responder IS NOT NULL
    GROUP BY channel, responder ORDER BY channel, cases DESC, responder"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """How soon people answered: the median time from a message to the first reply by somebody else.

    `urgency` is what the model said of these messages, empty for all messages, noise included.
    """

    channel: str
    urgency: str
    replies: int
    median_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """Somebody, and how many of a channel's cases they were the first to answer."""

    channel: str
    person: str
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietFigures:
    """The sorted cases of a quiet channel. `handled` are those that people did something about, as `Acts` tells.

    Of cases that are at least a day old, `requests` are those that the model took for requests, with how many people
    handled, and `noise` those it took for noise, with how many they left alone. `labels` are the cases on which people
    put the emoji of a category, with on how many the model said the same.
    """

    channel: str
    handled: Proportion
    requests: Proportion
    noise: Proportion
    labels: Proportion
    replies: tuple[Replies, ...]
    responders: tuple[Responder, ...]

    @property
    def attention(self) -> Proportion:
        """Where the model and people agree on whether somebody has to do anything."""
        return Proportion(self.requests.hits + self.noise.hits, self.requests.of + self.noise.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A row of `AGREEMENT`."""

    channel: str
    cases: int
    handled: int
    requests: int
    requests_handled: int
    noise: int
    noise_left: int
    labelled: int
    agreed: int


AGREEMENTS = TypeAdapter(list[Agreement])
SOON = TypeAdapter(list[Replies])
RESPONDED = TypeAdapter(list[Responder])


class QuietRows(Rows):
    async def quiet_figures(
        self, workspace: str, *, since: datetime, until: datetime, channel: str | None = None
    ) -> tuple[QuietFigures, ...]:
        """The channels that have quiet cases of a period, one of them or all."""
        bounds = (workspace, since.isoformat(), until.isoformat(), channel, (until - SETTLING).isoformat())
        read = self.database.read
        replies = SOON.validate_python(await read(REPLIES, *bounds))
        responders = RESPONDED.validate_python(await read(ANSWERED, *bounds))
        return tuple(
            QuietFigures(
                channel=row.channel,
                handled=Proportion(row.handled, row.cases),
                requests=Proportion(row.requests_handled, row.requests),
                noise=Proportion(row.noise_left, row.noise),
                labels=Proportion(row.agreed, row.labelled),
                replies=tuple(each for each in replies if each.channel == row.channel),
                responders=tuple(each for each in responders if each.channel == row.channel)[:RESPONDERS],
            )
            for row in AGREEMENTS.validate_python(await read(AGREEMENT, *bounds))
        )
