"""One look on its way into the log, and what became of it."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from domain.events import Data, Event
from domain.identity import OrderKey
from domain.instants import Instant
from domain.order import UNREADABLE, Order
from domain.readings import Answer, Failed, Look, Reading, Shown
from domain.watch import Watch


class Observation(msgspec.Struct, frozen=True):
    """One look and what came back. `watch` is the caller's own and newer than the stored one, or None.

    `began`: the moment tracking began, for an order that is not registered yet (an imported one).
    """

    key: OrderKey
    look: Look
    came_back: Answer | Failed
    stream: str | None = None
    watch: Watch | None = None
    api: str = ""
    began: Instant | None = None


class Seen(msgspec.Struct, frozen=True):
    """What became of an observation. `events` are what it added; `reading` is None for an unchanged body."""

    key: OrderKey
    stream: str
    order: Order
    watch: Watch
    events: Sequence[Event[Data]]
    reading: Reading | None
    skipped: bool = False


class Arrival(NamedTuple):
    """An answer, the digest that tells equal bodies, and the hex SHA-256 that names its evidence."""

    answer: Answer
    digest: bytes
    sha256: str

    @property
    def whole(self) -> bool:
        """The same bytes under an error's code say something else."""
        return 200 <= self.answer.status < 300 and not self.answer.truncated


def body_digest(body: bytes) -> bytes:
    """What tells equal bodies apart: half of their SHA-256."""
    return hashlib.sha256(body).digest()[:16]


def repeats(watch: Watch, answer: Answer) -> bool:
    """Whether it is the answer that was judged last, byte for byte, and the order has nothing open that even
    that would have to resolve."""
    return (
        watch.calm
        and 200 <= answer.status < 300
        and not answer.truncated
        and body_digest(answer.body) == watch.digest
    )


def arrival(came_back: Answer | Failed) -> Arrival | None:
    """An answer hashed, once; None: nothing came."""
    if isinstance(came_back, Failed):
        return None
    hashed = hashlib.sha256(came_back.body).digest()
    return Arrival(came_back, hashed[:16], hashed.hex())


def proves(seen: Seen) -> bool:
    """Whether the answer shows a state of the order. The same body again shows what it showed before."""
    if seen.reading is not None:
        return isinstance(seen.reading, Shown)
    return seen.watch.good or not any(odd.kind in UNREADABLE for odd in seen.order.oddities.values())
