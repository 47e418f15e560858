"""One pass over the log's rows that gives both read models. Pure.

An order whose event can't be read is parked: it keeps its row as it stood, shows up in `attention`, and its
later events are passed over until it is folded anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from domain.encoding import UnknownEvent, decode
from domain.identity import reserved
from domain.order import Order, evolve
from domain.rows import Change, ModelRow, Parked, Row
from projections import attention, orders
from projections.attention import Parking

PROJECTION = "read-models"


@dataclass(frozen=True, slots=True)
class Folded:
    """What a batch of rows comes to: `changes` by rising position; `skipped` events were of parked orders."""

    changes: list[Change]
    parked: list[Parked]
    skipped: int


@dataclass(slots=True)
class _Standing:
    """One key during a pass. `known`: it has a row in `attention`; `quiet`: nothing can be open. Positions
    are of the last change."""

    order: Order
    known: bool
    quiet: bool = True
    parking: Parking | None = None
    changed: int = 0
    attention_changed: int = 0


@dataclass(slots=True)
class _Pass:
    rows: Mapping[str, ModelRow]
    standings: dict[str, _Standing] = field(default_factory=dict)
    parked: list[Parked] = field(default_factory=list)
    skipped: int = 0


def fold(rows: Iterable[Row], current: Mapping[str, ModelRow], parked: Iterable[str] = ()) -> Folded:
    """Fold rows of the log, in its order, into the read models' rows.

    `current` has the rows as they are: of `orders` for orders, of `attention` for reserved streams. `parked`
    are the orders to pass over. Rows that are folded already change nothing.
    """
    run, passed_over = _Pass(current), set(parked)
    for row in rows:
        if reserved(row.order) and not attention.contact(row.order):
            continue
        if row.order in passed_over:
            run.skipped += 1
        elif not _take(run, row):
            passed_over.add(row.order)
    return Folded(_changes(run.standings), run.parked, run.skipped)


def fold_order(rows: Sequence[Row], position: int) -> Folded:
    """One order's stream from its beginning, as far as it can be read: both its rows, as a fold of the whole
    log has them. They are told as changes of a given position."""
    run = _Pass({})
    for row in rows:
        if not _take(run, row):
            break
    for standing in run.standings.values():
        standing.known, standing.attention_changed = True, standing.attention_changed or position
    changes = [change._replace(position=position) for change in _changes(run.standings)]
    return Folded(changes, run.parked, 0)


def keys(rows: Iterable[Row]) -> tuple[list[str], list[str]]:
    """Whose rows a pass needs: orders, and reserved streams of contact."""
    names = dict.fromkeys(row.order for row in rows)
    return [name for name in names if not reserved(name)], list(filter(attention.contact, names))


def _take(run: _Pass, row: Row) -> bool:
    """Whether the row could be folded."""
    standing = run.standings.get(row.order)
    try:
        if standing is None:
            standing = run.standings[row.order] = _standing(row.order, run.rows)
        if row.version <= standing.order.version:
            return True
        after = _evolved(standing.order, row)
    except Exception as error:  # noqa: BLE001 whatever is wrong with one order must not stop the others
        standing = run.standings.setdefault(row.order, _Standing(Order(), known=False))
        _park(run, row, standing, error)
        return False
    quiet = after.quiet
    if not (quiet and standing.quiet):
        _watch_attention(standing, after, row)
    standing.order, standing.quiet, standing.changed = after, quiet, row.position
    return True


def _standing(key: str, rows: Mapping[str, ModelRow]) -> _Standing:
    row = rows.get(key)
    if row is None:
        return _Standing(Order(), known=False)
    order = orders.stored(row.fold)
    quiet = order.quiet
    return _Standing(order, known=not quiet and bool(order.attention), quiet=quiet)


def _evolved(order: Order, row: Row) -> Order:
    """No digest is kept: only who appends needs it."""
    if row.version != order.version + 1 and not reserved(row.order):
        raise UnknownEvent(f"version {row.version} follows {order.version}: events of the order are missing")
    return evolve(order, decode(row.topic, row.state), row.version, None)


def _watch_attention(standing: _Standing, after: Order, row: Row) -> None:
    if attention.entry(row.order, standing.order) != attention.entry(row.order, after):
        standing.attention_changed = row.position


def _park(run: _Pass, row: Row, standing: _Standing, error: Exception) -> None:
    why = str(error) if isinstance(error, UnknownEvent) else f"{type(error).__name__}: {error}"
    standing.parking = Parking(row.version, why)
    standing.changed = standing.attention_changed = row.position
    run.parked.append(Parked(row.order, row.position, why))


def _changes(standings: Mapping[str, _Standing]) -> list[Change]:
    changes: list[Change] = []
    for key, standing in standings.items():
        order = standing.order
        if standing.changed and not reserved(key):
            kinds = [] if standing.quiet else order.attention
            kinds += [attention.PARKED] if standing.parking else []
            changes.append(orders.change(key, order, standing.changed, kinds))
        if standing.attention_changed:
            change = attention.change(key, order, standing.attention_changed, standing.parking)
            if change.value is not None or standing.known:
                changes.append(change)
    changes.sort(key=lambda change: change.position)
    return changes
