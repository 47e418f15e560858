"""Rebuilding read models that an older fold had written otherwise."""

import json
from collections.abc import Callable
from threading import Event, Thread

import pytest

from adapters.log import open_log
from domain.log import Log, PositionMoved
from domain.rows import ModelRow, Rebuild
from ordertrail import rebuild as rebuilding
from ordertrail.project import Projector
from ordertrail.rebuild import MODELS, SHADOW, rebuild, shadow_of
from projections import orders
from projections.read_models import PROJECTION
from tests.fixtures.recording import ORDER, OTHER, START, Recording


def nothing(*_: object) -> None:
    """Nobody listens."""


def rows(log: Log) -> dict[str, list[ModelRow]]:
    return {model: log.select(model, {}) for model in MODELS}


def lived(recording: Recording) -> None:
    for minutes, word in enumerate(["new", "executing", "complete"], 1):
        recording.state(minutes, word)
        recording.state(minutes, word, order=OTHER)
    recording.state(5, "new")
    Projector(recording.log, say=nothing).catch_up()


def folded_otherwise(log: Log) -> None:
    """As if an older version had folded the state into capitals."""
    [row] = [row for row in log.select("orders", {}) if row.key == ORDER]
    position = log.position(PROJECTION)
    value = json.dumps({**json.loads(row.value), "state": "COMPLETE"}).encode()
    change = orders.change(ORDER, orders.stored(row.fold), position, [])._replace(value=value)
    log.project(PROJECTION, position, position, [change], [], publish=False)


def test_what_was_folded_otherwise_is_found_served_and_published(any_recording: Recording) -> None:
    log = any_recording.log
    lived(any_recording)
    right = rows(log)
    folded_otherwise(log)
    published = log.outbox(0, 100)[-1].id

    done = rebuild(log, switch=True, progress=nothing, say=nothing)

    found, needing = done.comparisons
    assert [(each.key, b"COMPLETE" in (each.live or b"")) for each in found.first] == [(ORDER, True)]
    assert (found.same, found.changed, found.missing, found.extra) == (1, 1, 0, 0)
    assert (needing.same, needing.changed) == (1, 0)
    assert rows(log) == right
    assert [(row.topic, row.key) for row in log.outbox(published, 100)] == [("orders", ORDER)]


def test_a_dry_run_changes_nothing_and_leaves_nothing_behind(any_recording: Recording) -> None:
    log = any_recording.log
    lived(any_recording)
    folded_otherwise(log)
    before, published = rows(log), log.outbox(0, 100)

    [found, _] = rebuild(log, switch=False, progress=nothing, say=nothing).comparisons

    assert found.changed == 1
    assert (rows(log), log.outbox(0, 100)) == (before, published)
    assert all(log.select(shadow_of(model), {}) == [] for model in MODELS)


class Killed(Exception):
    pass


def killed_after(calls: int) -> Callable[[int, int], None]:
    left = iter(range(calls))

    def progress(*_: int) -> None:
        if next(left, None) is None:
            raise Killed

    return progress


@pytest.mark.parametrize("calls", range(4))
def test_a_rebuild_that_was_killed_goes_on_from_where_it_was(
    any_recording: Recording, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    monkeypatch.setattr(rebuilding, "ORDERS_AT_ONCE", 1)
    log = any_recording.log
    lived(any_recording)
    folded_otherwise(log)
    with pytest.raises(Killed):
        rebuild(log, switch=True, progress=killed_after(calls), say=nothing)

    done = rebuild(log, switch=True, progress=nothing, say=nothing)

    assert done.resumed == [5, 9, 9, 9][calls]
    assert [each.changed + each.missing + each.extra for each in done.comparisons] == [1, 0]


def test_what_other_code_had_begun_is_begun_anew(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = recording.log
    lived(recording)
    with monkeypatch.context() as older:
        older.setattr(rebuilding, "FOLDING", ("domain",))
        with pytest.raises(Killed):
            rebuild(log, switch=True, progress=killed_after(1), say=nothing)

    done = rebuild(log, switch=True, progress=nothing, say=nothing)

    assert (done.resumed, done.comparisons[0].same) == (0, 2)


def test_a_log_without_read_models_has_nothing_to_compare(recording: Recording) -> None:
    recording.state(1, "new")

    done = rebuild(recording.log, switch=True, progress=nothing, say=nothing)

    assert (done.position, [each.same for each in done.comparisons]) == (0, [0, 0])


class Moving:
    """The log, but the live read models move on before a comparison the first few times."""

    def __init__(self, log: Log, times: int, move: Callable[[], None]) -> None:
        self._log = log
        self._left = times
        self._move = move

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    def compare(self, rebuild: Rebuild, show: int, *, switch: bool) -> object:
        if self._left:
            self._left -= 1
            self._move()
        return self._log.compare(rebuild, show, switch=switch)


def test_events_that_arrive_meanwhile_are_folded_into_both(any_recording: Recording) -> None:
    log, words = any_recording.log, iter(["complete", "new", "complete"])
    lived(any_recording)
    folded_otherwise(log)

    def another() -> None:
        any_recording.state(10, next(words), order=OTHER)
        any_recording.state(11, "refunded", order=OTHER)
        Projector(log, say=nothing).catch_up()

    moving: Log = Moving(log, 3, another)  # type: ignore[assignment] # the rest is the log's own
    done = rebuild(moving, switch=True, progress=nothing, say=nothing)

    assert done.position == log.tail()
    assert done.comparisons[0].changed == 1
    assert done.comparisons[1].extra == done.comparisons[1].changed == 0


def test_a_live_projector_at_work_goes_on_with_the_new_rows(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "PAUSE", 0.001)
    recording = Recording(open_log(postgres_url, now=START, new_id="log-a"))
    lived(recording)
    folded_otherwise(recording.log)
    live, stop = open_log(postgres_url, now=START, new_id="log-a"), Event()
    projecting = Thread(target=lambda: Projector(live, say=nothing).run(stop))
    projecting.start()
    other = open_log(postgres_url, now=START, new_id="log-a")
    again = Thread(target=lambda: rebuild(other, switch=True, progress=nothing, say=nothing))
    again.start()

    for minutes in range(20, 60):
        recording.state(minutes, "complete", order=OTHER, fee=str(minutes))
    again.join()
    stop.set()
    projecting.join()
    Projector(recording.log, say=nothing).catch_up()

    [found, needing] = rebuild(recording.log, switch=False, progress=nothing, say=nothing).comparisons
    assert (found.same, found.changed, needing.same) == (2, 0, 1)
    for log in (live, other, recording.log):
        log.close()


def test_positions_must_stand_where_they_were_seen(recording: Recording) -> None:
    lived(recording)
    pairs = tuple((model, shadow_of(model)) for model in MODELS)

    with pytest.raises(PositionMoved):
        recording.log.compare(Rebuild(PROJECTION, SHADOW, pairs, 1, 0), 1, switch=True)
