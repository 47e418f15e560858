"""The orders this process knows, and what people ask about them: track, stop, look at evidence.

Every append is optimistic: whoever loses a race for a stream decides again on what the winner wrote.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

import msgspec

from adapters.vault import Vault
from domain import tracking
from domain.encoding import chain, decode, row_digest
from domain.events import Data, Event, StateAdopted
from domain.identity import OrderKey, stream_name
from domain.instants import Instant
from domain.judge import rules
from domain.log import Log, LogError
from domain.order import Order, Tracking, evolve
from domain.provider import Provider
from domain.rows import (
    Committed,
    Conflict,
    Effect,
    Entry,
    Gone,
    NewEvent,
    Registration,
    Repeated,
    Row,
    WatchRow,
)
from domain.watch import PATIENCE, Patience, Watch, continued, covered, current, unproven
from ordertrail.acts import Act, Acted, Amendment, Stamp, Tracked

ATTEMPTS = 20
TOGETHER = 500


@dataclass(slots=True)
class Known:
    """An order as far as this process has seen it committed; `revision` is of the stored watch."""

    order: Order = field(default_factory=Order)
    watch: Watch = field(default_factory=Watch)
    revision: int = 0


class _Begun(NamedTuple):
    tracked: Tracked
    entry: Entry | None
    known: Known


class WrongEnvironment(ValueError):
    """The log holds orders of another host of this provider; one log serves one environment per provider."""


def fold(rows: Sequence[Row], order: Order | None = None) -> Order:
    """A stream's rows, in order of version, as the order they make."""
    folded = order or Order()
    for row in rows:
        folded = evolve(folded, decode(row.topic, row.state), row.version, row_digest(row))
    return folded


class Orders:
    """Reads and commands. Not thread-safe: one thread per object. `now` gives the time of recording."""

    def __init__(
        self,
        *,
        log: Log,
        vault: Vault,
        providers: Mapping[str, Provider],
        environments: Mapping[str, str],
        now: Callable[[], Instant],
        rng: Random,
        patience: Patience = PATIENCE,
        worker: str = "main",
        cached: int = 20_000,
    ) -> None:
        self.log = log
        self._patience = patience
        self._writer = f"{worker}/{rng.getrandbits(64):016x}"
        self._vault = vault
        self._providers = providers
        self._environments = environments
        self._now = now
        self._rng = rng
        self._worker = worker
        self._cached = cached
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._tracked_at: dict[str, str] = {}

    def now(self) -> Instant:
        """The time of recording."""
        return self._now()

    def track(self, orders: Sequence[tuple[OrderKey, Tracking]]) -> list[Tracked]:
        """Begin, change or resume tracking, many in one transaction.

        Raises WrongEnvironment before anything is written.
        """
        for key, wanted in orders:
            self._check_environment(key.provider, wanted.environment)
        tracked: list[Tracked] = []
        for portion in _portions(orders):
            tracked += self._track_together(portion)
        return tracked

    def stop(self, key: OrderKey, reason: str, *, by: str | None) -> bool:
        """Whether it was watched; an unknown order is not."""
        return self._command(
            key,
            lambda order, at: tracking.stop(
                order, reason, by=by, at=at, rules=self._rules(key.provider), worker=self._worker
            ),
        )

    def evidence_shown(self, key: OrderKey, sha256: str, *, by: str | None) -> bool:
        """Record that someone looked at a raw body."""
        return self._command(
            key,
            lambda order, at: tracking.evidence_shown(
                order, sha256, by=by, at=at, rules=self._rules(key.provider), worker=self._worker
            ),
        )

    def known(self, key: OrderKey) -> Known | None:
        """The order as the log has it now."""
        stream = self.log.registered(*key)
        if stream is None:
            return None
        self._known.pop(stream, None)
        return self._fetch([stream])[stream]

    def save_watches(self, watches: Mapping[str, Watch]) -> None:
        """Add the coverage of unchanged looks, by stream, to what is stored of it, many in one batch."""
        waiting = dict(watches)
        for _ in range(ATTEMPTS):
            stored = self._stored_watches(list(waiting))
            merged = {stream: self._merged(watch, stored[stream][0]) for stream, watch in waiting.items()}
            rows = [self._watch_row(stream, watch, stored[stream][1] + 1) for stream, watch in merged.items()]
            lost = set(self.log.save_watches(rows))
            for stream, watch in merged.items():
                if stream in lost:
                    self._known.pop(stream, None)
                elif stream in self._known:
                    known = self._known[stream]
                    known.watch, known.revision = watch, stored[stream][1] + 1
            waiting = {stream: watch for stream, watch in waiting.items() if stream in lost}
            if not waiting:
                return
        raise LogError(f"{len(waiting)} orders' coverage lost every one of {ATTEMPTS} races")

    def _stored_watches(self, streams: Sequence[str]) -> dict[str, tuple[Watch, int]]:
        """Watches as stored, and their revisions; 0 for one that is not."""
        held = {
            stream: (self._known[stream].watch, self._known[stream].revision)
            for stream in streams
            if stream in self._known
        }
        rows = self.log.watches([stream for stream in streams if stream not in held])
        nothing = (Watch(), 0)
        read = {stream: (watch_of(row.watch), row.revision) for stream, row in rows.items()}
        return {stream: held.get(stream) or read.get(stream, nothing) for stream in streams}

    def _merged(self, own: Watch, stored: Watch) -> Watch:
        return covered(current(own, stored), stored, self._patience.coverage_gap)

    def _watch_row(self, stream: str, watch: Watch, revision: int) -> WatchRow:
        return WatchRow(stream, watch.last or 0, msgspec.json.encode(watch), self._writer, revision)

    def _command(self, key: OrderKey, events: Callable[[Order, Instant], list[Event[Data]]]) -> bool:
        stream = self.log.registered(*key)
        if stream is None:
            return False
        for _ in range(ATTEMPTS):
            known = self._fetch([stream])[stream]
            rows, order = chained(stream, known.order, events(known.order, self._now()))
            if not rows:
                return False
            if self._stored(Entry(events=rows), stream, Known(order, known.watch, known.revision)):
                return True
        raise LogError(f"{key} lost every one of {ATTEMPTS} races for its stream")

    def act(self, key: OrderKey, decide: Callable[[Order, Stamp], Act]) -> Acted | None:
        """Decide on where the order stands by the log, and store events and effect together.

        None: the order is unknown. After a LogUnreachable the act may be stored.
        """
        for _ in range(ATTEMPTS):
            known = self.known(key)
            stream = self.log.registered(*key)
            if known is None or stream is None:
                return None
            act = decide(known.order, Stamp(self._now(), self._rules(key.provider), self._worker))
            rows, order = chained(stream, known.order, act.events)
            after, entry = Known(order, known.watch, known.revision), Entry(events=rows)
            if adopted := any(isinstance(event.data, StateAdopted) for event in act.events):
                after = Known(order, unproven(known.watch), known.revision + 1)
                entry = entry._replace(watch=self._watch_row(stream, after.watch, after.revision))
            outcome = self.log.act(entry, act.effect(order))
            if not isinstance(outcome, Conflict):
                if adopted and isinstance(outcome, Committed):
                    self._put_watch(stream, after)
                return self._acted(stream, after, outcome)
        raise LogError(f"{key} lost every one of {ATTEMPTS} races for its stream")

    def track_and(
        self,
        key: OrderKey,
        wanted: Callable[[Tracking | None], Tracking],
        effect: Callable[[Order], Effect],
    ) -> Acted:
        """Track an order on terms that depend on those before, and store an effect with it.

        Raises WrongEnvironment before anything is written.
        """
        for _ in range(ATTEMPTS):
            known = self.known(key)
            terms = wanted(known.order.tracking if known else None)
            self._check_environment(key.provider, terms.environment)
            begun = self._begun(key, terms)
            outcome = self.log.act(begun.entry or Entry(), effect(begun.known.order))
            if not isinstance(outcome, Conflict):
                return self._acted(begun.tracked.stream, begun.known, outcome)
        raise LogError(f"{key} lost every one of {ATTEMPTS} races for its stream")

    def amend(self, key: OrderKey, decide: Callable[[Known, Stamp], Amendment]) -> Known | None:
        """Append what is decided where the order stands by the log, and the watch that goes with it.

        None: the order is unknown.
        """
        for _ in range(ATTEMPTS):
            known, stream = self.known(key), self.log.registered(*key)
            if known is None or stream is None:
                return None
            amendment = decide(known, Stamp(self._now(), self._rules(key.provider), self._worker))
            rows, order = chained(stream, known.order, amendment.events)
            if not rows:
                return known
            after = Known(order, amendment.watch, known.revision + 1)
            row = self._watch_row(stream, after.watch, after.revision)
            if self._stored(Entry(events=rows, watch=row), stream, after):
                self._put_watch(stream, after)
                return after
        raise LogError(f"{key} lost every one of {ATTEMPTS} races for its stream")

    def _put_watch(self, stream: str, known: Known) -> None:
        """Where others saved coverage meanwhile, their coverage stays and the rest is as decided."""
        for _ in range(ATTEMPTS):
            row = self.log.watch(stream)
            if row is None or row.writer == self._writer:
                return
            watch, known.revision = continued(watch_of(row.watch), known.watch), row.revision + 1
            known.watch = watch
            if not self.log.save_watches([self._watch_row(stream, watch, known.revision)]):
                return

    def _acted(self, stream: str, known: Known, outcome: Committed | Repeated | Gone) -> Acted:
        self._known.pop(stream, None)
        if isinstance(outcome, Committed):
            self._remember(stream, known)
        return Acted(known.order, outcome)

    def _track_together(self, orders: Sequence[tuple[OrderKey, Tracking]]) -> list[Tracked]:
        drafts = [self._begun(key, wanted) for key, wanted in orders]
        outcomes = iter(self.log.commit([draft.entry for draft in drafts if draft.entry is not None]))
        tracked: list[Tracked] = []
        for (key, wanted), draft in zip(orders, drafts, strict=True):
            if draft.entry is not None and isinstance(next(outcomes), Conflict):
                self._known.pop(draft.tracked.stream, None)
                tracked.append(self._track(key, wanted))
            else:
                self._remember(draft.tracked.stream, draft.known)
                tracked.append(draft.tracked)
        self._forget_oldest()
        return tracked

    def _track(self, key: OrderKey, wanted: Tracking) -> Tracked:
        for _ in range(ATTEMPTS):
            draft = self._begun(key, wanted)
            if draft.entry is None or self._stored(draft.entry, draft.tracked.stream, draft.known):
                return draft.tracked
        raise LogError(f"{key} lost every one of {ATTEMPTS} races for its stream")

    def _begun(self, key: OrderKey, wanted: Tracking) -> _Begun:
        now = self._now()
        stream = self.log.registered(*key)
        if stream is None:
            entry, order = self._registered(key, wanted, now, now)
            stream = entry.events[0].stream
            return _Begun(Tracked(key, stream, new=True, changed=True), entry, Known(order))
        known = self._fetch([stream])[stream]
        events = tracking.track(
            known.order,
            wanted,
            at=now,
            recorded_at=now,
            rules=self._rules(key.provider),
            worker=self._worker,
        )
        rows, order = chained(stream, known.order, events)
        tracked = Tracked(key, stream, new=False, changed=bool(rows))
        return _Begun(
            tracked, Entry(events=rows) if rows else None, Known(order, known.watch, known.revision)
        )

    def _registered(
        self, key: OrderKey, wanted: Tracking, at: Instant, recorded_at: Instant
    ) -> tuple[Entry, Order]:
        """A new stream's first entry: its registration, its evidence key and OrderTracked."""
        stream = stream_name(key.provider, at, self._rng)
        events = tracking.track(
            Order(),
            wanted,
            at=at,
            recorded_at=recorded_at,
            rules=self._rules(key.provider),
            worker=self._worker,
        )
        rows, order = chained(stream, Order(), events)
        key_row = self._vault.new_key(stream)
        return Entry(events=rows, registration=Registration(*key, stream), key=key_row), order

    def _stored(self, entry: Entry, stream: str, known: Known) -> bool:
        if isinstance(self.log.commit([entry])[0], Conflict):
            self._known.pop(stream, None)
            return False
        self._remember(stream, known)
        return True

    def _rules(self, provider: str) -> str:
        return rules(self._providers[provider])

    def _check_environment(self, provider: str, environment: str) -> None:
        held = self._tracked_at.get(provider)
        if held is None:
            head = next(iter(self.log.heads(provider)), None)
            if head is not None:
                first = self._fetch([head.stream])[head.stream].order.tracking
                held = first.environment if first else None
        if held is not None and held != environment:
            raise WrongEnvironment(
                f"this log holds {provider} orders of {held}, and the settings name {environment}: "
                "use a log of its own for each environment"
            )
        self._tracked_at[provider] = environment

    def _fetch(self, streams: Sequence[str]) -> dict[str, Known]:
        missing = [stream for stream in dict.fromkeys(streams) if stream not in self._known]
        if missing:
            rows, kept = self.log.streams(missing), self.log.watches(missing)
            for stream in missing:
                known = Known(fold(rows.get(stream, [])))
                if (row := kept.get(stream)) is not None:
                    known.watch, known.revision = watch_of(row.watch), row.revision
                self._remember(stream, known)
        return {stream: self._known[stream] for stream in streams}

    def _remember(self, stream: str, known: Known) -> None:
        self._known[stream] = known
        self._known.move_to_end(stream)

    def _forget_oldest(self) -> None:
        while len(self._known) > self._cached:
            self._known.popitem(last=False)


def _portions(orders: Sequence[tuple[OrderKey, Tracking]]) -> Iterator[list[tuple[OrderKey, Tracking]]]:
    """No order stands twice in a portion: the second is decided on what the first has changed."""
    portion: dict[OrderKey, Tracking] = {}
    for key, wanted in orders:
        if key in portion or len(portion) == TOGETHER:
            yield list(portion.items())
            portion = {}
        portion[key] = wanted
    yield list(portion.items())


def chained(stream: str, order: Order, events: Sequence[Event[Data]]) -> tuple[list[NewEvent], Order]:
    """Events ready to be stored after the order's last one, and the order they make."""
    links = chain(stream, order.version, order.digest, events)
    for link in links:
        order = evolve(order, link.event, link.row.version, link.digest)
    return [link.row for link in links], order


def watch_of(stored: bytes) -> Watch:
    return msgspec.json.decode(stored, type=Watch)
