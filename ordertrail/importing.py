"""Captured polls become history: the file's looks are judged and recorded as if we had asked."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO

from domain.readings import Answer
from ordertrail.captured import LINE_BYTES, Reader, Refused, numbered
from ordertrail.observation import Observation, Seen
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
        done = Imported()
        with ThreadPoolExecutor(1, "commit") as committing:
            for seen in self.recorder.observe_all(self._portions(file, done), committing):
                self._count(seen, done)
                self.progress(done)
        self.recorder.write_learned()
        self.progress(done)
        return done

    def _portions(self, file: BinaryIO, done: Imported) -> Iterator[list[Observation]]:
        portion, size = list[Observation](), 0
        for number, content in numbered(file):
            done.lines += 1
            observation = self._observation(number, content, done)
            if observation is None:
                continue
            portion.append(observation)
            size += _size(observation)
            if len(portion) == BATCH_LOOKS or size > BATCH_BYTES:
                yield portion
                portion, size = [], 0
        if portion:
            yield portion

    def _observation(self, number: int, content: bytes | None, done: Imported) -> Observation | None:
        try:
            if content is None:
                raise Refused(f"longer than {LINE_BYTES} bytes")
            return self.reader.observation(content)
        except Refused as error:
            done.refused += 1
            self.refuse(number, str(error))
            return None

    def _count(self, seen: Sequence[Seen], done: Imported) -> None:
        for one in seen:
            done.skipped += one.skipped
            done.looks += not one.skipped
            done.events += len(one.events)


def _size(observation: Observation) -> int:
    return len(observation.came_back.body) if isinstance(observation.came_back, Answer) else 0
