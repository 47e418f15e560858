"""Where a replay goes: a stream of bytes, a file that appears when it is whole, a topic of somebody's."""

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from adapters.kafka.replayed import topic_sink
from domain.rows import Row
from ordertrail.replay import lines

Told = Callable[[Sequence[Row]], None]
"""Called with the rows of each page once they are written."""


class FileRefused(Exception):
    """There is something where the file should be, or nowhere to put it; the message says what to do."""


def to_stream(stream: BinaryIO, log_id: str, pages: Iterable[Sequence[Row]], told: Told) -> None:
    """Raises BrokenPipeError and other OSError."""
    for page in pages:
        stream.write(lines(log_id, page))
        told(page)
    stream.flush()


def to_topic(bootstrap: str, topic: str, log_id: str, pages: Iterator[Sequence[Row]], told: Told) -> None:
    """Raises SinkRefused, KafkaError, TimeoutError."""
    asyncio.run(_to_topic(bootstrap, topic, log_id, pages, told))


async def _to_topic(
    bootstrap: str, topic: str, log_id: str, pages: Iterator[Sequence[Row]], told: Told
) -> None:
    async with topic_sink(bootstrap, topic, log_id) as sink:
        while (page := await asyncio.to_thread(next, pages, None)) is not None:
            await sink.write(page)
            told(page)


@contextmanager
def new_file(path: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """A file that takes its name when all is written and safe on disk; nothing is left of a failure.

    Raises FileRefused, OSError.
    """
    place = path.resolve()
    if place.exists() and not place.is_file():
        raise FileRefused(f"{path} is no file")
    if not place.parent.is_dir():
        raise FileRefused(f"{path} can't be made: there is no folder {path.parent}")
    if place.exists() and not overwrite:
        raise FileRefused(f"{path} is there already: name another file, or overwrite it with --force")
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
