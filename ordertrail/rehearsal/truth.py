"""What really happened to one order, by its simulator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.instants import SECOND, instant
from ordertrail.rehearsal.ideal import GONE, OLD_GENERATION, Entered, Life
from ordertrail.rehearsal.virtual import EPOCH
from ordertrail.rehearsal.wire import Taken
from simulators import Appearance
from simulators.details import Shown

Times = dict[tuple[str | None, Shown], list[int]]


@dataclass(frozen=True)
class Truth:
    """`times`: when the order came to a state (under None) or a detail to a value; microseconds since the
    start. What an answer shows only because it was spoilt came to be so when it was given, and was over then.
    """

    changes: int
    times: Times

    def when(self, path: str | None, value: Shown) -> Sequence[int]:
        return self.times.get((path, value), ())


def life_of(truth: Mapping[str, Any]) -> Life:
    entered = [Entered(each["state"], instant(each["entered_at"]) - EPOCH) for each in truth["states"]]
    return Life(entered, truth["traits"].get("generation") == OLD_GENERATION)


def truth_of(life: Life, appearances: Sequence[Appearance], looks: Sequence[Taken]) -> Truth:
    times: Times = {}
    for state, at in life.entered:
        times.setdefault((None, state), []).append(at)
    for one in appearances:
        times.setdefault((one.path, GONE if one.gone else one.value), []).append(_micros(one.at))
    for look in looks:
        if look.fault is not None and look.told is not None and look.told.order == look.key.order_id:
            _note_spoilt(look, appearances, times)
    return Truth(len(life.entered) + len(appearances), times)


def _note_spoilt(look: Taken, appearances: Sequence[Appearance], times: Times) -> None:
    assert look.told is not None  # who calls sees to it
    honest: dict[str, Shown] = {}
    for one in appearances:
        if one.at <= look.told.at:
            honest.pop(one.path, None)
            if not one.gone:
                honest[one.path] = one.value
    shown, at = look.told.details, _micros(look.told.at)
    for path in honest.keys() | shown.keys():
        said, true = shown.get(path, GONE), honest.get(path, GONE)
        if said != true:
            times.setdefault((path, said), []).append(at)
            times.setdefault((path, true), []).append(at + 1)


def _micros(at: float) -> int:
    return round((at - EPOCH / SECOND) * SECOND)
