"""What a look was, and what its answer says once it has been read.

A reading is one of

    Shown         the provider's word for where the order stands, with details
    Unrecognised  a word nobody knows
    Rejected      a body that can't be trusted: malformed, no_state, too_large, wrong_type
    WrongOrder    a body about another order
    NotFound      the provider's own word that it has no such order
    Failed        a failure of the channel: it says nothing about the order
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from domain.fields import Detail
from domain.instants import SECOND, Instant


class Clock(NamedTuple):
    """Which clock timed a look, and its wall less its monotonic time then, in microseconds.

    A captured poll was timed by no clock of ours: its name is empty and its offset 0.
    """

    name: str
    offset: int


NO_CLOCK = Clock("", 0)


@dataclass(frozen=True, slots=True)
class Look:
    """One poll of one order. `age`: seconds the answer admits to (`Age` header), None if silent."""

    id: str
    asked_at: Instant
    answered_at: Instant
    clock: Clock = NO_CLOCK
    age: int | None = None
    allowance: int = 0
    worker: str = "main"

    @property
    def effective_start(self) -> Instant:
        """The earliest moment whose truth the answer can show."""
        if self.age is None:
            return self.asked_at - self.allowance * SECOND
        return self.asked_at - max(self.age + 1, self.allowance) * SECOND


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, after content-decoding. `truncated`: reading stopped at the body limit."""

    status: int
    content_type: str | None
    body: bytes
    truncated: bool = False


class Why(StrEnum):
    MALFORMED = "malformed"
    NO_STATE = "no_state"
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"


@dataclass(frozen=True, slots=True)
class Shown:
    """`at_least`: derived from flags, the order may be further. `claims`: the provider's times of steps.
    `unlisted`: paths that no table knows, with the sort of value there."""

    state: str
    details: Mapping[str, Detail]
    meaning: bytes
    at_least: bool = False
    claims: Mapping[str, Instant] = field(default_factory=dict)
    kind: str | None = None
    unlisted: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unrecognised:
    word: str
    meaning: bytes


@dataclass(frozen=True, slots=True)
class Rejected:
    """`example` names the offending path or says what broke, never a value."""

    why: Why
    example: str
    meaning: bytes = b""


@dataclass(frozen=True, slots=True)
class WrongOrder:
    reported: str | None
    meaning: bytes


@dataclass(frozen=True, slots=True)
class NotFound:
    """`gone`: the provider's own code for an order that it may have had and purged."""

    gone: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """`kind` is a counter's name: timeout, connect, http_502, rate_limited, unauthorised, provider_error …

    `retry_after` is in seconds.
    """

    kind: str
    retry_after: float | None = None


Reading = Shown | Unrecognised | Rejected | WrongOrder | NotFound | Failed
Read = Callable[[str, Answer], Reading]
"""(order id asked for, answer) → reading: one per provider, in `adapters`."""
