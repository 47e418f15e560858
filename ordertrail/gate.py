"""What a worker may ask a provider for at this moment: its own orders, within its share of the budget."""

from collections.abc import Callable, Sequence

from adapters.http import Withheld
from adapters.membership import ALL, NONE, Partitions
from ordertrail.budget import NEVER, Budget, Slots
from ordertrail.ownership import Division


class Gate:
    """Closed until the first `share`. `holds`: whether what was shared out is certainly still this worker's.

    Times are the budget's.
    """

    def __init__(self, provider: str, budget: Budget, division: Division, holds: Callable[[], bool]) -> None:
        self.owned: Partitions = NONE
        self.closed = True
        self._provider = provider
        self._budget = budget
        self._division = division
        self._holds = holds
        self._share(NONE, -NEVER)

    @property
    def open(self) -> bool:
        return not self.closed and self._holds()

    @property
    def busy(self) -> bool:
        return self._budget.in_flight > 0

    def check(self) -> None:
        """Raises Withheld."""
        if not self.open:
            raise Withheld

    def owns(self, order_id: str) -> bool:
        """Whether its partition is this worker's, be the order known here or not."""
        return self.owned == ALL or self._division.partition(self._provider, order_id) in self.owned

    def share(self, kept: Partitions, gained: Partitions, until: float) -> None:
        """What is `gained` another worker may have used, up to `until`."""
        self.owned = kept | gained
        self._share(kept, -NEVER)
        self._share(self.owned, until)
        self.closed = False

    def succeed(self, spent: Sequence[Slots], at: float) -> None:
        """All of it is this worker's, and what had been spent at that time is known."""
        self.share(NONE, ALL, -NEVER)
        self._budget.succeed(spent, at)

    def allow(self, leave: float) -> None:
        """What is sent up to then may be seen from the log."""
        self._budget.leave = leave

    def _share(self, partitions: Partitions, until: float) -> None:
        self._budget.share(self._division.limits(self._provider, partitions), until)
