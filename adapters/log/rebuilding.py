"""A read model folded anew beside the one that is served: compared row by row, and put in its place."""

from collections.abc import Sequence
from functools import partial

from adapters.log.database import OverDatabase, Transaction
from adapters.log.schema import FILTERS, OUTBOX, READ_MODELS
from domain.log import PositionMoved
from domain.rows import Comparison, Difference, Rebuild

ROWS_AT_ONCE = 2000

_UNLIKE = "(l.value <> s.value OR l.fold <> s.fold OR {})".format(
    " OR ".join(f"coalesce(l.{name}, '') <> coalesce(s.{name}, '')" for name in FILTERS)
)
_PAIRS = "FROM read_models l JOIN read_models s ON s.key = l.key AND s.model = ? WHERE l.model = ?"
_ALONE = (
    "FROM read_models l WHERE l.model = ? AND NOT EXISTS "
    "(SELECT 1 FROM read_models s WHERE s.model = ? AND s.key = l.key)"
)
_COLUMNS = ", ".join(column.name for column in READ_MODELS.filled if column.name != "model")


class LogRebuilding(OverDatabase):
    def compare(self, rebuild: Rebuild, show: int, *, switch: bool) -> list[Comparison]:
        """The new rows against those that are served, both at the same moment; the first `show` differences.

        `switch`: the new rows take their place in the same transaction, and what differs for readers goes
        through the outbox. PositionMoved: one of the two has moved on, nothing is changed.
        """
        work = partial(_compare, rebuild=rebuild, show=show, switch=switch)
        return self._database.transact(work, repeatable=not switch)

    def drop(self, projection: str, models: Sequence[str]) -> None:
        """Forget a projection with its position, its parked orders and these of its read models."""
        work = partial(_drop, projection=projection, models=models)
        self._database.transact(work, repeatable=True)


def _compare(transaction: Transaction, rebuild: Rebuild, show: int, switch: bool) -> list[Comparison]:
    _demand_position(transaction, rebuild.projection, rebuild.live_at)
    _demand_position(transaction, rebuild.shadow, rebuild.shadow_at)
    found = [_compared(transaction, live, new, show) for live, new in rebuild.models]
    if switch:
        for live, new in rebuild.models:
            _publish(transaction, live, new, rebuild.live_at)
            _replace(transaction, live, new)
        transaction.run("DELETE FROM parked WHERE projection = ?", rebuild.projection)
        transaction.run(
            "UPDATE parked SET projection = ? WHERE projection = ?", rebuild.projection, rebuild.shadow
        )
        _drop(transaction, rebuild.shadow, [new for _, new in rebuild.models])
    return found


def _demand_position(transaction: Transaction, projection: str, position: int) -> None:
    """The touched row keeps the projection where it is until the end of the transaction."""
    stands = transaction.run(
        "UPDATE tracking SET notification_id = notification_id "
        "WHERE application_name = ? AND notification_id = ?",
        projection,
        position,
    )
    if not stands:
        raise PositionMoved(f"projection {projection} is no longer at position {position}")


def _compared(transaction: Transaction, live: str, new: str, show: int) -> Comparison:
    changed = _count(transaction, f"{_PAIRS} AND l.value <> s.value", new, live)
    missing = _count(transaction, _ALONE, new, live)
    extra = _count(transaction, _ALONE, live, new)
    same = _count(transaction, _PAIRS, new, live) - changed
    first = sorted(_first(transaction, live, new, show))[:show]
    return Comparison(live, same, changed, missing, extra, first)


def _count(transaction: Transaction, of: str, *names: str) -> int:
    [(count,)] = transaction.ask(f"SELECT count(*) {of}", *names)
    return int(count or 0)


def _first(transaction: Transaction, live: str, new: str, show: int) -> list[Difference]:
    limit = "ORDER BY l.key LIMIT ?"
    unlike = f"SELECT l.key, l.value, s.value {_PAIRS} AND l.value <> s.value {limit}"
    missing = f"SELECT l.key, NULL, l.value {_ALONE} {limit}"
    extra = f"SELECT l.key, l.value, NULL {_ALONE} {limit}"
    return [
        *map(Difference._make, transaction.ask(unlike, new, live, show)),
        *map(Difference._make, transaction.ask(missing, new, live, show)),
        *map(Difference._make, transaction.ask(extra, live, new, show)),
    ]


def _publish(transaction: Transaction, live: str, new: str, position: int) -> None:
    """What readers see change; a page at a time, since it may be all of it."""
    unlike = f"SELECT l.key, s.value {_PAIRS} AND l.value <> s.value"
    missing, extra = f"SELECT l.key, l.value {_ALONE}", f"SELECT l.key, NULL {_ALONE}"
    for statement, names in ((unlike, (new, live)), (missing, (new, live)), (extra, (live, new))):
        after = ""
        while True:
            page = transaction.ask(
                f"{statement} AND l.key > ? ORDER BY l.key LIMIT ?", *names, after, ROWS_AT_ONCE
            )
            transaction.put_in_order(OUTBOX, [(live, key, value or None, position) for key, value in page])
            if len(page) < ROWS_AT_ONCE:
                break
            after = str(page[-1][0])


def _replace(transaction: Transaction, live: str, new: str) -> None:
    transaction.run(
        "DELETE FROM read_models WHERE model = ? AND (key IN (SELECT l.key "
        f"{_PAIRS} AND {_UNLIKE}) OR key IN (SELECT l.key {_ALONE}))",
        live,
        new,
        live,
        live,
        new,
    )
    transaction.run(
        f"INSERT INTO read_models (model, {_COLUMNS}) SELECT ?, {_COLUMNS} {_ALONE}", live, new, live
    )


def _drop(transaction: Transaction, projection: str, models: Sequence[str]) -> None:
    for model in models:
        transaction.run("DELETE FROM read_models WHERE model = ?", model)
    transaction.run("DELETE FROM parked WHERE projection = ?", projection)
    transaction.run("DELETE FROM tracking WHERE application_name = ?", projection)
