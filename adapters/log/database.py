"""What the log needs of a database: the two kinds of it give this, everything else they share."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TypeVar

from adapters.log.schema import Parameter, Record, Table
from domain.rows import NewEvent

Result = TypeVar("Result")


class Taken(Exception):
    """A unique key of the transaction is taken; nothing of it is stored."""


class Transaction(ABC):
    """Statements that are stored together; how they are written is said at `Database`."""

    @abstractmethod
    def create(self) -> None:
        """Make all tables."""

    @abstractmethod
    def has(self, table: str) -> bool: ...

    @abstractmethod
    def keep_creators_out(self) -> None:
        """Until the end of the transaction."""

    @abstractmethod
    def run(self, statement: str, *cells: Parameter) -> int:
        """The number of rows it touched."""

    @abstractmethod
    def ask(self, statement: str, *cells: Parameter) -> list[Record]: ...

    @abstractmethod
    def put(self, table: Table, rows: Sequence[Record]) -> int:
        """Insert rows as the table's `clash` says; the number of rows stored."""

    @abstractmethod
    def put_in_order(self, table: Table, rows: Sequence[Record]) -> None:
        """Insert rows whose serial rises in the order of the commits; keeps the table's other writers out."""

    @abstractmethod
    def keep_evidence_still(self) -> None:
        """Until the end of the transaction nobody adds evidence; what is deleted is overwritten where the
        database can do that."""

    @abstractmethod
    def append(self, events: Sequence[NewEvent]) -> Sequence[int]:
        """Their positions. Keeps other writers out until the end of the transaction, so it comes last."""


class Database(ABC):
    """In a statement `?` is a parameter, `{position}` the column of a stored event's position, `{last_event}`
    joins a stream r with its last event as e, `{any}` after a column asks for any of a list of texts, and
    `{raw}` is a parameter that holds a text's bytes."""

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def ask(self, statement: str, *cells: Parameter) -> list[Record]:
        """The rows of one statement, in no transaction. LogUnreachable, LogRefused."""

    @abstractmethod
    def inspect(self, statement: str, *cells: Parameter) -> list[Record]:
        """As `ask`, with text that is no UTF-8 as bytes."""

    @abstractmethod
    def settle(self, statement: str, table: Table) -> list[Record]:
        """As `ask`, when every transaction that writes this table now has ended."""

    @abstractmethod
    def last_serial(self, table: Table) -> int:
        """The highest serial that a row of the table was ever given, though it may be deleted; 0: none was.
        LogUnreachable, LogRefused."""

    @abstractmethod
    def scrub(self, tables: Sequence[Table]) -> bool:
        """Let go of the bytes of what was deleted, as far as the database can; False: readers are in the
        way, and it will happen later."""

    @abstractmethod
    def transact(self, work: Callable[[Transaction], Result], *, repeatable: bool) -> Result:
        """Run `work` in one transaction, again where that is safe; `repeatable`: even after a commit whose
        acknowledgement was lost. Taken, LogUnreachable, LogRefused."""

    @abstractmethod
    def wait(self, arrived: Callable[[], bool], timeout: float) -> None:
        """Return when `arrived` says so, looking often and at each append, or after so many seconds."""


class OverDatabase:
    """A part of the log."""

    def __init__(self, database: Database) -> None:
        self._database = database
