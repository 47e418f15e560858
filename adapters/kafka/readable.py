"""Finds on the topic since when events can be read there, where nobody kept it.

A record's timestamp is set when its transaction is being filled, so it became readable later than that. Where
the offsets of a partition leave out one, a transaction ended there: the next one was begun only when the one
before it was readable, so its first timestamp is an upper bound for all up to the record before the gap.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from aiokafka import ConsumerRecord

from adapters.kafka.client import opened_consumer, partitions_of, read_spans
from adapters.kafka.records import number, source
from adapters.kafka.topics import TOPIC, Name
from domain.instants import SECOND, Instant
from domain.rows import Telling

MILLISECOND = SECOND // 1000


class Found(NamedTuple):
    """An event on the topic; `at` is its record's timestamp."""

    position: int
    partition: int
    offset: int
    at: Instant


async def find_tellings(
    bootstrap: str, log_id: str, gaps: Sequence[tuple[int, int]], *, prefix: str, now: Instant
) -> list[Telling]:
    """What the topic tells of the events in these stretches (after, position]; all are readable `now`.

    What is no longer on the topic is left out. Raises KafkaError, TimeoutError.
    """
    async with opened_consumer(bootstrap, f"{prefix}readable", committed=True) as consumer:
        partitions = partitions_of({prefix + Name.EVENTS: TOPIC[Name.EVENTS].partitions})
        starts = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        spans = {each: (starts[each], ends[each]) for each in partitions}
        ours = ("ce_source", source(log_id).encode())
        found = [_found(record) async for record in read_spans(consumer, spans) if ours in record.headers]
    return tellings(found, gaps, now)


def tellings(found: Iterable[Found], gaps: Sequence[tuple[int, int]], now: Instant) -> list[Telling]:
    in_order = sorted(set(found))
    bounds = _Bounds(in_order, now)
    told: list[Telling] = []
    for after, up_to in gaps:
        last = after
        for event in in_order[bisect_left(in_order, (after + 1,)) :]:
            if event.position > up_to:
                break
            telling = Telling(last, event.position, event.at, bounds.readable_by(event.position))
            if (
                told
                and told[-1].position == last
                and told[-1].not_after == telling.not_after
                and last != after
            ):
                before = told.pop()
                telling = Telling(before.after, event.position, before.not_before, telling.not_after)
            told.append(telling)
            last = event.position
    return told


class _Bounds:
    """When events were readable at the latest, by what was begun after them."""

    def __init__(self, found: Sequence[Found], now: Instant) -> None:
        self._now = now
        begun: list[tuple[int, Instant]] = []
        by_partition: dict[int, list[Found]] = {}
        for event in found:
            by_partition.setdefault(event.partition, []).append(event)
        for events in by_partition.values():
            for before, event in pairwise(events):
                if event.offset > before.offset + 1:
                    begun.append((before.position, event.at + MILLISECOND))
        begun.sort()
        self._positions = [position for position, _ in begun]
        self._earliest = [at for _, at in begun]
        for index in range(len(begun) - 2, -1, -1):
            self._earliest[index] = min(self._earliest[index], self._earliest[index + 1])

    def readable_by(self, position: int) -> Instant:
        index = bisect_left(self._positions, position)
        return self._earliest[index] if index < len(self._earliest) else self._now


def _found(record: ConsumerRecord) -> Found:
    at = (record.timestamp or 0) * MILLISECOND
    return Found(number(record.headers, "ce_position") or 0, record.partition, record.offset, at)
