"""What binds the log's rows together: receipts of what each commit stored, and Merkle roots over them.

Tree hashes are those of RFC 6962: a leaf is SHA-256(0x00 ‖ entry), a node SHA-256(0x01 ‖ left ‖ right), and
the root of nothing is SHA-256 of nothing.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from struct import Struct
from typing import NamedTuple

import msgspec

from domain.rows import LookRow, Registration

LOG_STREAM = "_log"
"""The reserved stream of the seals."""

_ENTRY = Struct(">Q32s")


class Kind(StrEnum):
    """A kind of row that a receipt names beside the events."""

    ORDER = "order"
    LOOK = "look"


class Stored(NamedTuple):
    """A row that was stored: a look's id or the stream of an order, and the digest of its cells."""

    kind: Kind
    name: str
    digest: bytes


Cells = Sequence[str | int | bytes | None]


def cells_digest(cells: Cells) -> bytes:
    """SHA-256 over a row's cells, in the order of its columns, as one MessagePack array."""
    return hashlib.sha256(msgspec.msgpack.encode(cells)).digest()


def registered(row: Registration) -> Stored:
    return Stored(Kind.ORDER, row.stream, cells_digest((row.provider, row.order_id, row.stream)))


def looked(row: LookRow) -> Stored:
    """A truth value counts as 0 or 1, as every database gives it back."""
    return Stored(Kind.LOOK, row.look, cells_digest((*row[:11], int(row.truncated), row.basis)))


def event_entry(position: int, digest: bytes) -> bytes:
    """What is sealed of an event: its position in 8 bytes, big-endian, and its digest."""
    return _ENTRY.pack(position, digest)


def event_entries(packed: bytes) -> Iterator[tuple[int, bytes]]:
    """Positions and digests; ValueError for bytes that are no entries."""
    if len(packed) % _ENTRY.size:
        raise ValueError(f"{len(packed)} bytes are no whole number of entries")
    return _ENTRY.iter_unpack(packed)


_encoder = msgspec.msgpack.Encoder()
_stored = msgspec.msgpack.Decoder(list[Stored])


def pack_stored(rows: Sequence[Stored]) -> bytes:
    return _encoder.encode(rows) if rows else b""


def unpack_stored(packed: bytes) -> list[Stored]:
    """ValueError (msgspec.DecodeError) for bytes that are no rows."""
    return _stored.decode(packed) if packed else []


def merkle_root(entries: Iterable[bytes]) -> str:
    """Tree hash of the entries in their order, in hex."""
    level = [hashlib.sha256(b"\0" + entry).digest() for entry in entries]
    if not level:
        return hashlib.sha256().hexdigest()
    while len(level) > 1:
        above = [hashlib.sha256(b"\1" + left + right).digest() for left, right in _pairs(level)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0].hex()


def _pairs(level: Sequence[bytes]) -> Iterable[tuple[bytes, bytes]]:
    return zip(level[::2], level[1::2], strict=False)
