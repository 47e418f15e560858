"""The read model `attention`: what needs a person. A row goes when nothing of it is open any more."""

from msgspec import DecodeError, Struct, json
from msgspec.structs import replace

from domain.order import Order
from domain.rows import Change
from projections.orders import Since, since

MODEL = "attention"
PARKED = "parked"
_CONTACT = "_provider-"

_encoder = json.Encoder(order="deterministic")


class Parking(Struct, frozen=True):
    """Why an order is not folded any further: its event `version` could not be read."""

    version: int
    why: str


_parking = json.Decoder(Parking)


class Open(Struct, frozen=True):
    """`version` is the event that opened it where one is known; `word` what the provider said, or why."""

    version: int | None
    kind: str
    word: str | None


class AttentionRow(Struct, frozen=True):
    """A published row. `position` is the log position at which the rest of it last changed."""

    order: str
    provider: str
    kinds: list[str]
    open: list[Open]
    state: str | None
    phase: str | None
    since: Since
    position: int


def entry(key: str, order: Order, parking: Parking | None = None) -> AttentionRow | None:
    """What is open at an order, or at a provider's reserved stream; None if nothing is. Its position is 0."""
    kinds = [] if order.erased else order.attention
    kinds = [*kinds, *([PARKED] if parking else [])]
    if not kinds:
        return None
    provider = key.removeprefix(_CONTACT) if contact(key) else key.partition("/")[0]
    opened = [one for one in _opened(order, parking) if one.kind in kinds]
    return AttentionRow(key, provider, kinds, opened, order.state, order.phase, since(order), 0)


def contact(key: str) -> bool:
    """Whether it is the stream of what was learned about reaching a provider."""
    return key.startswith(_CONTACT)


def parked(fold: bytes) -> bool:
    """Whether a row's fold column says that its order is parked."""
    try:
        return bool(fold) and bool(_parking.decode(fold))
    except DecodeError:
        return False


def change(key: str, order: Order, position: int, parking: Parking | None = None) -> Change:
    """The row as it is now, or its end. Its fold column holds the parking if there is one, else a provider's
    own fold; an order's is in `orders`."""
    row = entry(key, order, parking)
    if row is None:
        return Change(MODEL, key, None, b"", {}, position)
    value = _encoder.encode(replace(row, position=position))
    fold = parking or (order if contact(key) else None)
    kept = json.encode(fold) if fold else b""
    return Change(MODEL, key, value, kept, _columns(row, order), position)


def _columns(row: AttentionRow, order: Order) -> dict[str, str | None]:
    return {
        "provider": row.provider,
        "state": row.state,
        "phase": row.phase,
        "ref": order.tracking.ref if order.tracking else None,
        "attention": "yes",
        "tenant": order.tracking.tenant if order.tracking else None,
        "since": order.not_after,
    }


def _opened(order: Order, parking: Parking | None) -> list[Open]:
    opened = [Open(version, oddity.kind, oddity.word) for version, oddity in sorted(order.oddities.items())]
    if order.contact_lost:
        opened.append(Open(None, "contact_lost", None))
    opened += [Open(order.not_found, "not_found", None)] if order.not_found else []
    opened += [Open(order.forgotten, "forgotten", None)] if order.forgotten else []
    opened += [Open(order.overdue.version, "overdue", order.overdue.state)] if order.overdue else []
    if order.execution is not None and order.uncertain:
        opened.append(Open(order.execution.version, "execution_uncertain", None))
    if order.stretched is not None:
        told = f"{order.stretched.effective} s instead of {order.stretched.promised} s"
        opened.append(Open(order.stretched.version, "bound_stretched", told))
    return [*opened, Open(parking.version, PARKED, parking.why)] if parking else opened
