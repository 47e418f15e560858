"""What the publishing process and the one that supervises it say to each other: JSON objects, one a line."""

from enum import StrEnum

import msgspec


class Task(msgspec.Struct, frozen=True):
    """What to publish, and where. `log` may hold a password: it travels on a pipe, never as an argument.

    `holder` names the supervisor: its processes follow one another without waiting for a sign of death.
    """

    log: str
    kafka: str
    prefix: str
    replication: int
    holder: str = ""


class Kind(StrEnum):
    STARTED = "started"
    ANEW = "anew"
    PUBLISHED = "published"
    STANDBY = "standby"
    STOPPED = "stopped"
    AWAY = "away"
    REFUSED = "refused"


class Report(msgspec.Struct, frozen=True):
    """`refused` is for a person to mend, `away` passes, `stopped` was asked for, `standby` names who works,
    `anew` warns that all is published once more.

    `events` and `rows` are of one transaction.
    """

    kind: Kind
    says: str = ""
    position: int = 0
    events: int = 0
    rows: int = 0
