"""Standing by while another publisher works, so that several may run and none is fenced at its work.

Whoever publishes names itself in its position records and writes one at least every heartbeat. A newcomer
goes to work at once where there is no such record, where its holder left in order, and where the holder is
itself: the children of one supervisor share a name, so the next one needn't wait for what it knows is dead.
Else it watches. As long as any of the publisher's topics grows somebody works; it takes over when nothing
came for so long that a heartbeat is overdue. Only arrivals seen from here count: no clocks are compared, and
a broker that is away lets no time pass.
"""

import asyncio
from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, TopicPartition

from adapters.kafka.client import opened_consumer
from adapters.kafka.position import holder_of, newest_record
from adapters.kafka.session import written_partitions
from adapters.kafka.topics import PREFIX, Name
from adapters.waiting import is_set_within

SILENCE_SECONDS = 15.0
LOOK_SECONDS = 0.25
PATIENCE_SECONDS = 5.0

Ends = dict[TopicPartition, int]


async def await_turn(
    bootstrap: str,
    holder: str,
    stop: asyncio.Event,
    *,
    say: Callable[[str], None],
    prefix: str = PREFIX,
    silence: float = SILENCE_SECONDS,
) -> bool:
    """Returns True when `holder` may start to publish, False when `stop` was set first.

    `say` is called with the name of the one that works, once. Raises KafkaError, TimeoutError: the broker is
    away.
    """
    loop = asyncio.get_running_loop()
    async with opened_consumer(bootstrap, f"{prefix}standby", committed=False) as consumer:
        ends = await _ends(consumer, prefix)
        heard_at, said = loop.time(), False
        while not stop.is_set():
            rival = await _holder(consumer, ends, prefix)
            if rival in ("", holder):
                return True
            if not said:
                said = True
                say(rival)
            before = ends
            while (ends := await _ends(consumer, prefix)) == before:
                if loop.time() - heard_at > silence:
                    return True
                if await is_set_within(LOOK_SECONDS, stop):
                    return False
            heard_at = loop.time()
    return False


async def _ends(consumer: AIOKafkaConsumer, prefix: str) -> Ends:
    async with asyncio.timeout(PATIENCE_SECONDS):
        ends: Ends = await consumer.end_offsets(written_partitions(prefix))
        return ends


async def _holder(consumer: AIOKafkaConsumer, ends: Ends, prefix: str) -> str:
    """Who wrote the newest position record, committed or not."""
    watermark = ends[TopicPartition(prefix + Name.POSITIONS, 0)]
    newest = await newest_record(consumer, prefix=prefix, watermark=watermark)
    return "" if newest is None else holder_of(newest)
