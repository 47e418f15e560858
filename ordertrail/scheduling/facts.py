"""What a schedule is told: where orders stand, and what is expected of them before anything was seen.

Times are seconds of one clock of the caller's, durations are seconds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

USUAL_PRIORITY = 5
WATCH_WEIGHT = 0.1
UNSEEN = ""
"""The class of an order that was never looked at."""

Law = Callable[[np.ndarray], np.ndarray]
"""Ages, ascending, to the probability that a state was left *for one target* by then."""


class Facts(NamedTuple):
    """What is known of an order.

    `state`: its class within the provider, `kind/state` or `kind/state/counter`. It entered that class in
    (`entered_after`, `entered_by`]. `deadline`: when the provider says that the class ends, an edge in real
    time; `wanted_by`: a person's own, just after which a look is wanted. `watching`: after a final phase.
    `rate`: changes a second of an order of a recurring class, where it is known.
    """

    state: str
    entered_after: float | None
    entered_by: float
    deadline: float | None = None
    priority: int = USUAL_PRIORITY
    watching: bool = False
    wanted_by: float | None = None
    rate: float | None = None


@dataclass(frozen=True)
class Expectation:
    """What a document lets expect of a class: it is left after `dwell` on average, for each target of `then`
    with its probability; probability left over stays. `after_deadline`: as `then`, once a deadline is past.

    `stop`: age at which its orders are watched no more. `recurring`: it is left for itself again and again,
    at a rate of each order's own (`dwell`: one over the mean rate). `laws`: the truth by target, where it is
    known. Empty `then`: nothing is expected, but never excluded.
    """

    dwell: float
    then: Mapping[str, float] = field(default_factory=dict)
    after_deadline: Mapping[str, float] = field(default_factory=dict)
    stop: float | None = None
    recurring: bool = False
    watching: bool = False
    laws: Mapping[str, Law] | None = None


@dataclass(frozen=True)
class Priors:
    """Expectations by class. A class that is missing has that of the class without its counter, else that of
    its state (and counter) for any kind, whose targets are of the same kind then, else `unknown`. `scale`
    multiplies every duration: 0.01 for a demonstration."""

    expected: Mapping[str, Expectation] = field(default_factory=dict)
    unknown: Expectation = Expectation(dwell=600.0)
    scale: float = 1.0

    def of(self, state: str) -> Expectation:
        kind, *rest = state.split("/")
        for name in (state, "/".join([kind, *rest[:1]])):
            if name in self.expected:
                return self.expected[name]
        for name in ("/".join(rest), *rest[:1]):
            if name in self.expected:
                return _of_kind(self.expected[name], kind)
        return self.unknown


def _of_kind(expected: Expectation, kind: str) -> Expectation:
    def named(then: Mapping[str, float]) -> Mapping[str, float]:
        return {f"{kind}/{target}": share for target, share in then.items()}

    return replace(expected, then=named(expected.then), after_deadline=named(expected.after_deadline))
