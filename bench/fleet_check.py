"""What the log says of a fleet's orders, against what really happened to them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from domain.events import StateChanged
from domain.instants import SECOND, instant
from domain.log import Log
from simulators.message import Body

PAGE = 5000


class Step(NamedTuple):
    """A state and the end of the interval in which the log has it begin; in seconds since the epoch."""

    state: str
    not_after: float


class _Data(msgspec.Struct):
    target: str


class _Event(msgspec.Struct):
    not_after: str
    data: _Data


class Verdict(NamedTuple):
    """`lost`: orders that the log has not where they stand; `doubled`: steps it has twice or out of order."""

    events: int
    lost: int
    doubled: int


_event = msgspec.json.Decoder(_Event).decode


def steps_of(log: Log) -> Mapping[str, list[Step]]:
    """By order id."""
    found: dict[str, list[Step]] = {}
    after = 0
    while rows := log.read(after, PAGE):
        after = rows[-1].position
        for row in rows:
            if row.topic == StateChanged.TOPIC:
                event = _event(row.state)
                order_id = row.order.partition("/")[2]
                step = Step(event.data.target, instant(event.not_after) / SECOND)
                found.setdefault(order_id, []).append(step)
    return found


def judged(steps: Mapping[str, Sequence[Step]], truth: Sequence[Body]) -> Verdict:
    """Every order must have been looked at since the truth stands still."""
    lost = doubled = 0
    for order in truth:
        told = [step.state for step in steps.get(order["id"], ())]
        true = [step["state"] for step in order["states"]]
        lost += not told or told[-1] != true[-1]
        doubled += not _in_order(told, true)
    return Verdict(sum(len(each) for each in steps.values()), lost, doubled)


def _in_order(told: Sequence[str], true: Sequence[str]) -> bool:
    """Whether each step told is one of the true ones, once, in their order."""
    left: Iterator[str] = iter(true)
    return all(any(state == other for other in left) for state in told)


def lateness(
    steps: Mapping[str, Sequence[Step]], truth: Sequence[Body], begin: float, end: float
) -> tuple[float, int]:
    """Mean seconds from each change between the two times until a look showed it or a later one; how many."""
    spent, count = 0.0, 0
    for order in truth:
        true = [(step["state"], instant(step["entered_at"]) / SECOND) for step in order["states"]]
        places = {state: number for number, (state, _) in enumerate(true)}
        told = [
            (places[step.state], step.not_after)
            for step in steps.get(order["id"], ())
            if step.state in places
        ]
        for number, (_, at) in enumerate(true):
            if number and begin <= at < end:
                seen = min((not_after for place, not_after in told if place >= number), default=end)
                spent += min(end, seen) - at
                count += 1
    return (spent / count if count else 0.0), count
