"""Blind votes: an admin judges two answers at a time without knowing whose they are, and is told at the end."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict
from slack_bolt.async_app import AsyncAck

from bot.ballots import Pair, choice, pairs
from bot.inbox import Job
from bot.store import Eval, Vote
from handlers import ballot_cards, blocks, direct
from handlers.access import Access
from handlers.ballot_cards import VERDICTS
from handlers.blocks import Content
from handlers.buttons import chosen
from handlers.compare import Compare, allowed, asked_by
from handlers.posts import InConversation
from handlers.replies import GIVEN_UP, taking, tell
from handlers.services import Services

BALLOT, VOTE = "ballot", "vote"
"""The queues of what begins a ballot, and of each vote in it."""

BEGUN = "This vote is under way already: its last message stands below."
PRESS_AGAIN = "I could not go on with this vote. Please press your answer again in a few minutes."
NOTHING_TO_SEE = (
    "There are no two different answers to the same prompt that you may see: they are not kept any more, or they are"
    " about conversations that you are not part of."
)


class Opening(Compare):
    """A ballot that is to begin, as it waits in the inbox. `after` is the ts of the table that has its button."""

    channel: str
    after: str


class Ballot(BaseModel):
    """A ballot behind its buttons. `rounds` are pairs of eval ids, `left.right left.right`; `at` is the present one."""

    model_config = ConfigDict(frozen=True)

    id: str
    task: str
    user: str
    rounds: str
    at: int = 0

    @property
    def pairs(self) -> list[Pair]:
        return [Pair(*each.split(".")) for each in self.rounds.split()]

    @property
    def votes(self) -> list[str]:
        """The ids of all its votes, cast or not."""
        return [vote_id(self.id, number) for number in range(len(self.pairs))]


class Cast(Ballot):
    """A vote as it waits in the inbox; `channel` and `ts` are the message that shows the next round."""

    verdict: str
    channel: str
    ts: str


def vote_id(ballot: str, number: int) -> str:
    return f"{ballot}:{number}"


async def begin(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Take the press that begins a ballot; one table begins one, and another where that did not work out."""
    async with taking(ack, body, services):
        asked = asked_by(body)
        if await allowed(body, asked.user, ack, services):
            place = body["container"]
            opening = Opening(**asked.model_dump(), channel=place["channel_id"], after=place["message_ts"])
            id = f"ballot:{opening.channel}:{opening.after}"
            new = await services.inbox.put(id, BALLOT, opening.model_dump(mode="json"), renew=True)
            await ack()
            if not new:
                await tell(body, services, BEGUN)


async def vote(ack: AsyncAck, body: dict[str, Any], services: Services) -> None:
    """Take a vote; the first press of a round counts, and another goes on where that did not work out."""
    async with taking(ack, body, services):
        ballot = Ballot.model_validate_json(chosen(body))
        if await allowed(body, ballot.user, ack, services):
            cast = Cast(
                **ballot.model_dump(),
                verdict=VERDICTS[body["actions"][0]["action_id"]],
                channel=body["container"]["channel_id"],
                ts=body["container"]["message_ts"],
            )
            await services.inbox.put(f"vote:{vote_id(ballot.id, ballot.at)}", VOTE, cast.model_dump(), renew=True)
            await ack()


async def open(job: Job, services: Services) -> None:
    """Choose the pairs, and show the first."""
    opening = Opening.model_validate(job.body)
    plan = await services.replay.plan(opening.wanted)
    known = [eval for eval in plan.kept.values() if eval.outcome == "ok"]
    chosen = pairs(await visible(known, opening.user, opening.channel, services.access), job.id)
    rounds = " ".join(f"{pair.left}.{pair.right}" for pair in chosen)
    ballot = Ballot(id=job.id, task=opening.task, user=opening.user, rounds=rounds)
    place = InConversation(services, job, channel=opening.channel, thread_ts=None, after=opening.after)
    await place.deliver(await shown(ballot, opening.channel, services) if chosen else blocks.notice(NOTHING_TO_SEE))


async def count(job: Job, services: Services) -> None:
    """Keep the vote, and show the next round or how it ended."""
    cast = Cast.model_validate(job.body)
    pair = cast.pairs[cast.at]
    found = {eval.id: eval for eval in await services.store.evals([pair.left, pair.right])}
    if len(found) == 2:
        await services.store.vote(
            Vote(
                id=vote_id(cast.id, cast.at),
                workspace=services.workspace.team,
                voted_at=services.now().isoformat(),
                voter=cast.user,
                task=cast.task,
                left_model=str(choice(found[pair.left])),
                right_model=str(choice(found[pair.right])),
                verdict=cast.verdict,
                eval=pair.left,
            )
        )
    ballot = Ballot(id=cast.id, task=cast.task, user=cast.user, rounds=cast.rounds, at=cast.at + 1)
    await outlet(cast, job, services).deliver(await shown(ballot, cast.channel, services))
    await job.note_posted(cast.ts)  # which tells this vote from one that a press may renew


async def shown(ballot: Ballot, channel: str, services: Services) -> Content:
    """The present round, or the next that the voter may still see; after the last, whose answers they were."""
    for number in range(ballot.at, len(ballot.pairs)):
        pair = ballot.pairs[number]
        found = await services.store.evals([pair.left, pair.right])
        sides = {eval.id: eval.answer for eval in await visible(found, ballot.user, channel, services.access)}
        left, right = sides.get(pair.left), sides.get(pair.right)
        if left is not None and right is not None:
            value = ballot.model_copy(update={"at": number}).model_dump_json()
            return ballot_cards.round(number + 1, len(ballot.pairs), left, right, value)
    votes = {each.id: each for each in await services.store.votes(ballot.votes)}
    return ballot_cards.result([votes[id] for id in ballot.votes if id in votes])


async def visible(evals: Iterable[Eval], user: str, here: str, access: Access) -> Sequence[Eval]:
    """Those with an answer to a prompt from a conversation that the user may see now."""
    kept = [eval for eval in evals if eval.answer is not None]
    channels = {eval.channel for eval in kept if eval.channel}
    may = {channel for channel in channels if await access.allows(user, channel, asked_in=here)}
    return [eval for eval in kept if eval.channel in may]


def outlet(cast: Cast, job: Job, services: Services) -> InConversation:
    return InConversation(services, job, channel=cast.channel, thread_ts=None, after=cast.ts, posted=cast.ts)


async def leave(job: Job, services: Services) -> None:
    """Tell the admin that the ballot did not begin."""
    opening = Opening.model_validate(job.body)
    place = InConversation(services, job, channel=opening.channel, thread_ts=None, after=opening.after)
    await place.deliver(blocks.notice(GIVEN_UP))


async def drop(job: Job, services: Services) -> None:
    """Ask the admin to press again: the round stands as it was, so that the vote can go on."""
    await direct.send(blocks.notice(PRESS_AGAIN), job, services, user=Cast.model_validate(job.body).user)
