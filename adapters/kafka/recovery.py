"""What a publisher does first: settle its predecessor's last transaction, and take up its place."""

import asyncio

from aiokafka import TopicPartition

from adapters.kafka.belonging import (
    LogIdentity,
    refuse_lost_records,
    refuse_orphans,
    refuse_other_history,
    refuse_other_log,
    refuse_other_rows,
)
from adapters.kafka.client import opened_consumer, read_spans
from adapters.kafka.failures import PublisherFailed
from adapters.kafka.hanging import Ending, Mark, close_hanging, ending
from adapters.kafka.position import Position, read_position
from adapters.kafka.records import number
from adapters.kafka.session import Edges, Session
from adapters.kafka.topics import Name


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
        await refuse_orphans(session, edges)
        return None
    refuse_other_log(position, log.id, await asyncio.to_thread(log.tail))
    refuse_lost_records(position, edges.high, session.prefix)
    await refuse_other_history(session, position, log)
    await refuse_other_rows(session, edges, position, log)
    return position


async def last_position(session: Session, ends: dict[TopicPartition, int]) -> Position | None:
    watermark = ends[TopicPartition(session.prefix + Name.POSITIONS, 0)]
    return await read_position(session.reader, prefix=session.prefix, watermark=watermark)


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
