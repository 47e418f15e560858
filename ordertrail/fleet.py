"""All watched orders of one provider in memory, and which of them is due.

An order is one packed record of some 200 bytes. Due times are kept in a wheel: a list of orders per `grain`
seconds, with entries of another due time than the record's skipped when they come up. Orders asked about go
first; orders never looked at share turns with those that are due.
"""

import math
from collections import deque
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

import msgspec

from domain.instants import Instant
from domain.phases import Phase
from domain.watch import Watch, settled
from ordertrail.policy import USUAL_PRIORITY, Standing

_NEW = -(1 << 62)
_PHASES: tuple[Phase | None, ...] = (None, *Phase)
_CODES = {phase: code for code, phase in enumerate(_PHASES)}


class Watched(msgspec.Struct, array_like=True, gc=False):
    """An order as the poller needs it. `watch` None: the stored one counts, and any answer is judged.

    `since`: end of the interval in which it reached its state; `slot`: of its due time in the wheel.
    """

    stream_id: bytes
    version: int
    code: int = 0
    since: Instant | None = None
    priority: int = USUAL_PRIORITY
    deadline: Instant | None = None
    slot: int = _NEW
    watch: Watch | None = None

    @property
    def phase(self) -> Phase | None:
        return _PHASES[self.code]

    @phase.setter
    def phase(self, phase: Phase | None) -> None:
        self.code = _CODES[phase]

    @property
    def standing(self) -> Standing:
        watch = self.watch
        last, failures = (None, 0) if watch is None else (watch.last, watch.failures)
        return Standing(self.phase, self.since, last, failures, self.priority, self.deadline)

    def stream(self, provider: str) -> str:
        digits = self.stream_id.hex()
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        return f"{provider}-{'-'.join(parts)}"


def stream_id(stream: str) -> bytes:
    """The UUID at the end of a stream's name."""
    return bytes.fromhex(stream[-36:].replace("-", ""))


_encoder = msgspec.msgpack.Encoder()
_unpack = msgspec.msgpack.Decoder(Watched).decode


class Fleet:
    """Times are seconds of a clock that never steps."""

    def __init__(self, provider: str, grain: float = 1.0) -> None:
        self.provider = provider
        self._grain = grain
        self._buffer = bytearray()
        self._packed: dict[str, bytes] = {}
        self._out: dict[str, Watched] = {}
        self._again: set[str] = set()
        self._wheel: dict[int, list[str]] = {}
        self._slots: list[int] = []
        self._new: deque[str] = deque()
        self._asked: deque[str] = deque()
        self._new_had_its_turn = False

    def __len__(self) -> int:
        return len(self._packed)

    def __contains__(self, order_id: str) -> bool:
        return order_id in self._packed

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def is_out(self, order_id: str) -> bool:
        return order_id in self._out

    def get(self, order_id: str) -> Watched | None:
        """The record itself while the order is out, else a copy."""
        packed = self._packed.get(order_id)
        return None if packed is None else self._out.get(order_id) or _unpack(packed)

    def add(self, order_id: str, watched: Watched, due: float | None = None) -> None:
        """A further order; `due` None: it has its first look as soon as may be."""
        if order_id in self._out:
            self._out[order_id] = watched
            self._again.add(order_id)
        elif due is None:
            watched.slot = _NEW
            self._new.append(order_id)
        else:
            self._enqueue(order_id, watched, due)
        self._packed[order_id] = self._pack(watched)

    def update(self, order_id: str, watched: Watched) -> None:
        """Other facts about a known order; its due time stays."""
        if order_id in self._out:
            self._out[order_id] = watched
        self._packed[order_id] = self._pack(watched)

    def remove(self, order_id: str) -> None:
        self._packed.pop(order_id, None)

    def ask(self, order_id: str) -> bool:
        """Have it looked at next, once more if it is being looked at now; False: it is unknown."""
        if order_id not in self._packed:
            return False
        if order_id in self._out:
            self._again.add(order_id)
        else:
            self._asked.append(order_id)
        return True

    def take(self, now: float) -> tuple[str, Watched] | None:
        """The order to look at next; it is out until it is put back."""
        found = self._from(self._asked, asked=True)
        if found is None:
            found = self._in_turn(now)
        if found is not None:
            self._out[found[0]] = found[1]
        return found

    def put_back(self, order_id: str, due: float) -> None:
        """As the record is that was taken; an order removed meanwhile stays away."""
        watched = self._out.pop(order_id)
        again = order_id in self._again
        self._again.discard(order_id)
        if order_id not in self._packed:
            return
        if again:
            self._asked.append(order_id)
        self._enqueue(order_id, watched, due)
        self._packed[order_id] = self._pack(watched)

    def next_due(self) -> float:
        """When `take` will find an order, at the earliest; infinite in an empty fleet."""
        if self._asked or self._new:
            return -math.inf
        self._drop_empty_slots()
        return self._slots[0] * self._grain if self._slots else math.inf

    def watches(self, order_ids: Iterable[str]) -> tuple[dict[str, Watch], list[str]]:
        """Watches by stream, taken to be stored: coverage begins anew. And the orders left out because they
        are being looked at."""
        found: dict[str, Watch] = {}
        out: list[str] = []
        for order_id in order_ids:
            if order_id in self._out:
                out.append(order_id)
            elif (packed := self._packed.get(order_id)) is not None:
                watched = _unpack(packed)
                if watched.watch is not None:
                    found[watched.stream(self.provider)] = watched.watch
                    watched.watch = settled(watched.watch)
                    self._packed[order_id] = self._pack(watched)
        return found, out

    def _pack(self, watched: Watched) -> bytes:
        """Copied from a buffer: what the encoder itself returns keeps a quarter more memory than it needs."""
        _encoder.encode_into(watched, self._buffer)
        return bytes(self._buffer)

    def _in_turn(self, now: float) -> tuple[str, Watched] | None:
        self._new_had_its_turn = not self._new_had_its_turn
        if self._new_had_its_turn:
            return self._from(self._new) or self._overdue(now)
        return self._overdue(now) or self._from(self._new)

    def _from(self, waiting: deque[str], *, asked: bool = False) -> tuple[str, Watched] | None:
        while waiting:
            order_id = waiting.popleft()
            packed = self._packed.get(order_id)
            if packed is not None and order_id not in self._out:
                watched = _unpack(packed)
                if asked or watched.slot == _NEW:
                    return order_id, watched
        return None

    def _overdue(self, now: float) -> tuple[str, Watched] | None:
        while self._slots and self._slots[0] * self._grain <= now:
            slot = self._slots[0]
            entries = self._wheel[slot]
            while entries:
                order_id = entries.pop()
                packed = self._packed.get(order_id)
                if packed is not None and order_id not in self._out:
                    watched = _unpack(packed)
                    if watched.slot == slot:
                        return order_id, watched
            self._drop_empty_slots()
        return None

    def _enqueue(self, order_id: str, watched: Watched, due: float) -> None:
        slot = watched.slot = math.ceil(due / self._grain)
        entries = self._wheel.get(slot)
        if entries is None:
            self._wheel[slot] = [order_id]
            heappush(self._slots, slot)
        else:
            entries.append(order_id)

    def _drop_empty_slots(self) -> None:
        while self._slots and not self._wheel[self._slots[0]]:
            del self._wheel[heappop(self._slots)]
