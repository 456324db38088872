"""What admins are told when a budget is used up."""

from collections.abc import Iterable

from bot.amounts import exact
from bot.budget import Alarm, Exhausted
from bot.inbox import Inbox
from bot.settings import WorkspaceSettings
from handlers import notices


def alarm(inbox: Inbox, settings: WorkspaceSettings, admins: Iterable[str]) -> Alarm:
    """Tells each admin, or where none is listed the digest channel, once for each amount that a period has used up."""

    async def sound(exhausted: Exhausted) -> None:
        id = f"budget:{exhausted.period}:{exhausted.begun}:{exhausted.usd}"
        channel = (await settings.read()).digest_channel
        await notices.put(id, sentence(exhausted), inbox, settings, admins, channel)

    return sound


def sentence(exhausted: Exhausted) -> str:
    until = "tomorrow" if exhausted.period == "daily" else "next month"
    return (
        f"The {exhausted.period} budget of {exact(exhausted.usd)} for models is used up, so I ask no model that costs "
        f"money until {until}. To go on now, raise it with /llm-provider budget {exhausted.period}."
    )
