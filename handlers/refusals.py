"""Why Precis does not do what somebody asked, where neither Slack nor a model failed."""


class Refusal(Exception):
    """Base of the reasons that a person is told; `handlers.replies` has the sentence for each."""


class NotALink(Refusal):
    """The text holds no link to a Slack message."""


class ChannelLink(Refusal):
    """The link opens a channel, not a message."""


class OtherWorkspace(Refusal):
    """The link leads into another workspace."""


class BadSpan(Refusal):
    """The words name no span of a channel that is read: no such form, nothing in it, or too much."""


class NotFound(Refusal):
    """No such message, or none that the asker may see: the two are never told apart."""


class Unseen(NotFound):
    """Slack does not show the bot the conversation: there is none, or a private one that the bot is not in."""


class InviteMe(Refusal):
    """A channel that the asker may open and the bot is not in."""


class DirectMessages(Refusal):
    """The direct messages of other people, where no bot can be."""


class TooMuch(Refusal):
    """More messages than are read for one answer."""


class NothingToRead(Refusal):
    """The thread holds no message with content: only joins and notices, or nothing."""


class NothingSaid(Refusal):
    """Nothing with content was said in the span of a channel that was asked for."""


class SingleMessage(Refusal):
    """The thread is one short message, which is its own summary."""


class NotInThread(Refusal):
    """Asked by a mention that stands neither in a thread nor beside a link."""
