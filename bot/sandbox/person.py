"""A person in the workspace: says, presses, asks, edits, and sees what Slack would show them."""

from collections.abc import Mapping
from typing import Any

from bot.sandbox import answers, blocks, forms, markup, payloads, stamps
from bot.sandbox.channels import Channel, Message
from bot.sandbox.delivery import Envelope
from bot.sandbox.errors import Refused, SlackError
from bot.sandbox.interaction import Interaction
from bot.sandbox.modals import View
from bot.sandbox.platform import Platform
from bot.sandbox.users import User


class Person:
    """Does what the Slack client would allow; anything else raises `Refused`."""

    def __init__(self, slack: Platform, user: str) -> None:
        if user not in slack.workspace.users:
            raise Refused(f"there is no user {user} in this workspace")
        self._slack, self.id = slack, user

    @property
    def user(self) -> User:
        return self._slack.workspace.users[self.id]

    async def command(self, command: str, text: str = "", *, channel: str) -> Interaction:
        """Type a slash command into a channel (Slack refuses them in threads) and wait for its ack."""
        room = self._inside(channel)
        said = self._slack.workspace.escape(text) if command in self._slack.escaped else markup.entities(text)
        payload = payloads.command(self._slack.workspace, self.user, room, command, said)
        interaction = Interaction(payload)
        if "commands" not in self._slack.grants:
            interaction.error = "unknown_command"
            return interaction
        payload["response_url"] = self._slack.urls.issue("commands", self._slack.url, interaction, self.id, room)
        await self._deliver("slash_commands", interaction, accepts=True)
        if interaction.ack:
            self._shown(interaction, room)
        return interaction

    async def shortcut(self, callback_id: str, *, channel: str, ts: str) -> Interaction:
        """Pick a message shortcut from the menu of a message; ephemeral ones have no such menu."""
        room = self._seen(channel)
        if ts not in room.messages:
            raise Refused("shortcuts are offered on messages that everybody sees")
        interaction = Interaction(
            payloads.shortcut(self._slack.workspace, self.user, room, callback_id, room.shown(ts))
        )
        if "commands" not in self._slack.grants:
            interaction.error = "unknown_command"
            return interaction
        self._address(interaction, room, room.messages[ts])
        await self._deliver("interactive", interaction)
        return interaction

    async def press(
        self,
        *,
        action_id: str,
        channel: str = "",
        ts: str = "",
        view: str = "",
        value: Any = None,
    ) -> Interaction:
        """Press a button, or choose `value` in a menu, on a message the person sees or in a view of theirs."""
        if view:
            return await self._press_in_view(self._view(view), action_id, value)
        room = self._seen(channel)
        hidden = room.whispers.get(self.id, {}).get(ts)
        if hidden is None and ts not in room.messages:
            raise Refused("there is no such message here")
        message = hidden or room.shown(ts)
        action = forms.action(*forms.find(message.get("blocks", []), action_id, value), value)
        interaction = Interaction(payloads.pressed(self._slack.workspace, self.user, room, message, action))
        self._address(interaction, room, message)
        await self._deliver("interactive", interaction)
        return interaction

    async def submit(self, view: str, values: Mapping[str, Any] | None = None) -> Interaction:
        """Fill in the modal on top, by block or action id, and press its submit button."""
        found = self._view(view)
        if found is not self._slack.views.top(self.id) or not found.body.get("submit"):
            raise Refused("this view cannot be submitted")
        found.values = forms.state(found.body["blocks"], values or {})
        shown = self._slack.views.json(found)
        interaction = Interaction(payloads.submitted(self._slack.workspace, self.user, shown))
        await self._deliver("interactive", interaction, accepts=True)
        if interaction.ok:
            self._follow(interaction, found)
        return interaction

    async def close_view(self, view: str) -> Interaction | None:
        """Close a modal; the app hears of it only where it asked to (`notify_on_close`)."""
        found = self._view(view)
        shown = self._slack.views.json(found)
        self._slack.views.close(found)
        if not shown["notify_on_close"]:
            return None
        interaction = Interaction(payloads.closed(self._slack.workspace, self.user, shown))
        await self._deliver("interactive", interaction)
        return interaction

    async def say(self, channel: str, text: str, *, thread_ts: str | None = None, **fields: Any) -> str:
        """Write a message; `fields` such as `files` or `reply_broadcast` go with it. Returns its timestamp."""
        room, workspace = self._inside(channel), self._slack.workspace
        typed = markup.linked(text)
        message = workspace.author(self.id) | {"type": "message", "text": typed, "ts": workspace.now()}
        message |= {"blocks": markup.rich_text(typed)} if typed else {}
        broadcast = fields.pop("reply_broadcast", False)
        message |= fields | ({"subtype": "file_share"} if "files" in fields else {})
        if thread_ts:
            message["thread_ts"] = root = self._root(room, thread_ts)
            message |= {"subtype": "thread_broadcast", "root": room.shown(root)} if broadcast else {}
        return str(self._slack.publish(room, message)["ts"])

    async def edit(self, channel: str, ts: str, text: str) -> None:
        room, message = self._own(channel, ts)
        typed = markup.linked(text)
        changed: Message = {"text": typed, "blocks": markup.rich_text(typed)}
        changed["edited"] = {"user": self.id, "ts": self._slack.workspace.now()}
        self._slack.alter(room, ts, message | changed)

    async def delete(self, channel: str, ts: str) -> None:
        room, _ = self._own(channel, ts)
        self._slack.remove(room, ts)

    async def react(self, channel: str, ts: str, name: str, *, add: bool = True) -> None:
        try:
            self._slack.react(self._inside(channel), ts, self.id, name, add=add)
        except SlackError as error:
            raise Refused(error.code) from error

    async def invite_bot(self, channel: str) -> None:
        """Add the app to a channel, as `/invite` does."""
        room, bot, workspace = self._inside(channel), self._slack.bot, self._slack.workspace
        if room.kind == "im" or bot in room.members:
            raise Refused("the app cannot be added here")
        workspace.join(bot, channel)
        joined = {"type": "message", "subtype": "channel_join", "user": bot, "ts": workspace.now()}
        self._slack.publish(room, joined | {"text": f"<@{bot}> has joined the channel", "inviter": self.id})
        self._slack.events.joined(room, bot, self.id)

    async def open_home(self, tab: str = "home") -> None:
        """Open the app's own space on its Home or Messages tab."""
        home = self._slack.views.home(self.id)
        self._slack.events.home(self.id, tab, self._slack.views.json(home) if home else None)

    def dm(self) -> str:
        """The id of this person's direct conversation with the app."""
        return self._slack.workspace.dm(self.id).id

    @property
    def modal(self) -> dict[str, Any] | None:
        """The modal in front of this person."""
        top = self._slack.views.top(self.id)
        return self._slack.views.json(top) if top else None

    @property
    def home(self) -> dict[str, Any] | None:
        home = self._slack.views.home(self.id)
        return self._slack.views.json(home) if home else None

    def sees(self, channel: str, thread_ts: str | None = None) -> list[Message]:
        """A channel without replies, or one thread, oldest first, with what only this person is shown."""
        room = self._slack.workspace.channels.get(channel)
        if room is None or not self._slack.workspace.sees(self.id, room):
            return []
        if thread_ts is not None and thread_ts not in room.messages:
            return []
        public = room.shown_top() if thread_ts is None else map(room.shown, room.thread(thread_ts))
        hidden = [one for one in room.whispers.get(self.id, {}).values() if one.get("thread_ts") == thread_ts]
        return sorted([*public, *hidden], key=lambda message: stamps.micros(message["ts"]))

    async def _press_in_view(self, view: View, action_id: str, value: Any) -> Interaction:
        action = forms.action(*forms.find(view.body["blocks"], action_id, value), value)
        shown = self._slack.views.json(view)
        interaction = Interaction(payloads.pressed_in_view(self._slack.workspace, self.user, shown, action))
        await self._deliver("interactive", interaction)
        return interaction

    async def _deliver(self, kind: Envelope, interaction: Interaction, *, accepts: bool = False) -> None:
        interaction.payload["trigger_id"] = self._slack.triggers.issue(self.id)
        await self._slack.delivery.interact(kind, interaction.payload, interaction, accepts)

    def _address(self, interaction: Interaction, room: Channel, source: Message) -> None:
        """Give the interaction a `response_url` that knows the message it came from."""
        url = self._slack.urls.issue("actions", self._slack.url, interaction, self.id, room)
        self._slack.urls.replaceable(url, source)
        interaction.payload["response_url"] = url

    def _shown(self, interaction: Interaction, room: Channel) -> None:
        """Show the text in a command's ack; what Slack would not take makes the command fail."""
        try:
            answers.show(self._slack, interaction.ack or {}, self.id, room)
        except SlackError:
            interaction.ok, interaction.error = False, "invalid_command_response"

    def _follow(self, interaction: Interaction, view: View) -> None:
        """Do what the ack of a submission asks: close, update, push, clear, or show errors."""
        ack = interaction.ack or {}
        try:
            match ack.get("response_action"):
                case None:
                    self._slack.views.close(view)
                case "clear":
                    self._slack.views.clear(self.id)
                case "update":
                    self._slack.views.update(view, blocks.view(ack.get("view"), "modal"))
                case "push":
                    self._slack.views.push(self.id, blocks.view(ack.get("view"), "modal"))
                case "errors" if ack.get("errors"):
                    return
                case _:
                    interaction.ok, interaction.error = False, "invalid_response"
        except SlackError:
            interaction.ok, interaction.error = False, "invalid_response"

    def _view(self, key: str) -> View:
        views = self._slack.views
        try:
            view = views.find(key)
        except SlackError:
            try:
                view = views.find(key, external=True)
            except SlackError:
                raise Refused("this view is not open") from None
        if view.user != self.id:
            raise Refused("this view is somebody else's")
        return view

    def _seen(self, channel: str) -> Channel:
        room = self._slack.workspace.channels.get(channel)
        if room is None or self.user.deleted or not self._slack.workspace.sees(self.id, room):
            raise Refused(f"{self.user.name} sees no conversation {channel}")
        return room

    def _inside(self, channel: str) -> Channel:
        room = self._seen(channel)
        if self.id not in room.members:
            raise Refused(f"{self.user.name} has not joined {room.name or channel}")
        if room.archived:
            raise Refused(f"{room.name} is archived")
        return room

    def _root(self, room: Channel, thread_ts: str) -> str:
        try:
            return self._slack.workspace.root(room.id, thread_ts)
        except SlackError as error:
            raise Refused(error.code) from error

    def _own(self, channel: str, ts: str) -> tuple[Channel, Message]:
        room = self._inside(channel)
        message = room.messages.get(ts)
        if message is None or message.get("user") != self.id:
            raise Refused("only one's own messages can be changed")
        return room, message
