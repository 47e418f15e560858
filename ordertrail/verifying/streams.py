"""Every stream, one after the other, and again where somebody writes to it meanwhile."""

from collections.abc import Iterator

from msgspec import Struct, field

from domain.identity import contact_stream
from domain.log import Log, LogError
from domain.order import Order
from domain.seal import LOG_STREAM
from ordertrail.verifying.findings import Finding, Findings, What
from ordertrail.verifying.one_stream import Judging, OneStream, readable
from ordertrail.verifying.portions import Rows, rows_of

STREAMS_AT_ONCE = 200
SEALS_AT_ONCE = 5000
ATTEMPTS = 10


class Gone(Struct):
    """How far the streams were gone through: a verification can go on after `stream`."""

    stream: str = ""
    environments: dict[str, str] = field(default_factory=dict)


class StreamCheck:
    def __init__(self, log: Log, findings: Findings, judging: Judging, gone: Gone) -> None:
        self._log = log
        self._findings = findings
        self._judging = judging
        self.gone = gone

    def run(self) -> Iterator[int]:
        """Yields how many events were gone through, again and again."""
        after = self.gone.stream.encode()
        while names := self._log.stream_names(after, STREAMS_AT_ONCE):
            known = [name for name in names if isinstance(name, str)]
            if LOG_STREAM in known:
                self._seals()
            portion = rows_of(self._log, [name for name in known if name != LOG_STREAM])
            for rows in portion:
                self._settled(rows)
            after = names[-1] if isinstance(names[-1], bytes) else names[-1].encode()
            self.gone.stream = known[-1] if known else self.gone.stream
            yield sum(len(rows.events) for rows in portion)
        self._eventless()

    def _settled(self, rows: Rows) -> None:
        """What is found of a stream counts once nobody has written to it between two readings."""
        for _ in range(ATTEMPTS):
            found: list[Finding] = []
            check = OneStream(self._log, Findings(found.append), self._judging, self.gone.environments)
            try:
                check.run(rows)
            except LogError:
                raise
            except Exception as error:  # noqa: BLE001 altered rows can break a check anywhere: that is found
                check.findings.add(
                    What.UNSOUND, f"it can't be checked: {type(error).__name__}", stream=rows.stream
                )
            [now] = rows_of(self._log, [rows.stream]) if found else [rows]
            if now == rows:
                break
            self._judging.vault.forget(rows.stream)
            rows = now
        self._findings.take(check.findings.counts, found)

    def _eventless(self) -> None:
        """Providers whose examples of failures were kept, and that never failed for long."""
        names = [contact_stream(slug) for slug in self._judging.providers]
        for rows in rows_of(self._log, names):
            if not rows.events and rows.looks:
                self._settled(rows)

    def _seals(self) -> None:
        check = OneStream(self._log, self._findings, self._judging, {})
        after, order, position = 0, Order(), 0
        while page := self._log.stored_in(LOG_STREAM, after, SEALS_AT_ONCE):
            rows = readable(LOG_STREAM, LOG_STREAM, page)
            _, order = check.folded(rows, order, None, position)
            if not rows:
                return
            after, position = rows[-1].version, rows[-1].position
