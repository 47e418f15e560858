"""What an audit found."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from adapters.kafka.position import AuditedPosition

EXAMPLES = 10


class Kind(StrEnum):
    MISSING = "missing"
    DOUBLED = "doubled"
    REORDERED = "reordered"
    ALTERED = "altered"
    FOREIGN = "foreign"


@dataclass(frozen=True)
class Finding:
    """`position` is the log position, None where the record has none or the row no single one."""

    kind: Kind
    topic: str
    order: str
    position: int | None
    says: str


@dataclass(frozen=True)
class AuditReport:
    """`checked` agree or are altered, `pending` are not published yet; `examples`: the first of each kind.

    `published` is where publishing stood when the events were compared: a later audit can go on from there.
    """

    checked: int
    pending: int
    counts: Mapping[Kind, int]
    examples: Sequence[Finding]
    published: AuditedPosition | None = None

    @property
    def clean(self) -> bool:
        return not any(self.counts.values())

    def __add__(self, other: "AuditReport") -> "AuditReport":
        counts = {kind: self.counts[kind] + other.counts[kind] for kind in Kind}
        examples = (*self.examples, *other.examples)
        checked, pending = self.checked + other.checked, self.pending + other.pending
        return AuditReport(checked, pending, counts, examples, self.published or other.published)


class Findings:
    """Counts all and keeps the first few of each kind."""

    def __init__(self) -> None:
        self.checked = 0
        self.pending = 0
        self._counts: Counter[Kind] = Counter()
        self._examples: list[Finding] = []

    def add(self, kind: Kind, topic: str, order: str, position: int | None, says: str) -> None:
        self._counts[kind] += 1
        if self._counts[kind] <= EXAMPLES:
            self._examples.append(Finding(kind, topic, order, position, says))

    def found_late(self, topic: str, order: str, position: int, says: str) -> None:
        """What was taken for missing came out of order."""
        self._counts[Kind.MISSING] -= 1
        missing = (Kind.MISSING, order, position)
        self._examples = [
            each for each in self._examples if (each.kind, each.order, each.position) != missing
        ]
        self.checked += 1
        self.add(Kind.REORDERED, topic, order, position, says)

    def report(self, published: AuditedPosition | None = None) -> AuditReport:
        counts = {kind: self._counts[kind] for kind in Kind}
        return AuditReport(self.checked, self.pending, counts, tuple(self._examples), published)
