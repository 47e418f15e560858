import hashlib
import json

import pytest

from domain.providers import PROVIDERS
from ordertrail.evidence import UnknownEvidence, masked, raw
from ordertrail.history import history
from tests.fixtures.recording import Recording, key

PAYOUT = "runa/O-01HX"
CANARY = "https://redeem.example/canary-3141"
BODY = {
    "id": "O-01HX",
    "status": "COMPLETED",
    "items": [{"id": "E-1", "payout": {"status": "ACTIVE", "url": CANARY}}],
}


def completed(recording: Recording) -> str:
    recording.look(1, BODY, order=PAYOUT)
    return hashlib.sha256(json.dumps(BODY).encode()).hexdigest()


def test_secrets_are_masked(any_recording: Recording) -> None:
    sha256 = completed(any_recording)

    shown = masked(any_recording.log, any_recording.vault, sha256, providers=PROVIDERS)

    assert (shown.order, shown.masked, shown.size) == (PAYOUT, True, len(json.dumps(BODY)))
    assert CANARY.encode() not in shown.body
    assert json.loads(shown.body)["items"][0]["payout"]["status"] == "ACTIVE"


def test_the_raw_body_is_shown_byte_for_byte_and_that_is_recorded(any_recording: Recording) -> None:
    sha256 = completed(any_recording)

    recorder = any_recording.recorder
    shown = raw(any_recording.log, any_recording.vault, sha256, orders=recorder, by="actor-1")

    assert json.loads(shown.body) == BODY
    last = history(any_recording.log, key(PAYOUT))[-1]
    assert (last["event"], last["data"]) == ("EvidenceShown", {"evidence": sha256, "by": "actor-1"})


def test_evidence_that_is_not_kept_is_unknown(recording: Recording) -> None:
    with pytest.raises(UnknownEvidence, match="no evidence abc is kept"):
        masked(recording.log, recording.vault, "abc", providers=PROVIDERS)


def test_a_failed_answer_kept_as_an_example_is_shown_as_well(recording: Recording) -> None:
    body = b'{"statusCode": 502, "error": "Bad Gateway"}'
    recording.look(1, body, status=502)

    shown = masked(recording.log, recording.vault, hashlib.sha256(body).hexdigest(), providers=PROVIDERS)

    assert json.loads(shown.body)["statusCode"] == 502
