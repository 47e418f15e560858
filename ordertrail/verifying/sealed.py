"""Every seal fits what it seals, and follows the seal before it: the seals against the receipts.

The receipts were held against the rows before; whoever altered both is found here.
"""

from collections import deque
from collections.abc import Iterator

from msgspec import DecodeError

from domain.encoding import UnknownEvent, decode
from domain.events import LogSealed
from domain.log import Log
from domain.rows import Cells, Census
from domain.seal import LOG_STREAM, event_entries, event_entry, merkle_root, unpack_stored
from ordertrail.verifying.findings import Findings, What
from ordertrail.verifying.stored import RECEIPTS_AT_ONCE

SEALS_AT_ONCE = 1000


class _Told:
    """What the receipts tell, taken from the front."""

    def __init__(self, log: Log, up_to: int) -> None:
        self._log = log
        self._receipt, self._up_to = 0, up_to
        self._position = 0
        self.events: deque[tuple[int, bytes]] = deque()
        self.rows: deque[tuple[int, bytes]] = deque()

    def events_to(self, position: int) -> list[bytes]:
        """The entries of events up to a position."""
        while self._position < position and self._read_on():
            pass
        entries = []
        while self.events and self.events[0][0] <= position:
            entries.append(event_entry(*self.events.popleft()))
        return entries

    def rows_to(self, receipt: int) -> list[bytes]:
        """The digests of rows up to a receipt."""
        while self._receipt < receipt and self._read_on():
            pass
        digests = []
        while self.rows and self.rows[0][0] <= receipt:
            digests.append(self.rows.popleft()[1])
        return digests

    def rest(self) -> int:
        """How many events are left."""
        while self._read_on():
            pass
        return len(self.events)

    def _read_on(self) -> bool:
        page = self._log.receipts(self._receipt, RECEIPTS_AT_ONCE)
        page = [receipt for receipt in page if receipt.id <= self._up_to]
        for receipt in page:
            try:
                entries, stored = list(event_entries(receipt.events)), unpack_stored(receipt.rows)
            except (ValueError, TypeError, DecodeError):
                entries, stored = [], []  # told when the rows were held against it
            self.events += entries
            self.rows += [(receipt.id, row.digest) for row in stored]
            self._receipt = receipt.id
            self._position = max(self._position, entries[-1][0] if entries else 0)
        return bool(page)


class SealCheck:
    """`census`: as the rows were held against the receipts."""

    def __init__(self, log: Log, findings: Findings, census: Census) -> None:
        self._log = log
        self._findings = findings
        self._tail = census.position
        self._told = _Told(log, census.receipt)
        self._before: LogSealed | None = None
        self._broken = False
        self._last_at = 0

    def run(self) -> None:
        for row in self._rows():
            position = row[0] if isinstance(row[0], int) else 0
            if position > self._tail:
                break
            seal, self._last_at = _seal(row), position
            if seal is None:
                self._broken = True
                self._findings.add(What.UNSEALED, "the seal can't be read", **_where(row))
            else:
                self._check(seal, row)
                self._before, self._broken = seal, False
        left = self._told.rest()
        own = any(position == self._last_at for position, _ in self._told.events)
        self._findings.counts.unsealed = left - own

    def _rows(self) -> Iterator[Cells]:
        after = 0
        while page := self._log.stored_in(LOG_STREAM, after, SEALS_AT_ONCE):
            yield from page
            last = page[-1][2]
            if not isinstance(last, int):
                return
            after = last

    def _check(self, seal: LogSealed, row: Cells) -> None:
        self._findings.counts.seals += 1
        before = self._before
        start = before.end + 1 if before else 1
        if self._broken:
            self._told.events_to(seal.start - 1)
        elif (seal.start, seal.previous) != (start, before.root if before else None):
            self._say("the seal does not follow the one before it", seal, row)
        events = self._told.events_to(seal.end)
        if (len(events), merkle_root(events)) != (seal.count, seal.root):
            self._say("the events sealed here are not those that were sealed", seal, row)
        rows = self._told.rows_to(seal.receipt)
        if not self._broken and (len(rows), merkle_root(rows)) != (seal.rows, seal.rows_root):
            self._say("the register and look rows sealed here are not those that were sealed", seal, row)

    def _say(self, why: str, seal: LogSealed, row: Cells) -> None:
        self._findings.add(What.UNSEALED, why, sealed=(seal.start, seal.end), **_where(row))


def _where(row: Cells) -> dict[str, object]:
    return {"position": row[0], "stream": LOG_STREAM, "version": row[2]}


def _seal(row: Cells) -> LogSealed | None:
    _, _, _, topic, state = row
    try:
        data = decode(str(topic), state).data if isinstance(state, bytes) else None
    except UnknownEvent:
        return None
    return data if isinstance(data, LogSealed) else None
