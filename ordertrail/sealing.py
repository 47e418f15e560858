"""Sealing the log: at least every 1,000 events or 60 seconds a Merkle root over what was stored since.

Sealers of one log don't disturb each other: the seals are a stream like any other, and whoever comes second
goes on from what the first has sealed.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from domain.encoding import UnknownEvent, chain, decode, raw_digest, row_digest
from domain.events import Data, Event, LogSealed
from domain.instants import MINUTE, Instant, text
from domain.judge import CORE_RULES
from domain.log import Log
from domain.rows import Conflict, Entry, Receipt, Row
from domain.seal import LOG_STREAM, Stored, event_entry, merkle_root, unpack_stored

EVERY = 1000
WITHIN = MINUTE
RULES = f"{CORE_RULES}.0"


class _Last(NamedTuple):
    """The newest seal and its event; nothing is sealed yet: all zero."""

    version: int = 0
    digest: str | None = None
    end: int = 0
    root: str | None = None
    receipt: int = 0


class Sealer:
    """Used from one thread. Seals are due every `every` events, or `within` microseconds after the first of
    them was noticed. `say` gets people's words."""

    def __init__(
        self,
        log: Log,
        *,
        now: Callable[[], Instant],
        worker: str,
        say: Callable[[str], None],
        every: int = EVERY,
        within: int = WITHIN,
    ) -> None:
        self._log = log
        self._now = now
        self._worker = worker
        self._say = say
        self._every = every
        self._within = within
        self._last: _Last | None = None
        self._noticed: Instant | None = None
        self._unreadable = False

    def step(self) -> int:
        """Seal what is due; how many seals that took. Raises LogError."""
        if self._unreadable:
            return 0
        now = self._now()
        self._noticed = now if self._noticed is None else self._noticed
        late = now - self._noticed >= self._within
        try:
            waiting = self._log.tail() - self._newest().end
            if not late and waiting < self._every:
                return 0
            if late:
                self._noticed = None
            return self.seal(whole=not late)
        except UnknownEvent as error:
            return self._give_up(error)

    def finish(self) -> int:
        """Seal all there is, for who won't be there when it is due; how many seals. Raises LogError."""
        try:
            return self.seal()
        except UnknownEvent as error:
            return self._give_up(error)

    def seal(self, *, whole: bool = False) -> int:
        """Seal all there is, or with `whole` only what fills a seal. Raises LogError, UnknownEvent."""
        seals = 0
        while (data := self._due(whole)) is not None:
            seals += self._append(data)
        return seals

    def _give_up(self, error: UnknownEvent) -> int:
        self._unreadable = True
        self._say(f"the log is not sealed, since its last seal can't be read: {error}; run `verify`")
        return 0

    def _due(self, whole: bool) -> LogSealed | None:
        last = self._newest()
        rows = self._log.read(last.end, self._every)
        if whole and len(rows) < self._every:
            return None
        receipts = self._receipts(last.receipt)
        stored = [row for receipt in receipts for row in unpack_stored(receipt.rows)]
        if not stored and all(row.stream == LOG_STREAM for row in rows):
            return None
        return _sealed(last, rows, receipts, stored)

    def _receipts(self, after: int) -> list[Receipt]:
        settled = self._log.last_receipt()
        return [receipt for receipt in self._log.receipts(after, self._every) if receipt.id <= settled]

    def _append(self, data: LogSealed) -> int:
        """One seal, or none if another sealer was first."""
        last = self._newest()
        [link] = chain(LOG_STREAM, last.version, last.digest, [self._event(data)])
        self._last = None
        if isinstance(self._log.commit([Entry(events=[link.row])])[0], Conflict):
            return 0
        self._last = _Last(link.row.version, link.digest, data.end, data.root, data.receipt)
        return 1

    def _event(self, data: LogSealed) -> Event[Data]:
        at = text(self._now())
        return Event(
            previous=None,
            state=None,
            phase=None,
            not_before=at,
            not_after=at,
            recorded_at=at,
            provider_time=None,
            look=None,
            evidence=None,
            rules=RULES,
            looks=0,
            worker=self._worker,
            data=data,
        )

    def _newest(self) -> _Last:
        """Others may seal, too: their seals are found when an append fails."""
        if self._last is None:
            row = self._log.newest(LOG_STREAM)
            self._last = _Last() if row is None else _last(row)
        return self._last


def _last(row: Row) -> _Last:
    data = decode(row.topic, row.state).data
    if not isinstance(data, LogSealed):
        raise UnknownEvent(f"{row.topic} is no seal")
    return _Last(row.version, row_digest(row), data.end, data.root, data.receipt)


def _sealed(
    last: _Last, rows: Sequence[Row], receipts: Sequence[Receipt], stored: Sequence[Stored]
) -> LogSealed:
    entries = [
        event_entry(row.position, raw_digest(row.stream, row.version, row.topic, row.state)) for row in rows
    ]
    return LogSealed(
        start=last.end + 1,
        end=rows[-1].position if rows else last.end,
        count=len(rows),
        root=merkle_root(entries),
        previous=last.root,
        rows=len(stored),
        rows_root=merkle_root(row.digest for row in stored),
        receipt=receipts[-1].id if receipts else last.receipt,
    )
