"""What this process learns of how long states last; written a little at a time, read again now and then."""

from collections import Counter
from collections.abc import Sequence

from domain.events import Data, Event
from domain.instants import MINUTE, Instant
from domain.lasting import Dwells, left
from domain.log import Log
from domain.order import Order
from domain.rows import Dwell

FRESH_FOR = 10 * MINUTE


class Lasting:
    """All providers' dwell times, as the log's database has them and others add to them."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._dwells: dict[str, tuple[Instant, Dwells]] = {}
        self._unwritten: Counter[tuple[str, str, int]] = Counter()

    def notice(self, provider: str, before: Order, events: Sequence[Event[Data]]) -> None:
        """Events that a look at an order told, and where it stood before them."""
        for state, bin_ in left(before, events):
            self._unwritten[provider, state, bin_] += 1

    def write(self) -> None:
        """Raises LogError; then the same call may be made again."""
        if self._unwritten:
            rows = [
                Dwell(provider, state, bin_, times)
                for (provider, state, bin_), times in self._unwritten.items()
            ]
            self._log.add_dwells(rows)
            self.drop()

    def drop(self) -> None:
        self._unwritten.clear()

    def dwells(self, provider: str, now: Instant) -> Dwells:
        read_at, dwells = self._dwells.get(provider, (None, None))
        if read_at is None or dwells is None or now - read_at > FRESH_FOR:
            dwells = Dwells(provider, self._log.dwells(provider))
            self._dwells[provider] = (now, dwells)
        return dwells
