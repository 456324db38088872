"""A change that somebody wants made: are they an admin, does the model answer, and then it is made, once, and told."""

import asyncio
import logging

from pydantic import BaseModel, ConfigDict

from bot.catalogue import either
from bot.changes import shared, subject, value
from bot.choices import DEFAULT, TASKS
from bot.inbox import Job
from bot.origin import Origin
from bot.overview import parts
from bot.settings import Settings, model_setting
from bot.store import Change
from bot.switching import Switch
from bot.trials import Trial, tried
from handlers import audits, blocks, home, provider_menus
from handlers.blocks import Content, section
from handlers.mrkdwn import escape
from handlers.provider_cards import answered
from handlers.services import Services

log = logging.getLogger("precis.provider")

DENIED = (
    "Only owners and admins of this workspace can change which models answer. Please ask one of them; /llm-provider"
    " shows everybody what is used."
)
UNCHANGED = "Nothing has been changed."
HOLDS = "That holds from the next request on."
ALREADY = "That is how it was set already."


class Order(BaseModel):
    """What somebody asked for, as it waits in the inbox. `asked` is JSON; `anyway`: whatever speaks against it."""

    model_config = ConfigDict(frozen=True)

    user: str
    channel: str
    response_url: str
    asked: str
    anyway: bool = False


async def carry_out(switch: Switch, order: Order, job: Job, services: Services) -> Content:
    """Make the change unless something speaks against it; what has come of it, for whoever wants it.

    Raises `SlackApiError` where Slack does not say who they are.
    """
    if not await services.admins.include(order.user):
        log.warning("%s wanted to change %s and is no admin", order.user, switch.setting)
        return blocks.notice(DENIED)
    trials: list[Trial] = []
    if await services.store.change(job.id) is None:
        if switch.stops_all and not order.anyway:
            return question(switch, provider_menus.STOP_ALL, "Stop all calls")
        trials = await tries(switch, order, job, services)
        if any(trial.error for trial in trials):
            return question(switch, " ".join([*map(answered, trials), UNCHANGED]), "Switch anyway")
    settings = await made(switch, order, job, services)
    change = await audits.tell(job.id, services.settings, services.inbox)
    if change:
        log.info("%s changed %s", order.user, switch.setting)
        await home.redraw(services)
    said = await done(switch, change, services)
    return blocks.notice(" ".join([said, *map(answered, trials), *await remarks(switch, settings, services)]))


async def tries(switch: Switch, order: Order, job: Job, services: Services) -> list[Trial]:
    """How the models do that the change would send requests to; who wants it anyway does not wait for that."""
    origin = Origin(services.workspace.team, order.channel, order.user, job.id, services.now())
    models = () if order.anyway else switch.models
    return list(await asyncio.gather(*(tried(services.gateway.attempts, model, origin) for model in models)))


async def made(switch: Switch, order: Order, job: Job, services: Services) -> Settings:
    """Make the change under the job's id, so that a second try of the job does not make it again."""
    reason = switch.reason or None
    if switch.lift:
        return await services.settings.lift(switch.setting, by=order.user, reason=reason, id=job.id)
    return await services.settings.change(switch.setting, switch.value, by=order.user, reason=reason, id=job.id)


def question(switch: Switch, text: str, button: str) -> Content:
    return Content(text=escape(text), blocks=(section(escape(text)), provider_menus.anyway(switch, button)))


async def done(switch: Switch, change: Change | None, services: Services) -> str:
    """What the setting is after the change, None being one that was set like that before."""
    held = change.new if change else (await services.store.settings(services.workspace.team)).get(switch.setting)
    said = subject(switch.setting)
    return f"{said[0].upper()}{said[1:]}: {value(switch.setting, held)}. {HOLDS if change else ALREADY}"


async def remarks(switch: Switch, settings: Settings, services: Services) -> list[str]:
    """What the change does not say by itself: who answers after a reset, and who is not concerned."""
    table = await services.gateway.routes.table()
    task = next((task for task in (DEFAULT, *TASKS) if model_setting(task) == switch.setting), None)
    if task is None:
        return []
    own = [other for other in TASKS if settings.shares(other)] if task == DEFAULT else []
    return [
        *([f"That is {shared(parts(table, task))}."] if switch.value is None else []),
        *([f"{either(own).replace(' or ', ' and ')} keep their own."] if len(own) > 1 else []),
        *([f"{own[0]} keeps its own."] if len(own) == 1 else []),
    ]
