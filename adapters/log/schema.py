"""The log's tables, said once for both databases; the eventsourcing recorder declares two more itself,
`stored_events` and `tracking`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import NamedTuple

SCHEMA_VERSION = 2

Cell = str | int | bytes | bool | None
Record = tuple[Cell, ...]
Parameter = Cell | list[str]


class Kind(StrEnum):
    TEXT = "text"
    INTEGER = "integer"
    BINARY = "binary"
    BOOLEAN = "boolean"
    SERIAL = "serial"


class Column(NamedTuple):
    name: str
    kind: Kind = Kind.TEXT
    optional: bool = False


@dataclass(frozen=True)
class Table:
    """`clash` is what an insert does when its key is taken: "" raises, else what follows ON CONFLICT (…)."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    clash: str = ""
    indexes: tuple[str, ...] = ()

    @property
    def filled(self) -> tuple[Column, ...]:
        """The columns an insert gives; a serial one fills itself."""
        return tuple(column for column in self.columns if column.kind is not Kind.SERIAL)

    @property
    def order(self) -> Callable[[Record], tuple[str, ...]]:
        """Sorts rows by their key, so that concurrent writers lock them in the same order."""
        names = [column.name for column in self.filled]
        return itemgetter(*(names.index(name) for name in self.key if name in names))

    @property
    def on_conflict(self) -> str:
        return f"ON CONFLICT ({', '.join(self.key)}) {self.clash}" if self.clash else ""


META = Table(
    "meta",
    (Column("name"), Column("value")),
    key=("name",),
    clash="DO UPDATE SET value = excluded.value",
)

REGISTER = Table(
    "register",
    (Column("provider"), Column("order_id"), Column("stream")),
    key=("provider", "order_id"),
    indexes=("CREATE UNIQUE INDEX register_stream ON register (stream)",),
)

LOOKS = Table(
    "looks",
    (
        Column("look"),
        Column("stream"),
        Column("order_name"),
        Column("asked_at", Kind.INTEGER),
        Column("answered_at", Kind.INTEGER),
        Column("http_status", Kind.INTEGER, optional=True),
        Column("content_type", optional=True),
        Column("age", Kind.INTEGER, optional=True),
        Column("api"),
        Column("rules"),
        Column("evidence", optional=True),
        Column("truncated", Kind.BOOLEAN),
        Column("basis", Kind.BINARY),
    ),
    key=("look",),
    clash="DO NOTHING",
    indexes=("CREATE INDEX looks_stream ON looks (stream)",),
)

EVIDENCE = Table(
    "evidence",
    (
        Column("sha256"),
        Column("stream"),
        Column("size", Kind.INTEGER),
        Column("sealed", Kind.BINARY),
        Column("kept_at", Kind.INTEGER),
    ),
    key=("sha256", "stream"),
    clash="DO NOTHING",
)

KEYS = Table(
    "evidence_keys",
    (Column("stream"), Column("wrapped", Kind.BINARY)),
    key=("stream",),
    clash="DO NOTHING",
)

WATCHES = Table(
    "watches",
    (
        Column("stream"),
        Column("last", Kind.INTEGER),
        Column("watch", Kind.BINARY),
        Column("writer"),
        Column("revision", Kind.INTEGER),
    ),
    key=("stream",),
    clash="DO UPDATE SET last = excluded.last, watch = excluded.watch, writer = excluded.writer, "
    "revision = excluded.revision "
    "WHERE watches.writer = excluded.writer OR watches.revision = excluded.revision - 1",
)

RECEIPTS = Table(
    "receipts",
    (Column("id", Kind.SERIAL), Column("events", Kind.BINARY), Column("kept", Kind.BINARY)),
    key=("id",),
)

FILTERS = ("provider", "state", "phase", "ref", "attention", "tenant", "since")

READ_MODELS = Table(
    "read_models",
    (
        Column("model"),
        Column("key"),
        Column("value", Kind.BINARY),
        Column("fold", Kind.BINARY),
        *(Column(name, optional=True) for name in FILTERS),
    ),
    key=("model", "key"),
    clash="DO UPDATE SET value = excluded.value, fold = excluded.fold, "
    + ", ".join(f"{name} = excluded.{name}" for name in FILTERS),
    indexes=("CREATE INDEX read_models_ref ON read_models (model, ref) WHERE ref IS NOT NULL",),
)

OUTBOX = Table(
    "outbox",
    (
        Column("id", Kind.SERIAL),
        Column("topic"),
        Column("key"),
        Column("value", Kind.BINARY, optional=True),
        Column("position", Kind.INTEGER),
    ),
    key=("id",),
)

PARKED = Table(
    "parked",
    (Column("projection"), Column("order_name"), Column("position", Kind.INTEGER), Column("why")),
    key=("projection", "order_name"),
    clash="DO NOTHING",
)

REQUESTS = Table(
    "requests",
    (
        Column("id", Kind.SERIAL),
        Column("verb"),
        Column("order_name"),
        Column("asked_at", Kind.INTEGER),
        Column("args"),
        Column("command", optional=True),
        Column("claimed_by", optional=True),
        Column("claimed_at", Kind.INTEGER, optional=True),
    ),
    key=("id",),
)

COMMANDS = Table(
    "commands",
    (
        Column("id"),
        Column("digest"),
        Column("verb"),
        Column("order_name"),
        Column("taken_at", Kind.INTEGER),
        Column("reply", Kind.BINARY, optional=True),
    ),
    key=("id",),
    clash="DO NOTHING",
)

TELLINGS = Table(
    "tellings",
    (
        Column("topic"),
        Column("position", Kind.INTEGER),
        Column("after", Kind.INTEGER),
        Column("not_before", Kind.INTEGER),
        Column("not_after", Kind.INTEGER),
    ),
    key=("topic", "position"),
    clash="DO NOTHING",
)

DRIFT = Table(
    "drift",
    (
        Column("provider"),
        Column("what"),
        Column("path"),
        Column("seen"),
        Column("news", Kind.BOOLEAN),
        Column("look"),
        Column("first_at", Kind.INTEGER),
        Column("last_at", Kind.INTEGER),
        Column("times", Kind.INTEGER),
    ),
    key=("provider", "what", "path", "seen"),
    clash="DO UPDATE SET last_at = excluded.last_at, times = drift.times + excluded.times",
)

DWELLS = Table(
    "dwells",
    (Column("provider"), Column("state"), Column("bin", Kind.INTEGER), Column("times", Kind.INTEGER)),
    key=("provider", "state", "bin"),
    clash="DO UPDATE SET times = dwells.times + excluded.times",
)

REPORTS = Table(
    "reports",
    (Column("provider"), Column("worker"), Column("at", Kind.INTEGER), Column("state", Kind.BINARY)),
    key=("provider", "worker"),
    clash="DO UPDATE SET at = excluded.at, state = excluded.state",
)

TABLES = (
    META,
    REGISTER,
    LOOKS,
    EVIDENCE,
    KEYS,
    WATCHES,
    RECEIPTS,
    READ_MODELS,
    OUTBOX,
    PARKED,
    REQUESTS,
    COMMANDS,
    TELLINGS,
    DRIFT,
    DWELLS,
    REPORTS,
)


def creation(kinds: Mapping[Kind, str]) -> Iterator[str]:
    """The statements that make the tables; `kinds` are a database's own words for the column types."""
    for table in TABLES:
        columns = [
            f"{column.name} {kinds[column.kind]}" + ("" if column.optional else " NOT NULL")
            for column in table.columns
        ]
        if Kind.SERIAL not in (column.kind for column in table.columns):
            columns.append(f"PRIMARY KEY ({', '.join(table.key)})")
        yield f"CREATE TABLE {table.name} ({', '.join(columns)})"
        yield from table.indexes
