"""The offline rules on a long conversation: they run beside the models in every comparison, so they must be quick."""

import random
import time
from statistics import median

from adapters.offline_summary import summarise
from bench import table
from bench.stage import Scale
from bench.table import Table
from bot.transcript import Message, Transcript

SECONDS = 2.0
NOUNS, WORDS, PEOPLE = 400, 15, 40


async def measure(scale: Scale) -> Table:
    text = conversation(scale.messages).fenced()
    found = Table(f"Offline rules: a summary of {scale.messages:,} messages")
    found.add("processor time", table.seconds(median(took(text) for _ in range(scale.runs)), SECONDS), bar="< 2 s")
    return found


def took(text: str) -> float:
    begun = time.process_time()
    summarise(text)
    return time.process_time() - begun


def conversation(messages: int) -> Transcript:
    chance = random.Random(7)
    nouns = [f"subject{number}" for number in range(NOUNS)]
    return Transcript(
        [
            Message(
                f"17000{number:05d}.000100",
                f"Person {number % PEOPLE}",
                f"We saw {' '.join(chance.choices(nouns, k=WORDS))} again?",
            )
            for number in range(messages)
        ]
    )
