"""The lives of a provider's orders as the end of the log tells them, for a schedule to learn from.

Of each order all counts, from its first event to its last look, so that those that take long are not left
out. Orders of which a person has decided or corrected something are.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from domain.events import Corrected, Data, Event, OrderTracked, StateAdopted, StateChanged
from domain.instants import SECOND, Instant, instant
from domain.log import Log
from domain.order import Order, evolve
from domain.phases import WATCHED_AFTER
from domain.rows import Row
from domain.watch import Watch
from ordertrail.placing import Placed, placed, steps_to
from ordertrail.scheduling.facts import Facts
from ordertrail.scheduling.lessons import Life, Sight
from ordertrail.stream import Told, told

READ = 20_000
"""Positions at the end of the log, of all providers together."""
_PAGE = 5_000
_STREAMS = 500

_watch = msgspec.json.Decoder(Watch).decode


def lives(log: Log, provider: str) -> Iterator[Life]:
    """Oldest order first."""
    rows = _begun(log, provider)
    streams = list(rows)
    for first in range(0, len(streams), _STREAMS):
        watches = log.watches(streams[first : first + _STREAMS])
        for stream in streams[first : first + _STREAMS]:
            stored = watches.get(stream)
            last = None if stored is None else _watch(stored.watch).last
            life = life_of(provider, told(rows[stream])[0], last)
            if life is not None:
                yield life


def life_of(provider: str, events: Sequence[Told], last: Instant | None) -> Life | None:
    """None: it tells nothing. `last`: when its last look ended."""
    order, sights, words = Order(), list[Sight](), ""
    for look, group in groupby(events, key=lambda one: one.event.look):
        shown = list(group)
        for row, event in shown:
            if isinstance(event.data, Corrected | StateAdopted):
                return None
            order = evolve(order, event, row.version, None)
        where = placed(provider, order)
        targets = [event.data.target for _, event in shown if isinstance(event.data, StateChanged)]
        if look is not None and (steps := steps_to(where, targets, words)):
            sights.append(Sight(_facts(where, order, [event for _, event in shown]), steps))
            words = where.words
    if not sights:
        return None
    return Life(sights, sights[-1].facts.entered_by if last is None else last / SECOND)


def _begun(log: Log, provider: str) -> dict[str, list[Row]]:
    """By stream, of the orders whose tracking began within the end of the log."""
    found: dict[str, list[Row]] = defaultdict(list)
    after = max(0, log.tail() - READ)
    while page := log.read(after, _PAGE):
        after = page[-1].position
        for row in page:
            is_first = row.version == 1 and row.topic == OrderTracked.TOPIC
            if row.order.startswith(f"{provider}/") and (is_first or row.stream in found):
                found[row.stream].append(row)
    return found


def _facts(where: Placed, order: Order, learned: Sequence[Event[Data]]) -> Facts:
    """`learned`: from the look that showed it."""
    change = next((event for event in learned if isinstance(event.data, StateChanged)), learned[0])
    return Facts(
        state=where.words,
        entered_after=None if change.not_before is None else instant(change.not_before) / SECOND,
        entered_by=instant(change.not_after) / SECOND,
        deadline=None if where.deadline is None else where.deadline / SECOND,
        watching=order.phase in WATCHED_AFTER,
    )
