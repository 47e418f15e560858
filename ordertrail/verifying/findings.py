"""What a verification finds, and where."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum


class What(StrEnum):
    ALTERED = "altered"  # a row is not what was stored
    REMOVED = "removed"  # a row that was stored is not there
    INSERTED = "inserted"  # a row is there that no commit stored
    REORDERED = "reordered"  # rows stand where others stood
    UNCHAINED = "unchained"  # an event does not follow the one before it in its stream
    UNSOUND = "unsound"  # an event says what can't be said of where its order stands
    DIFFERS = "differs"  # judged again, the answer comes to something else
    LOST = "lost"  # evidence or its key is gone, and no erasure says so
    UNSEALED = "unsealed"  # a seal does not fit what it seals
    UNPUBLISHED = "unpublished"  # a seal on the topic is not the log's


@dataclass(frozen=True)
class Finding:
    """`position` is the log's; `version` counts in the stream; `sealed`: a seal's first and last one."""

    what: What
    says: str
    order: str | None = None
    stream: str | None = None
    version: int | None = None
    position: int | None = None
    look: str | None = None
    evidence: str | None = None
    sealed: tuple[int, int] | None = None
    receipt: int | None = None

    @property
    def line(self) -> dict[str, object]:
        """As JSON: what it does not name is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass
class Counts:
    """What was checked. `older_rules`: events judged by rules no longer in force; `no_look`: events that no
    answer told, checked against where the order stood; `erased`: looks whose evidence was destroyed, on
    record; `unreadable`: events of a newer version; `unsealed`: events since the last seal."""

    events: int = 0
    streams: int = 0
    orders: int = 0
    looks: int = 0
    bodies: int = 0
    rejudged: int = 0
    older_rules: int = 0
    no_look: int = 0
    erased: int = 0
    unreadable: int = 0
    seals: int = 0
    unsealed: int = 0
    published_seals: int | None = None


@dataclass
class Findings:
    """`tell` gets each finding as it is made; `told`: how many, those of an interrupted run included."""

    tell: Callable[[Finding], None]
    told: int = 0
    counts: Counts = field(default_factory=Counts)

    def take(self, counts: Counts, found: Sequence[Finding]) -> None:
        """What was counted and found of a part."""
        for name, count in asdict(counts).items():
            if count is not None:
                setattr(self.counts, name, getattr(self.counts, name) + count)
        for finding in found:
            self.told += 1
            self.tell(finding)

    def add(self, what: What, says: str, **where: object) -> None:
        self.told += 1
        self.tell(Finding(what, says, **where))  # type: ignore[arg-type] # fields of Finding, by name
