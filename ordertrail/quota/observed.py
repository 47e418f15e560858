"""Fleets as the log has seen them: how many orders arrived, and how long they stayed in each state.

The intervals of `StateChanged` say within what a stay lies. Orders that are still in a state count as far as
they have come: their weight goes to those that stayed longer (Efron 1967). Of a long log only the end
is read. A way back to a state that an order had left is not played.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from domain.encoding import UnknownEvent, decode
from domain.events import OrderTracked, StateChanged, TrackingStopped
from domain.identity import OrderKey
from domain.instants import SECOND, Instant, instant
from domain.log import Log
from domain.phases import FINAL
from domain.providers import PROVIDERS
from domain.rows import Row
from ordertrail.quota.fleets import Exit, Fleet, FleetError, Kind, Stay
from ordertrail.quota.laws import Weighed

READ = 400_000
FEWEST_ORDERS = 5
PAGE = 5000
_LEAST = 0.5


@dataclass
class Visit:
    """A stay in a state, seconds: it began in (after, by], and ended in (end_after, end_by] for `to`."""

    state: str
    after: float
    by: float
    end_after: float | None = None
    end_by: float = 0.0
    to: str | None = None


@dataclass
class Lived:
    """One order since it was tracked."""

    kind: str
    visits: list[Visit] = field(default_factory=list)
    stopped: float | None = None


def observed_fleets(log: Log, budgets: dict[str, float], watch_for: float) -> list[Fleet]:
    """One for every provider with orders enough; raises FleetError if there is none."""
    tail = log.tail()
    lives: dict[str, dict[str, Lived]] = defaultdict(dict)
    last = 0.0
    for row in _rows(log, max(0, tail - READ)):
        last = max(last, _read(row, lives))
    found = [
        fleet_of(slug, list(lived.values()), last, budgets[slug], watch_for)
        for slug, lived in sorted(lives.items())
        if slug in PROVIDERS and sum(bool(one.visits) for one in lived.values()) >= FEWEST_ORDERS
    ]
    if not found:
        raise FleetError(
            f"the log holds fewer than {FEWEST_ORDERS} orders of each provider: describe a fleet with --fleet"
        )
    return found


def _rows(log: Log, after: int) -> Iterator[Row]:
    while page := log.read(after, PAGE):
        yield from page
        after = page[-1].position


def _read(row: Row, lives: dict[str, dict[str, Lived]]) -> float:
    """Seconds since 1970 of the look that told the event; 0 for events that come from none."""
    provider, order = OrderKey.of(row.order)
    try:
        event = decode(row.topic, row.state)
    except UnknownEvent:
        return 0.0
    at = _seconds(event.not_after)
    lived = lives[provider].get(order) if order else None
    if isinstance(event.data, OrderTracked) and order and lived is None:
        lives[provider][order] = Lived(event.data.kind or "order")
    elif isinstance(event.data, StateChanged) and lived is not None:
        _changed(lived, event.data.target, at if event.not_before is None else _seconds(event.not_before), at)
    elif isinstance(event.data, TrackingStopped) and lived is not None:
        lived.stopped = at
    return 0.0 if event.look is None else at


def _changed(lived: Lived, state: str, after: float, by: float) -> None:
    if lived.visits:
        left = lived.visits[-1]
        left.end_after, left.end_by, left.to = after, by, state
    lived.visits.append(Visit(state, after, by))


def _seconds(text: str) -> float:
    at: Instant = instant(text)
    return at / SECOND


def fleet_of(slug: str, lived: list[Lived], last: float, budget: float, watch_for: float) -> Fleet:
    seen = [one.visits[0].by for one in lived if one.visits]
    minutes = max(max(seen) - min(seen), 60.0) / 60
    kinds = Counter(one.kind for one in lived if one.visits)
    made = [
        _kind(slug, name, count, [one for one in lived if one.kind == name and one.visits], last, watch_for)
        for name, count in kinds.items()
    ]
    return Fleet(slug, slug, len(seen) / minutes, budget, tuple(made))


def _kind(slug: str, name: str, share: int, lived: list[Lived], last: float, watch_for: float) -> Kind:
    edges = _forward(visit for one in lived for visit in one.visits)
    spans: dict[str, list[tuple[float, float, str | None]]] = defaultdict(list)
    for one in lived:
        for visit in one.visits:
            spans[visit.state].append(_span(visit, edges, one.stopped or last))
    first = Counter(one.visits[0].state for one in lived).most_common(1)[0][0]
    final = {state for state, phase in PROVIDERS[slug].phases.items() if phase in FINAL}
    stays = {state: _stay(found, state in final, watch_for) for state, found in spans.items()}
    return Kind(name, float(share), first, stays)


def _forward(visits: Iterable[Visit]) -> set[tuple[str, str]]:
    """The steps that were seen, the most frequent first, but for those that would lead round in a circle."""
    seen = Counter((visit.state, visit.to) for visit in visits if visit.to is not None)
    edges: set[tuple[str, str]] = set()
    for (source, target), _ in seen.most_common():
        if target is not None and not _leads(edges, target, source):
            edges.add((source, target))
    return edges


def _leads(edges: set[tuple[str, str]], source: str, target: str) -> bool:
    if source == target:
        return True
    return any(_leads(edges, to, target) for begin, to in edges if begin == source)


def _span(visit: Visit, edges: set[tuple[str, str]], last: float) -> tuple[float, float, str | None]:
    """How long it lasted, at least and at most, and what for; None if it goes on as far as is known."""
    if visit.to is None or visit.end_after is None:
        return (max(last - visit.by, 0.0), max(last - visit.after, 0.0), None)
    shortest, longest = max(visit.end_after - visit.by, 0.0), max(visit.end_by - visit.after, _LEAST)
    return (shortest, longest, visit.to if (visit.state, visit.to) in edges else None)


def _stay(spans: list[tuple[float, float, str | None]], final: bool, watch_for: float) -> Stay:
    weights, rest = _redistributed(spans)
    by_target: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for (shortest, longest, to), weight in zip(spans, weights, strict=True):
        if to is not None and weight > 0:
            by_target[to].append((shortest, longest, weight))
    exits = [
        Exit(sum(weight for _, _, weight in found), to, Weighed(tuple(found)))
        for to, found in by_target.items()
    ]
    if not exits:
        return Stay()
    oldest = max(longest for _, longest, _ in spans)
    limit = watch_for if final else (oldest if rest else float("inf"))
    return Stay(tuple(exits), watched=final, watch_for=max(limit, _LEAST))


def _redistributed(spans: list[tuple[float, float, str | None]]) -> tuple[list[float], float]:
    """A weight for each, adding to 1 with the rest: of those that stay longer than any was seen to."""
    order = sorted(range(len(spans)), key=lambda at: (spans[at][0] + spans[at][1], spans[at][2] is None))
    weights = [0.0] * len(spans)
    share, left = 1.0 / len(spans), len(spans)
    for at in order:
        left -= 1
        if spans[at][2] is not None:
            weights[at] = share
        elif left:
            share += share / left
        else:
            return weights, share
    return weights, 0.0
