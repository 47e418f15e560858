"""A process of ours that may end at any moment, and the log as such a process sees it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from domain.log import Entry, Log, LogRefused, Outcome, WatchRow
from ordertrail.rehearsal.virtual import VirtualClock


@dataclass
class Process:
    """`doomed`: it dies right after its next commit has taken effect, before it hears of it.

    `saved`: when the watch of a stream was last stored, in microseconds of the steady clock.
    """

    worker: str
    clock: VirtualClock
    dead: bool = False
    doomed: bool = False
    saved: dict[str, int] = field(default_factory=dict)

    def die(self) -> None:
        self.dead = True

    def check(self) -> None:
        if self.dead:
            raise LogRefused(f"{self.worker} is dead")


class _Connection:
    def __init__(self, log: Log, process: Process) -> None:
        self._log = log
        self._process = process

    def __getattr__(self, name: str) -> object:
        self._process.check()
        return getattr(self._log, name)

    def close(self) -> None:
        """The log is shared by all processes of a rehearsal."""

    def commit(self, entries: Sequence[Entry]) -> list[Outcome]:
        self._process.check()
        outcomes = self._log.commit(entries)
        self._note([entry.watch for entry in entries if entry.watch is not None])
        if self._process.doomed:
            self._process.die()
        self._process.check()
        return outcomes

    def save_watches(self, rows: Sequence[WatchRow]) -> None:
        self._process.check()
        self._log.save_watches(rows)
        self._note(rows)

    def _note(self, rows: Sequence[WatchRow]) -> None:
        at = self._process.clock.steady()
        self._process.saved.update((row.stream, at) for row in rows)


def connection(log: Log, process: Process) -> Log:
    return cast(Log, _Connection(log, process))
