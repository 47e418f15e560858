"""Erasing an order: what is left says so, and is told apart from what was lost."""

import pytest

from adapters.vault import VaultError
from domain.identity import contact_stream
from domain.order import Tracking
from domain.providers import PROVIDERS
from ordertrail.erasing import Erased, Eraser
from ordertrail.evidence import UnknownEvidence, masked
from ordertrail.history import history
from ordertrail.order_at import order
from ordertrail.project import Projector
from ordertrail.queries import orders
from ordertrail.stream import UnknownOrder
from ordertrail.verifying.findings import What
from tests.fixtures.recording import ORDER, OTHER, Recording, key
from tests.recording.telling import stream_of, told
from tests.verifying.tampering import Intruder, findings, kinds, verified


def erase(recording: Recording, order: str = ORDER) -> Erased:
    eraser = Eraser(recording.recorder, recording.vault, now=lambda: recording.at, worker="main")
    return eraser.erase(key(order), PROVIDERS["xverse"], reason="asked for", by="actor-1")


def test_bodies_and_key_are_gone_and_it_is_on_record(recording: Recording) -> None:
    stream = stream_of(recording)
    kept = [look.evidence for look in recording.log.looks(stream)]

    done = erase(recording)

    assert (done.bodies, done.watched) == (4, True)
    assert recording.log.key(stream) is None
    assert [recording.log.evidence(sha256) for sha256 in kept if sha256] == [[]] * 4
    assert told(recording)[-1].startswith("EvidenceErased")


def test_erased_is_not_lost(recording: Recording) -> None:
    erase(recording)

    done, _ = verified(recording.log)

    assert (done.told, done.counts.erased, done.counts.rejudged) == (0, 4, 0)


def test_what_is_kept_after_an_erasure_has_a_new_key_and_can_be_lost(
    recording: Recording, intruder: Intruder
) -> None:
    erase(recording)
    recording.state(8, "complete", orderType="rune_mint")
    assert findings(recording.log) == []
    assert recording.log.bodies(stream_of(recording), ORDER, contact_stream("xverse")) == 1

    intruder.run("DELETE FROM evidence")

    assert kinds(recording.log) == {What.LOST}


def test_a_worker_that_still_holds_the_old_key_takes_the_new_one(recording: Recording) -> None:
    """Its look tells nothing, so that no event of its own could lose a race."""
    other = Recording(recording.log, at=recording.at)
    other.state(5, "complete", orderType="rune_etch")
    erase(recording)

    other.state(6, "complete", orderType="rune_etch", unheard_of="x")

    assert findings(recording.log) == []
    assert recording.log.bodies(stream_of(recording), ORDER, contact_stream("xverse")) == 1


def test_an_order_erased_twice_is_on_record_once(recording: Recording) -> None:
    erase(recording)

    assert erase(recording).bodies is None
    assert sum(words.startswith("EvidenceErased") for words in told(recording)) == 1


def test_examples_of_its_failures_go_with_it(recording: Recording) -> None:
    recording.look(6, b"<html>bad gateway</html>", status=502)
    recording.state(7, "new", order=OTHER)
    assert recording.log.bodies(stream_of(recording), ORDER, contact_stream("xverse")) == 5

    assert erase(recording).bodies == 5
    assert findings(recording.log) == []
    assert recording.log.bodies(stream_of(recording, OTHER), OTHER, contact_stream("xverse")) == 1


def test_an_unknown_order_cannot_be_erased(recording: Recording) -> None:
    with pytest.raises(UnknownOrder):
        erase(recording, "xverse/5f0c6b9e-0000-4000-8000-00000000000f")


def test_whoever_asks_is_told_that_it_was_erased(recording: Recording) -> None:
    [sha256, *_] = [line["evidence"] for line in history(recording.log, key(ORDER)) if line["evidence"]]
    erase(recording)
    Projector(recording.log, say=print).catch_up()

    assert order(recording.log, key(ORDER))["erased"] is True
    [row] = orders(recording.log)
    assert (row["order"], row["erased"], row["details"]) == (ORDER, True, None)
    erased = [line["version"] for line in history(recording.log, key(ORDER)) if line.get("erased")]
    assert erased == [2, 3, 4, 5, 6, 7, 8]
    with pytest.raises(UnknownEvidence, match=r"was erased at .* by actor-1: asked for"):
        masked(recording.log, recording.vault, str(sha256), providers=PROVIDERS)


def test_readers_of_the_read_models_get_tombstones(recording: Recording) -> None:
    recording.state(5, "pending")
    Projector(recording.log, say=print).catch_up()
    before = recording.log.outbox(0, 1000)[-1].id

    erase(recording)
    Projector(recording.log, say=print).catch_up()

    rows = [(row.topic, row.key, row.value) for row in recording.log.outbox(before, 1000)]
    assert rows == [("orders", ORDER, None), ("attention", ORDER, None)]


def test_the_order_goes_on_being_folded_and_comes_back_when_it_is_tracked_again(
    recording: Recording,
) -> None:
    erase(recording)
    Projector(recording.log, say=print).catch_up()
    recording.state(8, "complete", orderType="rune_mint")
    recording.recorder.stop(key(ORDER), "asked", by=None)
    Projector(recording.log, say=print).catch_up()
    assert [row.get("erased") for row in orders(recording.log)] == [True]

    recording.state(9, "complete")
    tracking = order_tracking(recording)
    recording.recorder.track([(key(ORDER), tracking)])
    Projector(recording.log, say=print).catch_up()

    [row] = orders(recording.log)
    assert (row.get("erased"), row["state"]) == (None, "complete")


def order_tracking(recording: Recording) -> Tracking:
    known = recording.recorder.known(key(ORDER))
    assert known is not None
    assert known.order.tracking is not None
    return known.order.tracking


def test_a_destroyed_key_opens_nothing(recording: Recording) -> None:
    [sha256] = [look.evidence for look in recording.log.looks(stream_of(recording))][:1]
    assert sha256 is not None
    [body] = recording.log.evidence(sha256)
    erase(recording)

    with pytest.raises(VaultError, match="erased or lost"):
        recording.vault.open(body)
