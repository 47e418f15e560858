"""Starting over with topics on purpose, after they were deleted and made anew.

`events` is then published again from the first position. Of other topics only the ends are forgotten: whoever
starts over puts what they held into the outbox again.
"""

import asyncio
from collections.abc import Callable, Collection
from typing import NamedTuple

from adapters.kafka.belonging import LogIdentity, refuse_orphans, refuse_other_log, told_rows
from adapters.kafka.client import partitions_of, read_spans
from adapters.kafka.failures import PublishRefused
from adapters.kafka.position import Position
from adapters.kafka.recovery import last_position, settle
from adapters.kafka.session import WRITTEN, Edges, Session, failing
from adapters.kafka.topics import PREFIX, TOPIC, Name
from domain.instants import Instant, text

PATIENCE_SECONDS = 5.0
REPUBLISHED = tuple(name for name in WRITTEN if name is not Name.POSITIONS)


class Begun(NamedTuple):
    """`position` is where publishing goes on from, `topics` hold nothing yet."""

    position: Position
    topics: Collection[Name]


async def republish(
    log: LogIdentity,
    bootstrap: str,
    topic: Name,
    *,
    queue: Callable[[Begun], object],
    now: Callable[[], Instant],
    prefix: str = PREFIX,
) -> Begun:
    """Writes the position record to go on from; fences a running publisher.

    `queue` is called in a thread just before: whatever ends it leaves publishing refused, as it was before.
    The topic, one of REPUBLISHED, must be empty, or readers would see its records twice. With `events`, and
    where nothing was published yet, all others that are empty begin anew as well. A foreign or older log is
    adopted with `events` only. Raises PublishRefused, PublisherFailed, LogError.
    """
    session = Session(bootstrap, prefix=prefix, patience=PATIENCE_SECONDS)
    try:
        async with failing():
            await session.open()
            await settle(session)
            edges = await session.edges()
            await _refuse_full(session, edges, topic)
            before = await last_position(session, edges.high)
            topics = [topic]
            if topic is Name.EVENTS or before is None:
                topics = [each for each in REPUBLISHED if await _found(session, edges, each) is None]
            if before is None and topic is not Name.EVENTS:
                await refuse_orphans(session, edges)
            begun = Begun(await _anew(session, edges, before, log, topics, text(now())), topics)
        await asyncio.to_thread(queue, begun)
        async with failing():
            position = await session.commit({}, lambda _sent: begun.position)
        if position.outbox < await asyncio.to_thread(log.trimmed_outbox):
            await asyncio.to_thread(log.begin_outbox, position.outbox)
        return begun._replace(position=position)
    finally:
        await session.close()


async def _anew(
    session: Session,
    edges: Edges,
    before: Position | None,
    log: LogIdentity,
    topics: Collection[Name],
    at: str,
) -> Position:
    tail = await asyncio.to_thread(log.tail)
    if before is None or before.log != log.id or before.position > tail:
        if before is not None and Name.EVENTS not in topics:
            refuse_other_log(before, log.id, tail)
        return Position(log=log.id, position=0, outbox=0, ends={}, at=at)
    return Position(
        log=log.id,
        position=0 if Name.EVENTS in topics else before.position,
        outbox=(await told_rows(session, edges, before, log)).outbox,
        ends={name: offsets for name, offsets in before.ends.items() if name not in topics},
        at=at,
    )


async def _refuse_full(session: Session, edges: Edges, topic: Name) -> None:
    if found := await _found(session, edges, topic):
        raise PublishRefused(
            f"{found} is not empty: its readers would see everything twice. Stop the publisher, "
            "delete the topic, run `ordertrail topics` to make it anew, then try again."
        )


async def _found(session: Session, edges: Edges, topic: Name) -> str | None:
    """The topic's full name if it holds a record, else None."""
    partitions = partitions_of({session.prefix + topic: TOPIC[topic].partitions})
    async for record in read_spans(session.reader, {each: (0, edges.high[each]) for each in partitions}):
        return str(record.topic)
    return None
