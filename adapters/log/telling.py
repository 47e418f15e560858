"""Since when the log's events can be read on a topic."""

from collections.abc import Sequence

from adapters.log.database import OverDatabase
from adapters.log.schema import TELLINGS
from domain.rows import Telling

FIRST_AT_OR_BEYOND = (
    "SELECT after, position, not_before, not_after FROM tellings "
    "WHERE topic = ? AND position >= ? ORDER BY position LIMIT 1"
)
ENDS = (
    "SELECT t.after, t.position FROM tellings t WHERE t.topic = ? AND t.after > 0 AND NOT EXISTS "
    "(SELECT 1 FROM tellings b WHERE b.topic = t.topic AND b.position = t.after) ORDER BY t.after"
)
BEFORE = "SELECT coalesce(max(position), 0) FROM tellings WHERE topic = ? AND position < ?"


class LogTelling(OverDatabase):
    def tell(self, topic: str, tellings: Sequence[Telling]) -> None:
        """Keep them; one that ends at the position of another is passed over."""
        rows = [(topic, each.position, each.after, each.not_before, each.not_after) for each in tellings]
        self._database.transact(lambda transaction: transaction.put(TELLINGS, rows), repeatable=True)

    def tellings(self, topic: str, positions: Sequence[int]) -> dict[int, Telling]:
        """What is known of each position; one of which nothing is known is left out."""
        found: dict[int, Telling] = {}
        last: Telling | None = None
        for position in sorted(positions):
            if last is None or last.position < position:
                rows = self._database.ask(FIRST_AT_OR_BEYOND, topic, position)
                last = Telling._make(rows[0]) if rows else None
            if last is None:
                break
            if last.after < position:
                found[position] = last
        return found

    def untold(self, topic: str, up_to: int) -> list[tuple[int, int]]:
        """The stretches (after, position] of which nothing is known, from the first event to a position."""
        gaps: list[tuple[int, int]] = []
        for [end] in self._database.ask(f"SELECT after FROM ({ENDS}) ends ORDER BY after", topic):
            gaps.append((self._before(topic, int(end or 0)), int(end or 0)))
        last = self._before(topic, up_to + 1)
        return [*gaps, (last, up_to)] if last < up_to else gaps

    def _before(self, topic: str, position: int) -> int:
        [(found,)] = self._database.ask(BEFORE, topic, position)
        return int(found or 0)
