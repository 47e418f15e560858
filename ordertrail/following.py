"""What others do to the log while a worker runs: they track and stop orders, look at them, ask for things.

The follower has a log of its own and a thread to use it in.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from domain.encoding import UnknownEvent, decode
from domain.events import (
    Corrected,
    DetailsChanged,
    EvidenceErased,
    EvidenceShown,
    ExecutionAccepted,
    ExecutionRefused,
    ExecutionRequested,
    ExecutionSettled,
    ExecutionUncertain,
    OrderTracked,
    StateAdopted,
    TrackingChanged,
    TrackingStopped,
)
from domain.identity import OrderKey
from domain.instants import Instant, instant
from domain.log import Log
from domain.order import Order, evolve
from domain.phases import Phase
from domain.rows import Head, Request, Row
from domain.watch import Watch, settled
from ordertrail.at_hand import LogAtHand
from ordertrail.fleet import Watched, stream_id
from ordertrail.insistence import Insistence
from ordertrail.orders import fold
from ordertrail.placing import USUAL, Placed, placed
from ordertrail.thread import Thread

PAGE = 1_000
REQUESTS = 100
REFRESH, EXECUTE = "refresh", "execute"
VERBS = (REFRESH, EXECUTE)
_PHASES = frozenset(phase.value for phase in Phase)
_STREAMS = 500
_CALLS = 10
_TRACKING = (OrderTracked.TOPIC, TrackingChanged.TOPIC)
_EXECUTION = (
    ExecutionRequested.TOPIC,
    ExecutionAccepted.TOPIC,
    ExecutionRefused.TOPIC,
    ExecutionUncertain.TOPIC,
    ExecutionSettled.TOPIC,
)
ASKED = frozenset({*_TRACKING, *_EXECUTION, EvidenceShown.TOPIC, EvidenceErased.TOPIC})
"""Events that no look told: they leave where an order stands as it was."""
_EVEN_AFTERWARDS = frozenset({*ASKED, Corrected.TOPIC, StateAdopted.TOPIC}) - {*_TRACKING}
"""Events that may come of an order that is watched no more."""


class Found(NamedTuple):
    """`placed`: as far as the last event tells."""

    key: OrderKey
    watched: Watched
    placed: Placed


class Terms(NamedTuple):
    """What was asked of tracking an order that bears on when to look."""

    priority: int
    deadline: Instant | None


class Recalled(NamedTuple):
    """What a stream's events up to a version say beyond what the last of them does. `began`: when the order
    was tracked again, if it was; `watched`: nobody has stopped that."""

    key: OrderKey
    version: int
    terms: Terms
    placed: Placed
    began: Instant | None
    watched: bool


class News(NamedTuple):
    """`requests` are a page of those that are open or under way, whoever may be about them. `full`: there may
    be more at once."""

    rows: Sequence[Row]
    requests: Sequence[Request]
    full: bool


class _Brief(msgspec.Struct):
    """As much of any stored event as says where its order stands."""

    state: str | None
    phase: str | None
    not_after: str

    @property
    def known_phase(self) -> Phase | None:
        """None for one that only a newer version knows as well."""
        return Phase(self.phase) if self.phase in _PHASES else None


_brief = msgspec.json.Decoder(_Brief).decode
_watch = msgspec.json.Decoder(Watch).decode


class Follower:
    def __init__(self, *, open_log: Callable[[], Log], thread: Thread, insist: Insistence) -> None:
        self._insist = insist
        self._log = LogAtHand(open_log, thread)
        self._position: int | None = None
        self._asked_up_to = 0
        self._calls = 0

    async def load(self, add: Callable[[Found], None], wanted: Callable[[OrderKey], bool]) -> int:
        """Hand over every watched order that is wanted; how many. What is appended meanwhile comes with the
        news, whose beginning is where the log stood when this was called first."""
        return await self._insist(lambda: self._load(add, wanted))

    async def terms(self, streams: Iterator[str]) -> Sequence[Recalled] | None:
        """Of the next orders of many, those that are not the usual ones; None when there are no more."""
        some = list(islice(streams, _STREAMS))
        self._calls += 1
        if not some or self._calls % _CALLS == 0:
            await self._log.shut()
        if not some:
            return None
        return await self._insist(lambda: self._log.run(lambda log: _terms(log, some)))

    async def news(self) -> News:
        """What was appended since, up to a page; a request comes after what was appended before it."""
        return await self._insist(lambda: self._log.run(self._news))

    async def claim(self, requests: Sequence[Request]) -> Sequence[Request]:
        """Those that no other worker has taken. One whose acknowledgement is lost is taken, and not done."""
        return await self._insist(lambda: self._log.run(lambda log: log.claim(requests)))

    async def close(self) -> None:
        await self._log.close()

    async def _load(self, add: Callable[[Found], None], wanted: Callable[[OrderKey], bool]) -> int:
        """What one thread reads another adds: mingled, their memory would never be let go of."""
        count = 0
        found = await self._log.run(lambda log: self._found(log, wanted))
        while page := await self._log.run(lambda _: list(islice(found, PAGE))):
            for one in page:
                add(one)
            count += len(page)
        await self._log.shut()
        return count

    def _found(self, log: Log, wanted: Callable[[OrderKey], bool]) -> Iterator[Found]:
        self._begin(log)
        return (
            _found(head)
            for head in log.heads()
            if head.topic != TrackingStopped.TOPIC
            and wanted(OrderKey(head.provider, head.order_id))
            and _still_watched(log, head)
        )

    def _begin(self, log: Log) -> int:
        if self._position is None:
            self._position = log.tail()
        return self._position

    def _news(self, log: Log) -> News:
        asked = log.requests(VERBS, REQUESTS, after=self._asked_up_to)
        rows = log.read(self._begin(log), PAGE)
        if len(rows) == PAGE:
            asked = []
        else:
            self._asked_up_to = asked[-1].id if len(asked) == REQUESTS else 0
        if rows:
            self._position = rows[-1].position
        return News(rows, asked, full=len(rows) == PAGE or len(asked) == REQUESTS)


def changed(watched: Watched, row: Row) -> Watched:
    """An order's record after an event that people asked for."""
    watched.version = row.version
    watched.priority, watched.deadline = terms_after(Terms(watched.priority, watched.deadline), row)
    return watched


def begun(row: Row) -> Watched:
    """The record of an order that a row begins to track."""
    brief = _brief(row.state)
    watched = Watched(stream_id(row.stream), row.version, since=instant(brief.not_after))
    watched.phase = brief.known_phase
    watched.began = watched.since if row.version > 1 else None
    return changed(watched, row)


def terms_after(terms: Terms, row: Row) -> Terms:
    if row.topic not in _TRACKING:
        return terms
    data = decode(row.topic, row.state).data
    if isinstance(data, OrderTracked):
        return Terms(data.priority, _deadline(data.deadline))
    if isinstance(data, TrackingChanged):
        told = {name: change.after for name, change in data.changes.items()}
        priority, deadline = told.get("priority"), told.get("deadline")
        if isinstance(priority, int):
            terms = terms._replace(priority=priority)
        if "deadline" in told:
            terms = terms._replace(deadline=_deadline(deadline))
    return terms


def _deadline(value: str | int | None) -> Instant | None:
    return instant(value) if isinstance(value, str) else None


def _found(head: Head) -> Found:
    brief = _brief(head.state)
    watched = Watched(stream_id(head.stream), head.version, since=instant(brief.not_after))
    watched.phase = brief.known_phase
    if head.topic == OrderTracked.TOPIC and head.version > 1:
        watched.began = watched.since
    watched.watch = None if head.watch is None else settled(_watch(head.watch))
    return Found(OrderKey(head.provider, head.order_id), watched, Placed(USUAL, brief.state or ""))


def _still_watched(log: Log, head: Head) -> bool:
    try:
        return head.topic not in _EVEN_AFTERWARDS or fold(log.stream(head.stream)).watched
    except UnknownEvent:
        return True


def _terms(log: Log, streams: Sequence[str]) -> Sequence[Recalled]:
    usual = Terms(Watched(b"", 0).priority, None)
    found: list[Recalled] = []
    rows: Mapping[str, Sequence[Row]] = log.streams(streams)
    for of_one in rows.values():
        with suppress(UnknownEvent):  # the next look sets it aside, and says so
            one = _recalled(of_one, usual)
            plain = one.terms == usual and one.placed == Placed(USUAL, one.placed.state)
            if not plain or one.began is not None or not one.watched:
                found.append(one)
    return found


def _recalled(rows: Sequence[Row], terms: Terms) -> Recalled:
    """Raises UnknownEvent."""
    order = Order(state=_brief(rows[-1].state).state)
    began, watched = None, True
    for row in rows:
        terms = terms_after(terms, row)
        if row.topic in (OrderTracked.TOPIC, TrackingStopped.TOPIC):
            watched = row.topic == OrderTracked.TOPIC
            began = instant(_brief(row.state).not_after) if watched and row.version > 1 else began
        if row.topic == DetailsChanged.TOPIC:
            event = decode(row.topic, row.state)
            order = evolve(order, replace(event, state=order.state), row.version, None)
    key = key_of(rows[0])
    return Recalled(key, rows[-1].version, terms, placed(key.provider, order), began, watched)


def key_of(row: Row) -> OrderKey:
    return OrderKey.of(row.order)
