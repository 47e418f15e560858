"""What a worker may say of a provider."""

from domain.instants import HOUR, MINUTE, Instant, text
from domain.watch import Span
from ordertrail.reports import Freshness, Health, Queue, WindowUse, WorkerReport

GAP = 5 * MINUTE


def report(
    worker: str,
    at: Instant,
    *,
    health: Health = Health.ANSWERING,
    orders: int = 10,
    lateness: float | None = 120.0,
    effective: float = 3600.0,
    watching: tuple[float, float] | None = None,
    used: float | None = 0.98,
    price: float = 45.0,
    answered: list[Span] | None = None,
) -> WorkerReport:
    return WorkerReport(
        worker=worker,
        at=text(at),
        health=health,
        failures_in_a_row=0,
        queue=Queue(orders=orders, new=1, asked=0, due=2),
        freshness=Freshness(
            lateness, 60.0, 1800.0, 3600.0, effective, price, *(watching or (3600.0, effective))
        ),
        looks=100,
        unchanged=90,
        events=12,
        refused=1,
        failures={"timeout": 3},
        windows=[WindowUse(300, 60.0, 150, 20)],
        rate=2.5,
        used=used,
        answered=[Span(at - HOUR, at, 100, 60, {})] if answered is None else answered,
        gap=GAP,
    )
