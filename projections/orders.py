"""The read model `orders`: where each order stands now, as it is published."""

from msgspec import UNSET, Struct, UnsetType, json
from msgspec.structs import replace

from domain.fields import Detail
from domain.order import Order
from domain.rows import Change

MODEL = "orders"
LARGEST_VALUE = 900_000
"""Bytes of a published row; one with more leaves its details out and says so."""

_encoder = json.Encoder(order="deterministic")
_fold = json.Decoder(Order)


class Since(Struct, frozen=True):
    """The interval of the change that led to the state; RFC 3339."""

    not_before: str | None
    not_after: str | None


class Asked(Struct, frozen=True):
    """What we were asked to do with the order; `stopped` says why it is watched no more."""

    environment: str
    priority: int
    deadline: str | None
    tenant: str | None
    kind: str | None
    stopped: str | None


class OrderRow(Struct, frozen=True, kw_only=True):
    """A published row. `position` is the log position of the last event that it knows."""

    order: str
    provider: str
    ref: str | None
    state: str | None
    phase: str | None
    attention: list[str]
    since: Since
    version: int
    tracking: Asked | None
    details: dict[str, Detail] | None
    details_omitted: bool | UnsetType = UNSET
    position: int


def stored(fold: bytes) -> Order:
    """The order that a row's fold column holds; raises msgspec.DecodeError."""
    return _fold.decode(fold)


def since(order: Order) -> Since:
    return Since(order.not_before, order.not_after)


def change(key: str, order: Order, position: int, attention: list[str]) -> Change:
    """The order's row as it is now; `key` is `provider/order_id`. An erased order has none to show, only
    what its fold needs to go on."""
    row = _row(key, order, position, [] if order.erased else attention)
    if order.erased:
        return Change(MODEL, key, b"", json.encode(order), _columns(row, order), position)
    value = _encoder.encode(row)
    if len(value) > LARGEST_VALUE:
        value = _encoder.encode(replace(row, details=None, details_omitted=True))
    return Change(MODEL, key, value, json.encode(order), _columns(row, order), position)


def _row(key: str, order: Order, position: int, attention: list[str]) -> OrderRow:
    tracking = order.tracking
    return OrderRow(
        order=key,
        provider=key.partition("/")[0],
        ref=tracking.ref if tracking else None,
        state=order.state,
        phase=order.phase,
        attention=attention,
        since=since(order),
        version=order.version,
        tracking=_asked(order),
        details=order.details,
        position=position,
    )


def _asked(order: Order) -> Asked | None:
    tracking = order.tracking
    if tracking is None:
        return None
    return Asked(
        tracking.environment,
        tracking.priority,
        tracking.deadline,
        tracking.tenant,
        tracking.kind,
        order.stopped,
    )


def _columns(row: OrderRow, order: Order) -> dict[str, str | None]:
    return {
        "provider": row.provider,
        "state": row.state,
        "phase": row.phase,
        "ref": row.ref,
        "attention": "yes" if row.attention else "",
        "tenant": order.tracking.tenant if order.tracking else None,
        "since": order.not_after,
    }
