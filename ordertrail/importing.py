"""Captured polls become history: the file's looks are judged and recorded as if we had asked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from domain.readings import Answer
from ordertrail.captured import LINE_BYTES, Reader, Refused, numbered
from ordertrail.observation import Observation
from ordertrail.record import Recorder

BATCH_LOOKS = 500
BATCH_BYTES = 4 * 1024 * 1024


@dataclass(slots=True)
class Imported:
    """`lines` that were not blank; each is a look, skipped (no later than the order's last) or refused."""

    lines: int = 0
    looks: int = 0
    events: int = 0
    skipped: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Import:
    """`refuse` is told of each bad line its number and why; `progress` of each batch how far it is."""

    recorder: Recorder
    reader: Reader
    refuse: Callable[[int, str], None]
    progress: Callable[[Imported], None]

    def run(self, file: BinaryIO) -> Imported:
        """Raises LogError and WrongEnvironment; what was imported till then is skipped the next time."""
        done, batch, size = Imported(), list[Observation](), 0
        for number, content in numbered(file):
            done.lines += 1
            observation = self._observation(number, content, done)
            if observation is None:
                continue
            batch.append(observation)
            size += _size(observation)
            if len(batch) == BATCH_LOOKS or size > BATCH_BYTES:
                self._record(batch, done)
                batch, size = [], 0
        self._record(batch, done)
        return done

    def _observation(self, number: int, content: bytes | None, done: Imported) -> Observation | None:
        try:
            if content is None:
                raise Refused(f"longer than {LINE_BYTES} bytes")
            return self.reader.observation(content)
        except Refused as error:
            done.refused += 1
            self.refuse(number, str(error))
            return None

    def _record(self, batch: list[Observation], done: Imported) -> None:
        for seen in self.recorder.observe(batch) if batch else ():
            done.skipped += seen.skipped
            done.looks += not seen.skipped
            done.events += len(seen.events)
        self.progress(done)


def _size(observation: Observation) -> int:
    return len(observation.came_back.body) if isinstance(observation.came_back, Answer) else 0
