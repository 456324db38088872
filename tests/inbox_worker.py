"""One process of the crash tests: performs the inbox of a file and notes in another file what it does, as it does it.

Run as `python inbox_worker.py <database> <notes> <lease> <tries> <limit>`. Each note is one line, `<what> <job> <pid>`.
"""

import asyncio
import os
import signal
import sys

from bot.database import Database
from bot.inbox import Inbox, Job


class Worker:
    def __init__(self, notes: str) -> None:
        self.notes = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(self, what: str, job: Job) -> None:
        os.write(self.notes, f"{what} {job.id} {os.getpid()}\n".encode())

    async def call(self, job: Job) -> None:
        """What every handler does: ask once, save, then post unless an earlier try has."""
        if job.answer is None:
            self.note("call", job)
            await asyncio.sleep(float(job.body["seconds"] or 0))
            if not await job.save("answer"):
                self.note("silent", job)
                return
        self.note("update" if job.posted else "post", job)
        await job.note_posted("1.1")

    async def die(self, job: Job) -> None:
        self.note("call", job)
        os.kill(os.getpid(), signal.SIGKILL)

    async def give_up(self, job: Job) -> None:
        self.note("give_up", job)


async def main(path: str, notes: str, lease: str, tries: str, limit: str) -> None:
    inbox = Inbox(await Database.open(f"sqlite:///{path}"), lease=float(lease), tries=int(tries), poll=0.1)
    worker = Worker(notes)
    inbox.perform("calls", worker.call, worker.give_up, limit=int(limit))
    inbox.perform("deaths", worker.die, worker.give_up, limit=int(limit))
    await inbox.serve()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
