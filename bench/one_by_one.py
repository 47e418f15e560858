"""The usual way: one python-statemachine instance and one `app.save` for each snapshot."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from domain.providers import PROVIDERS


class Swap(Aggregate):
    def __init__(self) -> None:
        self.state = PROVIDERS["xmrto"].graph.initial

    @event("Moved")
    def move(self, state: str) -> None:
        self.state = state


class OneByOne:
    """An eventsourcing application on its own SQLite file."""

    def __enter__(self) -> "OneByOne":
        self._directory = tempfile.TemporaryDirectory()
        path = Path(self._directory.name) / "one.db"
        self._app = Application[UUID](
            env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)}
        )
        self._ids: dict[str, UUID] = {}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._app.close()
        self._directory.cleanup()

    def observe(self, states: Sequence[tuple[str, str]]) -> None:
        """(order id, the state its snapshot shows)."""
        for order_id, state in states:
            swap = self._swap(order_id)
            machine = PROVIDERS["xmrto"].machine(start_value=swap.state)
            if state != swap.state:
                machine.send(PROVIDERS["xmrto"].graph.event[(swap.state, state)])
            swap.move(str(machine.current_state_value))
            self._app.save(swap)

    def _swap(self, order_id: str) -> Swap:
        if order_id in self._ids:
            found: Swap = self._app.repository.get(self._ids[order_id])
            return found
        swap = Swap()
        self._ids[order_id] = swap.id
        return swap
