"""Starting over with topics: what they held is put on its way to them again."""

import asyncio
from collections.abc import Iterator, Mapping

from adapters.kafka.republish import Begun, republish
from adapters.kafka.topics import Name
from domain.instants import DAY, Instant
from domain.log import Log
from domain.rows import CommandRow, Effect, Entry, OutboxRow, Reply
from ordertrail.auditing import MODELS, forget_audits, queue_again
from ordertrail.machine import now
from ordertrail.replies import UNKEYED
from ordertrail.telling import told_topic

REPLIES_PASS_AFTER = 7 * DAY
PAGE = 2000


def start_over(log: Log, bootstrap: str, topic: Name, *, prefix: str) -> Mapping[Name, int]:
    """Begin the topic anew and queue what it held: how many rows of which topics, beside events.

    With `events` read models whose topics are empty are queued, too. What `providers` held comes with the
    next reports. Raises PublishRefused, PublisherFailed, LogError.
    """
    queued: dict[Name, int] = {}

    def queue(begun: Begun) -> None:
        if Name.EVENTS in begun.topics:
            forget_audits(log, prefix)
        queued.update({model: queue_again(log, model) for model in MODELS if model in begun.topics})
        if topic is Name.REPLIES:
            outbox = begun.position.outbox
            queued[topic] = queue_replies(log, outbox, since=now() - REPLIES_PASS_AFTER)

    asyncio.run(republish(log, bootstrap, topic, queue=queue, now=now, prefix=prefix))
    return queued


def queue_replies(log: Log, outbox: int, *, since: Instant) -> int:
    """Put the replies to commands taken since a moment into the outbox once more; how many.

    Rows beyond the id `outbox` wait anyway. Raises LogError.
    """
    waiting = {row.value for row in _waiting(log, outbox)}
    answered = [row for row in _commands(log, since) if row.reply is not None and row.reply not in waiting]
    for row in sorted(answered, key=lambda row: row.taken_at):
        log.act(Entry(), Effect(reply=Reply(row.id, row.order or UNKEYED, row.reply or b"")))
    return len(answered)


def published_before(log: Log, prefix: str) -> bool:
    """Whether the log knows of events that could be read on these topics once. Raises LogError."""
    tail = log.tail()
    return tail > 0 and log.untold(told_topic(prefix), tail) != [(0, tail)]


def _waiting(log: Log, after: int) -> Iterator[OutboxRow]:
    while rows := log.outbox(after, PAGE):
        yield from (row for row in rows if row.topic == Name.REPLIES)
        after = rows[-1].id


def _commands(log: Log, since: Instant) -> Iterator[CommandRow]:
    after = ""
    while rows := log.commands(since, after, PAGE):
        yield from rows
        after = rows[-1].id
