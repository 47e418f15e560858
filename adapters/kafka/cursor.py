"""Reading one partition record by record while its neighbours wait."""

import time
from collections import deque

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from adapters.kafka.client import POLL_MS, RECORDS_AT_ONCE, STALL_SECONDS


class Cursor:
    """Stands on a record of an assigned partition, up to and not including offset `end`."""

    def __init__(self, consumer: AIOKafkaConsumer, partition: TopicPartition, end: int) -> None:
        self._consumer, self._partition, self._end = consumer, partition, end
        self._records: deque[ConsumerRecord] = deque()
        self._ended = False

    async def peek(self) -> ConsumerRecord | None:
        """The record it stands on; None at the end. Raises TimeoutError when the broker gives none."""
        if not self._records and not self._ended:
            await self._fill()
        return self._records[0] if self._records else None

    def advance(self) -> None:
        self._records.popleft()

    async def _fill(self) -> None:
        since = time.monotonic()
        while not self._records:
            if await self._consumer.position(self._partition) >= self._end:
                self._ended = True
                return
            came = await self._consumer.getmany(
                self._partition, timeout_ms=POLL_MS, max_records=RECORDS_AT_ONCE
            )
            for records in came.values():
                self._records.extend(record for record in records if record.offset < self._end)
            if time.monotonic() - since > STALL_SECONDS:
                raise TimeoutError(f"no records came for {STALL_SECONDS} s from {self._partition}")
