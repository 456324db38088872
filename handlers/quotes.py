"""What a summary will cost and what it leaves out: a question before much is spent, and a remark."""

from bot.amounts import dollars
from bot.summaries import TooDear
from handlers.asks import Ask
from handlers.blocks import Content, actions, button, section
from handlers.mrkdwn import escape

WHOLE, NEWEST = "tldr_whole", "tldr_newest"
KEPT_OUT = {"response_url", "post_ts"}
"""What a button's value need not hold, because pressing it brings its own."""


def question(quote: TooDear, ask: Ask) -> Content:
    """Ask what may be spent, before anything is."""
    whole, newest = f"about {dollars(quote.whole_usd)}", f"about {dollars(quote.newest_usd)}"
    text = (
        f"That is a long conversation: summarising the whole of it would cost {whole}. "
        f"The newest part ({quote.newest:,} messages) would cost {newest}."
    )
    value = ask.model_dump_json(exclude=KEPT_OUT, exclude_defaults=True)
    return Content(
        text=text,
        blocks=(
            section(escape(text)),
            actions(
                button(f"The whole conversation, {whole}", WHOLE, value),
                button(f"The newest part, {newest}", NEWEST, value),
            ),
        ),
    )


def remark(threads_left: int) -> str:
    """What a summary of a channel does not cover."""
    left = f"{threads_left:,} more threads not read, nor" if threads_left else "without"
    return f"{left} what was said in threads begun before that"
