"""Small notes kept with the log, such as how far it was audited."""

from adapters.log.database import OverDatabase
from adapters.log.schema import META

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
