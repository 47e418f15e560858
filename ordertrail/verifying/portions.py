"""The rows of some streams, as they are now."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from domain.log import Log
from domain.rows import Cells, EvidenceRow, Kept, KeyRow, LookRow

_TEXTS, _NUMBERS, _PERHAPS_TEXTS, _PERHAPS_NUMBERS = (0, 1, 2, 8, 9), (3, 4, 11), (6, 10), (5, 7)


@dataclass(frozen=True)
class Rows:
    """All that is kept of one stream; `evidence` by digest. `order` is None where nothing is registered."""

    stream: str
    events: Sequence[Cells]
    order: str | None
    looks: Sequence[LookRow]
    evidence: Mapping[str, EvidenceRow]
    key: KeyRow | None


def rows_of(log: Log, names: Sequence[str]) -> list[Rows]:
    """Read one table after the other: whoever writes meanwhile may come in between."""
    events = _by(log.cells(Kept.EVENTS, names), 1)
    looks = _looks(log.cells(Kept.LOOKS_OF, names))
    digests = {look.evidence for look in chain.from_iterable(looks.values()) if look.evidence}
    evidence: defaultdict[str, dict[str, EvidenceRow]] = defaultdict(dict)
    for row in log.cells(Kept.EVIDENCE, sorted(digests)):
        evidence[str(row[1])][str(row[0])] = EvidenceRow._make(row)
    orders = {str(row[2]): "/".join(map(str, row[:2])) for row in log.cells(Kept.REGISTER, names)}
    keys = {str(row[0]): KeyRow._make(row) for row in log.cells(Kept.KEYS, names)}
    return [
        Rows(
            name,
            events.get(name, ()),
            orders.get(name),
            looks.get(name, ()),
            evidence.get(name, {}),
            keys.get(name),
        )
        for name in names
    ]


def _by(rows: Sequence[Cells], column: int) -> dict[str, list[Cells]]:
    found: defaultdict[str, list[Cells]] = defaultdict(list)
    for row in rows:
        found[str(row[column])].append(row)
    return found


def _looks(rows: Sequence[Cells]) -> dict[str, list[LookRow]]:
    """Cells of a wrong type were told already: such a look counts for nothing."""
    found: defaultdict[str, list[LookRow]] = defaultdict(list)
    for row in rows:
        look = LookRow._make(row)
        if _whole(look):
            found[look.stream].append(look._replace(truncated=bool(look.truncated)))
    return found


def _whole(look: LookRow) -> bool:
    return (
        all(isinstance(look[at], str) for at in _TEXTS)
        and all(isinstance(look[at], int) for at in _NUMBERS)
        and all(isinstance(look[at], str | None) for at in _PERHAPS_TEXTS)
        and all(isinstance(look[at], int | None) for at in _PERHAPS_NUMBERS)
        and isinstance(look.basis, bytes)
    )
