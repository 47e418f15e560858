"""Small notes kept with the log, such as how far it was audited, and what adds up over many answers."""

from collections.abc import Sequence

from adapters.log.database import OverDatabase
from adapters.log.schema import DRIFT, DWELLS, META
from domain.log import Drift, Dwell

PREFIX = "note:"


class LogNoting(OverDatabase):
    def note(self, name: str) -> str:
        """The words noted last under a name, empty if there are none."""
        found = self._database.ask("SELECT value FROM meta WHERE name = ?", PREFIX + name)
        return str(found[0][0]) if found else ""

    def take_note(self, name: str, words: str) -> None:
        """In place of what was noted under this name before."""
        row = (PREFIX + name, words)
        self._database.transact(lambda transaction: transaction.put(META, [row]), repeatable=True)

    def add_drift(self, rows: Sequence[Drift]) -> None:
        """Each is kept as it was seen first, and counted on."""
        self._database.transact(lambda transaction: transaction.put(DRIFT, rows), repeatable=False)

    def drift(self, provider: str) -> list[Drift]:
        statement = (
            "SELECT provider, what, path, seen, news, look, first_at, last_at, times FROM drift "
            "WHERE provider = ? ORDER BY first_at, what, path, seen"
        )
        found = map(Drift._make, self._database.ask(statement, provider))
        return [row._replace(news=bool(row.news)) for row in found]

    def add_dwells(self, rows: Sequence[Dwell]) -> None:
        self._database.transact(lambda transaction: transaction.put(DWELLS, rows), repeatable=False)

    def dwells(self, provider: str) -> list[Dwell]:
        statement = "SELECT provider, state, bin, times FROM dwells WHERE provider = ? ORDER BY state, bin"
        return list(map(Dwell._make, self._database.ask(statement, provider)))
