"""What a schedule keeps of an order: 64 bytes in one block of memory, a line of a processor's cache."""

import struct
from typing import NamedTuple

import numpy as np

QUEUED, WAITING, OUT, FREE = range(4)
"""In the wheel; waiting for its first look; being looked at; no order at all."""

NEVER = float("-inf")
_FORMAT = struct.Struct("<dddddffffHBBBBxx")
SIZE = _FORMAT.size
STATUS = 59
"""Where in a record its status is."""

FIELDS = np.dtype(
    {
        "names": [
            *("due", "entered", "last", "deadline", "wanted_by", "gap", "rate", "shape", "ratio"),
            *("kind", "priority", "status", "failures", "unproven"),
        ],
        "formats": ["<f8"] * 5 + ["<f4"] * 4 + ["<u2"] + ["u1"] * 4,
        "offsets": [0, 8, 16, 24, 32, 40, 44, 48, 52, 56, 58, 59, 60, 61],
        "itemsize": SIZE,
    }
)


Fields = tuple[float, float, float, float, float, float, float, float, float, int, int, int, int, int]
"""Those of a `Record`, in their order."""


class Record(NamedTuple):
    """`kind`: its class; `entered`: when, as estimated; `last`: end of the last good look; `gap`: what was
    planned after it, or its pause since an answer that proved nothing; `rate`: changes a second, as known or
    expected; `shape`, `ratio`: of the Gamma law of that rate where it is learned. In a row: `failures` of the
    provider's, and its own looks that left it `unproven`."""

    due: float
    entered: float
    last: float
    deadline: float
    wanted_by: float
    gap: float
    rate: float
    shape: float
    ratio: float
    kind: int
    priority: int
    status: int
    failures: int
    unproven: int


class Records:
    """By number; a number is used again after its record was freed."""

    def __init__(self) -> None:
        self.block = bytearray()
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self.block) // SIZE

    def new(self, record: Record) -> int:
        if self._free:
            number = self._free.pop()
            self.put(number, record)
            return number
        self.block += _FORMAT.pack(*record)
        return len(self) - 1

    def get(self, number: int) -> Record:
        return Record._make(_FORMAT.unpack_from(self.block, number * SIZE))

    def put(self, number: int, record: Record) -> None:
        _FORMAT.pack_into(self.block, number * SIZE, *record)

    def free(self, number: int, record: Record) -> None:
        self.put(number, record._replace(status=FREE))
        self._free.append(number)

    def view(self) -> np.ndarray:
        """All records at once. Not to be kept: while it lives no record can be added."""
        return np.frombuffer(self.block, dtype=FIELDS)


pack_into, unpack_from = _FORMAT.pack_into, _FORMAT.unpack_from
unpack_due = struct.Struct("<d").unpack_from
