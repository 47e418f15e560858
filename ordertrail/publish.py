"""The publishing process: one publisher from the log to Kafka, until its stdin ends or anything goes wrong.

It is a process of its own because a Kafka client that failed can leave tasks behind that never end: whatever
happens, the process ends, and `supervise` starts another. A `Task` comes in on stdin, `Report`s leave on
stdout, one JSON object a line. SIGTERM ends it like the end of stdin: after the transaction under way.
"""

import asyncio
import os
import signal
import sys
import threading
from typing import NoReturn

import msgspec

from adapters.kafka import topics
from adapters.kafka.failures import ParkedRecord, PublishRefused
from adapters.kafka.publisher import Published, Publisher
from adapters.kafka.standby import await_turn
from adapters.kafka.topics import TopicMismatch, TopicRefused
from adapters.log import open_log
from domain.identity import uuid7
from domain.instants import instant
from domain.log import Log, LogError, LogRefused
from ordertrail.auditing import queue_all
from ordertrail.kafka_words import words
from ordertrail.machine import now, random_source, spare_the_collector
from ordertrail.publishing import Kind, Report, Task
from ordertrail.republishing import published_before
from ordertrail.telling import Teller

CLOSE_SECONDS = 6.0
ANEW = (
    "the topics {prefix}… at {kafka} hold nothing, though this log was published there before: they were "
    "deleted, or it is another broker. Everything is published again from the first event on; consumers must "
    "start anew, and replies that were lost need `ordertrail topics --republish replies`"
)
REFUSALS = (PublishRefused, ParkedRecord, TopicMismatch, TopicRefused, LogRefused)


def main() -> NoReturn:
    task = msgspec.json.decode(sys.stdin.buffer.readline(), type=Task)
    spare_the_collector()
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(_work(task))
    except REFUSALS as error:
        _report(Report(Kind.REFUSED, str(error)))
    except Exception as error:  # noqa: BLE001 whatever it is, the next process starts anew
        _report(Report(Kind.AWAY, words(error)))
    os._exit(0)  # clients may have left threads and tasks that never end


async def _work(task: Task) -> None:
    stop = _stop_when_asked()
    log = _opened(task)
    await topics.ensure(task.kafka, prefix=task.prefix, replication=task.replication)
    if await await_turn(task.kafka, task.holder, stop, say=_stands_by, prefix=task.prefix):
        await _publish(task, log, stop)
    _report(Report(Kind.STOPPED))


async def _publish(task: Task, log: Log, stop: asyncio.Event) -> None:
    publisher = Publisher(log, task.kafka, now=now, prefix=task.prefix, holder=task.holder)
    try:
        cured = await publisher.start()
        _report(Report(Kind.STARTED, f"a hanging transaction was ended by {cured}" if cured else ""))
        if not publisher.at.at:
            await asyncio.to_thread(_begin, task, log)
        await _tell(publisher, task, stop)
        await publisher.leave()
    finally:
        await _let_go(publisher, log)


def _begin(task: Task, log: Log) -> None:
    """The topics hold nothing yet, or nothing any more."""
    if published_before(log, task.prefix):
        _report(Report(Kind.ANEW, ANEW.format(prefix=task.prefix, kafka=task.kafka)))
    queue_all(log, task.prefix)


async def _tell(publisher: Publisher, task: Task, stop: asyncio.Event) -> None:
    """Publish until `stop`, and keep since when it can be read."""
    log = _opened(task)
    teller = Teller(log, task.prefix, publisher.at.position, began=lambda: instant(publisher.at.at), now=now)
    storing = asyncio.create_task(teller.run())

    def published(done: Published) -> None:
        teller.published(done)
        _report(Report(Kind.PUBLISHED, "", done.position, done.events, done.rows))
        if storing.done():
            storing.result()

    try:
        await publisher.run(stop, published)
    finally:
        storing.cancel()
        await asyncio.wait([storing])
        await teller.store()
        log.close()


def _opened(task: Task) -> Log:
    at = now()
    return open_log(task.log, create=True, now=at, new_id=uuid7(at, random_source()))


def _stands_by(rival: str) -> None:
    _report(Report(Kind.STANDBY, rival))


async def _let_go(publisher: Publisher, log: Log) -> None:
    try:
        await asyncio.wait_for(publisher.close(), CLOSE_SECONDS)
        log.close()
    except (TimeoutError, LogError):
        return  # the process ends now, and with it whatever was held


def _stop_when_asked() -> asyncio.Event:
    """Set by SIGTERM, and when stdin ends: whoever started this process wants it to stop, or is gone."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def wait() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=wait, daemon=True).start()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    return stop


def _report(report: Report) -> None:
    try:
        sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    main()
