"""What is known of the providers themselves, beside the log: it adds up over many answers and workers."""

from collections.abc import Sequence
from functools import partial

from adapters.log.database import OverDatabase, Transaction
from adapters.log.schema import DRIFT, DWELLS, OUTBOX, REPORTS
from domain.rows import Drift, Dwell, Report

PROVIDERS = "providers"


class LogReporting(OverDatabase):
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

    def report(self, reports: Sequence[Report], published: Sequence[tuple[str, bytes]]) -> None:
        """In place of what these workers said before; `published` are rows by provider, for the topic."""
        work = partial(_report, reports=reports, published=published)
        self._database.transact(work, repeatable=False)

    def reports(self) -> list[Report]:
        statement = "SELECT provider, worker, at, state FROM reports ORDER BY provider, worker"
        return list(map(Report._make, self._database.ask(statement)))


def _report(
    transaction: Transaction, reports: Sequence[Report], published: Sequence[tuple[str, bytes]]
) -> None:
    transaction.put(REPORTS, reports)
    if published:
        [(tail,)] = transaction.ask("SELECT coalesce(max({position}), 0) FROM stored_events")
        position = int(tail or 0)
        transaction.put_in_order(OUTBOX, [(PROVIDERS, slug, value, position) for slug, value in published])
