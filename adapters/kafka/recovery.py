"""What a publisher does first: settle its predecessor's last transaction, and take up its place."""

import asyncio
from typing import Protocol

from aiokafka import TopicPartition

from adapters.kafka.client import opened_consumer, read_spans
from adapters.kafka.failures import PublisherFailed, PublishRefused
from adapters.kafka.hanging import Ending, Mark, close_hanging, ending
from adapters.kafka.position import Position, read_position
from adapters.kafka.records import number
from adapters.kafka.session import Edges, Session
from adapters.kafka.topics import Name
from domain.rows import Row


class LogIdentity(Protocol):
    id: str

    def tail(self) -> int: ...
    def read(self, after: int, limit: int) -> list[Row]: ...


async def settle(session: Session) -> Ending | None:
    """Waits until all partitions are readable to their ends; cures them if that does not come by itself."""
    edges = await _settled(session)
    if not edges.hanging:
        return None
    how = await _decide(session, edges)
    await close_hanging(session.producer, edges.hanging, how, patience=session.patience)
    if still := (await _settled(session)).hanging:
        raise PublisherFailed(f"a transaction still hangs after its {how}: {sorted(still)}")
    return how


async def take_up(session: Session, log: LogIdentity) -> Position | None:
    """The position to go on from; None: nothing was ever published. Raises PublishRefused."""
    edges = await session.edges()
    position = await last_position(session, edges.high)
    if position is None:
        await _refuse_orphans(session, edges)
        return None
    refuse_other_log(position, log.id, await asyncio.to_thread(log.tail))
    _refuse_lost_records(session, position, edges)
    await _refuse_other_history(session, position, log)
    return position


async def last_position(session: Session, ends: dict[TopicPartition, int]) -> Position | None:
    watermark = ends[TopicPartition(session.prefix + Name.POSITIONS, 0)]
    return await read_position(session.reader, session.name, prefix=session.prefix, watermark=watermark)


def refuse_other_log(position: Position, log_id: str, tail: int) -> None:
    advice = (
        "or start over on purpose: delete and remake the topics, then `ordertrail topics --republish events`"
    )
    if position.log != log_id:
        raise PublishRefused(
            f"the topics hold log {position.log}, this is log {log_id}: use another prefix for it, {advice}."
        )
    if position.position > tail:
        raise PublishRefused(
            f"the topics hold events up to position {position.position}, this log ends at {tail}: "
            f"it is an older copy (a restored backup?). Restore a newer one, {advice}."
        )


async def _settled(session: Session) -> Edges:
    deadline = asyncio.get_running_loop().time() + session.patience
    while True:
        edges = await session.edges()
        if not edges.hanging or asyncio.get_running_loop().time() > deadline:
            return edges
        await asyncio.sleep(0.02)


async def _decide(session: Session, edges: Edges) -> Ending:
    position = await last_position(session, edges.stable)
    told = [partition for partition in session.partitions if not partition.topic.endswith(Name.POSITIONS)]
    seen = {each: (_end(session, position, each) + 1, edges.stable[each]) for each in told}
    unseen = {each: (edges.stable[each], edges.high[each]) for each in told}
    visible = [_mark(record.headers) async for record in read_spans(session.reader, seen)]
    async with opened_consumer(session.bootstrap, f"{session.prefix}hanging", committed=False) as raw:
        hanging = [_mark(record.headers) async for record in read_spans(raw, unseen)]
    reached = (position.position, position.outbox) if position else (0, 0)
    return ending(*reached, visible, hanging)


def _mark(headers: list[tuple[str, bytes]]) -> Mark:
    return Mark(number(headers, "ce_position"), number(headers, "outbox"))


def _end(session: Session, position: Position | None, partition: TopicPartition) -> int:
    if position is None:
        return -1
    return position.end(partition.topic.removeprefix(session.prefix), partition.partition)


def _refuse_lost_records(session: Session, position: Position, edges: Edges) -> None:
    for partition, high in edges.high.items():
        topic = partition.topic.removeprefix(session.prefix)
        last = position.end(topic, partition.partition)
        if last >= high:
            raise PublishRefused(
                f"{partition.topic} partition {partition.partition} ends at offset {high}, but a record was "
                f"published at {last}: the topic was deleted or made anew. To publish it again from the "
                f"beginning run `ordertrail topics --republish {topic}`."
            )


async def _refuse_other_history(session: Session, position: Position, log: LogIdentity) -> None:
    """The last event told in each partition must be the log's own: a restored log may have grown again."""
    told = [each for each in session.partitions if each.topic == session.prefix + Name.EVENTS]
    lasts = {each: _end(session, position, each) for each in told}
    spans = {each: (last, last + 1) for each, last in lasts.items() if last >= 0}
    async for record in read_spans(session.reader, spans):
        at = number(record.headers, "ce_position") or 0
        rows = await asyncio.to_thread(log.read, at - 1, 1)
        if not rows or (rows[0].position, rows[0].state) != (at, record.value):
            raise PublishRefused(
                f"{record.topic} tells another event at position {at} than this log: the log was put back to "
                "an older copy and went on from there. Restore the log that was published, or delete and "
                "remake the topics, then `ordertrail topics --republish events`."
            )


async def _refuse_orphans(session: Session, edges: Edges) -> None:
    spans = {each: (0, edges.high[each]) for each in session.partitions}
    async for record in read_spans(session.reader, spans):
        raise PublishRefused(
            f"{record.topic} has records, but {session.prefix}{Name.POSITIONS} tells no position of "
            f"{session.name}: it was deleted or made anew. Delete and remake the other topics, then run "
            "`ordertrail topics --republish events`."
        )
