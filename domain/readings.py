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
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from domain.fields import Detail
from domain.instants import SECOND, Instant


class Clock(NamedTuple):
    """Which clock timed a look, and its wall less its monotonic time then, in microseconds.

    A captured poll was timed by no clock of ours: its name is empty and its offset 0.
    """

    name: str
    offset: int


NO_CLOCK = Clock("", 0)


class Look(Struct, frozen=True, gc=False):
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


class Answer(Struct, frozen=True, gc=False):
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


class Shown(Struct, frozen=True):
    """`at_least`: derived from flags, the order may be further. `claims`: the provider's times of steps.
    `unlisted`: paths that no table knows, with the sort of value there."""

    state: str
    details: Mapping[str, Detail]
    meaning: bytes
    at_least: bool = False
    claims: Mapping[str, Instant] = {}
    kind: str | None = None
    unlisted: Mapping[str, str] = {}


class Unrecognised(Struct, frozen=True, gc=False):
    word: str
    meaning: bytes


class Rejected(Struct, frozen=True, gc=False):
    """`example` names the offending path or says what broke, never a value."""

    why: Why
    example: str
    meaning: bytes = b""


class WrongOrder(Struct, frozen=True, gc=False):
    reported: str | None
    meaning: bytes


class NotFound(Struct, frozen=True, gc=False):
    """`gone`: the provider's own code for an order that it may have had and purged."""

    gone: bool = False


class Failed(Struct, frozen=True, gc=False):
    """`kind` is a counter's name: timeout, connect, http_502, rate_limited, unauthorised, provider_error …

    `retry_after` is in seconds.
    """

    kind: str
    retry_after: float | None = None


Reading = Shown | Unrecognised | Rejected | WrongOrder | NotFound | Failed
Read = Callable[[str, Answer], Reading]
"""(order id asked for, answer) → reading: one per provider, in `adapters`."""
