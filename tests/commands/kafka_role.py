"""The role `commands` with a real broker, in this process or, to be killed, in one of its own.

Arguments of the process: the log's URL, the broker, the prefix of topics. It kills itself when the first
command is done, just before Kafka is told so.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from random import Random

from aiokafka import AIOKafkaProducer

from adapters.kafka.inbox import Inbox
from adapters.kafka.topics import Name
from adapters.log import open_log
from domain.log import Log
from ordertrail.commanding import Commander
from ordertrail.insistence import Insistence
from ordertrail.obeying import Obeying
from tests.commands.sending import commander
from tests.fixtures.recording import START, Recording

LOGGER = logging.getLogger("tests.commands")


def opened(url: str) -> Log:
    return open_log(url, now=START, new_id="log-a")


def made(url: str) -> Commander:
    return commander(Recording(opened(url)))


def obeying(url: str, bootstrap: str, prefix: str) -> Obeying:
    return Obeying(
        bootstrap=bootstrap,
        prefix=prefix,
        replication=1,
        make=partial(made, url),
        insist=Insistence(Random(1), LOGGER),
        logger=LOGGER,
    )


@asynccontextmanager
async def running(url: str, bootstrap: str, prefix: str) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(obeying(url, bootstrap, prefix).run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def send(bootstrap: str, prefix: str, records: Sequence[tuple[str | None, bytes | None]]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        for key, value in records:
            await producer.send_and_wait(prefix + Name.COMMANDS, value, key=key.encode() if key else None)
    finally:
        await producer.stop()


async def _die(self: Inbox) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    Inbox.done = _die  # type: ignore[method-assign] # what is killed is real
    asyncio.run(obeying(*sys.argv[1:4]).run(asyncio.Event()))
