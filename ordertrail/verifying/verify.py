"""A whole verification, part by part, that can be interrupted and gone on with.

1. every row against the receipt of the commit that stored it
2. every receipt against the seals
3. every stream by itself, its answers judged again
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import NamedTuple

import msgspec

from domain.log import Log
from ordertrail.verifying.findings import Counts, Finding, Findings
from ordertrail.verifying.one_stream import Judging
from ordertrail.verifying.sealed import SealCheck
from ordertrail.verifying.stored import Reached, StoredCheck
from ordertrail.verifying.streams import Gone, StreamCheck

NOTE = "verified"
STEPS_PER_NOTE = 5

Progress = Callable[[str, int, int], None]
"""Told what is being checked, how many events are done, and of how many."""


class _Place(msgspec.Struct):
    """Where an interrupted verification goes on: `told` findings were told before."""

    told: int = 0
    counts: dict[str, int | None] = {}
    reached: Reached = msgspec.field(default_factory=Reached)
    gone: Gone | None = None


class Verified(NamedTuple):
    """`resumed`: the position or stream from which it went on, empty for the beginning."""

    findings: Findings
    resumed: str


class Verification:
    def __init__(
        self, log: Log, judging: Judging, *, tell: Callable[[Finding], None], progress: Progress
    ) -> None:
        self._log = log
        self._judging = judging
        self.progress = progress
        self._findings = Findings(tell)
        self._place = _Place()
        self._noted = False

    def run(self, *, resume: bool) -> Verified:
        """Raises LogError, VaultError. `resume`: from where the last one was interrupted."""
        resumed = self._resume() if resume else ""
        census = self._log.census()
        if self._place.gone is None:
            stored = StoredCheck(self._log, self._findings, self._place.reached)
            for step, position in enumerate(stored.run(census), 1):
                self.progress("rows", position, census.position)
                if step % STEPS_PER_NOTE == 0:
                    self._note()
            SealCheck(self._log, self._findings, census).run()
            self._place.gone = Gone()
        streams = StreamCheck(self._log, self._findings, self._judging, self._place.gone)
        done = 0
        for step, events in enumerate(streams.run(), 1):
            done += events
            self.progress("streams", done, census.position)
            if step % STEPS_PER_NOTE == 0:
                self._note()
        if self._noted:
            self._log.take_note(NOTE, "")
        return Verified(self._findings, resumed)

    def _resume(self) -> str:
        noted = self._log.note(NOTE)
        if not noted:
            return ""
        place = msgspec.json.decode(noted, type=_Place)
        self._place, self._noted = place, True
        self._findings.told = place.told
        self._findings.counts = Counts(**place.counts)  # type: ignore[arg-type] # written by asdict
        return f"stream {place.gone.stream}" if place.gone else f"position {place.reached.position}"

    def _note(self) -> None:
        self._noted = True
        self._place.told = self._findings.told
        self._place.counts = asdict(self._findings.counts)
        self._log.take_note(NOTE, msgspec.json.encode(self._place).decode())
