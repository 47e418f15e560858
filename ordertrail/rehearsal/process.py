"""A process of ours that may end at any moment, and the log as such a process sees it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from domain.log import Log, LogRefused
from domain.rows import Conflict, Entry, Outcome, WatchRow
from ordertrail.rehearsal.virtual import VirtualClock

FOLLOW = 0.25
"""Seconds in which a worker that follows the log learns what others have written."""


class Tide:
    """Tells each process when another one has written to the log, so that none has to look at it in vain."""

    def __init__(self) -> None:
        self._risen: dict[object, asyncio.Event] = {}

    def rise(self, writer: object) -> None:
        for reader, risen in self._risen.items():
            if reader is not writer:
                risen.set()

    async def pause(self, reader: object, seconds: float) -> None:
        """Until then, or until there is news."""
        risen = self._risen.setdefault(reader, asyncio.Event())
        try:
            async with asyncio.timeout(seconds):
                await risen.wait()
            await asyncio.sleep(FOLLOW)
        except TimeoutError:
            pass
        risen.clear()

    def leave(self, reader: object) -> None:
        self._risen.pop(reader, None)


@dataclass(eq=False)
class Process:
    """`doomed`: it dies right after its next commit has taken effect, before it hears of it.

    `saved`: when what this process knew of a stream's looks was last stored, in microseconds of the steady
    clock. `kept`: the watches that the log holds, whoever stored them. `home`: whose notes it reads.
    """

    worker: str
    clock: VirtualClock
    tide: Tide
    dead: bool = False
    doomed: bool = False
    saved: dict[str, int] = field(default_factory=dict)
    kept: dict[str, bytes] = field(default_factory=dict)
    home: str = ""

    def die(self) -> None:
        self.dead = True

    def check(self) -> None:
        if self.dead:
            raise LogRefused(f"{self.worker} is dead")

    async def pause(self, seconds: float) -> None:
        await self.tide.pause(self, seconds)


class _Connection:
    """Notes are of one installation, and each worker here takes itself for the only one of its own."""

    def __init__(self, log: Log, process: Process) -> None:
        self._log = log
        self._process = process

    def __getattr__(self, name: str) -> object:
        self._process.check()
        return getattr(self._log, name)

    def close(self) -> None:
        """The log is shared by all processes of a rehearsal."""

    def note(self, name: str) -> str:
        self._process.check()
        return self._log.note(f"{self._process.home}/{name}")

    def take_note(self, name: str, words: str) -> None:
        self._process.check()
        self._log.take_note(f"{self._process.home}/{name}", words)

    def commit(self, entries: Sequence[Entry]) -> list[Outcome]:
        self._process.check()
        outcomes = self._log.commit(entries)
        stored = [
            entry
            for entry, outcome in zip(entries, outcomes, strict=True)
            if not isinstance(outcome, Conflict)
        ]
        self._note([entry.watch for entry in stored if entry.watch is not None])
        if any(entry.events for entry in stored):
            self._process.tide.rise(self._process)
        if self._process.doomed:
            self._process.die()
        self._process.check()
        return outcomes

    def save_watches(self, rows: Sequence[WatchRow]) -> list[str]:
        self._process.check()
        lost = self._log.save_watches(rows)
        self._note([row for row in rows if row.stream not in lost])
        return lost

    def _note(self, rows: Sequence[WatchRow]) -> None:
        """A watch that is stored again as it was, beside an event, has none of the looks since."""
        process, at = self._process, self._process.clock.steady()
        for row in rows:
            if process.kept.get(row.stream) != row.watch:
                process.kept[row.stream] = row.watch
                process.saved[row.stream] = at


def connection(log: Log, process: Process) -> Log:
    return cast(Log, _Connection(log, process))
