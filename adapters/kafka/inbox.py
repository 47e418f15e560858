"""The topic of commands, read by a group of which each member gets some of the partitions.

What was read is given up only once it is dealt with, so that after a crash it comes again. Whatever goes
wrong with the group, the reader is done for: `close` it, and make a new one.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor

from adapters.kafka.client import check_client
from adapters.kafka.topics import PREFIX, Name

AT_ONCE = 100
POLL_MS = 250
SESSION_MS, HEARTBEAT_MS = 6000, 1000
PATIENCE_SECONDS = 30.0
CLOSE_SECONDS = 5.0


class Inbox:
    def __init__(self, bootstrap: str, *, prefix: str = PREFIX) -> None:
        check_client()
        self._consumer = AIOKafkaConsumer(
            prefix + Name.COMMANDS,
            bootstrap_servers=bootstrap,
            client_id=f"{prefix}commands",
            group_id=f"{prefix}commands",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            partition_assignment_strategy=[StickyPartitionAssignor],
        )

    async def open(self) -> None:
        """The topic must exist. Raises KafkaError, TimeoutError."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._consumer.start()

    async def next(self) -> Sequence[ConsumerRecord]:
        """What has come, in the order of each partition; empty after a while. Raises KafkaError."""
        came = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=AT_ONCE)
        return [record for records in came.values() for record in records]

    async def done(self) -> None:
        """All that `next` has given is dealt with. Raises KafkaError, TimeoutError: it will come again."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._consumer.commit()

    async def close(self) -> None:
        with suppress(Exception):  # a courtesy: the group forgets us by itself
            await asyncio.wait_for(self._consumer.stop(), CLOSE_SECONDS)
