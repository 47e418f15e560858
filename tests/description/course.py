"""A log in which everything happens that can: every story, and an order for what no story tells."""

from pathlib import Path

import msgspec
from msgspec.structs import replace

from domain.identity import uuid7
from domain.instants import SECOND, text
from domain.log import Log
from domain.order import Tracking
from domain.providers import PROVIDERS
from domain.readings import Failed, Look
from domain.stretching import Gap
from ordertrail.erasing import Eraser
from ordertrail.observation import Observation
from ordertrail.project import Projector
from ordertrail.reports import provider_row, stored
from ordertrail.sealing import Sealer
from tests.description.deciding import decided
from tests.description.executing import executed
from tests.description.obeying import obeyed
from tests.fixtures.recording import ORDER, OTHER, Recording, key, minute
from tests.reports.saying import report
from tests.stories.telling import STORIES, answer, order_of, steps

ABSENT = "runa/O-never-there"
TRACKING = Tracking("https://provider.example", ref="invoice-7", tenant="shop", priority=7)


def told(log: Log) -> None:
    """Records all of it and folds it into the read models, so that rows come, change and go."""
    recording = Recording(log)
    projector = Projector(log, say=lambda words: None)
    for path in STORIES:
        _tell(recording, path)
    for course in (
        _losing_contact,
        _restoring_it,
        _never_found,
        _overdue,
        _too_many,
        _reported,
        _asked_for,
        executed,
        obeyed,
        decided,
        _erased,
        _sealed,
    ):
        course(recording)
        projector.catch_up()


def _tell(recording: Recording, path: Path) -> None:
    for number, step in enumerate(steps(path), start=1):
        asked = minute(number)
        recording.at = asked + 2 * SECOND
        look = Look(uuid7(asked, recording.rng), asked, asked + SECOND)
        recording.recorder.observe([Observation(order_of(path), look, answer(step))])


def _losing_contact(recording: Recording) -> None:
    recording.state(1, "new")
    for minutes in range(2, 12):
        recording.look(minutes, Failed("timeout"))
        recording.state(minutes + 0.5, "new", order=OTHER)


def _restoring_it(recording: Recording) -> None:
    recording.state(12, "executing")


def _never_found(recording: Recording) -> None:
    recording.recorder.track([(key(ABSENT), replace(TRACKING, ref=None))])
    for minutes in range(1, 40, 5):
        recording.look(minutes, {"type": "not_found"}, order=ABSENT, status=404)


def _overdue(recording: Recording) -> None:
    recording.at = minute(3000)
    recording.recorder.tell_overdue(key(ORDER))
    recording.state(3001, "complete")


def _too_many(recording: Recording) -> None:
    for effective in (7200, 3600):
        recording.recorder.tell_bound("xverse", Gap(3600, effective), ["main"])


def _reported(recording: Recording) -> None:
    """A worker has said how a provider does that had sent fields nobody listed."""
    recording.state(3002, "complete", colour="red")
    recording.recorder.write_learned()
    log, at = recording.log, recording.at
    log.report([stored(report("main", at), "xverse", at)], ())
    row = provider_row(log, PROVIDERS["xverse"], at)
    log.report((), [("xverse", msgspec.json.encode(row))])


def _asked_for(recording: Recording) -> None:
    recorder = recording.recorder
    recorder.track([(key(ORDER), replace(TRACKING, deadline=text(minute(90))))])
    recorder.evidence_shown(key(ORDER), "ab" * 32, by="actor-1")
    recorder.stop(key(ORDER), "not needed any more", by="actor-1")


def _erased(recording: Recording) -> None:
    eraser = Eraser(recording.recorder, recording.vault, now=lambda: recording.at, worker="main")
    eraser.erase(key(OTHER), PROVIDERS["xverse"], reason="asked for by the customer", by="actor-1")


def _sealed(recording: Recording) -> None:
    Sealer(recording.log, now=lambda: recording.at, worker="main", say=_fail).seal()


def _fail(words: str) -> None:
    raise AssertionError(words)
