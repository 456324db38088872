"""A Slack workspace in memory behind a loopback port: Web API, Socket Mode, signed HTTP, and people who use it."""

from bot.sandbox.api import Call
from bot.sandbox.errors import Refused
from bot.sandbox.export import BadExport
from bot.sandbox.interaction import Interaction
from bot.sandbox.person import Person
from bot.sandbox.responses import ResponsePost
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import Workspace

__all__ = ["BadExport", "Call", "Interaction", "Person", "Refused", "ResponsePost", "Sandbox", "Workspace"]
