"""Which partition a key belongs to: every Kafka client's default, so that all of them agree."""

import struct
from functools import lru_cache

WORD = 0xFFFFFFFF
SEED = 0x9747B28C
MULTIPLIER = 0x5BD1E995
REMEMBERED_KEYS = 200_000
SHARES = 48
"""Partitions of the ownership topic."""


def murmur2(data: bytes) -> int:
    """MurmurHash2 as Kafka's Java client computes it, as an unsigned 32-bit number."""
    whole, rest = divmod(len(data), 4)
    state = SEED ^ len(data)
    for word in struct.unpack_from(f"<{whole}I", data):
        mixed = word * MULTIPLIER & WORD
        mixed = (mixed ^ mixed >> 24) * MULTIPLIER & WORD
        state = (state * MULTIPLIER & WORD) ^ mixed
    if rest:
        state = (state ^ int.from_bytes(data[-rest:], "little")) * MULTIPLIER & WORD
    state = (state ^ state >> 13) * MULTIPLIER & WORD
    return state ^ state >> 15


@lru_cache(REMEMBERED_KEYS)
def partition_of(key: str, partitions: int) -> int:
    """The partition of a record key among `partitions`; also which worker's share an order is in."""
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions
