"""All watched orders of one provider in memory, and which of them is to be looked at next.

An order is one packed record of some 200 bytes; when it is due the schedule knows, by its id.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from domain.instants import SECOND, Instant
from domain.phases import Phase
from domain.watch import Watch, settled
from ordertrail.scheduling.facts import USUAL_PRIORITY, Facts
from ordertrail.scheduling.schedule import Schedule

_PHASES: tuple[Phase | None, ...] = (None, *Phase)
_CODES = {phase: code for code, phase in enumerate(_PHASES)}


class Watched(msgspec.Struct, array_like=True, gc=False):
    """An order as the poller needs it. `watch` None: the stored one counts, and any answer is judged.

    `since`: end of the interval in which it reached its state; `began`: when it was tracked again, if it was.
    """

    stream_id: bytes
    version: int
    code: int = 0
    since: Instant | None = None
    priority: int = USUAL_PRIORITY
    deadline: Instant | None = None
    watch: Watch | None = None
    began: Instant | None = None

    @property
    def ended(self) -> Instant | None:
        """Since when a final order is only watched: since it was tracked again, or forgotten, if that came
        later."""
        watch = self.watch if self.phase is Phase.FORGOTTEN else None
        forgotten = None if watch is None else watch.unseen_since
        return max(filter(None, (self.since, self.began, forgotten)), default=None)

    @property
    def phase(self) -> Phase | None:
        return _PHASES[self.code]

    @phase.setter
    def phase(self, phase: Phase | None) -> None:
        self.code = _CODES[phase]

    def stream(self, provider: str) -> str:
        digits = self.stream_id.hex()
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        return f"{provider}-{'-'.join(parts)}"


def stream_id(stream: str) -> bytes:
    """The UUID at the end of a stream's name."""
    return bytes.fromhex(stream[-36:].replace("-", ""))


_encoder = msgspec.msgpack.Encoder()
_unpack = msgspec.msgpack.Decoder(Watched).decode


def steadily(moment: Instant | None, now: Instant, steady: float) -> float | None:
    """A moment by the clock that due times are in; `now` and `steady` are the same one."""
    return None if moment is None else steady + (moment - now) / SECOND


class Fleet:
    """Times are seconds of a clock that never steps. An order tracked anew while it is out stays away from
    the schedule until it is back."""

    def __init__(self, provider: str, schedule: Schedule) -> None:
        self.provider = provider
        self.schedule = schedule
        self._buffer = bytearray()
        self._packed: dict[str, bytes] = {}
        self._out: dict[str, Watched] = {}
        self._anew: dict[str, Facts] = {}
        self._left: list[tuple[str, Watch]] = []

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

    def add(
        self, order_id: str, watched: Watched, facts: Facts, now: float, last: float | None = None
    ) -> None:
        """A further order; `last`: end of its last look, None: it has its first one as soon as may be."""
        self._packed[order_id] = self._pack(watched)
        if order_id in self._out:
            self._out[order_id] = watched
            self._anew[order_id] = facts
        else:
            self.schedule.add(order_id, facts, now, last=last)

    def update(self, order_id: str, watched: Watched) -> None:
        """Another record of a known order; when it is due stays as it is."""
        if order_id in self._out:
            self._out[order_id] = watched
        self._packed[order_id] = self._pack(watched)

    def remove(self, order_id: str) -> None:
        packed = self._packed.pop(order_id, None)
        if packed is not None and order_id not in self._out:
            self._leaves(_unpack(packed))
        self._anew.pop(order_id, None)
        self.schedule.remove(order_id)

    def ask(self, order_id: str) -> bool:
        """Have it looked at next, once more if it is being looked at now; False: it is unknown."""
        return order_id in self._anew or self.schedule.ask(order_id)

    def take(self, now: float) -> tuple[str, Watched] | None:
        """The order to look at next; it is out until it is back."""
        order_id = self.schedule.take(now)
        if order_id is None:
            return None
        watched = self._out[order_id] = _unpack(self._packed[order_id])
        return order_id, watched

    def looked(self, order_id: str, facts: Facts | None, steps: Sequence[str], now: float) -> None:
        """Back from a look, as `Schedule.looked` has it."""
        if self._is_back(order_id, now):
            self.schedule.looked(order_id, facts, steps, now)

    def failed(self, order_id: str, now: float, *, alone: bool = False) -> None:
        """Back from a look that proved nothing, as `Schedule.failed` has it."""
        if self._is_back(order_id, now):
            self.schedule.failed(order_id, now, alone=alone)

    def kept(self, order_id: str, now: float) -> None:
        """Back without a look."""
        if self._is_back(order_id, now):
            self.schedule.kept(order_id, now)

    def next_due(self) -> float:
        """When `take` will find an order, at the earliest; infinite in an empty fleet."""
        return self.schedule.next_due()

    def watches(self, order_ids: Iterable[str]) -> tuple[dict[str, Watch], list[str]]:
        """Watches by stream, taken to be stored: coverage begins anew. Those of orders removed since are
        among them. And the orders left out because they are being looked at."""
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
        left, self._left = self._left, []
        for stream, watch in left:
            if found.setdefault(stream, watch) is not watch:
                self._left.append((stream, watch))
        return found, out

    def _pack(self, watched: Watched) -> bytes:
        """Copied from a buffer: what the encoder itself returns keeps a quarter more memory than it needs."""
        _encoder.encode_into(watched, self._buffer)
        return bytes(self._buffer)

    def _leaves(self, watched: Watched) -> None:
        """What was seen of an order that is removed is still to be stored."""
        watch = watched.watch
        if watch is not None and watch != settled(watch):
            self._left.append((watched.stream(self.provider), watch))

    def _is_back(self, order_id: str, now: float) -> bool:
        """As the record is that was taken. One removed meanwhile stays away, one tracked anew begins anew."""
        watched = self._out.pop(order_id)
        if order_id not in self._packed:
            self._leaves(watched)
            return False
        self._packed[order_id] = self._pack(watched)
        facts = self._anew.pop(order_id, None)
        if facts is not None:
            self.schedule.add(order_id, facts, now)
        return facts is None
