"""What the log's intervals say of how long orders stay."""

import pytest

from domain.instants import SECOND
from domain.providers import PROVIDERS
from ordertrail.adopting import adopt_state
from ordertrail.lives import lives
from ordertrail.scheduling.lessons import Life
from tests.fixtures.recording import ORDER, OTHER, Recording, key, minute
from tests.recording.telling import body


def lived(recording: Recording) -> Life:
    """An order first seen new after one minute, moving between minute 3 and 5, last seen at 9."""
    for at, state in ((1, "new"), (3, "new"), (5, "pending"), (9, "pending")):
        recording.look(at, body(state))
    [life] = lives(recording.log, "xverse")
    return life


def test_a_life_has_the_intervals_of_the_log(recording: Recording) -> None:
    new, pending = lived(recording).sights

    assert new.facts.entered_after is None
    assert new.facts.entered_by == pytest.approx(minute(1) / SECOND + 1)
    assert pending.facts.entered_after == pytest.approx(minute(3) / SECOND, abs=1.0)
    assert pending.facts.entered_by == pytest.approx(minute(5) / SECOND + 1, abs=1.0)
    assert pending.steps == [pending.facts.state]
    assert pending.facts.state.endswith("/pending")


def test_an_order_that_stays_counts_until_its_last_look(recording: Recording) -> None:
    assert lived(recording).until == pytest.approx(minute(9) / SECOND + 1)


def test_orders_of_other_providers_teach_nothing(recording: Recording) -> None:
    recording.look(1, body("new"), order=OTHER)

    assert list(lives(recording.log, "runa")) == []


def test_what_a_person_has_decided_teaches_nothing(recording: Recording) -> None:
    recording.look(1, body("complete"))
    recording.look(2, body("executing"))
    adopt_state(recording.recorder, key(ORDER), "executing", "asked", by="me", provider=PROVIDERS["xverse"])

    assert list(lives(recording.log, "xverse")) == []
