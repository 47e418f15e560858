"""A stream as it is recorded, and as today's rules tell it from the looks that are kept."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.basis import basis_of, look_of
from domain.encoding import decode
from domain.identity import OrderKey
from domain.order import Order, evolve
from domain.provider import Provider
from domain.readings import Read
from domain.retelling import Kept, Retold, retell
from domain.rows import LookRow, Row
from domain.story import Numbered
from ordertrail.looked import Missing, Open, looked
from ordertrail.observation import body_digest


class ToldAnew(NamedTuple):
    """A stream as it is recorded, and as today's rules tell it."""

    events: Sequence[Numbered]
    order: Order
    retold: Retold


def told_anew(
    provider: Provider, read: Read, rows: Sequence[Row], looks: Sequence[LookRow], opened: Open
) -> ToldAnew:
    """ValueError for a stream that this version can't read."""
    order, events = Order(), list[Numbered]()
    for row in rows:
        event = decode(row.topic, row.state)
        order = evolve(order, event, row.version, None)
        events.append(Numbered(row.version, event))
    kept = [_kept(look, read, opened) for look in looks]
    return ToldAnew(events, order, retell(provider, events, kept))


def _kept(row: LookRow, read: Read, opened: Open) -> Kept:
    """ValueError for a look that does not say what it was judged on."""
    basis = basis_of(row)
    look = look_of(row, basis)
    try:
        one = looked(row, OrderKey.of(row.order).order_id, read, opened)
    except Missing as missing:
        return Kept(look, basis, row.rules, row.evidence, None, None, str(missing))
    return Kept(look, basis, row.rules, row.evidence, body_digest(one.body), one.reading)
