from collections.abc import Callable

import pytest

from adapters.vault import VaultError
from domain.judge import rules
from domain.provider import Provider
from ordertrail.draining import Drainer
from ordertrail.orders import fold
from ordertrail.project import Projector
from ordertrail.readjudicating import Readjudication
from tests.fixtures.recording import ORDER, OTHER, Recording, key
from tests.proof.judging import stream_name
from tests.proof.newer import Version, newer


def drainer(
    recording: Recording,
    provider: Provider,
    *,
    make: Callable[[], Readjudication] | None = None,
    said: list[str] | None = None,
) -> Drainer:
    opened = make or (lambda: Version(recording, provider).readjudication)
    say = (said if said is not None else []).append
    return Drainer(recording.log, rules={"xverse": rules(provider)}, make=opened, say=say)


def project(recording: Recording) -> None:
    Projector(recording.log, say=lambda words: None).catch_up()


def attention(recording: Recording, order: str = ORDER) -> list[str]:
    return fold(recording.log.stream(stream_name(recording.log, key(order)))).attention


def never() -> Readjudication:
    raise AssertionError("there is nothing to judge")


@pytest.fixture
def quarantined(any_recording: Recording) -> Recording:
    """One order whose word newer rules know, and one whose word they don't."""
    any_recording.state(1, "pending")
    any_recording.state(2, "queued")
    any_recording.state(1, "pending", order=OTHER)
    any_recording.state(2, "odd", order=OTHER)
    project(any_recording)
    return any_recording


def test_what_newer_rules_can_read_is_corrected_by_itself(quarantined: Recording) -> None:
    said: list[str] = []

    corrected = drainer(quarantined, newer(), said=said).step()

    assert corrected == 1
    assert attention(quarantined) == []
    assert attention(quarantined, OTHER) == ["unrecognised"]
    assert said == [f"{ORDER} is corrected: rules 2.2 read what older ones could not"]


def test_it_is_done_once_for_the_same_rules(quarantined: Recording) -> None:
    first = drainer(quarantined, newer())
    first.step()

    assert first.step() == 0
    assert drainer(quarantined, newer(), make=never).step() == 0
    assert quarantined.log.note("drained:xverse") == "2.2"


def test_an_order_that_only_differs_elsewhere_is_left_alone(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(2, "executing")
    recording.state(3, "odd")
    project(recording)

    assert drainer(recording, newer()).step() == 0
    assert Version(recording, newer()).show().events != []


def test_it_waits_until_the_read_models_know_what_was_there(recording: Recording) -> None:
    recording.state(1, "pending")
    recording.state(2, "queued")
    draining = drainer(recording, newer())

    early = draining.step()
    project(recording)

    assert (early, draining.step()) == (0, 1)


def test_nothing_is_opened_where_nothing_waits(recording: Recording) -> None:
    recording.state(1, "pending")
    project(recording)

    assert drainer(recording, newer(), make=never).step() == 0


def test_without_the_evidence_key_it_says_what_to_do(quarantined: Recording) -> None:
    said: list[str] = []

    def keyless() -> Readjudication:
        raise VaultError("the evidence key file is missing")

    draining = drainer(quarantined, newer(), make=keyless, said=said)

    assert (draining.step(), draining.step()) == (0, 0)
    assert len(said) == 1
    assert "readjudicate --apply" in said[0]
    assert quarantined.log.note("drained:xverse") == ""
