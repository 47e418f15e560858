"""Topics that somebody deletes, and makes anew."""

from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient

from adapters.kafka import topics
from adapters.kafka.topics import Name


async def delete(bootstrap: str, prefix: str, names: Sequence[Name]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([prefix + name for name in names])
    finally:
        await admin.close()


async def make_anew(bootstrap: str, prefix: str, *names: Name) -> None:
    await delete(bootstrap, prefix, names)
    await topics.ensure(bootstrap, prefix=prefix)
