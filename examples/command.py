"""Sends one command, sends it again if no reply comes, and prints the reply. To copy; needs aiokafka only.

python examples/command.py localhost:9092 track xmrto/xmrto-VkT2yM '{"ref": "invoice-17"}'
"""

import asyncio
import json
import sys
import uuid
from contextlib import suppress
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

PATIENCE_SECONDS = 10
ATTEMPTS = 3


def command(name: str, order: str, args: dict[str, object], by: str = "example") -> dict[str, object]:
    """The id makes it safe to send this twice: keep it with whatever the command is about."""
    sent_at = datetime.now(UTC).isoformat()
    return {
        "id": str(uuid.uuid4()),
        "command": name,
        "order": order,
        "args": args,
        "by": by,
        "sent_at": sent_at,
    }


async def reply_to(replies: AIOKafkaConsumer, id: object) -> dict[str, object]:
    async for record in replies:
        reply: dict[str, object] = json.loads(record.value)
        if reply["id"] == id:
            return reply
    raise AssertionError("a consumer does not end by itself")


async def ask(bootstrap: str, prefix: str, wish: dict[str, object]) -> dict[str, object]:
    """The reply. Raises TimeoutError: nobody answers; then the same wish may be sent again later."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    replies = AIOKafkaConsumer(
        f"{prefix}replies", bootstrap_servers=bootstrap, isolation_level="read_committed"
    )
    await producer.start()
    await replies.start()
    try:
        await replies.seek_to_end()
        key, value = str(wish["order"]).encode(), json.dumps(wish).encode()
        for _ in range(ATTEMPTS):
            await producer.send_and_wait(f"{prefix}commands", value, key=key)
            with suppress(TimeoutError):
                return await asyncio.wait_for(reply_to(replies, wish["id"]), PATIENCE_SECONDS)
        raise TimeoutError(f"no reply to {wish['id']}")
    finally:
        await replies.stop()
        await producer.stop()


if __name__ == "__main__":
    bootstrap, name, order, *rest = sys.argv[1:]
    args = json.loads(rest[0]) if rest else {}
    prefix = rest[1] if len(rest) > 1 else "ordertrail."
    print(json.dumps(asyncio.run(ask(bootstrap, prefix, command(name, order, args)))))  # noqa: T201 its output
