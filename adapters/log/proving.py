"""The rows as they are, for whoever checks that they are what was stored."""

from collections.abc import Sequence

from adapters.log.database import OverDatabase
from adapters.log.erasing import EXAMPLES, OWN
from adapters.log.schema import EVIDENCE, KEYS, RECEIPTS
from domain.rows import Cells, Census, Kept, Receipt, Row

EVENTS = "SELECT {position}, originator_id, originator_version, topic, state FROM stored_events "
LOOKS = (
    "SELECT look, stream, order_name, asked_at, answered_at, http_status, content_type, age, api, rules, "
    "evidence, truncated, basis FROM looks "
)

STATEMENTS = {
    Kept.EVENTS: EVENTS + "WHERE originator_id {any} ORDER BY originator_id, originator_version",
    Kept.REGISTER: "SELECT provider, order_id, stream FROM register WHERE stream {any}",
    Kept.LOOKS: LOOKS + "WHERE look {any}",
    Kept.LOOKS_OF: LOOKS + "WHERE stream {any} ORDER BY answered_at, look",
    Kept.EVIDENCE: "SELECT sha256, stream, size, sealed, kept_at FROM evidence WHERE sha256 {any}",
    Kept.KEYS: "SELECT stream, wrapped FROM evidence_keys WHERE stream {any}",
}
TABLES = {
    Kept.EVENTS: ("stored_events", "originator_id"),
    Kept.REGISTER: ("register", "stream"),
    Kept.LOOKS: ("looks", "look"),
    Kept.EVIDENCE: ("evidence", "sha256, stream"),
    Kept.KEYS: ("evidence_keys", "stream"),
}
STREAMS = (
    "SELECT originator_id FROM stored_events WHERE originator_id > {raw} "
    "GROUP BY originator_id ORDER BY originator_id LIMIT ?"
)


CENSUS = (
    "SELECT (SELECT coalesce(max(id), 0) FROM receipts), "
    "(SELECT coalesce(max({position}), 0) FROM stored_events), "
    "(SELECT count(*) FROM looks), (SELECT count(*) FROM register)"
)
STRAY_EVIDENCE = (
    "SELECT e.sha256, e.stream FROM evidence e WHERE NOT EXISTS "
    "(SELECT 1 FROM looks l WHERE l.stream = e.stream AND l.evidence = e.sha256)"
)


class LogProving(OverDatabase):
    def newest(self, stream: str) -> Row | None:
        """The last event of a reserved stream."""
        statement = EVENTS + "WHERE originator_id = ? ORDER BY originator_version DESC LIMIT 1"
        found = self._database.ask(statement, stream)
        return Row._make((*found[0][:2], stream, *found[0][2:])) if found else None

    def receipts(self, after: int, limit: int) -> list[Receipt]:
        """In the order of the commits, as far as events are concerned; ids may have gaps."""
        statement = "SELECT id, events, kept FROM receipts WHERE id > ? ORDER BY id LIMIT ?"
        return list(map(Receipt._make, self._database.inspect(statement, after, limit)))

    def last_receipt(self) -> int:
        """No receipt with an id up to this one will appear any more; 0 if there is none."""
        [(last,)] = self._database.settle("SELECT coalesce(max(id), 0) FROM receipts", RECEIPTS)
        return int(last or 0)

    def stored(self, after: int, limit: int) -> list[Cells]:
        """Events beyond a position: position, stream, version, topic, state."""
        statement = EVENTS + "WHERE {position} > ? ORDER BY {position} LIMIT ?"
        return list(self._database.inspect(statement, after, limit))

    def stored_in(self, stream: str, after_version: int, limit: int) -> list[Cells]:
        """As `stored`, of one stream, in the order of versions."""
        statement = EVENTS + (
            "WHERE originator_id = ? AND originator_version > ? ORDER BY originator_version LIMIT ?"
        )
        return list(self._database.inspect(statement, stream, after_version, limit))

    def stream_names(self, after: bytes, limit: int) -> list[str | bytes]:
        """The streams that have events, by name."""
        return [_text(name) for (name,) in self._database.inspect(STREAMS, after, limit)]

    def cells(self, kept: Kept, names: Sequence[str]) -> list[Cells]:
        """Rows with all their columns; events are in the order of their streams and versions."""
        return list(self._database.inspect(STATEMENTS[kept], list(names))) if names else []

    def names(self, kept: Kept, after: Sequence[bytes], limit: int) -> list[tuple[str | bytes, ...]]:
        """What tells the rows of a table apart, in its order, beyond a name; the first is beyond nothing."""
        table, key = TABLES[kept]
        beyond = f"WHERE ({key}) > ({', '.join(['{raw}'] * len(after))}) " if after else ""
        statement = f"SELECT {key} FROM {table} {beyond}ORDER BY {key} LIMIT ?"
        return [tuple(map(_text, record)) for record in self._database.inspect(statement, *after, limit)]

    def census(self) -> Census:
        [counts] = self._database.settle(CENSUS, RECEIPTS)
        return Census._make(int(count or 0) for count in counts)

    def stray_evidence(self) -> list[tuple[str | bytes, ...]]:
        """SHA-256 and stream of bodies that no look of their stream names."""
        return [tuple(map(_text, record)) for record in self._database.inspect(STRAY_EVIDENCE)]

    def bodies(self, stream: str, order: str, examples: str) -> int:
        """How many bodies an erasure would destroy."""
        [(own,)] = self._database.ask(f"SELECT count(*) {OWN}", stream, stream)
        [(kept,)] = self._database.ask(
            f"SELECT count(*) {EXAMPLES}", examples, examples, order, examples, order
        )
        return int(own or 0) + int(kept or 0)

    def seen_by(self, sha256: str) -> list[str]:
        """The streams of looks whose body has this name, kept or not."""
        found = self._database.ask("SELECT DISTINCT stream FROM looks WHERE evidence = ?", sha256)
        return [str(stream) for (stream,) in found]

    def scrub(self) -> bool:
        """Let go of the bytes of evidence that was destroyed; False: readers are in the way for now."""
        return self._database.scrub([EVIDENCE, KEYS])


def _text(cell: object) -> str | bytes:
    return cell if isinstance(cell, bytes) else str(cell)
