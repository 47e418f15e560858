"""Publishing in tests: a publisher that is closed whatever happens, and all of a log at once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.kafka.publisher import Publisher
from tests.kafka.logs import MemoryLog


@asynccontextmanager
async def publishing(
    bootstrap: str,
    prefix: str,
    log: MemoryLog,
    *,
    limit: int = 5000,
    heartbeat: float = 10.0,
    holder: str = "",
) -> AsyncIterator[Publisher]:
    publisher = Publisher(
        log,
        bootstrap,
        now=lambda: 0,
        prefix=prefix,
        holder=holder,
        limit=limit,
        heartbeat=heartbeat,
        patience=10,
    )
    try:
        await publisher.start()
        yield publisher
    finally:
        await publisher.close()


async def publish_all(bootstrap: str, prefix: str, log: MemoryLog) -> None:
    async with publishing(bootstrap, prefix, log) as publisher:
        while await publisher.run_once():
            pass
