"""Finds on the topic since when events can be read there, where nobody kept it.

A record's timestamp is set when its transaction is being filled, so it became readable later than that. Where
the offsets of a partition leave out one, a transaction ended there: the next one was begun only when the one
before it was readable, so its first timestamp is an upper bound for all up to the record before the gap.
Beyond a record that somebody else wrote an offset that is left out proves nothing: it may be theirs.
"""

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

from aiokafka import ConsumerRecord

from adapters.kafka.audit import ROWS_AT_ONCE, Audited
from adapters.kafka.client import opened_consumer, partitions_of, read_spans
from adapters.kafka.records import number, source
from adapters.kafka.topics import TOPIC, Name
from domain.instants import SECOND, Instant
from domain.rows import Telling

MILLISECOND = SECOND // 1000


class Found(NamedTuple):
    """A record on the topic; `at` is its timestamp, `position` its event's, 0: it is no event of the log."""

    position: int
    partition: int
    offset: int
    at: Instant


async def find_tellings(
    bootstrap: str, log: Audited, gaps: Sequence[tuple[int, int]], *, prefix: str, now: Instant
) -> list[Telling]:
    """What the topic tells of the events in these stretches (after, position]; all are readable `now`.

    What is no longer on the topic, or not as the log has it, is left out. Raises KafkaError, TimeoutError,
    LogError.
    """
    first = gaps[0][0]
    digests = await asyncio.to_thread(_digests, log, first)
    ours = ("ce_source", source(log.id).encode())

    def event(record: ConsumerRecord) -> int:
        position = (number(record.headers, "ce_position") or 0) if ours in record.headers else 0
        known = position <= first or digests.get(position) == _digest(record.key, record.value)
        return position if known else 0

    async with opened_consumer(bootstrap, f"{prefix}readable", committed=True) as consumer:
        partitions = partitions_of({prefix + Name.EVENTS: TOPIC[Name.EVENTS].partitions})
        starts = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        spans = {each: (starts[each], ends[each]) for each in partitions}
        found = [
            Found(event(record), record.partition, record.offset, (record.timestamp or 0) * MILLISECOND)
            async for record in read_spans(consumer, spans)
        ]
    return tellings(found, list(digests), gaps, now)


def tellings(
    found: Iterable[Found], positions: Sequence[int], gaps: Sequence[tuple[int, int]], now: Instant
) -> list[Telling]:
    """`found` is in the order of offsets, `positions` are those of the log's events in the gaps, rising."""
    events, begun = _in_place(found)
    bounds = _Bounds(begun, now)
    told: list[Telling] = []
    for after, up_to in gaps:
        last = after
        for position in positions[bisect_right(positions, after) : bisect_right(positions, up_to)]:
            if event := events.get(position):
                _add(told, Telling(last, position, event.at, bounds.readable_by(position)))
            last = position
    return told


def _add(told: list[Telling], telling: Telling) -> None:
    """Goes on where the last one ends, if both were readable by the same time."""
    if told and (told[-1].position, told[-1].not_after) == (telling.after, telling.not_after):
        before = told.pop()
        telling = Telling(before.after, telling.position, before.not_before, telling.not_after)
    told.append(telling)


Begun = list[tuple[int, Instant]]
"""A transaction was begun at a time, when all events up to a position were readable."""


def _in_place(found: Iterable[Found]) -> tuple[Mapping[int, Found], Begun]:
    """The events that come in the order of the log, by position, and what was begun after them."""
    events: dict[int, Found] = {}
    begun: Begun = []
    last: dict[int, Found] = {}
    strange: set[int] = set()
    for each in found:
        before = last.get(each.partition)
        if each.position <= (before.position if before else 0):
            strange.add(each.partition)
            continue
        if before and each.offset > before.offset + 1 and each.partition not in strange:
            begun.append((before.position, each.at + MILLISECOND))
        events[each.position] = last[each.partition] = each
    return events, begun


class _Bounds:
    """When events were readable at the latest, by what was begun after them."""

    def __init__(self, begun: Begun, now: Instant) -> None:
        self._now = now
        in_order = sorted(begun)
        self._positions = [position for position, _ in in_order]
        self._earliest = [at for _, at in in_order]
        for index in range(len(begun) - 2, -1, -1):
            self._earliest[index] = min(self._earliest[index], self._earliest[index + 1])

    def readable_by(self, position: int) -> Instant:
        index = bisect_left(self._positions, position)
        return self._earliest[index] if index < len(self._earliest) else self._now


def _digests(log: Audited, after: int) -> dict[int, bytes]:
    """Of the events beyond a position, in order."""
    digests: dict[int, bytes] = {}
    while rows := log.read(after, ROWS_AT_ONCE):
        digests |= {row.position: _digest(row.order.encode(), row.state) for row in rows}
        after = rows[-1].position
    return digests


def _digest(key: bytes | None, value: bytes | None) -> bytes:
    return blake2b((key or b"") + b"\0" + (value or b""), digest_size=16).digest()
