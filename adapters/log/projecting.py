"""Read models and their outbox."""

from collections.abc import Sequence
from functools import partial

import msgspec

from adapters.log.database import OverDatabase, Transaction
from adapters.log.noting import PREFIX
from adapters.log.schema import FILTERS, META, OUTBOX, PARKED, READ_MODELS, Record
from domain.log import PositionMoved
from domain.rows import Change, ModelRow, OutboxRow, Parked, Queued

KEYS_AT_ONCE = 5000
TRIMMED = f"{PREFIX}outbox trimmed"


class _Row(msgspec.Struct):
    """What every row of a read model tells, among other things."""

    position: int


_position_of = msgspec.json.Decoder(_Row).decode


class LogProjecting(OverDatabase):
    def position(self, projection: str) -> int:
        """The position up to which a projection is stored, 0 if it never ran."""
        found = self._database.ask(
            "SELECT notification_id FROM tracking WHERE application_name = ?", projection
        )
        return int(found[0][0] or 0) if found else 0

    def model_rows(self, model: str, keys: Sequence[str]) -> dict[str, ModelRow]:
        """The rows of a read model with these keys; a key without a row is left out."""
        statement = "SELECT key, value, fold FROM read_models WHERE model = ? AND key {any}"
        found = [
            ModelRow._make(record)
            for start in range(0, len(keys), KEYS_AT_ONCE)
            for record in self._database.ask(statement, model, list(keys[start : start + KEYS_AT_ONCE]))
        ]
        return {row.key: row for row in found}

    def select(
        self,
        model: str,
        where: dict[str, str],
        *,
        since: str | None = None,
        after: str = "",
        limit: int = 1000,
    ) -> list[ModelRow]:
        """A page of a read model by key, beyond `after`; `since` (RFC 3339) bounds its column from below.
        ValueError: there is no such filter."""
        _demand_filters(where)
        conditions = ["model = ?", "key > ?", *(f"{name} = ?" for name in where)]
        cells = [model, after, *where.values()]
        if since is not None:
            conditions.append("since >= ?")
            cells.append(since)
        statement = (
            f"SELECT key, value, fold FROM read_models WHERE {' AND '.join(conditions)} ORDER BY key LIMIT ?"
        )
        return list(map(ModelRow._make, self._database.ask(statement, *cells, limit)))

    def project(
        self,
        projection: str,
        start: int,
        end: int,
        changes: Sequence[Change],
        parked: Sequence[Parked],
        *,
        publish: bool = True,
    ) -> None:
        """Store a batch and move the projection from `start` to `end`, both or nothing; a fold that starts at
        0 forgets what was parked. `publish`: the changes go through the outbox. PositionMoved;
        LogUnreachable: ask for `position`, it may be stored."""
        for change in changes:
            _demand_filters(change.columns)
        work = partial(
            _project,
            projection=projection,
            start=start,
            end=end,
            changes=changes,
            parked=parked,
            publish=publish,
        )
        self._database.transact(work, repeatable=False)

    def parked(self, projection: str) -> list[Parked]:
        statement = (
            "SELECT order_name, position, why FROM parked WHERE projection = ? ORDER BY position, order_name"
        )
        return list(map(Parked._make, self._database.ask(statement, projection)))

    def outbox(self, after: int, limit: int) -> list[OutboxRow]:
        """Changes on their way to Kafka in the order they were stored; ids rise, are never used again and may
        have gaps."""
        statement = "SELECT id, topic, key, value, position FROM outbox WHERE id > ? ORDER BY id LIMIT ?"
        return list(map(OutboxRow._make, self._database.ask(statement, after, limit)))

    def queue_again(self, projection: str, model: str, after: str, limit: int) -> Queued:
        """Put a page of a read model, by key beyond `after`, into the outbox once more, while the projection
        stands still."""
        work = partial(_queue_again, projection=projection, model=model, after=after, limit=limit)
        return self._database.transact(work, repeatable=True)

    def trim_outbox(self, up_to: int) -> None:
        """Forget rows up to an id: they were published."""
        self._database.transact(partial(_trim, up_to=up_to), repeatable=True)

    def trimmed_outbox(self) -> int:
        """The id up to which rows were forgotten since they were published."""
        found = self._database.ask("SELECT value FROM meta WHERE name = ?", TRIMMED)
        return int(found[0][0] or 0) if found else 0

    def begin_outbox(self, at: int, *, drop: int = 0, spare: str = "") -> None:
        """Topics go on from this id, whatever was published to others before. Rows up to the id `drop` are
        forgotten, but for those of the topic `spare`."""
        work = partial(_begin, at=at, drop=drop, spare=spare)
        self._database.transact(work, repeatable=True)

    def last_outbox(self) -> int:
        """The highest id that a row of the outbox was ever given, though it may be trimmed; 0: none was."""
        return self._database.last_serial(OUTBOX)


def _demand_filters(columns: dict[str, str] | dict[str, str | None]) -> None:
    if not columns.keys() <= set(FILTERS):
        unknown = ", ".join(sorted(columns.keys() - set(FILTERS)))
        raise ValueError(f"read models can't be filtered by {unknown}; there is {', '.join(FILTERS)}")


def _project(
    transaction: Transaction,
    projection: str,
    start: int,
    end: int,
    changes: Sequence[Change],
    parked: Sequence[Parked],
    publish: bool,
) -> None:
    _move(transaction, projection, start, end)
    if start == 0:
        transaction.run("DELETE FROM parked WHERE projection = ?", projection)
    _change(transaction, list({(change.model, change.key): change for change in changes}.values()))
    transaction.put(PARKED, [(projection, *row) for row in parked])
    if publish:
        transaction.put_in_order(
            OUTBOX, [(change.model, change.key, change.value or None, change.position) for change in changes]
        )


def _move(transaction: Transaction, projection: str, start: int, end: int) -> None:
    moved = transaction.run(
        "UPDATE tracking SET notification_id = ? WHERE application_name = ? AND notification_id = ?",
        end,
        projection,
        start,
    )
    if not moved and start == 0:
        moved = transaction.run(
            "INSERT INTO tracking (application_name, notification_id) VALUES (?, ?) "
            "ON CONFLICT (application_name) DO NOTHING",
            projection,
            end,
        )
    if not moved:
        raise PositionMoved(
            f"projection {projection} is no longer at position {start}: another runner works on it; "
            "stop one of them, or start over from the stored position"
        )


def _change(transaction: Transaction, changes: Sequence[Change]) -> None:
    transaction.put(READ_MODELS, [_model_record(change) for change in changes if change.value is not None])
    deleted = [change for change in changes if change.value is None]
    for model in sorted({change.model for change in deleted}):
        keys = sorted(change.key for change in deleted if change.model == model)
        transaction.run("DELETE FROM read_models WHERE model = ? AND key {any}", model, keys)


def _model_record(change: Change) -> Record:
    return (change.model, change.key, change.value, change.fold, *map(change.columns.get, FILTERS))


def _queue_again(transaction: Transaction, projection: str, model: str, after: str, limit: int) -> Queued:
    """The touched row keeps the projection where it is until the end of the transaction."""
    transaction.run(
        "UPDATE tracking SET notification_id = notification_id WHERE application_name = ?", projection
    )
    page = transaction.ask(
        "SELECT key, value FROM read_models WHERE model = ? AND key > ? ORDER BY key LIMIT ?",
        model,
        after,
        limit,
    )
    rows: list[Record] = [
        (model, key, value, _position_of(value).position)
        for key, value in page
        if isinstance(value, bytes) and value
    ]
    transaction.put_in_order(OUTBOX, rows)
    return Queued(len(rows), str(page[-1][0]) if len(page) == limit else None)


def _trim(transaction: Transaction, up_to: int) -> None:
    transaction.run("DELETE FROM outbox WHERE id <= ?", up_to)
    transaction.put(META, [(TRIMMED, str(up_to))])


def _begin(transaction: Transaction, at: int, drop: int, spare: str) -> None:
    transaction.run("DELETE FROM outbox WHERE id <= ? AND topic <> ?", drop, spare)
    transaction.put(META, [(TRIMMED, str(at))])
