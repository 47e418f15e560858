"""Whether a log and the topics belong together: what a publisher does not go on from by itself."""

import asyncio
from collections.abc import Collection, Mapping
from typing import NamedTuple, Protocol

from aiokafka import TopicPartition

from adapters.kafka.client import read_spans
from adapters.kafka.failures import PublishRefused
from adapters.kafka.position import PUBLISHER, Position
from adapters.kafka.records import number
from adapters.kafka.session import Edges, Session
from adapters.kafka.topics import TOPIC, Name
from adapters.kafka.transaction import Sent
from domain.rows import OutboxRow, Row

OUTBOX_TOPICS = (Name.ORDERS, Name.ATTENTION, Name.PROVIDERS, Name.REPLIES)
ALL_ANEW = (
    "delete the topics events, orders, attention, providers and replies, then run `ordertrail topics "
    "--republish events`, which queues the rows of orders and attention as well."
)
MODELS_ANEW = (
    "delete the topics orders and attention, then run `ordertrail topics --republish orders` and "
    "`ordertrail topics --republish attention`."
)
OLDER_COPY = "it is an older copy (a restored backup?). Restore a newer one, or start over on purpose: "


class LogIdentity(Protocol):
    id: str

    def tail(self) -> int: ...
    def read(self, after: int, limit: int) -> list[Row]: ...
    def outbox(self, after: int, limit: int) -> list[OutboxRow]: ...
    def last_outbox(self) -> int: ...
    def trimmed_outbox(self) -> int: ...
    def begin_outbox(self, at: int) -> None: ...


class Told(NamedTuple):
    """Rows up to `outbox` were published for certain; `strange`: why they can't be those of this log."""

    outbox: int
    strange: str = ""


def refuse_other_log(position: Position, log_id: str, tail: int) -> None:
    if position.log != log_id:
        raise PublishRefused(
            f"the topics hold log {position.log}, this is log {log_id}: use another prefix for it, or start "
            f"over on purpose: {ALL_ANEW}"
        )
    if position.position > tail:
        raise PublishRefused(
            f"the topics hold events up to position {position.position}, this log ends at {tail}: "
            f"{OLDER_COPY}{ALL_ANEW}"
        )


async def refuse_other_history(session: Session, position: Position, log: LogIdentity) -> None:
    """The last event told in each partition must be there and the log's own: a restored log may have grown
    again, and so may a topic made anew."""
    lasts = _lasts(session, position, [Name.EVENTS])
    unseen = dict(lasts)
    async for record in read_spans(session.reader, {each: (last, last + 1) for each, last in lasts.items()}):
        del unseen[TopicPartition(record.topic, record.partition)]
        at = number(record.headers, "ce_position") or 0
        rows = await asyncio.to_thread(log.read, at - 1, 1)
        if not rows or (rows[0].position, rows[0].state) != (at, record.value):
            raise PublishRefused(
                f"{record.topic} tells another event at position {at} than this log: the log was put back to "
                f"an older copy and went on from there. Restore the log that was published, or {ALL_ANEW}"
            )
    for partition, start in (await session.raw.beginning_offsets(list(unseen))).items():
        _refuse_anew(partition, session.prefix, start, unseen[partition])


async def refuse_other_rows(session: Session, edges: Edges, position: Position, log: LogIdentity) -> None:
    """Ids of the outbox rise without events too. An older copy that has all events would give them to other
    rows, which would count as published."""
    if why := (await told_rows(session, edges, position, log)).strange:
        raise PublishRefused(f"{why}: {OLDER_COPY}{MODELS_ANEW}")


async def told_rows(session: Session, edges: Edges, position: Position, log: LogIdentity) -> Told:
    """What the topics, the position and the log's outbox say of each other."""
    last = await asyncio.to_thread(log.last_outbox)
    if last < position.outbox:
        why = f"the topics hold rows up to {position.outbox} of the outbox, this log gave ids up to {last}"
        return Told(0, why)
    forgotten = await asyncio.to_thread(log.trimmed_outbox)
    if forgotten > position.outbox:
        why = (
            f"the topics hold rows up to {position.outbox} of the outbox, this log's were published up to "
            f"{forgotten}, on other topics or before these were put back"
        )
        return Told(0, why)
    left = await asyncio.to_thread(log.outbox, 0, 1)
    if not left or left[0].id > position.outbox:
        return Told(position.outbox)  # what is published gets trimmed
    [row] = await asyncio.to_thread(log.outbox, position.outbox - 1, 1) or left
    published = await _published_last(session, edges, position)
    if row.id != position.outbox or not published:
        return Told(0)
    if (row.topic, row.key.encode(), row.value) in published:
        return Told(position.outbox)
    return Told(0, f"the topics hold another row {row.id} of the outbox than this log")


def refuse_lost_records(position: Position, high: Mapping[TopicPartition, int], prefix: str) -> None:
    """`high` is the offset at which each partition goes on. Of several lost topics `events` is named, since
    to begin that anew mends the others as well."""
    for partition in sorted(high, key=lambda each: (each.topic != prefix + Name.EVENTS, each)):
        _refuse_anew(partition, prefix, high[partition], _last(position, partition, prefix))


def moved(position: Position, sent: Mapping[TopicPartition, Sent], prefix: str) -> dict[str, list[int]]:
    """The ends (`Position.ends`) after a transaction. Raises PublishRefused: a topic has begun anew."""
    ends = {topic: list(offsets) for topic, offsets in position.ends.items()}
    for partition, (first, last) in sent.items():
        _refuse_anew(partition, prefix, first, _last(position, partition, prefix))
        name = Name(partition.topic.removeprefix(prefix))
        ends.setdefault(name.value, [-1] * TOPIC[name].partitions)[partition.partition] = last
    return ends


def _refuse_anew(partition: TopicPartition, prefix: str, at: int, last: int) -> None:
    if at <= last:
        raise PublishRefused(
            f"{partition.topic} partition {partition.partition} goes on at offset {at}, but a record was "
            f"published at {last} before: the topic was deleted or made anew. To publish it again from the "
            f"beginning run `ordertrail topics --republish {partition.topic.removeprefix(prefix)}`."
        )


async def refuse_orphans(session: Session, edges: Edges) -> None:
    """Records that no position counts."""
    spans = {each: (0, edges.high[each]) for each in session.partitions}
    async for record in read_spans(session.reader, spans):
        raise PublishRefused(
            f"{record.topic} has records, but {session.prefix}{Name.POSITIONS} tells no position of "
            f"{PUBLISHER}: it was deleted or made anew. Start over on purpose: {ALL_ANEW}"
        )


async def _published_last(
    session: Session, edges: Edges, position: Position
) -> list[tuple[str, bytes, bytes | None]]:
    """Topic, key and value of the published row with the last id; more than one if ids began anew before."""
    lasts = _lasts(session, position, OUTBOX_TOPICS)
    spans = {each: (last, last + 1) for each, last in lasts.items() if last < edges.high[each]}
    return [
        (record.topic.removeprefix(session.prefix), record.key, record.value)
        async for record in read_spans(session.reader, spans)
        if number(record.headers, "outbox") == position.outbox
    ]


def _lasts(session: Session, position: Position, topics: Collection[Name]) -> dict[TopicPartition, int]:
    """Where the last record of each partition is, if there is any."""
    names = [session.prefix + topic for topic in topics]
    lasts = {
        each: _last(position, each, session.prefix) for each in session.partitions if each.topic in names
    }
    return {each: last for each, last in lasts.items() if last >= 0}


def _last(position: Position, partition: TopicPartition, prefix: str) -> int:
    return position.end(partition.topic.removeprefix(prefix), partition.partition)
