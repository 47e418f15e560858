"""Folding the read models anew beside those that are served, and putting what differs in their place.

The new rows are kept in the log's database under names of their own. First each order's events are folded at
one go, up to where the live fold stood at the beginning; then what has come since, in the log's order. A note
says how far it has got, so that a rebuild which was killed goes on from there; unless the code that folds has
changed since. The two read models come from one pass, so both are rebuilt together.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from importlib import resources
from typing import NamedTuple

import msgspec

from domain.identity import contact_stream
from domain.log import Log, LogError, PositionMoved
from domain.providers import PROVIDERS
from domain.rows import Change, Comparison, ModelRow, Parked, Rebuild, Row
from ordertrail.project import Projector
from projections import attention, orders
from projections.read_models import PROJECTION, fold

SHADOW = "rebuild"
MODELS = (orders.MODEL, attention.MODEL)
FOLDING = ("domain", "projections")
FOLDING_ORDERS = 1
"""The new fold's position while its orders are folded one by one: the first there can be."""
ORDERS_AT_ONCE = 1000
ATTEMPTS = 100
PAUSE = 0.05
SHOWN = 10

Progress = Callable[[int, int], None]
"""Told the position reached and the one to reach."""


class Rebuilt(NamedTuple):
    """`position`: where both stood when they were compared; `resumed`: events an earlier one had folded."""

    position: int
    resumed: int
    comparisons: list[Comparison]


class _Begun(NamedTuple):
    """How far the first part is: the orders up to `stream`, each up to position `up_to`."""

    code: str
    up_to: int
    stream: str = ""
    events: int = 0


def shadow_of(model: str) -> str:
    return f"{model}~rebuilt"


BESIDE = [shadow_of(model) for model in MODELS]
_note = msgspec.json.Encoder()


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
        self._log.project(SHADOW, start, end, _beside(changes), parked, publish=False)

    def parked(self, projection: str) -> list[Parked]:
        return self._log.parked(SHADOW)

    def wait(self, after: int, timeout: float) -> None:
        self._log.wait(after, timeout)


def rebuild(log: Log, *, switch: bool, progress: Progress, say: Callable[[str], None]) -> Rebuilt:
    """Fold all events anew, compare, and with `switch` serve and publish what differs. Raises LogError.

    Without `switch` nothing that is served changes, and nothing of the new fold is left behind.
    """
    if log.position(PROJECTION) == 0:
        return Rebuilt(0, 0, [Comparison(model, 0, 0, 0, 0, []) for model in MODELS])
    begun = _begin(log)
    _fold_orders(log, begun, progress)
    shadow = Shadow(log)
    projector = Projector(shadow, say=say)
    for _ in range(ATTEMPTS):
        shadow.up_to = log.position(PROJECTION)
        reached = _follow(projector, shadow.up_to, progress)
        pairs = tuple((model, shadow_of(model)) for model in MODELS)
        try:
            compared = log.compare(
                Rebuild(PROJECTION, SHADOW, pairs, shadow.up_to, reached), SHOWN, switch=switch
            )
        except PositionMoved:
            time.sleep(PAUSE)
            continue
        log.take_note(SHADOW, "")
        if not switch:
            log.drop(SHADOW, BESIDE)
        return Rebuilt(shadow.up_to, begun.events, compared)
    raise LogError(
        f"the live read models moved on during each of {ATTEMPTS} attempts to compare: what is rebuilt is "
        "kept, run it again when fewer events arrive"
    )


def _fold_orders(log: Log, begun: _Begun, progress: Progress) -> None:
    """Every order that is left, at one go each. A portion that was stored but not noted is stored again."""
    while log.position(SHADOW) == FOLDING_ORDERS:
        after, rows = log.orders_after(begun.stream, ORDERS_AT_ONCE, begun.up_to)
        if not after:
            rows = _contacts(log, begun.up_to)
        folded = fold(rows, {})
        end = FOLDING_ORDERS if after else begun.up_to
        log.project(SHADOW, FOLDING_ORDERS, end, _beside(folded.changes), folded.parked, publish=False)
        begun = begun._replace(stream=after or begun.stream, events=begun.events + len(rows))
        log.take_note(SHADOW, _note.encode(begun).decode())
        progress(min(begun.events, begun.up_to), begun.up_to)
        if not after:
            return


def _contacts(log: Log, up_to: int) -> list[Row]:
    """What was learned about reaching the providers."""
    streams = log.streams([contact_stream(slug) for slug in PROVIDERS])
    return [row for rows in streams.values() for row in rows if row.position <= up_to]


def _follow(projector: Projector, up_to: int, progress: Progress) -> int:
    """What has come since, in the log's order."""
    before, reached = -1, projector.step()
    while reached != before:
        progress(reached, up_to)
        before, reached = reached, projector.step()
    return reached


def _begin(log: Log) -> _Begun:
    """Where an earlier rebuild by the same code had got to, else the start with nothing left of it."""
    code, note = _code(), log.note(SHADOW)
    if note and log.position(SHADOW) and (begun := msgspec.json.decode(note, type=_Begun)).code == code:
        return begun
    log.drop(SHADOW, BESIDE)
    begun = _Begun(code, log.position(PROJECTION))
    log.project(SHADOW, 0, FOLDING_ORDERS, [], [], publish=False)
    log.take_note(SHADOW, _note.encode(begun).decode())
    return begun


def _beside(changes: Sequence[Change]) -> list[Change]:
    return [change._replace(model=shadow_of(change.model)) for change in changes]


def _code() -> str:
    """A digest of the code that decides what a row holds."""
    digest = hashlib.sha256()
    for package in FOLDING:
        for module in sorted(resources.files(package).iterdir(), key=lambda each: each.name):
            if module.name.endswith(".py"):
                digest.update(module.read_bytes())
    return digest.hexdigest()
