"""Writing the log: group commits, and what became of an entry when another writer was first."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from adapters.log.database import Taken, Transaction
from adapters.log.reading import LogReading
from adapters.log.schema import EVIDENCE, KEYS, LOOKS, REGISTER, WATCHES
from domain.log import Committed, Conflict, Entry, KeyRow, Outcome, WatchRow

# A transaction holds the log's lock, and psycopg can hang beyond some 10 MiB of parameters.
BATCH_BYTES = 2 * 1024 * 1024
ROW_BYTES = 256
WATCHES_AT_ONCE = 5000


class LogWriting(LogReading):
    def commit(self, entries: Sequence[Entry]) -> list[Outcome]:
        """Store entries, in one transaction for each 2 MiB. An entry that another writer forestalled is a
        Conflict and leaves nothing behind, nor do later ones of its streams. LogUnreachable leaves open what
        is stored: the same entries given again find out."""
        outcomes: list[Outcome] = []
        lost: set[str] = set()
        for batch in batches(entries):
            outcomes += self._commit(batch, lost)
        return outcomes

    def save_watches(self, rows: Sequence[WatchRow]) -> None:
        latest = iter({row.stream: row for row in rows}.values())
        while chunk := list(islice(latest, WATCHES_AT_ONCE)):
            self._database.transact(partial(_put_watches, rows=chunk), repeatable=True)

    def _commit(self, entries: Sequence[Entry], lost: set[str]) -> list[Outcome]:
        """Halve a batch until the entry that another writer forestalled stands alone."""
        if not lost or lost.isdisjoint(stream for entry in entries for stream in streams_of(entry)):
            try:
                return self._store(entries)
            except Taken:
                pass
        if len(entries) > 1:
            half = len(entries) // 2
            return self._commit(entries[:half], lost) + self._commit(entries[half:], lost)
        outcome = self._settle(entries[0], lost)
        if isinstance(outcome, Conflict):
            lost |= streams_of(entries[0])
        return [outcome]

    def _store(self, entries: Sequence[Entry]) -> list[Outcome]:
        return self._database.transact(partial(_write, entries=entries), repeatable=True)

    def _settle(self, entry: Entry, lost: set[str]) -> Outcome:
        """Identical rows are a lost acknowledgement, anything else in their place is a conflict."""
        clash = next(iter(sorted(streams_of(entry) & lost)), None) or self._clash(entry)
        if clash:
            return Conflict(clash)
        positions = self._positions(entry)
        if positions:
            return Committed(positions)
        known = entry.registration and self._registered(entry)
        try:
            return self._store([entry._replace(registration=None) if known else entry])[0]
        except Taken:
            return Conflict(min(streams_of(entry)))

    def _clash(self, entry: Entry) -> str | None:
        """The stream of the first row whose place is taken by something else."""
        if entry.registration and self._registered(entry) not in (None, entry.registration.stream):
            return entry.registration.stream
        if entry.key and self.key(entry.key.stream) not in (None, entry.key.wrapped):
            return entry.key.stream
        stored = self.streams(list({event.stream for event in entry.events}))
        rows = {(row.stream, row.version): row for rows in stored.values() for row in rows}
        for event in entry.events:
            row = rows.get((event.stream, event.version))
            if row and (row.topic, row.state) != (event.topic, event.state):
                return event.stream
        return None

    def _positions(self, entry: Entry) -> list[int]:
        stored = self.streams(list({event.stream for event in entry.events}))
        places = {(row.stream, row.version): row.position for rows in stored.values() for row in rows}
        found = [places.get((event.stream, event.version)) for event in entry.events]
        return [position for position in found if position is not None]

    def _registered(self, entry: Entry) -> str | None:
        registration = entry.registration
        return registration and self.registered(registration.provider, registration.order_id)


def batches(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Entries in groups of less than 2 MiB; one that is larger stands alone."""
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        weight = _weight(entry)
        if batch and size + weight > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += weight
    if batch:
        yield batch


def _weight(entry: Entry) -> int:
    weight = 2 * ROW_BYTES
    for event in entry.events:
        weight += len(event.state) + ROW_BYTES
    if entry.evidence:
        weight += len(entry.evidence.sealed) + ROW_BYTES
    if entry.look:
        weight += len(entry.look.basis) + ROW_BYTES
    if entry.watch:
        weight += len(entry.watch.watch)
    return weight


def streams_of(entry: Entry) -> set[str]:
    parts = (entry.registration, entry.look, entry.evidence, entry.key, entry.watch)
    return {event.stream for event in entry.events} | {part.stream for part in parts if part}


def _write(transaction: Transaction, entries: Sequence[Entry]) -> list[Outcome]:
    """The events come last: from them on every other writer waits."""
    keys = [entry.key for entry in entries if entry.key]
    if transaction.put(KEYS, keys) < len(keys):
        _demand_same(transaction, keys)
    transaction.put(REGISTER, [entry.registration for entry in entries if entry.registration])
    transaction.put(EVIDENCE, [entry.evidence for entry in entries if entry.evidence])
    transaction.put(LOOKS, [entry.look for entry in entries if entry.look])
    _put_watches(transaction, [entry.watch for entry in entries if entry.watch])
    positions = iter(transaction.append([event for entry in entries for event in entry.events]))
    return [Committed(list(islice(positions, len(entry.events)))) for entry in entries]


def _put_watches(transaction: Transaction, rows: Sequence[WatchRow]) -> None:
    transaction.put(WATCHES, list({row.stream: row for row in rows}.values()))


def _demand_same(transaction: Transaction, keys: Sequence[KeyRow]) -> None:
    """Evidence sealed under a key that is not the stored one could never be opened again."""
    for key in keys:
        if transaction.ask("SELECT wrapped FROM evidence_keys WHERE stream = ?", key.stream) != [
            (key.wrapped,)
        ]:
            raise Taken
