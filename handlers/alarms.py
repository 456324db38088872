"""What admins are told when a budget is used up."""

from collections.abc import Iterable

from bot.amounts import exact
from bot.budget import Alarm, Exhausted
from bot.inbox import Inbox
from bot.store import Store
from handlers import notices


def alarm(inbox: Inbox, store: Store, workspace: str, admins: Iterable[str]) -> Alarm:
    """Tells each admin, once for each time that a budget is used up."""

    async def sound(exhausted: Exhausted) -> None:
        id = f"budget:{exhausted.period}:{exhausted.begun}"
        await notices.put(id, sentence(exhausted), inbox, store, workspace, admins)

    return sound


def sentence(exhausted: Exhausted) -> str:
    until = "tomorrow" if exhausted.period == "daily" else "next month"
    return (
        f"The {exhausted.period} budget of {exact(exhausted.usd)} for models is used up, so I ask no model that costs "
        f"money until {until}. To go on now, raise it with /llm-provider budget {exhausted.period}."
    )
