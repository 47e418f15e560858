"""Writing the log: group commits, and what became of an entry when another writer was first."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from adapters.log.database import Taken, Transaction
from adapters.log.erasing import demand_keys, erase
from adapters.log.reading import LogReading
from adapters.log.schema import EVIDENCE, KEYS, LOOKS, RECEIPTS, REGISTER, WATCHES, Record
from domain.encoding import raw_digest
from domain.rows import Committed, Conflict, Entry, KeyRow, Outcome, Row, WatchRow
from domain.seal import event_entry, looked, pack_stored, registered

# A transaction holds the log's lock, and psycopg can hang beyond some 10 MiB of parameters.
BATCH_BYTES = 2 * 1024 * 1024
ROW_BYTES = 192
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

    def save_watches(self, rows: Sequence[WatchRow]) -> list[str]:
        """The streams whose rows were not stored, since others have written them in the meantime."""
        lost: list[str] = []
        latest = iter({row.stream: row for row in rows}.values())
        while chunk := list(islice(latest, WATCHES_AT_ONCE)):
            lost += self._database.transact(partial(_put_watches, rows=chunk), repeatable=True)
        return lost

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
        return self._database.transact(partial(write, entries=entries), repeatable=True)

    def _settle(self, entry: Entry, lost: set[str]) -> Outcome:
        """Identical rows are a lost acknowledgement, anything else in their place is a conflict."""
        clash = min(streams_of(entry) & lost, default=None) or self._clash(entry)
        if clash:
            return Conflict(clash)
        stored = self._stored(entry)
        if stored:
            same = [(row.stream, row.version, row.topic, row.state) for row in stored] == list(entry.events)
            return Committed([row.position for row in stored]) if same else Conflict(stored[0].stream)
        known = entry.registration and self._registered(entry)
        try:
            return self._store([entry._replace(registration=None) if known else entry])[0]
        except Taken:
            return Conflict(min(streams_of(entry)))

    def _clash(self, entry: Entry) -> str | None:
        """The stream whose registration or key is stored, but another one."""
        if entry.registration and self._registered(entry) not in (None, entry.registration.stream):
            return entry.registration.stream
        if entry.key and self.key(entry.key.stream) not in (None, entry.key.wrapped):
            return entry.key.stream
        return None

    def _stored(self, entry: Entry) -> list[Row]:
        """What is stored in the places of the entry's events, in their order."""
        streams = self.streams(list({event.stream for event in entry.events}))
        rows = {(row.stream, row.version): row for stream in streams.values() for row in stream}
        found = [rows.get((event.stream, event.version)) for event in entry.events]
        return [row for row in found if row is not None]

    def _registered(self, entry: Entry) -> str | None:
        registration = entry.registration
        return registration and self.registered(registration.provider, registration.order_id)


def batches(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Entries in their order, halved until each part is below 2 MiB or a single entry."""
    if len(entries) > 1 and _weight(entries) > BATCH_BYTES:
        half = len(entries) // 2
        yield from batches(entries[:half])
        yield from batches(entries[half:])
    elif entries:
        yield entries


def _weight(entries: Sequence[Entry]) -> int:
    parts = [len(event.state) for entry in entries for event in entry.events]
    parts += [len(entry.evidence.sealed) for entry in entries if entry.evidence]
    parts += [len(entry.look.basis) for entry in entries if entry.look]
    parts += [len(entry.watch.watch) for entry in entries if entry.watch]
    return sum(parts) + len(parts) * ROW_BYTES


def streams_of(entry: Entry) -> set[str]:
    parts = (entry.registration, entry.look, entry.evidence, entry.key, entry.watch, entry.erase)
    return {event.stream for event in entry.events} | {part.stream for part in parts if part}


def write(transaction: Transaction, entries: Sequence[Entry]) -> list[Outcome]:
    """The events come last: from them on every other writer waits. Only their receipt has to follow."""
    for entry in entries:
        if entry.erase:
            erase(transaction, entry.erase)
    keys = [entry.key for entry in entries if entry.key]
    if transaction.put(KEYS, keys) < len(keys):
        _demand_same(transaction, keys)
    transaction.put(REGISTER, [entry.registration for entry in entries if entry.registration])
    transaction.put(EVIDENCE, [entry.evidence for entry in entries if entry.evidence])
    demand_keys(transaction, {entry.under.stream: entry.under.wrapped for entry in entries if entry.under})
    transaction.put(LOOKS, [entry.look for entry in entries if entry.look])
    if _put_watches(transaction, [entry.watch for entry in entries if entry.watch]):
        raise Taken
    positions = transaction.append([event for entry in entries for event in entry.events])
    transaction.put(RECEIPTS, _receipt(entries, positions))
    each = iter(positions)
    return [Committed(list(islice(each, len(entry.events)))) for entry in entries]


def _receipt(entries: Sequence[Entry], positions: Sequence[int]) -> list[Record]:
    """One row, or none for what leaves no trace but watches and keys."""
    events = [event for entry in entries for event in entry.events]
    packed = b"".join(
        event_entry(at, raw_digest(*event)) for at, event in zip(positions, events, strict=True)
    )
    rows = [registered(entry.registration) for entry in entries if entry.registration]
    rows += [looked(entry.look) for entry in entries if entry.look]
    return [(packed, pack_stored(rows))] if packed or rows else []


def _put_watches(transaction: Transaction, rows: Sequence[WatchRow]) -> list[str]:
    """The streams that others have written since these rows were read."""
    latest = {row.stream: row for row in rows}
    if transaction.put(WATCHES, list(latest.values())) == len(latest):
        return []
    stored = transaction.ask("SELECT stream, writer, revision FROM watches WHERE stream {any}", list(latest))
    return [
        str(stream)
        for stream, writer, revision in stored
        if (writer, revision) != (latest[str(stream)].writer, latest[str(stream)].revision)
    ]


def _demand_same(transaction: Transaction, keys: Sequence[KeyRow]) -> None:
    """Evidence sealed under a key that is not the stored one could never be opened again."""
    for key in keys:
        if transaction.ask("SELECT wrapped FROM evidence_keys WHERE stream = ?", key.stream) != [
            (key.wrapped,)
        ]:
            raise Taken
