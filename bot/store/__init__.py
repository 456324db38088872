"""Every query, a file for each noun."""

from datetime import datetime

from bot.store.acts import Acts
from bot.store.budgets import Budgets
from bot.store.calls import By, Call, Calls, Costs, LastError, Line
from bot.store.cards import Cards
from bot.store.conversations import Conversations
from bot.store.corrections import Correction, Corrections
from bot.store.digests import ChannelCost, Digests, Pair, Posted, Tally, TaskCalls, Totals, Votes
from bot.store.evals import Attempted, Eval, Evals, Logged, Vote
from bot.store.forgetting import Forgetting
from bot.store.homes import Homes
from bot.store.notices import Notices
from bot.store.pace import Slots
from bot.store.prompts import KeptPrompt, Prompts
from bot.store.quiet_figures import QuietFigures, Replies, Responder
from bot.store.settings import Change, SettingRows, Standing
from bot.store.summaries import KeptSummary, Summaries
from bot.store.triage import Case, CaseMessage, Cases, Sorted
from bot.store.triage_figures import CaseFigures, Count, OpenCase, TriageFigures

__all__ = [
    "Attempted",
    "By",
    "Call",
    "Case",
    "CaseMessage",
    "Change",
    "ChannelCost",
    "Correction",
    "Costs",
    "Count",
    "Eval",
    "KeptPrompt",
    "KeptSummary",
    "LastError",
    "Line",
    "Logged",
    "OpenCase",
    "Pair",
    "Posted",
    "QuietFigures",
    "Replies",
    "Responder",
    "Sorted",
    "Standing",
    "Store",
    "Tally",
    "TaskCalls",
    "Totals",
    "TriageFigures",
    "Vote",
    "Votes",
]


class Store(
    Calls,
    Summaries,
    SettingRows,
    Budgets,
    Cases,
    Cards,
    Corrections,
    Acts,
    CaseFigures,
    Homes,
    Conversations,
    Notices,
    Slots,
    Prompts,
    Evals,
    Digests,
    Forgetting,
):
    """Reads and writes the database. Every method raises `DatabaseError`."""

    async def forget_texts(self, before: datetime) -> None:
        """Blank or delete the texts that were written down before that time; the figures stay.

        Goes in small steps, so that a request that comes in meanwhile is written down at once.
        """
        await self.forget_summaries(before)
        await self.forget_calls(before)
        await self.forget_cases(before)
        await self.forget_corrections(before)
        await self.forget_evals()
