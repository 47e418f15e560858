"""What a poll worker and the group that it belongs to tell each other."""

from typing import Protocol

from adapters.kafka.partition import SHARES

Partitions = frozenset[int]
ALL: Partitions = frozenset(range(SHARES))
NONE: Partitions = frozenset()


class Owner(Protocol):
    """A worker, as its membership sees it."""

    async def revoke(self) -> None:
        """Send nothing any more; returns when what is on its way has come back, or after a few seconds."""
        ...

    def assign(self, partitions: Partitions, kept: Partitions) -> None:
        """These are the worker's; those `kept` have been its own all the time since it had them first."""
        ...


class Membership(Protocol):
    """`sole`: nobody else asks while this worker does."""

    sole: bool

    def holds(self) -> bool:
        """Whether what was assigned last is certainly still this worker's, at this moment."""
        ...

    async def run(self, owner: Owner) -> None:
        """Until cancelled; leaves in order then."""
        ...

    async def settle(self, *, gained: bool) -> bool:
        """Waits until nobody else can be asking about what was assigned last; `gained`: some of it is new.
        False: by now something else is assigned, or about to be."""
        ...


class Witness(Protocol):
    """A few words kept where all workers can see them. Both may raise whatever stands in the way."""

    async def tell(self, words: str) -> None: ...
    async def told(self) -> str: ...
    async def close(self) -> None: ...
