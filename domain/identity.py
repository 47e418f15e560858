"""Who an order is, and how streams and looks are named."""

import re
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from domain.instants import Instant

ORDER_ID = re.compile(r"[A-Za-z0-9._:~-]{1,128}")


class OrderKey(NamedTuple):
    """`provider/order_id`: what people, Kafka and the API see."""

    provider: str
    order_id: str

    @classmethod
    def of(cls, text: str) -> "OrderKey":
        """Of what `str` of a key gives; `parse_order` is for what people write."""
        provider, _, order_id = text.partition("/")
        return cls(provider, order_id)

    def __str__(self) -> str:
        return f"{self.provider}/{self.order_id}"


def uuid7(at: Instant, rng: Random) -> str:
    """A time-ordered UUID (RFC 9562, version 7) from a clock and a random source that are handed in."""
    bits = (at // 1000) << 80 | rng.getrandbits(80)
    bits = bits & ~(0xF << 76) | 0x7 << 76
    bits = bits & ~(0x3 << 62) | 0x2 << 62
    digits = f"{bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def stream_name(provider: str, at: Instant, rng: Random) -> str:
    return f"{provider}-{uuid7(at, rng)}"


def contact_stream(provider: str) -> str:
    """The reserved stream of what was learned about reaching a provider."""
    return f"_provider-{provider}"


def reserved(stream: str) -> bool:
    return stream.startswith("_")


def parse_order(value: str, normalise: dict[str, Callable[[str], str]]) -> OrderKey:
    """Read `provider/order_id`; `normalise` maps each known provider to its spelling of an id.

    Raises ValueError that says what is wrong and what would be right.
    """
    provider, slash, order_id = value.partition("/")
    if not slash:
        raise ValueError(f"{value!r} is no order: write PROVIDER/ORDER_ID, e.g. xmrto/xmrto-VkT2yM")
    return order_key(provider, order_id, normalise)


def order_key(provider: str, order_id: str, normalise: dict[str, Callable[[str], str]]) -> OrderKey:
    if provider not in normalise:
        raise ValueError(f"unknown provider {provider!r}: known are {', '.join(sorted(normalise))}")
    if not ORDER_ID.fullmatch(order_id):
        raise ValueError(f"malformed order id {order_id[:140]!r}: 1 to 128 of A-Z a-z 0-9 . _ : ~ -")
    return OrderKey(provider, normalise[provider](order_id))
