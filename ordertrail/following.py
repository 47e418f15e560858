"""What others do to the log while a worker runs: orders tracked and stopped, looks of other workers, requests.

The follower has a log of its own and a thread to use it in.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import msgspec

from domain.encoding import decode
from domain.events import EvidenceShown, OrderTracked, TrackingChanged, TrackingStopped
from domain.identity import OrderKey
from domain.instants import Instant, instant
from domain.log import Head, Log, Request, Row
from domain.phases import Phase
from domain.watch import Watch
from ordertrail.fleet import Watched, stream_id
from ordertrail.insistence import Insistence
from ordertrail.orders import fold
from ordertrail.thread import Thread

PAGE = 1_000
REQUESTS = 100
_STREAMS = 200
_TRACKING = (OrderTracked.TOPIC, TrackingChanged.TOPIC)


class Found(NamedTuple):
    key: OrderKey
    watched: Watched


class Terms(NamedTuple):
    """What was asked of tracking an order that bears on when to look."""

    priority: int
    deadline: Instant | None


class News(NamedTuple):
    rows: Sequence[Row]
    requests: Sequence[Request]


class _Brief(msgspec.Struct):
    """As much of any stored event as says where its order stands."""

    phase: Phase | None
    not_after: str


_brief = msgspec.json.Decoder(_Brief).decode
_watch = msgspec.json.Decoder(Watch).decode


class Follower:
    def __init__(
        self, *, open_log: Callable[[], Log], thread: Thread, insist: Insistence, worker: str
    ) -> None:
        self._open_log = open_log
        self._thread = thread
        self._insist = insist
        self._worker = worker
        self._log: Log | None = None
        self._position = 0

    async def load(self, add: Callable[[Found], None]) -> int:
        """Hand over every watched order; how many. What is appended meanwhile comes with the news."""
        return await self._insist(lambda: self._thread.run(lambda: self._load(add)))

    async def terms(self, streams: Iterator[str]) -> Sequence[tuple[OrderKey, Terms]] | None:
        """The terms of the next orders of many that are not the usual ones; None when there are no more."""
        some = list(islice(streams, _STREAMS))
        if not some:
            return None
        return await self._insist(lambda: self._thread.run(lambda: _terms(self._opened(), some)))

    async def news(self) -> News:
        """What was appended since, up to a page; requests come after everything appended before them."""
        return await self._insist(lambda: self._thread.run(self._news))

    async def close(self) -> None:
        if self._log is not None:
            await self._thread.run(self._log.close)
        self._thread.close()

    def _opened(self) -> Log:
        if self._log is None:
            self._log = self._open_log()
        return self._log

    def _load(self, add: Callable[[Found], None]) -> int:
        log = self._opened()
        self._position = log.tail()
        count = 0
        for head in log.heads():
            if head.topic == TrackingStopped.TOPIC or not _still_watched(log, head):
                continue
            add(Found(OrderKey(head.provider, head.order_id), _watched(head)))
            count += 1
        return count

    def _news(self) -> News:
        log = self._opened()
        requests = log.claim(self._worker, REQUESTS)
        rows = list(log.read(self._position, PAGE))
        while requests and len(rows) % PAGE == 0 and rows:
            page = log.read(rows[-1].position, PAGE)
            if not page:
                break
            rows += page
        if rows:
            self._position = rows[-1].position
        return News(rows, requests)


def changed(watched: Watched, row: Row) -> None:
    """Note in an order's record what an event of it says."""
    brief = _brief(row.state)
    watched.version, watched.phase, watched.since = row.version, brief.phase, instant(brief.not_after)
    if row.topic in _TRACKING:
        told = terms_after(Terms(watched.priority, watched.deadline), row)
        watched.priority, watched.deadline = told


def begun(row: Row) -> Watched:
    """The record of an order that a row begins to track."""
    watched = Watched(stream_id(row.stream), row.version)
    changed(watched, row)
    return watched


def terms_after(terms: Terms, row: Row) -> Terms:
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


def _watched(head: Head) -> Watched:
    brief = _brief(head.state)
    watched = Watched(stream_id(head.stream), head.version, since=instant(brief.not_after))
    watched.phase = brief.phase
    watched.watch = None if head.watch is None else _watch(head.watch)
    return watched


def _still_watched(log: Log, head: Head) -> bool:
    """Evidence may be shown of an order that is watched no more."""
    return head.topic != EvidenceShown.TOPIC or fold(log.stream(head.stream)).watched


def _terms(log: Log, streams: Sequence[str]) -> Sequence[tuple[OrderKey, Terms]]:
    usual = Terms(Watched(b"", 0).priority, None)
    found: list[tuple[OrderKey, Terms]] = []
    rows: Mapping[str, Sequence[Row]] = log.streams(streams)
    for of_one in rows.values():
        terms = usual
        for row in of_one:
            if row.topic in _TRACKING:
                terms = terms_after(terms, row)
        if terms != usual:
            found.append((key_of(of_one[0]), terms))
    return found


def key_of(row: Row) -> OrderKey:
    provider, _, order_id = row.order.partition("/")
    return OrderKey(provider, order_id)
