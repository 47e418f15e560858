"""The log's port: what the application asks of a database that holds the log.

`adapters/log` implements `Log` on SQLite and PostgreSQL; one contract suite (`tests/log`) runs on both. Calls
are blocking and may be made from any one thread at a time per object; a `commit` may go on beside them in
another. All times are microseconds since 1970 UTC unless a name says otherwise.

`Log` is the sum of its parts. What is asked for beyond something (`after…`) begins right after it, `up_to` is
the last that counts. A list is empty where there is nothing; with a `limit`, less comes only if there is no
more. Every call may raise LogUnreachable and LogRefused; what else it raises is said there.

    LogError
    ├── LogUnreachable   the database can't be reached or answers no more; try again later
    ├── LogRefused       the database is there but unfit: another schema version, another log, no rights
    │   └── NoLog        it is fit, and holds no log yet
    └── PositionMoved    a projection's compare-and-set on its start position failed: another runner works
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from domain.rows import (
    Cells,
    Census,
    Change,
    CommandRow,
    Comparison,
    Drift,
    Dwell,
    Effect,
    Entry,
    EvidenceRow,
    Gone,
    Head,
    Kept,
    LookRow,
    ModelRow,
    NewRequest,
    OutboxRow,
    Outcome,
    Parked,
    Queued,
    Rebuild,
    Receipt,
    Repeated,
    Report,
    Request,
    Row,
    Telling,
    WatchRow,
)


class LogError(Exception):
    """Base of what a log can raise; the message says what, why and what to do."""


class LogUnreachable(LogError):
    pass


class LogRefused(LogError):
    pass


class NoLog(LogRefused):
    pass


class PositionMoved(LogError):
    pass


class Writing(Protocol):
    def commit(self, entries: Sequence[Entry]) -> list[Outcome]:
        """What became of each entry, in their order. Many may take several transactions, each is in one. One
        that another writer forestalled is a Conflict and leaves nothing behind, nor do later ones of its
        streams. LogUnreachable leaves open what is stored: the same entries given again find out."""

    def save_watches(self, rows: Sequence[WatchRow]) -> list[str]:
        """The streams whose rows were not stored, since others have written them in between. Of several rows
        of a stream the last one counts."""


class Reading(Protocol):
    def tail(self) -> int:
        """The position of the last event; 0 in an empty log."""

    def read(self, after: int, limit: int) -> list[Row]:
        """Events beyond a position, in the log's order; positions rise, but may have gaps."""

    def stream(self, stream: str, after_version: int = 0) -> list[Row]:
        """A stream's events in the order of versions."""

    def streams(self, names: Sequence[str]) -> dict[str, list[Row]]:
        """The same of many streams, whole; one without events is left out."""

    def orders_after(self, stream: str, limit: int, up_to: int) -> tuple[str, list[Row]]:
        """The next orders by the names of their streams: the last of these names ("": there are no more), and
        their events up to a position, by stream and version."""

    def heads(self, provider: str | None = None) -> Iterator[Head]:
        """Where the stream of each order stands, by stream, read a page at a time. One that is tracked
        meanwhile may be missed: take `tail` first and read on from there."""

    def registered(self, provider: str, order_id: str) -> str | None:
        """The order's stream; None: it was never tracked."""

    def watch(self, stream: str) -> WatchRow | None:
        """None: none was saved yet."""

    def watches(self, streams: Sequence[str]) -> dict[str, WatchRow]:
        """By stream; one of which none was saved is left out."""

    def look(self, look: str) -> LookRow | None:
        """A kept look by its id; None: there is none."""

    def looks(self, stream: str) -> list[LookRow]:
        """A stream's kept looks, oldest first."""

    def evidence(self, sha256: str) -> list[EvidenceRow]:
        """A body as each of the streams that keep it has sealed it, by stream."""

    def key(self, stream: str) -> bytes | None:
        """The wrapped key of the stream's evidence; None: it needed none yet, or it was destroyed."""


class Proving(Protocol):
    """The rows as they are, for whoever checks that they are what was stored."""

    def newest(self, stream: str) -> Row | None:
        """The last event of a reserved stream."""

    def receipts(self, after: int, limit: int) -> list[Receipt]:
        """By id: in the order of the commits, as far as events are concerned. Ids may have gaps."""

    def last_receipt(self) -> int:
        """The highest id, 0 if there is none. No receipt with an id up to this one will appear any more."""

    def stored(self, after: int, limit: int) -> list[Cells]:
        """Events beyond a position, in its order: position, stream, version, topic, state."""

    def stored_in(self, stream: str, after_version: int, limit: int) -> list[Cells]:
        """As `stored`, of one stream, in the order of versions."""

    def stream_names(self, after: bytes, limit: int) -> list[str | bytes]:
        """The streams that have events, by name, beyond one; what is no UTF-8 comes as bytes."""

    def cells(self, kept: Kept, names: Sequence[str]) -> list[Cells]:
        """The rows of these names with all their columns. Events are by stream and version, the looks of
        streams oldest first, others in no order."""

    def names(self, kept: Kept, after: Sequence[bytes], limit: int) -> list[tuple[str | bytes, ...]]:
        """The keys of a table's rows in their order, beyond one, told cell by cell; beyond (): from the first
        on. KeyError for LOOKS_OF, whose table is that of LOOKS."""

    def census(self) -> Census:
        """Counted when the commits under way have ended."""

    def stray_evidence(self) -> list[tuple[str | bytes, ...]]:
        """SHA-256 and stream of bodies that no look of their stream names."""

    def bodies(self, stream: str, order: str, examples: str) -> int:
        """How many bodies an `Erasure` of the same names would destroy now."""

    def seen_by(self, sha256: str) -> list[str]:
        """The streams of looks that had this body, kept or not."""

    def scrub(self) -> bool:
        """Let go of the bytes of evidence and keys that were destroyed, as far as the database can. False:
        readers are in the way, and it will happen later."""


class Projecting(Protocol):
    """Read models, and the outbox through which their changes, reports and replies go to Kafka."""

    def position(self, projection: str) -> int:
        """Up to which position of the log it is stored; 0 if it never ran."""

    def model_rows(self, model: str, keys: Sequence[str]) -> dict[str, ModelRow]:
        """By key; one without a row is left out."""

    def select(
        self,
        model: str,
        where: dict[str, str],
        *,
        since: str | None = None,
        after: str = "",
        limit: int = 1000,
    ) -> list[ModelRow]:
        """Rows by key, beyond one, also those with an empty value: whose columns are what `where` says, and
        whose `since` is no earlier than this (RFC 3339). ValueError: there is no such column."""

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
        """Store a batch and move the projection from `start` to `end`, both or nothing; one that starts at 0
        forgets what was parked. `publish`: the changes go through the outbox. PositionMoved: it is not at
        `start`. ValueError: a change names a column that there is not. LogUnreachable leaves open whether it
        is stored: `position` tells."""

    def parked(self, projection: str) -> list[Parked]:
        """By position."""

    def compare(self, rebuild: Rebuild, show: int, *, switch: bool) -> list[Comparison]:
        """The new rows against those that are served, both at one moment, a read model each, with the first
        `show` differences by key. `switch`: the new ones take their place in the same transaction, and what
        readers see change goes through the outbox. PositionMoved: one of the two has moved on, and nothing is
        changed."""

    def drop(self, projection: str, models: Sequence[str]) -> None:
        """Forget a projection with its position, its parked orders and these of its read models."""

    def outbox(self, after: int, limit: int) -> list[OutboxRow]:
        """By id, beyond one: in the order they were stored. Ids are never used again and may have gaps."""

    def queue_again(self, projection: str, model: str, after: str, limit: int) -> Queued:
        """Put the next rows of a read model, by key, into the outbox once more as they are stored, but for
        those with an empty value. The projection stands still meanwhile."""

    def trim_outbox(self, up_to: int) -> None:
        """Forget rows up to an id: they were published."""

    def trimmed_outbox(self) -> int:
        """The id that the outbox was trimmed up to last, or begun at since; 0: neither was done yet."""

    def begin_outbox(self, at: int, *, drop: int = 0, spare: str = "") -> None:
        """Topics go on beyond the id `at`, whatever was published to others before: that is what
        `trimmed_outbox` says from now on. Rows up to the id `drop` are forgotten, but for those of the topic
        `spare`."""

    def last_outbox(self) -> int:
        """The highest id that was ever given, though its row may be trimmed, or never have been committed; 0:
        none was."""


class Tellings(Protocol):
    """Since when events can be read on a topic, by its full name."""

    def tell(self, topic: str, tellings: Sequence[Telling]) -> None:
        """Keep them; one that ends at the position of one that is kept is passed over."""

    def tellings(self, topic: str, positions: Sequence[int]) -> dict[int, Telling]:
        """By position; one of which nothing is known is left out."""

    def untold(self, topic: str, up_to: int) -> list[tuple[int, int]]:
        """The stretches (after, position] of which nothing is known: in order those that end where a telling
        begins; then what is left up to `up_to` beyond the last telling that ends by it, though it may be one
        of those."""


class Acting(Protocol):
    """Requests to a running worker, and commands: events and what else they do."""

    def ask(self, request: NewRequest) -> None:
        """LogUnreachable leaves open whether it was asked."""

    def requests(self, verbs: Sequence[str], limit: int, *, after: int = 0) -> list[Request]:
        """By id, beyond one, the oldest first; also those that a worker is about."""

    def claim(self, requests: Sequence[Request]) -> list[Request]:
        """Those that nobody else has taken: from now on they are the caller's, and gone from the log.
        LogUnreachable leaves open which."""

    def act(self, entry: Entry, effect: Effect) -> Outcome | Repeated | Gone:
        """An entry and what a command does beside it: both if it is Committed, else nothing. LogUnreachable
        leaves open what is stored: a command's id, or its request, tells whoever tries again."""

    def command(self, id: str) -> CommandRow | None:
        """None: it was never taken."""

    def commands(self, since: int, after: str, limit: int) -> list[CommandRow]:
        """Those taken at a moment or later, by id, beyond one."""


class Reporting(Protocol):
    """What is known of the providers themselves: it adds up over many answers and workers. LogUnreachable
    leaves open whether it was added."""

    def add_drift(self, rows: Sequence[Drift]) -> None:
        """What a provider had never said before. A sighting that is kept already stays as it was seen first,
        and counts on."""

    def drift(self, provider: str) -> list[Drift]:
        """By when it was seen first."""

    def add_dwells(self, rows: Sequence[Dwell]) -> None:
        """How long states lasted: `times` are added to those kept."""

    def dwells(self, provider: str) -> list[Dwell]:
        """By state and bin."""

    def report(self, reports: Sequence[Report], published: Sequence[tuple[str, bytes]]) -> None:
        """What workers say of their providers, in place of what each said of it before. `published`: rows by
        provider, which go to the topic through the outbox."""

    def reports(self) -> list[Report]:
        """By provider and worker."""


class Noting(Protocol):
    """Notes about the log itself, by name."""

    def note(self, name: str) -> str:
        """The words noted last; empty if there are none."""

    def take_note(self, name: str, words: str) -> None:
        """In place of what was noted under this name before."""


class Log(Writing, Reading, Proving, Projecting, Tellings, Acting, Reporting, Noting, Protocol):
    """A database that holds the log, evidence, watch rows, read models and their outbox. `id` was given when
    it was made."""

    id: str

    def close(self) -> None: ...

    def wait(self, after: int, timeout: float) -> None:
        """Return when there is an event beyond a position, or after so many seconds."""
