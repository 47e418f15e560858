"""What the publishing process and the one that supervises it say to each other: JSON objects, one a line."""

from enum import StrEnum

import msgspec


class Task(msgspec.Struct, frozen=True):
    """What to publish, and where. `log` may hold a password: it travels on a pipe, never as an argument."""

    log: str
    kafka: str
    prefix: str
    replication: int


class Kind(StrEnum):
    STARTED = "started"
    PUBLISHED = "published"
    AWAY = "away"
    REFUSED = "refused"


class Report(msgspec.Struct, frozen=True):
    """`refused` is for a person to mend, `away` passes. `events` and `rows` are of one transaction."""

    kind: Kind
    says: str = ""
    position: int = 0
    events: int = 0
    rows: int = 0
