"""Starting over with one topic on purpose, after it was deleted and made anew.

`events` is then published again from the first position. Of a read model only its topic's ends are forgotten:
whoever starts over puts all of its rows into the outbox again.
"""

import asyncio
from collections.abc import Callable

from adapters.kafka.belonging import LogIdentity, refuse_other_log, told_rows
from adapters.kafka.client import partitions_of, read_spans
from adapters.kafka.failures import PublishRefused
from adapters.kafka.position import Position
from adapters.kafka.recovery import last_position, settle
from adapters.kafka.session import PUBLISHER, Edges, Session, failing
from adapters.kafka.topics import PREFIX, TOPIC, Name
from domain.instants import Instant, text

PATIENCE_SECONDS = 5.0


async def republish(
    log: LogIdentity,
    bootstrap: str,
    topic: Name,
    *,
    now: Callable[[], Instant],
    prefix: str = PREFIX,
    name: str = PUBLISHER,
    patience: float = PATIENCE_SECONDS,
) -> Position:
    """Writes the position record to go on from; fences a running publisher.

    The topic must be empty, or readers would see its records twice. A foreign or older log is adopted with
    `events` only. Raises PublishRefused, PublisherFailed.
    """
    session = Session(bootstrap, prefix=prefix, name=name, patience=patience)
    try:
        async with failing():
            await session.open()
            await settle(session)
            edges = await session.edges()
            await _refuse_full(session, edges, topic)
            before = await last_position(session, edges.high)
            position = await _anew(session, edges, before, log, topic, text(now()))
            return await session.commit({}, lambda _lasts: position)
    finally:
        await session.close()


async def _anew(
    session: Session, edges: Edges, before: Position | None, log: LogIdentity, topic: Name, at: str
) -> Position:
    tail = await asyncio.to_thread(log.tail)
    if before is None or before.log != log.id or before.position > tail:
        if before is not None and topic is not Name.EVENTS:
            refuse_other_log(before, log.id, tail)
        return Position(log=log.id, position=0, outbox=0, ends={}, at=at)
    ends = {**before.ends, topic.value: [-1] * TOPIC[topic].partitions}
    position = 0 if topic is Name.EVENTS else before.position
    outbox = (await told_rows(session, edges, before, log)).outbox
    return Position(log=log.id, position=position, outbox=outbox, ends=ends, at=at)


async def _refuse_full(session: Session, edges: Edges, topic: Name) -> None:
    partitions = partitions_of({session.prefix + topic: TOPIC[topic].partitions})
    spans = {each: (0, edges.high[each]) for each in partitions}
    async for record in read_spans(session.reader, spans):
        raise PublishRefused(
            f"{record.topic} is not empty: its readers would see everything twice. Stop the publisher, "
            "delete the topic, run `ordertrail topics` to make it anew, then try again."
        )
