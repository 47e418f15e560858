"""A recording's streams judged again."""

from collections.abc import Sequence

from adapters.providers import ADAPTERS
from domain.identity import OrderKey
from domain.log import Log
from domain.provider import Provider
from domain.providers import PROVIDERS
from domain.readings import Read
from domain.rows import EvidenceRow, LookRow, Row
from ordertrail.rejudging import Rejudged, Verdict, erased, opener, rejudged
from tests.fixtures.recording import ORDER, Recording, key


def stream_name(log: Log, order: OrderKey) -> str:
    stream = log.registered(*order)
    assert stream is not None
    return stream


def again(
    recording: Recording,
    order: str | OrderKey = ORDER,
    *,
    rows: Sequence[Row] | None = None,
    looks: Sequence[LookRow] | None = None,
    read: Read | None = None,
    provider: Provider | None = None,
) -> list[Rejudged]:
    """`rows`, `looks`, `read` and `provider` stand in for what the log and the provider table give."""
    of = key(order) if isinstance(order, str) else order
    stream = stream_name(recording.log, of)
    stored = recording.log.stream(stream) if rows is None else rows
    kept = recording.log.looks(stream) if looks is None else looks
    evidence = {row.sha256: row for look in kept for row in _evidence(recording.log, look)}
    return rejudged(
        stored,
        kept,
        provider=provider or PROVIDERS[of.provider],
        read=read or ADAPTERS[of.provider].read,
        opened=opener(recording.vault, evidence, erased(stored)),
    )


def verdicts(found: Sequence[Rejudged]) -> dict[int | None, Verdict]:
    return {one.version: one.verdict for one in found}


def _evidence(log: Log, look: LookRow) -> list[EvidenceRow]:
    return [row for row in log.evidence(look.evidence or "") if row.stream == look.stream]
