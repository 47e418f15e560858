"""A publisher as it runs for real: a process that ends on any error and is started anew by someone else.

Arguments: bootstrap, prefix, the last position of the log, events a transaction. It says `committing` just
before each commit and `at POSITION` after each, and ends with 0 when all is published, 3 on an error.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

import click

from adapters.kafka.failures import PublishError
from adapters.kafka.publisher import Publisher
from tests.kafka.logs import MemoryLog, rows


def saying(commit: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    async def said() -> None:
        click.echo("committing")
        await commit()

    return said


async def publish(bootstrap: str, prefix: str, last: int, limit: int) -> None:
    publisher = Publisher(MemoryLog(rows(last)), bootstrap, now=lambda: 0, prefix=prefix, limit=limit)
    cured = await publisher.start()
    click.echo(f"started {cured or 'well'}")
    producer = publisher._session.producer
    producer.commit_transaction = saying(producer.commit_transaction)
    while published := await publisher.run_once():
        click.echo(f"at {published.position}")
    await publisher.close()


if __name__ == "__main__":
    try:
        asyncio.run(publish(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
    except PublishError as error:
        click.echo(error, err=True)
        os._exit(3)
