"""What can be asked of the read models: which orders there are, and which need a person.

Read models may lag behind the log by a moment; `order_at` and `history` ask the log itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from domain.identity import OrderKey
from domain.instants import Instant, text, text_or_none
from domain.log import Log
from domain.rows import ModelRow
from ordertrail.orders import watch_of
from ordertrail.stream import Line
from projections import attention as attention_model
from projections import orders as orders_model

PAGE = 1000
ONE_BY_ONE = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """All that are given must hold. `since`: the state began to be known at that moment or later."""

    provider: str | None = None
    phase: str | None = None
    state: str | None = None
    ref: str | None = None
    tenant: str | None = None
    attention: bool = False
    since: Instant | None = None

    def where(self) -> dict[str, str]:
        named = ("provider", "phase", "state", "ref", "tenant")
        given = {name: value for name in named if (value := getattr(self, name)) is not None}
        return {**given, "attention": "yes"} if self.attention else given


NO_FILTERS = Filters()


def orders(log: Log, filters: Filters = NO_FILTERS) -> Iterator[Line]:
    """`orders --json` lines by order: order, provider, ref, state, phase, attention, since, last_look,
    version, details (null, with `details_omitted`, where they are too many to publish); `erased` where that
    is so, and then nothing but order, provider, last_look and version."""
    looks = _LastLooks(log, filters.provider)
    for page in _pages(log, orders_model.MODEL, filters):
        last_looks = looks.of([row.key for row in page])
        for row in page:
            line = msgspec.json.decode(row.value) if row.value else _erased(row)
            yield _line(line, last_looks.get(row.key))


def attention(log: Log) -> Iterator[Line]:
    """`attention --json` lines by order: order, provider, kinds, open, state, phase, since, position.

    A provider out of reach stands under its reserved name, `_provider-SLUG`.
    """
    for page in _pages(log, attention_model.MODEL, NO_FILTERS):
        for row in page:
            line: Line = msgspec.json.decode(row.value)
            yield line


def _pages(log: Log, model: str, filters: Filters) -> Iterator[list[ModelRow]]:
    since = None if filters.since is None else text(filters.since)
    after = ""
    while page := log.select(model, filters.where(), since=since, after=after, limit=PAGE):
        yield page
        after = page[-1].key


def _erased(row: ModelRow) -> Line:
    """What is still told of an order whose kept answers were destroyed."""
    order = orders_model.stored(row.fold)
    told = dict.fromkeys(("ref", "state", "phase", "details"), None)
    since = {"not_before": None, "not_after": None}
    provider = row.key.partition("/")[0]
    line = {"order": row.key, "provider": provider, "attention": [], "since": since, "erased": True}
    return {**told, **line, "version": order.version}


def _line(value: Line, last_look: Instant | None) -> Line:
    line = {
        name: value[name] for name in ("order", "provider", "ref", "state", "phase", "attention", "since")
    }
    line |= {"last_look": text_or_none(last_look), "version": value["version"], "details": value["details"]}
    return line | {name: True for name in ("details_omitted", "erased") if value.get(name)}


class _LastLooks:
    """Ends of orders' last looks: few are asked for one by one, many are read at once."""

    def __init__(self, log: Log, provider: str | None) -> None:
        self._log = log
        self._provider = provider
        self._all: dict[str, Instant] | None = None

    def of(self, orders: Sequence[str]) -> dict[str, Instant]:
        if self._all is None and len(orders) > ONE_BY_ONE:
            self._all = self._everyone()
        if self._all is not None:
            return self._all
        found = {order: self._one(order) for order in orders}
        return {order: last for order, last in found.items() if last is not None}

    def _one(self, order: str) -> Instant | None:
        stream = self._log.registered(*OrderKey.of(order))
        kept = self._log.watch(stream) if stream else None
        return None if kept is None else watch_of(kept.watch).last

    def _everyone(self) -> dict[str, Instant]:
        heads = self._log.heads(self._provider)
        watched = ((head, watch_of(head.watch).last) for head in heads if head.watch is not None)
        return {
            str(OrderKey(head.provider, head.order_id)): last for head, last in watched if last is not None
        }
