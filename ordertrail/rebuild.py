"""Folding the read models anew beside those that are served, and putting what differs in their place.

The new rows are kept in the log's database under names of their own, with a position of their own, so that a
rebuild which was killed goes on where it was; unless the code that folds has changed since. The two read
models come from one pass over the log, so both are rebuilt together.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from importlib import resources
from typing import NamedTuple

from domain.log import Change, Comparison, Log, LogError, ModelRow, Parked, PositionMoved, Rebuild, Row
from ordertrail.project import Projector
from projections import attention, orders
from projections.read_models import PROJECTION

SHADOW = "rebuild"
MODELS = (orders.MODEL, attention.MODEL)
FOLDING = ("domain", "projections")
ATTEMPTS = 100
PAUSE = 0.05
SHOWN = 10

Progress = Callable[[int, int], None]
"""Told the position reached and the one to reach."""


class Rebuilt(NamedTuple):
    """`position`: where both stood when they were compared; `resumed`: another rebuild had got so far."""

    position: int
    resumed: int
    comparisons: list[Comparison]


def shadow_of(model: str) -> str:
    return f"{model}~rebuilt"


class Shadow:
    """The log as a projector sees it that folds beside the live one, up to where that stands."""

    def __init__(self, log: Log) -> None:
        self.up_to = 0
        self._log = log

    def tail(self) -> int:
        return self.up_to

    def read(self, after: int, limit: int) -> list[Row]:
        rows = self._log.read(after, limit)
        if not rows or rows[-1].position <= self.up_to:
            return rows
        return [row for row in rows if row.position <= self.up_to]

    def position(self, projection: str) -> int:
        return self._log.position(SHADOW)

    def model_rows(self, model: str, keys: Sequence[str]) -> dict[str, ModelRow]:
        return self._log.model_rows(shadow_of(model), keys)

    def project(
        self, projection: str, start: int, end: int, changes: Sequence[Change], parked: Sequence[Parked]
    ) -> None:
        beside = [change._replace(model=shadow_of(change.model)) for change in changes]
        self._log.project(SHADOW, start, end, beside, parked, publish=False)

    def parked(self, projection: str) -> list[Parked]:
        return self._log.parked(SHADOW)

    def wait(self, after: int, timeout: float) -> None:
        self._log.wait(after, timeout)


def rebuild(log: Log, *, switch: bool, progress: Progress, say: Callable[[str], None]) -> Rebuilt:
    """Fold all events anew, compare, and with `switch` serve and publish what differs. Raises LogError.

    Without `switch` nothing that is served changes, and nothing of the new fold is left behind.
    """
    resumed = _begin(log)
    shadow = Shadow(log)
    projector = Projector(shadow, say=say)
    for _ in range(ATTEMPTS):
        shadow.up_to = log.position(PROJECTION)
        if shadow.up_to == 0:
            return Rebuilt(0, resumed, [Comparison(model, 0, 0, 0, 0, []) for model in MODELS])
        reached = _fold(projector, shadow.up_to, progress)
        pairs = tuple((model, shadow_of(model)) for model in MODELS)
        try:
            compared = log.compare(
                Rebuild(PROJECTION, SHADOW, pairs, shadow.up_to, reached), SHOWN, switch=switch
            )
        except PositionMoved:
            time.sleep(PAUSE)
            continue
        if not switch:
            _forget(log)
        return Rebuilt(shadow.up_to, resumed, compared)
    raise LogError(
        f"the live read models moved on during each of {ATTEMPTS} attempts to compare: what is rebuilt is "
        "kept, run it again when fewer events arrive"
    )


def _fold(projector: Projector, up_to: int, progress: Progress) -> int:
    before, reached = -1, projector.step()
    while reached != before:
        progress(reached, up_to)
        before, reached = reached, projector.step()
    return reached


def _begin(log: Log) -> int:
    """Where an earlier rebuild by the same code got to, else 0 with nothing left of it."""
    made_by = _code()
    if log.note(SHADOW) == made_by:
        return log.position(SHADOW)
    _forget(log)
    log.take_note(SHADOW, made_by)
    return 0


def _forget(log: Log) -> None:
    log.drop(SHADOW, [shadow_of(model) for model in MODELS])


def _code() -> str:
    """A digest of the code that decides what a row holds."""
    digest = hashlib.sha256()
    for package in FOLDING:
        for module in sorted(resources.files(package).iterdir(), key=lambda each: each.name):
            if module.name.endswith(".py"):
                digest.update(module.read_bytes())
    return digest.hexdigest()
